package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/fidelity"
)

// FidelityProbe says what each version of the protocol makes of the same messages.
type FidelityProbe struct {
	Mailbox, Server string
	Versions        []VersionProbe // the oldest first
	Messages        []ComparedMessage
	Best            eas.Version // "" = no version served a message
	Why             string      // it is the best, in words
	Without         string      // what it does not have, that newer ones do; "" = nothing
	Duration        time.Duration
}

// VersionProbe is what came of one version.
type VersionProbe struct {
	Version  eas.Version
	Listed   bool   // the server says that it has it
	Device   string // the device partnership that was used
	Err      error  // why nothing, or not all, could be read
	Messages int    // of those that are compared, that it served
	Whole    int    // as MIME, not cut
	Same     int    // with the same bytes as the best version
	Proven   int    // with a DKIM body hash or a signature that is right, and none that is wrong
	Found    Fidelity
	Apart    int   // ciphertext that is an attachment
	Received int   // Received fields, of all messages
	Bytes    int64 //
}

// ComparedMessage is a message of the sample, by version.
type ComparedMessage struct {
	Folder, Subject, MessageID string
	Date                       time.Time
	Served                     map[eas.Version]Served // a version that did not show it is not there
}

// CompareVersions reads a sample of messages, 0 = 25, in every version of the protocol that the server lists, and in 2.5, which
// some serve and do not list: each as a device of its own. It stores nothing, and touches no state of an archive.
func CompareVersions(ctx context.Context, mb Mailbox, sel Selection, messages int) (*FidelityProbe, error) {
	if err := sel.check(); err != nil {
		return nil, err
	}
	m := &mailboxRun{
		run: &run{Options: Options{Backoff: time.Second, Now: time.Now, Events: func(Event) {}}}, mb: mb,
		where: whereabouts{named: mb.Client.URL},
	}
	m.mb.Client.IgnoreUpgrade = true
	if mb.Client.URL == "" {
		if err := m.discover(ctx); err != nil {
			return nil, m.fail(Source, err)
		}
	}
	var p *FidelityProbe
	err := m.following(ctx, func(ctx context.Context) (err error) {
		p, err = m.compareVersions(ctx, sel, messages)
		return err
	})
	return p, err
}

func (m *mailboxRun) compareVersions(ctx context.Context, sel Selection, messages int) (*FidelityProbe, error) {
	started := time.Now()
	p := &FidelityProbe{Mailbox: m.mb.Address, Server: m.mb.Client.URL}
	listed, err := m.listedVersions(ctx)
	if err != nil {
		return nil, m.fail(Source, err)
	}
	if messages <= 0 {
		messages = defaultSample
	}
	s := &sampler{looker: looker{large: &m.large}, m: m, sel: sel, most: messages, known: map[sampled]int{}}
	var served []map[int]Served
	ours := eas.Versions()
	// The newest first: it shows most of what it serves, and decides which messages are compared.
	slices.Reverse(ours)
	for _, v := range ours {
		if !slices.Contains(listed, v) && v != eas.Version25 {
			continue
		}
		vp := VersionProbe{Version: v, Listed: slices.Contains(listed, v)}
		var got map[int]Served
		vp.Device, got, vp.Err = s.read(ctx, v)
		if vp.Err != nil && (fatal(ctx, vp.Err) || errors.Is(vp.Err, eas.ErrRedirect) || errors.Is(vp.Err, eas.ErrUpgraded)) {
			return nil, m.fail(Source, fmt.Errorf("protocol %s: %w", v, vp.Err))
		}
		p.Versions, served = append(p.Versions, vp), append(served, got)
	}
	slices.Reverse(p.Versions)
	slices.Reverse(served)
	p.compare(s.order, served)
	p.Duration = time.Since(started)
	return p, nil
}

// listedVersions asks what the server speaks.
func (m *mailboxRun) listedVersions(ctx context.Context) ([]eas.Version, error) {
	cfg := m.clientConfig()
	cfg.DeviceID = eas.DeviceID(deviceID("probe", cfg.URL, m.mb.Address))
	client, err := eas.New(cfg)
	if err != nil {
		return nil, err
	}
	info, err := client.Options(ctx)
	if err != nil {
		return nil, err
	}
	return info.Versions, nil
}

// compare fills in what the versions come to, over the messages that each of those shows that show any.
func (p *FidelityProbe) compare(order []sampled, served []map[int]Served) {
	var compared []int
	for at, m := range order {
		row := ComparedMessage{Folder: m.folder, Subject: m.subject, MessageID: m.id, Date: m.date, Served: map[eas.Version]Served{}}
		everywhere := true
		for i, got := range served {
			if r, ok := got[at]; ok {
				row.Served[p.Versions[i].Version] = r
			} else if len(got) > 0 {
				everywhere = false
			}
		}
		p.Messages = append(p.Messages, row)
		if everywhere {
			compared = append(compared, at)
		}
	}
	for i := range p.Versions {
		for _, at := range compared {
			if r, ok := served[i][at]; ok {
				p.Versions[i].add(r)
			}
		}
	}
	p.choose()
	for i := range p.Versions {
		for _, at := range compared {
			v := &p.Versions[i]
			if r, ok := p.Messages[at].Served[v.Version]; ok && r.Whole && r.SHA256 == p.Messages[at].Served[p.Best].SHA256 {
				v.Same++
			}
		}
	}
}

func (v *VersionProbe) add(r Served) {
	v.Messages++
	if !r.Whole {
		return
	}
	v.Whole++
	v.Bytes += r.Size
	v.Received += r.Report.Received
	v.Found.countMessage(verified(r.Report, false))
	if r.Apart {
		v.Apart++
	}
	signed := r.Report.Signed == fidelity.SignedOK
	if wrong := r.Report.Count(fidelity.Fail) > 0 && r.Report.Count(fidelity.Pass) == 0 || r.Report.Signed == fidelity.SignedBroken; !wrong &&
		(r.Report.Count(fidelity.Pass) > 0 || signed) {
		v.Proven++
	}
}

// better is positive if v is the better one: more whole messages, more of them proven to be what was sent, fewer that are
// broken, more Received fields left; and where all of that is the same, the newer one, which says more of every item.
func (v *VersionProbe) better(w *VersionProbe) int {
	return cmp.Or(
		cmp.Compare(v.Whole, w.Whole), cmp.Compare(v.Proven, w.Proven),
		cmp.Compare(w.Found.StructureWrong, v.Found.StructureWrong), cmp.Compare(v.Received, w.Received), v.Version.Compare(w.Version),
	)
}

// choose names the best version, and why.
func (p *FidelityProbe) choose() {
	var able []*VersionProbe
	for i := range p.Versions {
		if p.Versions[i].Whole > 0 {
			able = append(able, &p.Versions[i])
		}
	}
	if len(able) == 0 {
		p.Why = "no version served a message as MIME: there is nothing to compare"
		return
	}
	best := slices.MaxFunc(able, (*VersionProbe).better)
	newest := able[len(able)-1]
	p.Best, p.Without = best.Version, without(best.Version, newest.Version)
	why := func(what string, a, b int) {
		p.Why = fmt.Sprintf("%s: %d of %d, with %s %d", what, a, best.Messages, newest.Version, b)
	}
	switch {
	case best == newest:
		p.Why = "no other version serves messages better"
	case best.Whole != newest.Whole:
		why("messages that come whole", best.Whole, newest.Whole)
	case best.Proven != newest.Proven:
		why("messages with a body hash or signature that is right", best.Proven, newest.Proven)
	case best.Found.StructureWrong != newest.Found.StructureWrong:
		why("messages with a broken structure", best.Found.StructureWrong, newest.Found.StructureWrong)
	default:
		p.Why = fmt.Sprintf("Received fields that are still there: %d, with %s %d", best.Received, newest.Version, newest.Received)
	}
}

// without lists what a version does not have, and a newer one does. MS-ASCMD 2.2.1, MS-ASEMAIL 2.2.2, MS-ASNOTE.
func without(v, newest eas.Version) string {
	var all []string
	for _, f := range []struct {
		since eas.Version
		what  string
	}{
		{eas.Version120, "follow-up flags, fetching of single items"},
		{eas.Version140, "notes, categories and the last verb of messages, text messages"},
		{eas.Version160, "attachments of events, marks of drafts"},
	} {
		if !v.AtLeast(f.since) && newest.AtLeast(f.since) {
			all = append(all, f.what)
		}
	}
	return strings.Join(all, "; ")
}

// bestVersion finds out the version in which the mailbox is to be read; "" = the newest.
func (m *mailboxRun) bestVersion(ctx context.Context) (eas.Version, error) {
	p, err := m.compareVersions(ctx, m.Select, 0)
	if err != nil {
		return "", err
	}
	e := Event{Event: EventVersion, Mailbox: m.mb.Address, EAS: string(p.Best), Message: p.Why}
	if p.Without != "" {
		e.Hint = "this version does not have: " + p.Without
	}
	m.emit(e)
	return p.Best, nil
}

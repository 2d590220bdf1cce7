package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
)

// Probe is what a server is and can, and what it holds of one mailbox.
type Probe struct {
	Mailbox string
	Server  string
	EAS     string // the version that airlift would speak
	Info    *eas.ServerInfo
	Policy  bool // the server wants a policy to be acknowledged; it was
	// Settings are those of the policy, and what airlift does about each; Told is what the server was told of it all.
	Settings []PolicyAnswer
	Told     eas.Compliance
	Folders  []ProbeFolder
	Device   string // the device partnership that the probe used
	// PasswordDays is in how many days the password expires, -1 = the server does not say.
	PasswordDays int
	Duration     time.Duration
}

// ProbeFolder is one folder of the tree.
type ProbeFolder struct {
	Path     string
	Class    string // "" = it does not sync
	Type     int
	Items    int // the server's count, -1 = it does not say
	Selected bool
	Sizes    []int64 // of each item in bytes, as the server estimates it; nil unless asked for, and of what is not selected
}

// Look connects to a mailbox without touching the state of any archive: it uses a device partnership of its own, reads
// the folder tree and asks for the counts. It stores nothing and fetches no item.
func Look(ctx context.Context, mb Mailbox, sel Selection) (*Probe, error) {
	return look(ctx, mb, sel, false)
}

// LookAtSizes is Look, and lists every item of the folders that are selected, without bodies, to tell its size.
func LookAtSizes(ctx context.Context, mb Mailbox, sel Selection) (*Probe, error) {
	return look(ctx, mb, sel, true)
}

func look(ctx context.Context, mb Mailbox, sel Selection, sizes bool) (*Probe, error) {
	if err := sel.check(); err != nil {
		return nil, err
	}
	started := time.Now()
	m := &mailboxRun{
		run: &run{Options: Options{Backoff: time.Second, Now: time.Now, Events: func(Event) {}}}, mb: mb,
		where: whereabouts{named: mb.Client.URL},
	}
	m.mb.Client.IgnoreUpgrade = true // it begins at key 0
	if mb.Client.URL == "" {
		if err := m.discover(ctx); err != nil {
			return nil, m.fail(Source, err)
		}
	}
	var p *Probe
	err := m.following(ctx, func(ctx context.Context) (err error) {
		p, err = m.look(ctx, sel, sizes)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.Duration = time.Since(started)
	return p, nil
}

func (m *mailboxRun) look(ctx context.Context, sel Selection, sizes bool) (*Probe, error) {
	mb, cfg := m.mb, m.mb.Client
	cfg.DeviceID = eas.DeviceID(deviceID("probe", cfg.URL, mb.Address))
	p := &Probe{Mailbox: mb.Address, Server: cfg.URL, Device: string(cfg.DeviceID), PasswordDays: -1}
	cfg.Policy = func(_ context.Context, policy *eas.Policy) (eas.Compliance, error) {
		p.Settings = AnswerPolicy(policy)
		p.Told, _ = comply(p.Settings)
		return p.Told, nil
	}
	client, err := eas.New(cfg)
	if err != nil {
		return nil, m.fail(Source, err)
	}
	m.client = client
	if p.Info, err = client.Connect(ctx); err != nil {
		return nil, m.fail(Source, err)
	}
	t := newTree(mb.Address, nil, func(path, id string) string { return id })
	changes, err := client.FolderSync(ctx, "0")
	if err != nil {
		return nil, m.fail(Source, err)
	}
	t.apply(changes)
	p.EAS, p.PasswordDays = string(client.Version()), client.PasswordExpires()
	p.Policy = client.PolicyKey() != "" && client.PolicyKey() != "0"
	for _, n := range t.sorted() {
		class, ok := eas.FolderType(n.Type).Class()
		f := ProbeFolder{Path: n.Path, Type: n.Type, Items: -1}
		if ok {
			f.Class, f.Selected = string(class), sel.folder(n.Path, class)
			if f.Items, err = m.countOf(ctx, n.Folder, class); errors.Is(err, eas.ErrNoCollection) {
				f.Items = -1 // a folder that only holds folders, as SOGo lists them
			} else if err != nil {
				return nil, m.fail(Source, fmt.Errorf("%s: %w", n.Path, err))
			}
			if sizes && f.Selected && err == nil {
				if f.Sizes, err = m.sizesOf(ctx, n.Folder, class, sel); err != nil {
					return nil, m.fail(Source, fmt.Errorf("%s: %w", n.Path, err))
				}
				f.Items = len(f.Sizes)
			}
		}
		p.Folders = append(p.Folders, f)
	}
	slices.SortFunc(p.Folders, func(a, b ProbeFolder) int { return strings.Compare(a.Path, b.Path) })
	return p, nil
}

// countOf gets a first key for the folder, which holds no items, and asks what it would bring.
func (m *mailboxRun) countOf(ctx context.Context, f checkpoints.Folder, class eas.Class) (int, error) {
	opts := eas.HeadersOnly(class, m.client.Version())
	page, err := m.client.Sync(ctx, eas.SyncRequest{
		Key: "0", CollectionID: eas.CollectionID(f.ServerID), Class: class, WindowSize: 1, Options: opts,
	})
	if err != nil {
		return -1, err
	}
	defer page.Close()
	for _, err := range page.Commands() {
		if err != nil {
			return -1, err
		}
	}
	ests, err := m.client.GetItemEstimate(ctx, []eas.EstimateRequest{{
		Key: page.Key, CollectionID: eas.CollectionID(f.ServerID), Class: class,
	}})
	if err != nil {
		return -1, err
	}
	for _, e := range ests {
		if e.Err == nil {
			return e.Count, nil
		}
	}
	return -1, nil
}

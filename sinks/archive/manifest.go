package archive

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/sinks"
)

// maxEvents bounds what a reader holds of one page.
const maxEvents = 1 << 18

// pageLine is the first line of a manifest.
type pageLine struct {
	Page      int              `json:"page"`
	Mailbox   string           `json:"mailbox"`
	Folder    string           `json:"folder"`
	Dir       string           `json:"dir"`
	Path      string           `json:"path"`
	Class     string           `json:"class"`
	Type      int              `json:"type"`
	ServerID  string           `json:"server_id"`
	Server    string           `json:"server"`
	EAS       string           `json:"eas"`
	Device    string           `json:"device"`
	KeyBefore string           `json:"key_before"`
	KeyAfter  string           `json:"key_after"`
	Time      time.Time        `json:"time"`
	Prev      string           `json:"prev"`
	Run       string           `json:"run"`
	Counts    map[sinks.Op]int `json:"counts"`
}

func newPageLine(p sinks.Page, keyAfter string, counts map[sinks.Op]int) pageLine {
	return pageLine{
		Page: p.Seq, Mailbox: p.Mailbox, Folder: p.Folder.ID, Dir: p.Folder.Dir, Path: p.Folder.Path,
		Class: p.Folder.Class, Type: p.Folder.Type, ServerID: p.Folder.ServerID, Server: p.Server, EAS: p.EASVersion,
		Device: p.DeviceID, KeyBefore: p.KeyBefore, KeyAfter: keyAfter, Time: p.Time, Prev: p.Prev, Run: p.RunID, Counts: counts,
	}
}

func (l pageLine) page() sinks.Page {
	return sinks.Page{
		Seq: l.Page, Mailbox: l.Mailbox, Server: l.Server, EASVersion: l.EAS, DeviceID: l.Device, KeyBefore: l.KeyBefore,
		Prev: l.Prev, Time: l.Time.UTC(), RunID: l.Run,
		Folder: sinks.Folder{ID: l.Folder, Dir: l.Dir, Path: l.Path, Class: l.Class, Type: l.Type, ServerID: l.ServerID},
	}
}

// writeLine appends v to b as one line of JSON, with nothing escaped that a person wants to read.
func writeLine(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// parseManifest parses the bytes of a manifest.
func parseManifest(b []byte) (page sinks.Page, keyAfter string, events []sinks.Event, err error) {
	var first pageLine
	counts := make(map[sinks.Op]int)
	// An event takes far more than the shortest line: memory is taken for it once, and not before it is known how much.
	if n := bytes.Count(b, []byte("\n")) - 1; n > maxEvents {
		return page, "", nil, fmt.Errorf("manifest of %d lines: %w", n+1, sinks.ErrCorrupt)
	} else if n > 0 {
		events = make([]sinks.Event, 0, n)
	}
	for n := 1; len(b) > 0; n++ {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if b = rest; !ok {
			return page, "", nil, fmt.Errorf("manifest line %d: no end: %w", n, sinks.ErrCorrupt)
		}
		var e sinks.Event
		if n == 1 {
			err = json.Unmarshal(line, &first)
		} else if err = json.Unmarshal(line, &e); err == nil && e.Op == "" {
			err = errors.New("no op")
		}
		if err != nil {
			return page, "", nil, fmt.Errorf("manifest line %d: %w: %w", n, sinks.ErrCorrupt, err)
		}
		if n > 1 {
			events = append(events, e)
			counts[e.Op]++
		}
	}
	if !maps.Equal(counts, first.Counts) {
		return page, "", nil, fmt.Errorf("manifest: counts %v, but has %v: %w", first.Counts, counts, sinks.ErrCorrupt)
	}
	return first.page(), first.KeyAfter, events, nil
}

// lastEntry returns the manifest's tar entry of the last frame of a segment.
func lastEntry(raw []byte) (name string, manifest []byte, err error) {
	r := bytes.NewReader(raw)
	t := tar.NewReader(r)
	h, err := t.Next()
	if err != nil {
		return "", nil, fmt.Errorf("manifest entry: %w: %w", sinks.ErrCorrupt, err)
	}
	// A sparse entry may claim any size.
	if h.Typeflag != tar.TypeReg || h.Size > int64(r.Len()) || h.Size > maxManifest || !strings.HasPrefix(h.Name, manifestsDir) {
		return "", nil, fmt.Errorf("manifest entry: %q is none: %w", h.Name, sinks.ErrCorrupt)
	}
	manifest = make([]byte, h.Size)
	if _, err := io.ReadFull(t, manifest); err != nil {
		return "", nil, fmt.Errorf("manifest entry: %w: %w", sinks.ErrCorrupt, err)
	}
	return h.Name, manifest, nil
}

// tidy makes an event what it will be when it is read back: JSON holds valid UTF-8 and years of four digits. What
// identifies must not be changed, so that must be valid already.
func tidy(e *sinks.Event) error {
	for _, s := range []string{
		e.ID, e.ServerID, e.ServerIDBefore, e.MovedFrom, e.MovedTo, e.Fingerprint, e.State, string(e.Op), string(e.Via),
	} {
		if !utf8.ValidString(s) {
			return fmt.Errorf("%q is not valid UTF-8", s)
		}
	}
	for _, s := range []*string{&e.From, &e.Subject, &e.MessageID, &e.Flag, &e.Importance, &e.Verb, &e.Kind, &e.Properties, &e.Reason} {
		*s = strings.ToValidUTF8(*s, "\uFFFD")
	}
	e.To, e.Categories, e.Received = validAll(e.To), validAll(e.Categories), validTime(e.Received)
	if e.FollowUp != nil {
		f := *e.FollowUp
		f.Type, f.Subject = strings.ToValidUTF8(f.Type, "\uFFFD"), strings.ToValidUTF8(f.Subject, "\uFFFD")
		f.Start, f.Due, f.Reminder, f.Completed = validTime(f.Start), validTime(f.Due), validTime(f.Reminder), validTime(f.Completed)
		e.FollowUp = &f
	}
	if e.Verified != nil && e.Verified.DKIM != nil {
		v, d := *e.Verified, *e.Verified.DKIM
		d.Failed = validAll(d.Failed)
		v.DKIM = &d
		e.Verified = &v
	}
	return nil
}

func validTime(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	date := t.UTC().Round(0)
	if y := date.Year(); y < 0 || y > 9999 {
		return nil
	}
	return &date
}

func validAll(list []string) []string {
	for i, s := range list {
		if !utf8.ValidString(s) {
			list = append(list[:0:0], list...)
			for j := i; j < len(list); j++ {
				list[j] = strings.ToValidUTF8(list[j], "\uFFFD")
			}
			break
		}
	}
	return list
}

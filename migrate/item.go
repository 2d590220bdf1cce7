package migrate

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// command handles one command of a Sync answer.
func (p *pageWriter) command(ctx context.Context, cmd *eas.Command) error {
	switch cmd.Op {
	case eas.OpDelete:
		return p.left(ctx, cmd.ServerID, sinks.OpDelete)
	case eas.OpSoftDelete:
		if err := p.f.doubt(ctx); err != nil { // it left the window of a filter that was never asked for
			return err
		}
		return p.left(ctx, cmd.ServerID, sinks.OpSoftDelete)
	default:
		return p.upsert(ctx, cmd.ServerID, cmd.Item, sinks.ViaSync, cmd.Op == eas.OpChange)
	}
}

// left handles an item that left the folder, or the filter window.
func (p *pageWriter) left(ctx context.Context, id eas.ServerID, op sinks.Op) error {
	known, err := p.lookup(ctx, id)
	if err != nil || known == nil || !isLive(known.State) && (op == sinks.OpSoftDelete || !isKept(*known)) {
		return err // of what was never stored, or has left already, there is nothing to say
	}
	e := sinks.Event{Op: op, ID: known.ID, ServerID: string(id)}
	if op == sinks.OpDelete && known.SHA256 != "" {
		e.MovedTo = p.f.m.moves.remove(known.SHA256, p.f.cp.ID, known.ID)
	}
	_, err = p.put(ctx, e)
	return err
}

// upsert handles an item that the server added or changed; servers confuse the two. What is stored already is not
// stored again: a message never changes its bytes but as a draft, and another item only with its properties.
func (p *pageWriter) upsert(ctx context.Context, id eas.ServerID, it *eas.Item, via sinks.Via, change bool) error {
	known, err := p.lookupLive(ctx, id)
	if err != nil {
		return err
	}
	e, size := p.describe(id, it)
	e.Via = via
	if change && known != nil && p.f.cp.Class == string(eas.ClassEmail) {
		e.State = item.StateAfter(known.Properties, it.Properties)
	} else if !change { // which may tell the marks alone
		var wait bool
		if known, wait, err = p.reissued(ctx, known, e, it, false); wait || err != nil {
			return err
		}
	}
	if known == nil || known.State == checkpoints.Excluded {
		if why := p.f.m.Select.item(e.Received, size); why != "" {
			return p.exclude(ctx, known, e, why)
		}
	}
	if eas.Class(p.f.cp.Class) == eas.ClassEmail {
		return p.message(ctx, known, e, it)
	}
	return p.personal(ctx, known, e, it, !p.f.listing)
}

// describe makes the event of an item, without bytes, and tells its size as far as it is known.
func (p *pageWriter) describe(id eas.ServerID, it *eas.Item) (sinks.Event, int64) {
	var size int64
	var head []byte
	if it.Body != nil {
		size = it.Body.EstimatedDataSize
		if it.Body.Data != nil {
			size = it.Body.Data.Size()
			head = headOf(it.Body.Data)
		}
	}
	class := p.f.cp.Class
	s := item.Summarize(class, it.Properties, head)
	e := sinks.Event{
		ServerID: string(id), From: s.From, To: s.To, Subject: s.Subject, MessageID: s.MessageID,
		Read: s.Read, Flag: s.Flag, Categories: s.Categories, Attachments: s.Attachments,
		FollowUp: followUp(s.FollowUp), Importance: s.Importance, Verb: s.Verb, Kind: kindOf(it, class),
		Fingerprint: item.Fingerprint(class, s, size), State: item.State(class, it.Properties),
	}
	e.Received = timeOf(s.Date)
	if class == string(eas.ClassEmail) {
		if rest := besides(it.Properties); len(rest.Children) > 0 {
			e.Properties = string(rest.AppendXML(nil))
		}
	}
	return e, size
}

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// headBytes is how much of a message is read for its header fields.
const headBytes = 64 << 10

func headOf(b *eas.Blob) []byte {
	if all, ok := b.Bytes(); ok {
		return all[:min(len(all), headBytes)]
	}
	r, err := b.Open()
	if err != nil {
		return nil // the item itself will say so when it is stored
	}
	defer r.Close()
	head, _ := io.ReadAll(io.LimitReader(r, headBytes))
	return head
}

// besides leaves of a message's properties what neither the message nor its line in the manifest says: the rest would
// be a third of what an archive of short messages takes.
func besides(props *wbxml.Element) *wbxml.Element {
	out := &wbxml.Element{Tag: props.Tag, Children: make([]wbxml.Element, 0, len(props.Children))}
	for _, c := range props.Children {
		switch c.Tag {
		case wbxml.AirSyncBaseBody, wbxml.EmailMIMEData, wbxml.EmailBody, wbxml.EmailBodyTruncated, wbxml.EmailMIMETruncated,
			wbxml.EmailMIMESize, wbxml.AirSyncBaseNativeBodyType:
		case wbxml.EmailTo, wbxml.EmailCc, wbxml.EmailFrom, wbxml.EmailReplyTo, wbxml.EmailSubject, wbxml.EmailThreadTopic,
			wbxml.EmailDisplayTo, wbxml.EmailDateReceived, wbxml.EmailRead:
		default:
			if c.Text != usual[c.Tag] || len(c.Children) > 0 {
				out.Children = append(out.Children, c)
			}
		}
	}
	return out
}

// usual are the values that nearly every message has.
var usual = map[wbxml.Tag]string{
	wbxml.EmailImportance: "1", wbxml.EmailMessageClass: "IPM.Note", wbxml.EmailContentClass: "urn:content-classes:message",
	wbxml.EmailInternetCPID: "65001", wbxml.Email2LastVerbExecuted: "0", wbxml.Email2IsDraft: "0",
}

func (p *pageWriter) exclude(ctx context.Context, known *checkpoints.Item, e sinks.Event, why string) error {
	if known != nil {
		return nil // excluded before, and still is
	}
	_, err := p.put(ctx, sinks.Event{
		Op: sinks.OpExclude, ServerID: e.ServerID, Received: e.Received, Fingerprint: e.Fingerprint, Reason: why,
	})
	return err
}

// message handles an item of class Email.
func (p *pageWriter) message(ctx context.Context, known *checkpoints.Item, e sinks.Event, it *eas.Item) error {
	whole := isWhole(it)
	if p.stored(known) && (!p.isDraft(it) || whole && hexSum(it.Body.Data) == known.SHA256) {
		return p.touch(ctx, known, e)
	}
	switch {
	case !whole && e.Kind != "" && it.Body != nil && it.Body.Data != nil && !it.Body.Truncated:
		return p.withoutMIME(ctx, known, e, it) // a text message is none that MIME could be had of
	case !whole:
		p.bodies = append(p.bodies, eas.ServerID(e.ServerID))
		return nil
	}
	report, err := p.look(it.Body.Data)
	if err != nil {
		return p.f.fail(Source, err)
	}
	e.Verified = verified(report, item.IsMeeting(it.Properties))
	if file, ok := ciphertextOf(it); ok && report.Hollow && p.f.m.client.Version().AtLeast(eas.Version120) {
		it.Body.Data.Keep()
		p.apart = append(p.apart, &apart{event: e, served: it.Body.Data, file: file})
		return nil
	}
	if known == nil && !p.f.m.fresh {
		e.MovedFrom = p.f.m.moves.left(hexSum(it.Body.Data), p.f.cp.ID)
	}
	contents := []sinks.Content{{Ext: ".eml", Size: it.Body.Data.Size(), Open: it.Body.Data.Open}}
	if e.Verified.Calendar == calendarMissing {
		if made, ok := meetingOf(it); ok {
			e.Verified.Calendar, contents = calendarBeside, append(contents, made)
		}
	}
	return p.store(ctx, known, e, contents...)
}

// personal handles a contact, event, task or note: its lossless form and the form that other programs open.
// whole says that its body came with it, if it has one.
func (p *pageWriter) personal(ctx context.Context, known *checkpoints.Item, e sinks.Event, it *eas.Item, whole bool) error {
	if !whole || it.Body != nil && it.Body.Truncated {
		p.bodies = append(p.bodies, eas.ServerID(e.ServerID))
		return nil
	}
	lossless := it.XML()
	if p.stored(known) && known.Properties == e.State {
		return p.touch(ctx, known, e)
	}
	contents := []sinks.Content{bytesContent(".eas.xml", lossless)}
	if converted, ext, err := convert(p.f.cp.Class, it.Properties); err == nil {
		contents = slices.Insert(contents, 0, bytesContent(ext, converted))
	} else {
		// Nothing could be made of it but what it is: that is stored, and said.
		e.Reason = "not converted: " + err.Error()
	}
	if files := item.Attachments(it.Properties.Children); len(files) > 0 {
		p.files = append(p.files, &withFiles{event: e, files: files, contents: contents})
		return nil
	}
	return p.store(ctx, known, e, contents...)
}

// convert makes the form that other programs open.
func convert(class string, props *wbxml.Element) ([]byte, string, error) {
	switch eas.Class(class) {
	case eas.ClassContacts:
		b, err := item.VCard(props, item.Options{})
		return b, ".vcf", err
	case eas.ClassCalendar:
		b, err := item.Event(props, item.Options{})
		return b, ".ics", err
	case eas.ClassTasks:
		b, err := item.Task(props)
		return b, ".ics", err
	case eas.ClassNotes:
		b, err := item.Note(props)
		return b, ".ics", err
	}
	return nil, "", fmt.Errorf("class %s has no other form", class)
}

// store puts the bytes of an item that is new, or of a new version of it.
func (p *pageWriter) store(ctx context.Context, known *checkpoints.Item, e sinks.Event, contents ...sinks.Content) error {
	if known == nil && (!p.f.first || p.f.cp.Resync || p.unseen != nil) {
		if done, err := p.renamed(ctx, e, contents[0]); done || err != nil {
			return err
		}
	}
	e.Op, e.Whole = sinks.OpAdd, true
	if known != nil {
		e.ID = known.ID // of one that was quarantined, too
		if known.SHA256 != "" && !p.anew[known.ServerID] {
			e.Op = sinks.OpChange
		}
	}
	if e.Op == sinks.OpAdd && e.Importance == "normal" {
		e.Importance = "" // as nearly all messages
	}
	stored, err := p.put(ctx, e, contents...)
	if err != nil || stored.Op != sinks.OpAdd || stored.MovedFrom != "" || p.f.m.fresh {
		return err
	}
	if from := p.f.m.moves.came(stored.SHA256, p.f.cp.ID, stored.ID); from != "" {
		return p.link(ctx, stored, from)
	}
	return nil
}

// link adds to an item that was stored where it was moved from. Nothing of the item changed, so it does not count as a change.
func (p *pageWriter) link(ctx context.Context, stored sinks.Event, from string) error {
	e := sinks.Event{Op: sinks.OpChange, ID: stored.ID, ServerID: stored.ServerID, MovedFrom: from, State: stored.State}
	_, err := p.write(ctx, e)
	return err
}

// stored tells that an item's bytes are in the sink.
func (p *pageWriter) stored(known *checkpoints.Item) bool {
	return known != nil && (known.State == checkpoints.Archived || known.State == checkpoints.SoftDeleted) && !p.anew[known.ServerID]
}

// touch notes what changed of a stored item besides its bytes, or that it is in the window again; what did not change is not
// noted.
func (p *pageWriter) touch(ctx context.Context, known *checkpoints.Item, e sinks.Event) error {
	if known.Properties == e.State && known.State == checkpoints.Archived {
		return nil
	}
	_, err := p.put(ctx, sinks.Event{
		Op: sinks.OpChange, ID: known.ID, ServerID: e.ServerID, Read: e.Read, Flag: e.Flag, FollowUp: e.FollowUp, Categories: e.Categories,
		Importance: e.Importance, Verb: e.Verb, Properties: e.Properties, Via: e.Via, State: e.State,
	})
	return err
}

// rowOf is the ledger row that an event leads to. Adopting a page of an earlier run goes the same way as writing one.
func rowOf(e sinks.Event, known *checkpoints.Item, seq, pass int) checkpoints.Item {
	var before checkpoints.Item
	if known != nil {
		before = *known
	}
	row := itemOf(archiveRow(before).After(&e, seq), pass)
	row.Folder = before.Folder
	return row
}

// archiveRow is the row as the archive knows it, which knows of no passes.
func archiveRow(i checkpoints.Item) sinks.Row {
	return sinks.Row{
		ServerID: i.ServerID, ID: i.ID, State: sinks.RowState(i.State), SHA256: i.SHA256, Size: i.Size,
		Properties: i.Properties, Fingerprint: i.Fingerprint, Seq: i.Seq, Reason: i.Reason,
	}
}

// itemOf is the inverse of archiveRow.
func itemOf(r sinks.Row, pass int) checkpoints.Item {
	return checkpoints.Item{
		ServerID: r.ServerID, ID: r.ID, State: checkpoints.State(r.State), SHA256: r.SHA256, Size: r.Size,
		Properties: r.Properties, Fingerprint: r.Fingerprint, Seq: r.Seq, Reason: r.Reason, Pass: pass,
	}
}

func isLive(s checkpoints.State) bool {
	return s == checkpoints.Archived || s == checkpoints.Excluded || s == checkpoints.Quarantined
}

// isKept tells that an item may be on the server, and if its bytes were stored that the sink shows it: also one that only
// left the filter's window, of which it is not known what became of it there.
func isKept(row checkpoints.Item) bool {
	return isLive(row.State) || row.State == checkpoints.SoftDeleted && row.SHA256 != ""
}

func count(t *sinks.FolderState, e sinks.Event) {
	switch e.Op {
	case sinks.OpAdd:
		t.Stored++
	case sinks.OpChange:
		t.Changed++
	case sinks.OpDelete, sinks.OpSoftDelete:
		t.Deleted++
	case sinks.OpExclude:
		t.Excluded++
	case sinks.OpQuarantine:
		t.Quarantined++
	}
}

func hexSum(b *eas.Blob) string {
	h := b.SHA256()
	return hex.EncodeToString(h[:])
}

func bytesContent(ext string, b []byte) sinks.Content {
	return sinks.Content{
		Ext: ext, Size: int64(len(b)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil },
	}
}

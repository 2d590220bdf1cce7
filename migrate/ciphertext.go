package migrate

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/fidelity"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/sinks"
)

// apart is an encrypted message that came without its ciphertext, which the server has as an attachment of it.
// QUIRK(Z-Push 2.7): so from protocol 12.0 on. In 2.5 the message comes as it is.
type apart struct {
	event  sinks.Event
	served *eas.Blob // kept
	file   item.Attachment
}

// ciphertextOf finds the attachment that a message without its ciphertext must mean.
func ciphertextOf(it *eas.Item) (item.Attachment, bool) {
	files := item.Attachments(it.Properties.Children)
	for _, f := range files {
		if ext := strings.ToLower(path.Ext(f.Name)); ext == ".p7m" || ext == ".rpmsg" || strings.Contains(strings.ToLower(f.ContentType), "pkcs7-mime") {
			return f, true
		}
	}
	if len(files) == 1 {
		return files[0], true
	}
	return item.Attachment{}, false
}

// fetchCiphertext fetches the ciphertext and stores the message with it: put together again where that can be done exactly,
// and else with the ciphertext beside. What the server sent is kept either way.
func (p *pageWriter) fetchCiphertext(ctx context.Context, mu *sync.Mutex, a *apart) (err error) {
	defer func() { err = errors.Join(err, a.served.Close()) }()
	blob, ferr := p.fetchFile(ctx, a.file.FileReference)
	mu.Lock()
	defer mu.Unlock()
	served := sinks.Content{Ext: ".eml", Size: a.served.Size(), Open: a.served.Open}
	id := eas.ServerID(a.event.ServerID)
	if ferr != nil {
		if j := judge(ferr).action; ctx.Err() != nil || j == actMailbox || j == actRun {
			return p.f.fail(Source, ferr)
		}
		if err := p.quarantine(ctx, id, fmt.Errorf("ciphertext %q: %w", a.file.Name, ferr), served); err != nil {
			return err
		}
		return p.split(ctx)
	}
	defer func() { err = errors.Join(err, blob.Close()) }()
	joined, report, ok, err := p.join(a.served, blob)
	if err != nil {
		return p.f.fail(Source, err)
	}
	e := a.event
	v := *e.Verified
	contents := []sinks.Content{served, {Ext: fileExt(1, a.file.Name), Size: blob.Size(), Open: blob.Open}}
	v.Ciphertext = ciphertextBeside
	if ok {
		v = *verified(report, false)
		v.Ciphertext = ciphertextJoined
		served.Ext = ".served.eml"
		contents = []sinks.Content{{Ext: ".eml", Size: joined.Size, Open: joined.Open}, served}
	}
	e.Verified = &v
	known, err := p.lookupLive(ctx, id)
	if err != nil {
		return err
	}
	if err := p.storeMail(ctx, known, e, contents...); err != nil {
		return err
	}
	return p.split(ctx)
}

// join puts the message together, with lines as long as its DKIM hash says, if one does.
func (p *pageWriter) join(served, ciphertext *eas.Blob) (best fidelity.Joined, report fidelity.Report, ok bool, err error) {
	for i, width := range fidelity.Widths() {
		j, can, err := fidelity.Join(served.Size(), ciphertext.Size(), served.Open, ciphertext.Open, width)
		if err != nil || !can {
			return best, report, false, err
		}
		r, err := p.lookAt(j.Open)
		if err != nil {
			return best, report, false, err
		}
		proven := r.Count(fidelity.Pass) > 0
		if i == 0 || proven {
			best, report = j, r
		}
		if proven || len(r.DKIM) == 0 {
			break
		}
	}
	return best, report, true, nil
}

// storeMail is store, which says where a message was moved from.
func (p *pageWriter) storeMail(ctx context.Context, known *checkpoints.Item, e sinks.Event, contents ...sinks.Content) error {
	if known == nil && !p.f.m.fresh {
		sum, err := sumOf(contents[0])
		if err != nil {
			return p.f.fail(Source, err)
		}
		e.MovedFrom = p.f.m.moves.left(sum, p.f.cp.ID)
	}
	return p.store(ctx, known, e, contents...)
}

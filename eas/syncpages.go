package eas

import (
	"errors"
	"fmt"
	"iter"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// SyncPages is the answer to SyncFolders that is being read. It is not safe for concurrent use.
type SyncPages struct {
	Empty bool // no changes in any folder: the server sent nothing, and all keys stay as they are

	r       *response
	b       *SyncBatch
	d       *wbxml.Decoder
	items   itemReader
	asked   map[CollectionID]*SyncRequest
	seen    map[CollectionID]bool
	current *SyncPage // whose commands may be read
	pending *pageStep // that was taken and belongs to the next page
	err     error
	next    func() (pageStep, bool)
	stop    func()
}

// pageStep is the beginning of a page, when it has neither command nor end, a command of it, or its end.
type pageStep struct {
	page *SyncPage
	cmd  *Command
	end  bool
}

func newPages(r *response, b *SyncBatch) (*SyncPages, error) {
	p := &SyncPages{r: r, b: b, asked: map[CollectionID]*SyncRequest{}, seen: map[CollectionID]bool{}}
	for i := range b.Folders {
		p.asked[b.Folders[i].CollectionID] = &b.Folders[i]
	}
	if r.empty {
		err := p.nothing()
		r.close(err)
		return p, err
	}
	p.d = r.decoder()
	p.items.init(r.c, MIMENever)
	p.next, p.stop = iter.Pull(p.read)
	if step, ok := p.next(); ok {
		p.pending = &step
	}
	if p.err != nil {
		err := p.err
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// nothing is an answer without a page: no changes, when there could be any.
func (p *SyncPages) nothing() error {
	for i := range p.b.Folders {
		if p.b.Folders[i].Key == InitialKey {
			return p.r.malformed(fmt.Errorf("%w: no answer to the initial key", ErrNoCollection))
		}
	}
	p.Empty = true
	return nil
}

// Pages yields the pages in the server's order. A page, its commands and their items are valid until the next one, and what of a page
// was not read is skipped. The sequence ends with an error unless the whole document was read and closed: until then no page must
// be committed, those before the error neither.
func (p *SyncPages) Pages() iter.Seq2[*SyncPage, error] {
	return func(yield func(*SyncPage, error) bool) {
		for p.next != nil {
			step, ok := p.take()
			if !ok {
				break
			}
			if step.cmd != nil || step.end {
				continue // of a page that was left
			}
			p.current = step.page
			if !yield(step.page, nil) {
				return
			}
		}
		if p.err != nil {
			yield(nil, p.err)
		}
	}
}

// commands yields the commands of the current page.
func (p *SyncPages) commands(page *SyncPage, yield func(*Command, error) bool) {
	for p.current == page {
		step, ok := p.take()
		switch {
		case !ok:
			p.current = nil
			if p.err != nil {
				yield(nil, p.err)
			}
		case step.page != page:
			p.pending, p.current = &step, nil
		case step.end:
			p.current = nil
		case !yield(step.cmd, nil):
			return
		}
	}
}

func (p *SyncPages) take() (pageStep, bool) {
	if step := p.pending; step != nil {
		p.pending = nil
		return *step, true
	}
	return p.next()
}

// Close ends the answer, read to its end or not. It must be called; it may be called again.
func (p *SyncPages) Close() error {
	if p.d == nil {
		return nil
	}
	p.stop()
	p.pending, p.current = nil, nil
	if !p.r.closed { // the rest was not read: Pages must not end as if it had been
		p.err = errAbandoned
		p.r.close(p.err)
	}
	p.r.c.putDecoder(p.d)
	p.d = nil
	p.items.release()
	return nil
}

// read goes through the document; the first error is left in p.err.
func (p *SyncPages) read(yield func(pageStep) bool) {
	if p.document(yield) {
		p.r.close(p.err)
	}
}

// document is false when the caller stopped.
func (p *SyncPages) document(yield func(pageStep) bool) bool {
	if p.err = p.r.root(p.d, wbxml.AirSyncSync); p.err != nil {
		return true
	}
	var refused syncRefusal
	for tag := range p.d.Children() {
		switch tag {
		case wbxml.AirSyncStatus, wbxml.AirSyncLimit:
			p.err = refused.read(p.d, tag)
		case wbxml.AirSyncCollections:
			for tag := range p.d.Children() {
				if tag == wbxml.AirSyncCollection && !p.page(yield) {
					return false
				}
				if p.err != nil {
					return true
				}
			}
		}
		if p.err != nil {
			return true
		}
	}
	if p.err = refused.err(p.r.c.waitUnit()); p.err != nil {
		return true
	}
	if err := p.d.Close(); err != nil {
		p.err = p.r.broken(err)
	} else if len(p.seen) == 0 {
		p.err = p.nothing()
	}
	return true
}

// page reads a Collection. It is false when the caller stopped.
func (p *SyncPages) page(yield func(pageStep) bool) bool {
	page := &SyncPage{Status: absent, r: p.r, d: p.d, items: &p.items, pages: p, q: &SyncRequest{}}
	if !page.collection(func(cmd *Command) bool { return yield(pageStep{page: page, cmd: cmd}) }) {
		return false
	}
	if p.err = page.err; p.err == nil {
		p.err = page.completeOne()
	}
	if p.err != nil {
		return true
	}
	if !page.began && !yield(pageStep{page: page}) {
		return false
	}
	return yield(pageStep{page: page, end: true})
}

// completeOne checks a page of several when its Collection was read. That the document broke off in it is for Close to say.
func (p *SyncPage) completeOne() error {
	switch {
	case p.d.Err() != nil:
		return p.r.broken(p.d.Err())
	case p.CollectionID == "":
		return p.r.malformed(errors.New("a Collection without its id"))
	case p.Status == absent:
		return status("Sync", "Collection", absent)
	case p.Key == "" && p.Err == nil:
		return p.r.malformed(errNoKey)
	}
	return nil
}

// isAbout finds the request for the folder that a page is about. A server that remembers folders may answer for others.
func (p *SyncPages) isAbout(page *SyncPage, id CollectionID) error {
	q := p.asked[id]
	switch {
	case p.seen[id]:
		return p.r.malformed(fmt.Errorf("folder %q twice", id))
	case len(p.seen) >= MaxSyncFolders:
		return p.r.malformed(errors.New("more folders than may be asked for"))
	case q == nil && !p.b.Partial && !p.b.remembered():
		return p.r.malformed(fmt.Errorf("it is about folder %q, which was not asked for", id))
	}
	p.seen[id] = true
	page.CollectionID = id
	if q != nil {
		page.q = q
		p.items.mime = q.Options.MIMESupport == MIMEAlways
		if page.Class == "" {
			page.Class = q.Class
		}
	}
	return nil
}

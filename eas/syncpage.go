package eas

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// SyncPage is the answer to a Sync that is being read. What precedes the items in it (key, class, MoreAvailable) is there as
// soon as Sync returns, with all servers that are known; at the latest it is complete when Commands has ended.
//
// A page is not safe for concurrent use.
type SyncPage struct {
	Status        int     // of the collection: 1, since others are errors; 0 when Empty
	Key           SyncKey // to ask with next, once everything in this page is safe
	CollectionID  CollectionID
	Class         Class
	MoreAvailable bool // there are more changes; they may come with a page that has no items
	Empty         bool // no changes: the server sent nothing, and Key is the key that was asked with
	// Err is what the server says of this folder when several were asked for: nil, or the *StatusError. The answer for one
	// folder is an error of Sync instead.
	Err error

	r         *response
	q         *SyncRequest
	d         *wbxml.Decoder
	items     *itemReader
	pages     *SyncPages // of which it is one, or nil
	cmd       Command
	responses []CommandResponse
	began     bool // the part before the items has been read
	found     bool // there was a collection
	err       error
	next      func() (*Command, bool)
	stop      func()
}

// Command is a change that the server reports. Add and Change differ little in practice: servers send the one for the other.
type Command struct {
	Op       CommandOp // OpAdd, OpChange, OpDelete or OpSoftDelete
	ServerID ServerID
	Class    Class // of the item
	Item     *Item // nil with OpDelete and OpSoftDelete
}

// CommandResponse is what became of a client's command. Some servers answer only to failures, and to every OpAdd and OpFetch.
type CommandResponse struct {
	Op       CommandOp
	ClientID string
	ServerID ServerID
	Class    Class
	// InstanceID is the occurrence that was meant, from 16.0 on; zero = the event.
	InstanceID time.Time
	Err        error // nil, or the *StatusError
	// Item is what came with it: for OpFetch the item, for OpAdd and OpChange from 16.0 on what the server made of it.
	// It is the caller's, as if kept.
	Item *Item
}

var (
	errNoKey     = errors.New("it has no SyncKey")
	errAbandoned = errors.New("the caller stopped reading")
)

// maxResponses bounds what a server may say of commands: it answers each at most once.
const maxResponses = 2 * maxCommands

func newPage(r *response, q *SyncRequest) (*SyncPage, error) {
	p := &SyncPage{Key: q.Key, CollectionID: q.CollectionID, Class: q.Class, r: r, q: q, items: &itemReader{}}
	if r.empty {
		err := p.nothing()
		r.close(err)
		return p, err
	}
	p.Key, p.Status = "", absent
	p.d = r.decoder()
	p.items.init(r.c, q.Options.MIMESupport)
	switch q.Class {
	case ClassContacts, ClassCalendar, ClassTasks, ClassNotes:
		p.items.divert = nil // nothing of them is spooled, and the decoder need not ask about every value
	}
	p.next, p.stop = iter.Pull(p.read)
	p.next()
	if p.err != nil {
		err := p.err
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// nothing is an answer without a collection: no changes, when there could be any.
func (p *SyncPage) nothing() error {
	if p.q.Key == InitialKey {
		// QUIRK(SOGo 5.8): an unknown folder is answered with an empty 200.
		return p.r.malformed(fmt.Errorf("%w: no answer to the initial key", ErrNoCollection))
	}
	p.Empty, p.Key, p.Status = true, p.q.Key, 0
	return nil
}

// Commands yields the server's changes, in its order. A Command and its Item are valid until the next step. The sequence ends
// with an error unless the whole document was read and closed: what came before an error must not be committed with Key.
func (p *SyncPage) Commands() iter.Seq2[*Command, error] {
	return func(yield func(*Command, error) bool) {
		if p.pages != nil {
			p.pages.commands(p, yield)
			return
		}
		if p.next == nil {
			return
		}
		for {
			cmd, ok := p.next()
			if !ok {
				break
			}
			if !yield(cmd, nil) {
				return
			}
		}
		if p.err != nil {
			yield(nil, p.err)
		}
	}
}

// Responses are the results of the client's commands; complete when Commands has ended.
func (p *SyncPage) Responses() []CommandResponse { return p.responses }

// Close ends the page, read to its end or not. It must be called; it may be called again. One of several pages ends with them.
func (p *SyncPage) Close() error {
	if p.d == nil || p.pages != nil {
		return nil
	}
	p.stop()
	if !p.r.closed { // the rest was not read: Commands must not end as if it had been
		p.err = errAbandoned
		p.r.close(p.err)
	}
	p.r.c.putDecoder(p.d)
	p.d = nil
	p.items.release()
	return nil
}

// read goes through the document. It yields nil once, when all that precedes the items is known, then the commands; the first
// error is left in p.err.
func (p *SyncPage) read(yield func(*Command) bool) {
	if p.document(yield) {
		p.r.close(p.err)
	}
}

// document is false when the caller stopped.
func (p *SyncPage) document(yield func(*Command) bool) bool {
	if p.err = p.r.root(p.d, wbxml.AirSyncSync); p.err != nil {
		return true
	}
	var refused syncRefusal
	for tag := range p.d.Children() {
		switch tag {
		case wbxml.AirSyncStatus, wbxml.AirSyncLimit:
			if p.err = refused.read(p.d, tag); p.err != nil {
				return true
			}
		case wbxml.AirSyncCollections:
			for tag := range p.d.Children() {
				if tag == wbxml.AirSyncCollection && !p.collection(yield) {
					return false
				}
				if p.err != nil {
					return true
				}
			}
		}
	}
	if p.err = refused.err(p.r.c.waitUnit()); p.err == nil {
		p.err = p.complete()
	}
	return true
}

func (p *SyncPage) collection(yield func(*Command) bool) bool {
	p.found = true
	for tag := range p.d.Children() {
		switch tag {
		case wbxml.AirSyncClass:
			p.Class = Class(p.d.Text())
		case wbxml.AirSyncSyncKey:
			p.Key = SyncKey(p.d.Text())
		case wbxml.AirSyncCollectionId:
			if id := CollectionID(p.d.Text()); p.d.Err() == nil {
				p.err = p.isAbout(id)
			}
		case wbxml.AirSyncStatus:
			p.Status, p.err = readStatus(p.d, "Sync", "Collection")
			if p.pages != nil {
				p.Err, p.err = p.err, nil
			}
		case wbxml.AirSyncMoreAvailable:
			p.MoreAvailable = true
		case wbxml.AirSyncResponses:
			p.err = p.readResponses()
		case wbxml.AirSyncCommands:
			if !p.began {
				p.began = true
				if !yield(nil) {
					return false
				}
			}
			if !p.commands(yield) {
				return false
			}
		}
		if p.err != nil {
			return true
		}
	}
	return true
}

// isAbout checks that the folder was asked for.
func (p *SyncPage) isAbout(id CollectionID) error {
	if p.pages != nil {
		return p.pages.isAbout(p, id)
	}
	if id != p.q.CollectionID {
		return p.r.malformed(fmt.Errorf("it is about folder %q, not %q", id, p.q.CollectionID))
	}
	return nil
}

func (p *SyncPage) commands(yield func(*Command) bool) bool {
	for tag := range p.d.Children() {
		op := opTags[tag]
		if op == 0 || op == OpFetch {
			continue
		}
		if p.err = p.command(op); p.err != nil {
			return true
		}
		if !yield(&p.cmd) {
			return false
		}
	}
	return true
}

func (p *SyncPage) command(op CommandOp) error {
	p.cmd = Command{Op: op, Class: p.Class}
	for tag := range p.d.Children() {
		switch tag {
		case wbxml.AirSyncServerId:
			p.cmd.ServerID = ServerID(p.d.Text())
		case wbxml.AirSyncClass:
			p.cmd.Class = Class(p.d.Text())
		case wbxml.AirSyncApplicationData:
			item, err := p.items.read(p.d, p.cmd.Class)
			if err != nil {
				return p.r.broken(err)
			}
			p.cmd.Item = item
		}
	}
	switch {
	case p.d.Err() != nil:
		return p.r.broken(p.d.Err())
	case p.cmd.ServerID == "":
		return p.r.malformed(fmt.Errorf("%s without a ServerId", op))
	case p.cmd.Item == nil && (op == OpAdd || op == OpChange):
		p.cmd.Item = p.items.none(p.cmd.Class)
	}
	return nil
}

// complete checks the page when its document was read: it must have closed, and hold what a page holds.
func (p *SyncPage) complete() error {
	if err := p.d.Close(); err != nil {
		return p.r.broken(err)
	}
	switch {
	case !p.found:
		return p.nothing()
	case p.Status == absent:
		return status("Sync", "Collection", absent)
	case p.Key == "":
		return p.r.malformed(errNoKey)
	}
	return nil
}

func (p *SyncPage) readResponses() error {
	for tag := range p.d.Children() {
		if len(p.responses) >= maxResponses {
			return p.r.malformed(errors.New("more responses than commands"))
		}
		res := CommandResponse{Op: opTags[tag], Class: p.Class}
		code := absent
		for tag := range p.d.Children() {
			switch tag {
			case wbxml.AirSyncServerId:
				res.ServerID = ServerID(p.d.Text())
			case wbxml.AirSyncClientId:
				res.ClientID = p.d.Text()
			case wbxml.AirSyncClass:
				res.Class = Class(p.d.Text())
			case wbxml.AirSyncBaseInstanceId:
				if t, err := wbxml.ParseTime(p.d.Text()); err == nil {
					res.InstanceID = t
				}
			case wbxml.AirSyncStatus:
				code = atoi(p.d.Text())
			case wbxml.AirSyncApplicationData:
				item, err := p.items.read(p.d, res.Class)
				if err != nil {
					return p.r.broken(err)
				}
				res.Item = item.clone()
				p.items.detach()
			}
		}
		res.Err = status("Sync", tag.Name(), code)
		p.responses = append(p.responses, res)
	}
	return nil
}

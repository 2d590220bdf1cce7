package easserver

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// sync answers Sync. MS-ASCMD 2.2.1.21.
func (x *exchange) sync() {
	doc := x.doc
	if doc == nil || doc.Has(wbxml.AirSyncPartial) {
		if doc = x.completeSync(doc); doc == nil {
			x.status(13)
			return
		}
	}
	if !x.bodyPartsSupported() {
		return
	}
	req, err := x.parseSync(doc)
	var broken *ruleError
	if errors.As(err, &broken) {
		x.violation(broken.rule, broken.detail)
		answer := wbxml.E(wbxml.AirSyncSync, wbxml.T(wbxml.AirSyncStatus, strconv.Itoa(broken.status)))
		if broken.limit != 0 {
			answer.Append(wbxml.T(wbxml.AirSyncLimit, strconv.Itoa(broken.limit)))
		}
		x.reply(answer)
		return
	}
	answers := x.syncUntilChanged(req)
	for _, message := range x.unsent {
		x.deliver(message)
	}
	switch {
	case x.broken != 0:
		http.Error(x.w, http.StatusText(x.broken), x.broken)
	case answers == nil:
		x.empty()
	default:
		x.writeSync(answers)
	}
}

// completeSync makes a whole request of an empty or a partial one: what it does not
// say is as in the last request. MS-ASCMD 2.2.1.21.1, 2.2.3.131.
func (x *exchange) completeSync(doc *wbxml.Element) *wbxml.Element {
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	last := x.device.lastSync
	if last == nil || doc == nil {
		return last
	}
	if err := x.protocol.wellFormed(doc); err != nil || len(doc.Children) == 1 {
		return doc // which is refused
	}
	whole := wbxml.E(wbxml.AirSyncSync)
	for _, tag := range []wbxml.Tag{wbxml.AirSyncWait, wbxml.AirSyncHeartbeatInterval, wbxml.AirSyncWindowSize} {
		if e := doc.Child(tag); e != nil {
			whole.Append(*e)
		}
	}
	collections := wbxml.E(wbxml.AirSyncCollections)
	said := map[string]bool{}
	for _, from := range []*wbxml.Element{doc.Child(wbxml.AirSyncCollections), last.Child(wbxml.AirSyncCollections)} {
		if from == nil {
			continue
		}
		for c := range from.All(wbxml.AirSyncCollection) {
			if id := c.Value(wbxml.AirSyncCollectionId); !said[id] {
				said[id] = true
				collections.Append(*c)
			}
		}
	}
	whole.Append(collections)
	return &whole
}

// syncUntilChanged answers the request, when it waits as soon as there is something
// to say. It returns nil for "no changes", which is an answer without a body.
func (x *exchange) syncUntilChanged(req *syncRequest) []collectionAnswer {
	u := x.user
	waiter := newWaiter(x, req.wait)
	defer waiter.stop()
	for {
		u.mu.Lock()
		answers := x.syncCollections(req)
		changed := u.changed
		u.mu.Unlock()
		if answers != nil || x.protocol < 121 && req.wait == 0 {
			return answers
		}
		if req.wait == 0 || !waiter.wait(changed) {
			return nil
		}
	}
}

// collectionAnswer is what is written of one collection.
type collectionAnswer struct {
	folder  *Folder
	id, key string
	status  int
	options options
	ops     []op
	more    bool
	results []result
}

// syncCollections answers all collections. It returns nil if nothing changed in any
// of them, which versions before 12.1 are told in so many words.
func (x *exchange) syncCollections(req *syncRequest) []collectionAnswer {
	var answers []collectionAnswer
	window, commands := req.window, false
	for i := range req.collections {
		c := req.collections[i]
		if window <= 0 && c.key != "0" && len(c.commands) == 0 {
			continue // it did not fit, MS-ASCMD 2.2.3.199
		}
		c.window = min(c.window, window)
		a, changed := x.syncCollection(&c)
		window -= len(a.ops)
		commands = commands || len(c.commands) > 0
		if changed || x.protocol < 121 {
			answers = append(answers, a)
		}
	}
	x.device.lastSync = nil
	if !commands {
		x.device.lastSync = req.doc
	}
	return answers
}

// syncCollection answers one collection, and makes what it answers the state of the
// device. changed is false if there is nothing to say.
func (x *exchange) syncCollection(c *collectionRequest) (a collectionAnswer, changed bool) {
	a = collectionAnswer{id: c.id, key: c.key, status: 1}
	f := x.user.byID(c.id)
	if f == nil || x.device.hierarchy.key == "" || x.unknownFolder(c.id) {
		a.status = 12
		return a, x.hit(FaultUnknownIsNothing, c.id) == nil
	}
	a.folder = f
	if f.class() == "" {
		a.status = 8
		return a, true
	}
	if c.class != "" && c.class != string(f.class()) {
		x.violation("MS-ASCMD 2.2.3.27.5", fmt.Sprintf("Class %s for a folder of %s", c.class, f.class()))
		a.status = 4
		return a, true
	}
	if c.whole && f.class() != eas.ClassEmail {
		x.violation("MS-ASCMD 2.2.3.36.2", "ConversationMode in a folder of "+string(f.class()))
		a.status = 4
		return a, true
	}
	st := x.device.collections[c.id]
	if c.key == "0" {
		st = &syncState{folder: f, key: newKey(), options: defaultOptions(), supported: c.supported}
		x.device.collections[c.id] = st
		x.setOptions(st, c, &a)
		a.key = st.key
		return a, true
	}
	if x.lostKey(c, st, &a) {
		return a, true
	}
	if st == nil || c.key != st.key && c.key != st.prev {
		a.key, a.status = "0", 3
		return a, true
	}
	if !x.setOptions(st, c, &a) {
		return a, true
	}
	return a, x.syncState(c, st, &a)
}

// setOptions makes the options of the request those of the state.
func (x *exchange) setOptions(st *syncState, c *collectionRequest, a *collectionAnswer) bool {
	if c.options != nil {
		o := *c.options
		if err := o.checkFilter(st.folder.class()); err != nil {
			x.violation("MS-ASCMD 2.2.3.68.2", err.Error())
			a.status = 4
			return false
		}
		st.options = o
	}
	a.options = st.options
	return true
}

// syncState answers a request with one of the two keys of the state.
func (x *exchange) syncState(c *collectionRequest, st *syncState, a *collectionAnswer) (changed bool) {
	st.whole = c.whole
	repeated := c.key == st.prev
	known := repeated && c.digest == st.digest // the commands were carried out
	results := st.results
	if !repeated {
		st.repeats = 0
	} else {
		st.repeats++
		if x.repeatedKey(c, st, a) {
			return true
		}
		if known && st.again(st.options.filter, c.window) {
			a.answer(st)
			return true
		}
		st.retreat()
	}
	if !known {
		results = x.clientCommands(c, st)
	}
	f := x.filter(st.folder, st.options.filter, st.whole)
	p := page{from: st.pos, to: st.pos, filter: f, before: st.filtered, filtered: st.filtered}
	if c.getChanges {
		p = x.nextPage(c, st)
	}
	if len(p.ops) == 0 && len(c.commands) == 0 && !p.more {
		st.pos, st.filtered = p.to, p.filtered
		return x.hit(FaultNoChangesDocument, c.id) != nil
	}
	if x.broken != 0 {
		return true
	}
	st.advance(p)
	st.digest, st.results = c.digest, results
	a.answer(st)
	return true
}

func (a *collectionAnswer) answer(st *syncState) {
	a.key, a.ops, a.more, a.results = st.key, st.page.shown(), st.page.more, st.results
}

// writeSync writes the answer. MS-ASCMD 2.2.3.29.2 has the order of the elements.
func (x *exchange) writeSync(answers []collectionAnswer) {
	x.stream(func(enc *wbxml.Encoder) {
		enc.Start(wbxml.AirSyncSync)
		enc.Start(wbxml.AirSyncCollections)
		for i := range answers {
			x.writeCollection(enc, &answers[i])
		}
		enc.End()
		enc.End()
	})
}

func (x *exchange) writeCollection(enc *wbxml.Encoder, a *collectionAnswer) {
	enc.Start(wbxml.AirSyncCollection)
	defer enc.End()
	if x.protocol <= 121 && a.folder != nil {
		enc.Text(wbxml.AirSyncClass, string(a.folder.class()))
	}
	enc.Text(wbxml.AirSyncSyncKey, a.key)
	enc.Text(wbxml.AirSyncCollectionId, x.device.shown(a.id))
	enc.Text(wbxml.AirSyncStatus, strconv.Itoa(a.status))
	if a.more {
		enc.Empty(wbxml.AirSyncMoreAvailable)
	}
	r := &renderer{enc: enc, protocol: x.protocol, device: x.device, opts: a.options, folder: a.folder}
	if len(a.ops) > 0 {
		enc.Start(wbxml.AirSyncCommands)
		for _, o := range a.ops {
			r.op(o)
		}
		enc.End()
	}
	if written := answered(a.results); len(written) > 0 {
		enc.Start(wbxml.AirSyncResponses)
		for _, res := range written {
			r.result(res)
		}
		enc.End()
	}
}

var opTags = [...]wbxml.Tag{
	opAdd: wbxml.AirSyncAdd, opChange: wbxml.AirSyncChange, opDelete: wbxml.AirSyncDelete, opSoftDelete: wbxml.AirSyncSoftDelete,
}

func (r *renderer) op(o op) {
	kind := o.kind
	if o.as != 0 {
		kind = o.as
	}
	r.enc.Start(opTags[kind])
	r.enc.Text(wbxml.AirSyncServerId, r.device.shownItem(r.folder.serverID(o.v.num)))
	if kind == opAdd || kind == opChange {
		r.enc.Start(wbxml.AirSyncApplicationData)
		r.spoil = o.spoil
		r.change(o)
		r.enc.End()
	}
	r.enc.End()
}

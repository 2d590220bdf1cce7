package easserver

// Faults about SyncKeys: what servers do with one that is repeated, and how they forget
// them.
const (
	FaultRepeatOtherPage  Fault = "repeat-other-page"
	FaultRepeatShortPage  Fault = "repeat-short-page"
	FaultRepeatLosesRest  Fault = "repeat-loses-rest"
	FaultRepeatSkipsItem  Fault = "repeat-skips-item"
	FaultWrongKeySkips    Fault = "wrong-key-skips"
	FaultForgetKey        Fault = "forget-key"
	FaultUnknownFolder    Fault = "unknown-folder"
	FaultUnknownIsNothing Fault = "unknown-is-nothing"
	FaultForgetHierarchy  Fault = "forget-hierarchy"
)

var keyFaults = []FaultInfo{
	{FaultRepeatOtherPage, "a repeated key, but the first, gets another page: it overlaps what came before, with Change instead of Add (SOGo 5.8)"},
	{FaultRepeatShortPage, "a repeated key gets the same new key with other content, 25 items or 1 (Z-Push 2.7)"},
	{FaultRepeatLosesRest, "a repeated key, but the first, gets the last page of the folder: the rest never comes (SOGo 5.8, all messages with one MODSEQ)"},
	{FaultRepeatSkipsItem, "a key that is shown for the third time skips an item for ever, with status 1 (Z-Push 2.7)"},
	{FaultWrongKeySkips, "a key that the server forgot gets status 1, no items, and a new key: what was to come never comes (SOGo 5.8)"},
	{FaultForgetKey, "Sync status 3: the key is forgotten"},
	{FaultUnknownFolder, "Sync status 12: the folder is unknown until the next FolderSync"},
	{FaultUnknownIsNothing, "an unknown folder gets an empty HTTP 200, which says that nothing changed (SOGo 5.8)"},
	{FaultForgetHierarchy, "FolderSync status 9: the key of the hierarchy is forgotten, and Sync has status 12 until it is read anew"},
}

// unknownFolder tells whether the device is told that the folder is unknown.
func (x *exchange) unknownFolder(id string) bool {
	if x.hit(FaultUnknownFolder, id) != nil {
		x.device.doubted[id] = true
	}
	return x.device.doubted[id]
}

// lostKey answers a key that the server has forgotten, if it does so now.
func (x *exchange) lostKey(c *collectionRequest, st *syncState, a *collectionAnswer) bool {
	switch f := a.folder; {
	case x.hit(FaultForgetKey, c.id) != nil:
		delete(x.device.collections, c.id)
		a.key, a.status = "0", 3
	case x.hit(FaultWrongKeySkips, c.id) != nil:
		fresh := &syncState{folder: f, key: newKey(), options: defaultOptions(), supported: c.supported}
		if st != nil {
			fresh.options = st.options
		}
		fresh.skipAll()
		x.device.collections[c.id] = fresh
		a.key = fresh.key
	default:
		return false
	}
	return true
}

// skipAll makes the server believe that the device has everything.
func (st *syncState) skipAll() {
	for _, v := range st.folder.items {
		if !v.deleted {
			st.have.add(v.num)
		}
	}
	st.pos = uint64(len(st.folder.log))
}

// hide notes that the device was not sent an item that it is taken to have.
func (st *syncState) hide(num uint32) {
	if st.hidden == nil {
		st.hidden = map[uint32]bool{}
	}
	st.hidden[num] = true
}

// delivered tells whether the device was sent an item that is there.
func (st *syncState) delivered(v *version) bool {
	return st.have.has(v.num) && !st.hidden[v.num] && !v.deleted
}

// hiddenItems counts the items that are there and were not sent.
func (st *syncState) hiddenItems() (n int) {
	for num := range st.hidden {
		if !st.folder.items[num].deleted {
			n++
		}
	}
	return n
}

// repeatedKey answers the key before the last in a way of its own, if it does so now.
func (x *exchange) repeatedKey(c *collectionRequest, st *syncState, a *collectionAnswer) bool {
	if len(c.commands) > 0 || len(st.page.ops) == 0 {
		return false
	}
	later := st.page.from > 0
	switch {
	case st.repeats >= 2 && x.skipItem(c, st):
	case later && st.page.more && x.hit(FaultRepeatLosesRest, c.id) != nil:
		p := st.page
		p.more = false
		st.retreat()
		st.advance(p)
		st.skipAll()
	case later && c.window > 1 && x.hit(FaultRepeatOtherPage, c.id) != nil:
		x.overlap(c, st)
	default:
		i := x.hit(FaultRepeatShortPage, c.id)
		if i == nil {
			return false
		}
		key := st.key
		st.retreat()
		st.advance(x.plan(st, min(c.window, []int{1, 25}[i.rng.IntN(2)])))
		st.key = key
	}
	a.answer(st)
	return true
}

// skipItem makes the page anew without one of its items, which the device never gets.
func (x *exchange) skipItem(c *collectionRequest, st *syncState) bool {
	i := x.draw(FaultRepeatSkipsItem, c.id)
	if i == nil {
		return false
	}
	var adds []int
	for n, o := range st.page.ops {
		if o.kind == opAdd && !o.silent {
			adds = append(adds, n)
		}
	}
	if len(adds) == 0 {
		return false
	}
	i.happened()
	p := st.page
	p.ops = append([]op(nil), p.ops...)
	p.ops[adds[i.rng.IntN(len(adds))]].silent = true
	st.retreat()
	st.advance(p)
	return true
}

// overlap makes the page anew: with items that came before it, and as Change what is
// to be Add.
func (x *exchange) overlap(c *collectionRequest, st *syncState) {
	st.retreat()
	var p page
	for _, v := range st.folder.items {
		if len(p.ops) < c.window/2 && st.delivered(v) {
			p.ops = append(p.ops, op{kind: opChange, v: v, full: true})
		}
	}
	again := x.plan(st, c.window-len(p.ops))
	for i := range again.ops {
		if o := &again.ops[i]; o.kind == opAdd && i%2 == 0 {
			o.as = opChange
		}
	}
	again.ops = append(p.ops, again.ops...)
	st.advance(again)
}

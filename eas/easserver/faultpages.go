package easserver

// Faults of pages: what is in them, and how it is called.
const (
	FaultEmptyPage         Fault = "empty-page"
	FaultLargePage         Fault = "large-page"
	FaultChangeForAdd      Fault = "change-for-add"
	FaultDoubleAdd         Fault = "double-add"
	FaultLaterAdd          Fault = "later-add"
	FaultSoftDelete        Fault = "soft-delete"
	FaultWholeChange       Fault = "whole-change"
	FaultNoChangesDocument Fault = "no-changes-document"
)

var pageFaults = []FaultInfo{
	{FaultEmptyPage, "MoreAvailable with a page that has no items"},
	{FaultLargePage, "a page has more items than the window (SOGo 5.8)"},
	{FaultChangeForAdd, "an item that is new comes as Change (SOGo 5.8)"},
	{FaultDoubleAdd, "an item is added twice in one page"},
	{FaultLaterAdd, "items are added again in a later page"},
	{FaultSoftDelete, "SoftDelete of an item that is where it was, though no filter is set"},
	{FaultWholeChange, "a Change of a flag brings the whole item (SOGo 5.8)"},
	{FaultNoChangesDocument, "no changes are a document with the same key, not an empty answer (Z-Push 2.7)"},
}

// maxLaterAdds is how many items come again at once.
const maxLaterAdds = 3

// nextPage plans the page after the last one.
func (x *exchange) nextPage(c *collectionRequest, st *syncState) page {
	p := x.plan(st, c.window)
	if p.more && x.hit(FaultLargePage, c.id) != nil {
		p = x.plan(st, 2*c.window+1)
	}
	if x.hit(FaultEmptyPage, c.id) != nil {
		return page{more: true, filter: p.filter, from: st.pos, to: st.pos, before: st.filtered, filtered: st.filtered}
	}
	p.ops = x.misname(c, st, p.ops)
	x.stray(c, st, &p)
	return p
}

// misname calls items of a page what they are not, and lists them twice.
func (x *exchange) misname(c *collectionRequest, st *syncState, ops []op) []op {
	var all []op
	for _, o := range ops {
		id := st.folder.serverID(o.v.num)
		switch {
		case o.silent:
		case o.kind == opAdd && x.hit(FaultChangeForAdd, id) != nil:
			o.as = opChange
		case o.kind == opAdd && x.hit(FaultDoubleAdd, id) != nil:
			// The second is no change of what the device has: it is only called Add.
			all = append(all, op{kind: opChange, as: opAdd, v: o.v, full: true, spoil: o.spoil})
		case o.kind == opChange && !o.full && x.hit(FaultWholeChange, id) != nil:
			o.full = true
		}
		all = append(all, o)
	}
	return all
}

// stray puts items into the page that are not in it.
func (x *exchange) stray(c *collectionRequest, st *syncState, p *page) {
	var had []*version
	for _, v := range st.folder.items {
		if st.delivered(v) && v.seq <= st.pos && !x.isMarked(FaultLostItem, st.folder, v) {
			had = append(had, v)
		}
	}
	if len(had) == 0 {
		return
	}
	if i := x.hit(FaultLaterAdd, c.id); i != nil {
		for range min(maxLaterAdds, len(had)) {
			v := had[i.rng.IntN(len(had))]
			p.ops = append(p.ops, op{kind: opChange, as: opAdd, v: v, full: true, spoil: x.spoil(st.folder, v)})
		}
	}
	if i := x.hit(FaultSoftDelete, c.id); i != nil {
		p.ops = append(p.ops, op{kind: opChange, as: opSoftDelete, v: had[i.rng.IntN(len(had))]})
	}
}

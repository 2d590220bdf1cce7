package easserver

import (
	"net/http"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Faults of single items. Which items have one is decided once.
const (
	FaultPoison        Fault = "poison"
	FaultPoisonInSync  Fault = "poison-in-sync"
	FaultPoisonBody    Fault = "poison-body"
	FaultFetchBatch    Fault = "fetch-batch-501"
	FaultSkippedItem   Fault = "skipped-item"
	FaultLostItem      Fault = "lost-item"
	FaultNoHeaders     Fault = "no-headers"
	FaultInvalidUTF8   Fault = "invalid-utf8"
	FaultTruncatedBody Fault = "truncated-body"
	FaultMissingBody   Fault = "missing-body"
)

var itemFaults = []FaultInfo{
	{FaultPoison, "an item that cannot be rendered: every page and every ItemOperations with it fails with HTTP 500"},
	{FaultPoisonInSync, "an item with which every page fails with HTTP 500, and which ItemOperations serves"},
	{FaultPoisonBody, "an item whose body cannot be rendered: every page and every ItemOperations with it fails with HTTP 500, unless bodies are not asked for"},
	{FaultFetchBatch, "an ItemOperations with one id that is not there fails as a whole with HTTP 501 (SOGo 5.8)"},
	{FaultSkippedItem, "an item that Sync never delivers to a device, for each device another one; the estimate counts it and ItemOperations serves it (Z-Push 2.7)"},
	{FaultLostItem, "an item that neither Sync nor ItemOperations delivers to any device; the estimate counts it"},
	{FaultNoHeaders, "a message without DateReceived and Subject"},
	{FaultInvalidUTF8, "a subject or name with bytes that are no UTF-8"},
	{FaultTruncatedBody, "Sync cuts a body and says so, though nobody asked for less than all"},
	{FaultMissingBody, "Sync sends a message without its body"},
}

// spoil is what is wrong with an item as it is sent.
type spoil byte

const (
	spoilHeaders spoil = 1 << iota
	spoilText
	spoilCut
	spoilBody
	spoilRebuilt
	spoilApart
)

// spoil decides what is wrong with an item in this answer.
func (x *exchange) spoil(f *Folder, v *version) (s spoil) {
	if x.cfg.Faults == nil {
		return 0
	}
	sync := x.command.name == "Sync"
	for _, c := range []struct {
		applies bool
		fault   Fault
		spoil   spoil
	}{
		{v.Message != nil, FaultNoHeaders, spoilHeaders},
		{true, FaultInvalidUTF8, spoilText},
		{sync && v.hasBody(), FaultTruncatedBody, spoilCut},
		{sync && v.Message != nil, FaultMissingBody, spoilBody},
		{x.protocol >= 120 && v.Message != nil, FaultRebuiltMIME, spoilRebuilt},
		{x.protocol >= 120 && v.Message != nil && v.header().secured() == "enveloped", FaultCiphertextApart, spoilApart},
	} {
		if c.applies && x.marked(c.fault, f, v) {
			s |= c.spoil
		}
	}
	return s
}

// hasBody tells whether there is a body that can be cut.
func (v *version) hasBody() bool {
	if v.Message != nil {
		return v.Message.Size > 1
	}
	for i := range v.Properties {
		if e := &v.Properties[i]; e.Tag == wbxml.AirSyncBaseBody {
			return len(e.Value(wbxml.AirSyncBaseData)) > 1
		}
	}
	return false
}

// notUTF8 are bytes that no UTF-8 text has.
const notUTF8 = "\xff\xc3("

// skipped decides of an item for the device.
func (x *exchange) skipped(f *Folder, v *version) bool {
	skipped := x.cfg.Faults.marked(FaultSkippedItem, x.command.name, x.user.name+" "+x.device.id+" "+f.serverID(v.num))
	if skipped {
		x.cfg.Faults.count(FaultSkippedItem)
	}
	return skipped
}

// plan returns the next page of at most n items as the server would send it, with what
// is wrong with the items.
func (x *exchange) plan(st *syncState, n int) page {
	p := st.plan(x.device, x.filter(st.folder, st.options.filter, st.whole), n)
	if x.cfg.Faults == nil {
		return p
	}
	for i := range p.ops {
		o := &p.ops[i]
		if o.kind != opAdd && o.kind != opChange {
			continue
		}
		f := st.folder
		if x.marked(FaultPoison, f, o.v) || x.marked(FaultPoisonInSync, f, o.v) || st.options.wantBody(x.protocol) && x.marked(FaultPoisonBody, f, o.v) {
			x.broken = http.StatusInternalServerError
		}
		o.silent = x.skipped(f, o.v) || x.marked(FaultLostItem, f, o.v)
		if !o.silent {
			o.spoil = x.spoil(f, o.v)
		}
	}
	return p
}

// brokenFetch returns the HTTP status with which ItemOperations fails as a whole, 0 if
// it does not.
func (x *exchange) brokenFetch() int {
	if x.cfg.Faults == nil {
		return 0
	}
	for e := range x.doc.All(wbxml.ItemOperationsFetch) {
		switch f := x.find(e); {
		case f.status == 6 && x.hit(FaultFetchBatch, e.Value(wbxml.AirSyncServerId)) != nil:
			return http.StatusNotImplemented
		case f.v != nil && x.marked(FaultPoison, f.folder, f.v), f.v != nil && f.options.wantBody(x.protocol) && x.marked(FaultPoisonBody, f.folder, f.v):
			return http.StatusInternalServerError
		}
	}
	return 0
}

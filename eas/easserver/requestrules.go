package easserver

import (
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// allowed is a child that an element of a request may have.
type allowed struct {
	tag      wbxml.Tag
	required bool
	many     bool
	since    protocol // the first version that has it; 0: all
}

// requestRules are the children of the elements of requests, in their order; anyOrder has those whose order is free. MS-ASCMD
// 2.2.3 lists them with each element.
var requestRules = map[wbxml.Tag][]allowed{
	wbxml.ComposeMailSendMail: { // 2.2.3.162
		{tag: wbxml.ComposeMailClientId, required: true},
		{tag: wbxml.ComposeMailAccountId, since: 141},
		{tag: wbxml.ComposeMailSaveInSentItems},
		{tag: wbxml.ComposeMailMime, required: true},
		{tag: wbxml.RightsManagementTemplateID, since: 141},
	},
	wbxml.ComposeMailSmartReply: { // 2.2.3.170
		{tag: wbxml.ComposeMailClientId, required: true},
		{tag: wbxml.ComposeMailSource, required: true},
		{tag: wbxml.ComposeMailAccountId, since: 141},
		{tag: wbxml.ComposeMailSaveInSentItems},
		{tag: wbxml.ComposeMailReplaceMime},
		{tag: wbxml.ComposeMailMime, required: true},
		{tag: wbxml.RightsManagementTemplateID, since: 141},
	},
	wbxml.ComposeMailSmartForward: { // 2.2.3.169, 2.2.3.79; the message is not there when a meeting is forwarded
		{tag: wbxml.ComposeMailClientId, required: true},
		{tag: wbxml.ComposeMailSource, required: true},
		{tag: wbxml.ComposeMailAccountId, since: 141},
		{tag: wbxml.ComposeMailSaveInSentItems},
		{tag: wbxml.ComposeMailReplaceMime},
		{tag: wbxml.ComposeMailMime},
		{tag: wbxml.RightsManagementTemplateID, since: 141},
		{tag: wbxml.ComposeMailForwardees, since: 160},
		{tag: wbxml.AirSyncBaseBody, since: 160},
	},
	wbxml.ComposeMailSource: { // 2.2.3.173
		{tag: wbxml.ComposeMailFolderId}, {tag: wbxml.ComposeMailItemId}, {tag: wbxml.ComposeMailLongId}, {tag: wbxml.ComposeMailInstanceId},
	},
	wbxml.ComposeMailForwardees: {{tag: wbxml.ComposeMailForwardee, required: true, many: true}},               // 2.2.3.79
	wbxml.ComposeMailForwardee:  {{tag: wbxml.ComposeMailName}, {tag: wbxml.ComposeMailEmail, required: true}}, // 2.2.3.78
	wbxml.FolderHierarchyFolderCreate: { // 2.2.3.72
		{tag: wbxml.FolderHierarchySyncKey, required: true},
		{tag: wbxml.FolderHierarchyParentId, required: true},
		{tag: wbxml.FolderHierarchyDisplayName, required: true},
		{tag: wbxml.FolderHierarchyType, required: true},
	},
	wbxml.FolderHierarchyFolderUpdate: { // 2.2.3.77
		{tag: wbxml.FolderHierarchySyncKey, required: true},
		{tag: wbxml.FolderHierarchyServerId, required: true},
		{tag: wbxml.FolderHierarchyParentId, required: true},
		{tag: wbxml.FolderHierarchyDisplayName, required: true},
	},
	wbxml.FolderHierarchyFolderDelete: { // 2.2.3.73
		{tag: wbxml.FolderHierarchySyncKey, required: true}, {tag: wbxml.FolderHierarchyServerId, required: true},
	},
	wbxml.MoveMoveItems: {{tag: wbxml.MoveMove, required: true, many: true}}, // 2.2.3.119
	wbxml.MoveMove: { // 2.2.3.117.2; several DstFldId have a status of their own
		{tag: wbxml.MoveSrcMsgId, required: true}, {tag: wbxml.MoveSrcFldId, required: true}, {tag: wbxml.MoveDstFldId, required: true, many: true},
	},
	wbxml.PingPing:    {{tag: wbxml.PingHeartbeatInterval}, {tag: wbxml.PingFolders}},                // 2.2.3.136
	wbxml.PingFolders: {{tag: wbxml.PingFolder, required: true, many: true}},                         // 2.2.3.75.2
	wbxml.PingFolder:  {{tag: wbxml.PingId, required: true}, {tag: wbxml.PingClass, required: true}}, // 2.2.3.71.2
}

// ordered tells whether the children of an element have their places.
func ordered(tag wbxml.Tag) bool {
	_, free := anyOrder[tag]
	return !free && tag != wbxml.SearchAnd
}

// wellFormed returns what e, or an element below it that has rules, breaks.
func (p protocol) wellFormed(e *wbxml.Element) error {
	if _, ok := anyOrder[e.Tag]; ok {
		return p.obeys(anyOrder, e)
	}
	return p.obeys(requestRules, e)
}

// obeys is wellFormed with rules that come before the others.
func (p protocol) obeys(rules map[wbxml.Tag][]allowed, e *wbxml.Element) error {
	children, ok := rules[e.Tag]
	if !ok {
		return nil
	}
	last, seen := -1, make([]bool, len(children))
	for i := range e.Children {
		c := &e.Children[i]
		at := slices.IndexFunc(children, func(a allowed) bool { return a.tag == c.Tag })
		switch {
		case at < 0:
			return fmt.Errorf("%s in %s", c.Tag, e.Tag)
		case p < children[at].since:
			return fmt.Errorf("%s in version %s", c.Tag, p)
		case at < last && ordered(e.Tag), seen[at] && !children[at].many:
			return fmt.Errorf("%s in the wrong place in %s", c.Tag, e.Tag)
		}
		last, seen[at] = at, true
		below := p.wellFormed
		if _, ok := rules[c.Tag]; ok {
			below = func(e *wbxml.Element) error { return p.obeys(rules, e) }
		}
		if err := below(c); err != nil {
			return err
		}
	}
	for i, a := range children {
		if a.required && !seen[i] {
			return fmt.Errorf("%s without %s", e.Tag, a.tag)
		}
	}
	return nil
}

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

// requestRules are the children of the elements of requests, in their order. MS-ASCMD 2.2.3 lists them with each element.
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
	wbxml.MeetingResponseMeetingResponse: {{tag: wbxml.MeetingResponseRequest, required: true, many: true}}, // 2.2.3.106
	wbxml.MeetingResponseRequest: { // 2.2.3.150.2
		{tag: wbxml.MeetingResponseUserResponse, required: true},
		{tag: wbxml.MeetingResponseCollectionId},
		{tag: wbxml.MeetingResponseRequestId},
		{tag: wbxml.SearchLongId},
		{tag: wbxml.MeetingResponseInstanceId, since: 141},
		{tag: wbxml.MeetingResponseSendResponse, since: 160},
	},
	wbxml.MeetingResponseSendResponse: { // 2.2.3.163, 2.2.3.140
		{tag: wbxml.AirSyncBaseBody}, {tag: wbxml.MeetingResponseProposedStartTime, since: 161}, {tag: wbxml.MeetingResponseProposedEndTime, since: 161},
	},
	wbxml.ItemOperationsItemOperations: { // 2.2.3.94
		{tag: wbxml.ItemOperationsFetch, many: true},
		{tag: wbxml.ItemOperationsEmptyFolderContents, many: true},
		{tag: wbxml.ItemOperationsMove, many: true, since: 140},
	},
	wbxml.ItemOperationsFetch: { // 2.2.3.67.1
		{tag: wbxml.ItemOperationsStore, required: true},
		{tag: wbxml.DocumentLibraryLinkId},
		{tag: wbxml.SearchLongId},
		{tag: wbxml.AirSyncCollectionId},
		{tag: wbxml.AirSyncServerId},
		{tag: wbxml.ItemOperationsOptions},
		{tag: wbxml.AirSyncBaseFileReference},
		{tag: wbxml.RightsManagementRemoveRightsManagementProtection, since: 141},
	},
	wbxml.ItemOperationsEmptyFolderContents: {{tag: wbxml.AirSyncCollectionId, required: true}, {tag: wbxml.ItemOperationsOptions}}, // 2.2.3.58
	wbxml.ItemOperationsMove: { // 2.2.3.117.1
		{tag: wbxml.ItemOperationsConversationId, required: true}, {tag: wbxml.ItemOperationsDstFldId, required: true}, {tag: wbxml.ItemOperationsOptions},
	},
	wbxml.ItemOperationsOptions: { // 2.2.3.125.3, of all three operations
		{tag: wbxml.ItemOperationsSchema},
		{tag: wbxml.ItemOperationsRange},
		{tag: wbxml.ItemOperationsUserName, since: 121},
		{tag: wbxml.ItemOperationsPassword, since: 121},
		{tag: wbxml.AirSyncMIMESupport},
		{tag: wbxml.AirSyncBaseBodyPreference, many: true},
		{tag: wbxml.AirSyncBaseBodyPartPreference, many: true, since: 141},
		{tag: wbxml.RightsManagementRightsManagementSupport, since: 141},
		{tag: wbxml.ItemOperationsDeleteSubFolders},
		{tag: wbxml.ItemOperationsMoveAlways, since: 140},
	},
	wbxml.AirSyncSync: { // 2.2.3.180
		{tag: wbxml.AirSyncCollections},
		{tag: wbxml.AirSyncPartial, since: 121},
		{tag: wbxml.AirSyncWait, since: 121},
		{tag: wbxml.AirSyncHeartbeatInterval, since: 140},
		{tag: wbxml.AirSyncWindowSize},
	},
	wbxml.AirSyncCollections: {{tag: wbxml.AirSyncCollection, required: true, many: true}}, // 2.2.3.31.2
	wbxml.AirSyncCollection: { // 2.2.3.29.2, a strict order; Class is for versions up to 12.1
		{tag: wbxml.AirSyncClass},
		{tag: wbxml.AirSyncSyncKey, required: true},
		{tag: wbxml.AirSyncCollectionId, required: true},
		{tag: wbxml.AirSyncSupported},
		{tag: wbxml.AirSyncDeletesAsMoves},
		{tag: wbxml.AirSyncGetChanges},
		{tag: wbxml.AirSyncWindowSize},
		{tag: wbxml.AirSyncConversationMode, since: 140},
		{tag: wbxml.AirSyncOptions, many: true},
		{tag: wbxml.AirSyncCommands},
	},
	wbxml.AirSyncCommands: { // 2.2.3.32
		{tag: wbxml.AirSyncAdd, many: true},
		{tag: wbxml.AirSyncChange, many: true},
		{tag: wbxml.AirSyncDelete, many: true},
		{tag: wbxml.AirSyncFetch, many: true},
	},
	wbxml.AirSyncAdd: { // 2.2.3.7.2
		{tag: wbxml.AirSyncClass, since: 140},
		{tag: wbxml.AirSyncClientId, required: true},
		{tag: wbxml.AirSyncApplicationData, required: true},
		{tag: wbxml.Email2Send, since: 160},
	},
	wbxml.AirSyncChange: { // 2.2.3.24
		{tag: wbxml.AirSyncServerId, required: true},
		{tag: wbxml.AirSyncBaseInstanceId, since: 160},
		{tag: wbxml.AirSyncApplicationData, required: true},
		{tag: wbxml.Email2Send, since: 160},
	},
	wbxml.AirSyncDelete: {{tag: wbxml.AirSyncServerId, required: true}, {tag: wbxml.AirSyncBaseInstanceId, since: 160}}, // 2.2.3.42.2
	wbxml.AirSyncFetch:  {{tag: wbxml.AirSyncServerId, required: true}},                                                 // 2.2.3.67.2
	wbxml.AirSyncOptions: { // 2.2.3.125.6, and of GetItemEstimate, 2.2.3.125.2; Truncation: 2.2.3.185
		{tag: wbxml.AirSyncFilterType},
		{tag: wbxml.AirSyncClass, since: 140},
		{tag: wbxml.AirSyncConflict},
		{tag: wbxml.AirSyncTruncation},
		{tag: wbxml.AirSyncMIMESupport},
		{tag: wbxml.AirSyncMIMETruncation},
		{tag: wbxml.AirSyncMaxItems, since: 140},
		// In 2.5 clients that know more ask for what the server skips.
		{tag: wbxml.AirSyncBaseBodyPreference, many: true},
		{tag: wbxml.AirSyncBaseBodyPartPreference, many: true, since: 141},
		{tag: wbxml.RightsManagementRightsManagementSupport, since: 141},
	},
	wbxml.AirSyncBaseBodyPreference:     bodyPreferenceRules,                                                           // MS-ASAIRS 2.2.2.12
	wbxml.AirSyncBaseBodyPartPreference: bodyPreferenceRules,                                                           // MS-ASAIRS 2.2.2.11
	wbxml.PingPing:                      {{tag: wbxml.PingHeartbeatInterval}, {tag: wbxml.PingFolders}},                // 2.2.3.136
	wbxml.PingFolders:                   {{tag: wbxml.PingFolder, required: true, many: true}},                         // 2.2.3.75.2
	wbxml.PingFolder:                    {{tag: wbxml.PingId, required: true}, {tag: wbxml.PingClass, required: true}}, // 2.2.3.71.2
}

// bodyPreferenceRules: Type comes first.
var bodyPreferenceRules = []allowed{
	{tag: wbxml.AirSyncBaseType, required: true},
	{tag: wbxml.AirSyncBaseTruncationSize},
	{tag: wbxml.AirSyncBaseAllOrNone},
	{tag: wbxml.AirSyncBasePreview, since: 140},
}

// anyOrder are the elements that may have their children in any order, and operations in
// the order in which they are to be done.
var anyOrder = []wbxml.Tag{
	wbxml.AirSyncSync, wbxml.AirSyncCommands, wbxml.AirSyncAdd, wbxml.AirSyncChange, wbxml.AirSyncOptions,
	wbxml.ItemOperationsItemOperations, wbxml.ItemOperationsFetch, wbxml.ItemOperationsOptions,
}

// operationsWellFormed checks an ItemOperations, where Options are of three kinds.
// MS-ASCMD 2.2.3.125.3.
func (p protocol) operationsWellFormed(doc *wbxml.Element) error {
	if err := p.wellFormed(doc); err != nil {
		return err
	}
	for i := range doc.Children {
		e := &doc.Children[i]
		o := e.Child(wbxml.ItemOperationsOptions)
		if o == nil {
			continue
		}
		for _, c := range o.Children {
			ok := c.Tag != wbxml.ItemOperationsDeleteSubFolders && c.Tag != wbxml.ItemOperationsMoveAlways
			switch {
			case e.Tag == wbxml.ItemOperationsEmptyFolderContents:
				ok = c.Tag == wbxml.ItemOperationsDeleteSubFolders
			case e.Tag == wbxml.ItemOperationsMove:
				ok = c.Tag == wbxml.ItemOperationsMoveAlways
			case e.Has(wbxml.AirSyncBaseFileReference):
				ok = c.Tag == wbxml.ItemOperationsRange
			case e.Has(wbxml.DocumentLibraryLinkId): // 2.2.3.158, 2.2.3.125.3
				ok = c.Tag == wbxml.ItemOperationsRange || c.Tag == wbxml.ItemOperationsUserName || c.Tag == wbxml.ItemOperationsPassword
			}
			if !ok {
				return fmt.Errorf("%s in the Options of this %s", c.Tag, e.Tag)
			}
		}
	}
	return nil
}

// wellFormed returns what e, or an element below it that has rules, breaks.
func (p protocol) wellFormed(e *wbxml.Element) error { return p.obeys(nil, e) }

// obeys is wellFormed with rules that come before the others.
func (p protocol) obeys(first map[wbxml.Tag][]allowed, e *wbxml.Element) error {
	rules, ordered := first[e.Tag], e.Tag != wbxml.SearchAnd
	if rules == nil {
		rules, ordered = lookupRules[e.Tag], false
	}
	if rules == nil {
		rules, ordered = requestRules[e.Tag], !slices.Contains(anyOrder, e.Tag)
	}
	if rules == nil {
		return nil
	}
	last := -1
	seen := map[wbxml.Tag]bool{}
	for i := range e.Children {
		c := &e.Children[i]
		at := slices.IndexFunc(rules, func(a allowed) bool { return a.tag == c.Tag })
		switch {
		case at < 0:
			return fmt.Errorf("%s in %s", c.Tag, e.Tag)
		case p < rules[at].since:
			return fmt.Errorf("%s in version %s", c.Tag, p)
		case seen[c.Tag] && !rules[at].many:
			return fmt.Errorf("%s twice in %s", c.Tag, e.Tag)
		case at < last && ordered:
			return fmt.Errorf("%s in the wrong place in %s", c.Tag, e.Tag)
		}
		last, seen[c.Tag] = at, true
		if err := p.obeys(first, c); err != nil {
			return err
		}
	}
	for _, a := range rules {
		if a.required && !e.Has(a.tag) {
			return fmt.Errorf("%s without %s", e.Tag, a.tag)
		}
	}
	return nil
}

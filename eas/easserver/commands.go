package easserver

import (
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// command is an entry in the table of commands. It is where a common status
// (MS-ASCMD 2.2.2) goes in its answer.
type command struct {
	name      string
	run       func(*exchange)
	root      wbxml.Tag
	status    []wbxml.Tag // below the root
	since     protocol    // the first version that has it
	until     protocol    // the last one; 0: all have it
	rawUntil  protocol    // before this version the body is no document
	emptyBody bool        // may be sent without a document
}

// The commands, in the order of MS-ASHTTP 2.2.1.1.1.1.2. Before 14.0 a message to
// send is the body itself.
var commands = []command{
	{name: "Sync", run: (*exchange).sync, root: wbxml.AirSyncSync, status: path(wbxml.AirSyncStatus), emptyBody: true},
	{name: "SendMail", run: (*exchange).sendMail, root: wbxml.ComposeMailSendMail, status: path(wbxml.ComposeMailStatus), rawUntil: 140},
	{name: "SmartForward", run: (*exchange).smartForward, root: wbxml.ComposeMailSmartForward, status: path(wbxml.ComposeMailStatus), rawUntil: 140},
	{name: "SmartReply", run: (*exchange).smartReply, root: wbxml.ComposeMailSmartReply, status: path(wbxml.ComposeMailStatus), rawUntil: 140},
	{name: "GetAttachment", run: (*exchange).getAttachment, rawUntil: 140, until: 121},
	{name: "FolderSync", run: (*exchange).folderSync, root: wbxml.FolderHierarchyFolderSync, status: path(wbxml.FolderHierarchyStatus)},
	{name: "FolderCreate", run: (*exchange).folderCreate, root: wbxml.FolderHierarchyFolderCreate, status: path(wbxml.FolderHierarchyStatus)},
	{name: "FolderDelete", run: (*exchange).folderDelete, root: wbxml.FolderHierarchyFolderDelete, status: path(wbxml.FolderHierarchyStatus)},
	{name: "FolderUpdate", run: (*exchange).folderUpdate, root: wbxml.FolderHierarchyFolderUpdate, status: path(wbxml.FolderHierarchyStatus)},
	{name: "MoveItems", run: (*exchange).moveItems, root: wbxml.MoveMoveItems, status: path(wbxml.MoveStatus)},
	{name: "GetItemEstimate", run: (*exchange).getItemEstimate, root: wbxml.GetItemEstimateGetItemEstimate, status: path(wbxml.GetItemEstimateStatus)},
	{
		name: "MeetingResponse", run: (*exchange).meetingResponse, root: wbxml.MeetingResponseMeetingResponse,
		status: path(wbxml.MeetingResponseResult, wbxml.MeetingResponseStatus),
	},
	{name: "Search", run: (*exchange).search, root: wbxml.SearchSearch, status: path(wbxml.SearchStatus)},
	{name: "Settings", run: (*exchange).settings, root: wbxml.SettingsSettings, status: path(wbxml.SettingsStatus), since: 120},
	{name: "Ping", run: (*exchange).ping, root: wbxml.PingPing, status: path(wbxml.PingStatus), emptyBody: true},
	{name: "ItemOperations", run: (*exchange).itemOperations, root: wbxml.ItemOperationsItemOperations, status: path(wbxml.ItemOperationsStatus), since: 120},
	{name: "Provision", run: (*exchange).provision, root: wbxml.ProvisionProvision, status: path(wbxml.ProvisionStatus)},
	{name: "ResolveRecipients", run: (*exchange).resolveRecipients, root: wbxml.ResolveRecipientsResolveRecipients, status: path(wbxml.ResolveRecipientsStatus)},
	{name: "ValidateCert", run: (*exchange).validateCert, root: wbxml.ValidateCertValidateCert, status: path(wbxml.ValidateCertStatus)},
	{name: "Find", run: (*exchange).findCommand, root: wbxml.FindFind, status: path(wbxml.FindStatus), since: 161},
}

// batch carries out a command that is a list of requests of one kind, and answers each
// of them with an element of its own. malformed is the status of a command that breaks the rules.
func (x *exchange) batch(request wbxml.Tag, most, malformed int, carryOut func(*wbxml.Element) wbxml.Element) {
	if n := len(x.doc.Children); n == 0 || n > most {
		x.refuse(103, "MS-ASCMD 3.1.5.10", fmt.Sprintf("%d times %s", n, request.Name()))
		return
	}
	if err := x.protocol.wellFormed(x.doc); err != nil {
		x.refuse(malformed, "MS-ASCMD 2.2.2", err.Error())
		return
	}
	answer := wbxml.E(x.command.root)
	x.user.mu.Lock()
	for e := range x.doc.All(request) {
		answer.Append(carryOut(e))
	}
	x.user.notify()
	x.user.mu.Unlock()
	x.reply(answer)
}

func path(tags ...wbxml.Tag) []wbxml.Tag { return tags }

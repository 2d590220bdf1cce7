package easserver

import "github.com/airlift-eas/airlift/eas/wbxml"

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
}

func path(tags ...wbxml.Tag) []wbxml.Tag { return tags }

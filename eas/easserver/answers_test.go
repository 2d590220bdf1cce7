package easserver

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// answersNothing are the commands whose success is no document, and so nothing for a schema.
var answersNothing = map[string]string{
	"GetAttachment": "answers with the attachment itself, and up to 12.1 only: the schemas describe 14.0 and newer",
}

// option is something that a request can ask for, and what of the answer shows that it was heard. In a request, {key 1} is the SyncKey of
// folder 1, {tree} that of the hierarchy.
type option struct {
	name    string
	since   protocol
	until   protocol // 0: all
	command string
	request string
	shows   string
}

const syncOf = `<Sync xmlns="AirSync"><Collections><Collection><SyncKey>{key %[1]s}</SyncKey><CollectionId>%[1]s</CollectionId>%[2]s</Collection></Collections>%[3]s</Sync>`

func syncOption(folder, rest string) string { return fmt.Sprintf(syncOf, folder, rest, "") }

// first asks for a folder with a new key.
func first(folder, options string) string {
	return strings.Replace(syncOption(folder, options), "{key", "{new", 1)
}

func bodies(preferences string) string {
	return `<Options><BodyPreference xmlns="AirSyncBase">` + preferences + `</BodyPreference></Options>`
}

func commandsOf(c string) string { return "<Commands>" + c + "</Commands>" }

// options are those of all commands. What none of them covers: CertificatesForRecipients and rights that protect (nobody here has
// any), the statuses of servers in trouble, and what faults do.
var allOptions = []option{
	{"everything", 140, 0, "FolderSync", `<FolderSync xmlns="FolderHierarchy"><SyncKey>0</SyncKey></FolderSync>`, "<DisplayName>Inbox</DisplayName>"},
	{"a wrong key", 140, 0, "FolderSync", `<FolderSync xmlns="FolderHierarchy"><SyncKey>x</SyncKey></FolderSync>`, "<Status>9</Status>"},
	{"a folder", 140, 0, "FolderCreate", `<FolderCreate xmlns="FolderHierarchy"><SyncKey>{tree}</SyncKey><ParentId>0</ParentId><DisplayName>New</DisplayName><Type>12</Type></FolderCreate>`, "<ServerId>10</ServerId>"},
	{"a new name", 140, 0, "FolderUpdate", `<FolderUpdate xmlns="FolderHierarchy"><SyncKey>{tree}</SyncKey><ServerId>10</ServerId><ParentId>1</ParentId><DisplayName>Newer</DisplayName></FolderUpdate>`, "<Status>1</Status>"},
	{"the folder", 140, 0, "FolderDelete", `<FolderDelete xmlns="FolderHierarchy"><SyncKey>{tree}</SyncKey><ServerId>10</ServerId></FolderDelete>`, "<Status>1</Status>"},
	{"no folder", 140, 0, "FolderDelete", `<FolderDelete xmlns="FolderHierarchy"><SyncKey>{tree}</SyncKey><ServerId>99</ServerId></FolderDelete>`, "<Status>4</Status>"},

	{"plain text", 140, 0, "Sync", first("1", bodies(`<Type>1</Type>`)), "<Type>1</Type>"},
	{"HTML, cut, with a preview", 140, 0, "Sync", first("1", bodies(`<Type>2</Type><TruncationSize>5</TruncationSize><Preview>9</Preview>`)), "<Truncated>1</Truncated>"},
	{"all or none", 140, 0, "Sync", first("1", bodies(`<Type>2</Type><TruncationSize>5</TruncationSize><AllOrNone>1</AllOrNone>`)), "<EstimatedDataSize>"},
	{"MIME", 140, 0, "Sync", first("1", `<Options><MIMESupport>2</MIMESupport><BodyPreference xmlns="AirSyncBase"><Type>4</Type></BodyPreference></Options>`), "Content-Type: multipart"},
	{"a body part", 141, 0, "Sync", first("1", `<Options><BodyPartPreference xmlns="AirSyncBase"><Type>2</Type></BodyPartPreference></Options>`), "<BodyPart"},
	{"rights", 141, 0, "Sync", first("1", `<Options><RightsManagementSupport xmlns="RightsManagement">1</RightsManagementSupport></Options>`), "<Add>"},
	{"a filter", 140, 0, "Sync", first("1", `<Options><FilterType>3</FilterType></Options>`), "<Add>"},
	{"conversations", 140, 0, "Sync", first("1", `<ConversationMode>1</ConversationMode><Options><FilterType>3</FilterType></Options>`), "<Add>"},
	{"text messages", 140, 0, "Sync", first("1", `<Options><Class>Email</Class></Options><Options><Class>SMS</Class></Options>`), "<Add>"},
	{"a window", 140, 0, "Sync", first("1", `<WindowSize>1</WindowSize>`), "<MoreAvailable/>"},
	{"contacts", 140, 0, "Sync", first("8", bodies(`<Type>1</Type>`)), "<Picture"},
	{"events", 140, 0, "Sync", first("7", bodies(`<Type>1</Type>`)), "<Exceptions"},
	{"tasks", 140, 0, "Sync", first("6", bodies(`<Type>1</Type>`)), "<Recurrence"},
	{"notes", 140, 0, "Sync", first("9", bodies(`<Type>1</Type>`)), "<MessageClass"},
	{"flags of a message", 140, 0, "Sync", syncOption("1", ``), "<Flag"},
	{"deletions", 140, 0, "Sync", syncOption("8", ``), "<Delete>"},
	{"an Add", 140, 0, "Sync", syncOption("8", commandsOf(`<Add><ClientId>c</ClientId><ApplicationData><FileAs xmlns="Contacts">New</FileAs></ApplicationData></Add>`)), "<ClientId>c</ClientId>"},
	{"an Add of what is none", 140, 0, "Sync", syncOption("1", commandsOf(`<Add><ClientId>c</ClientId><ApplicationData><Subject xmlns="Email">x</Subject></ApplicationData></Add>`)), "<Status>6</Status>"},
	{"a Change of what is gone", 140, 0, "Sync", syncOption("8", commandsOf(`<Change><ServerId>8:99</ServerId><ApplicationData><FileAs xmlns="Contacts">x</FileAs></ApplicationData></Change>`)), "<Status>8</Status>"},
	{"a Delete of what is gone", 140, 0, "Sync", syncOption("8", commandsOf(`<Delete><ServerId>8:99</ServerId></Delete>`)), "<Status>8</Status>"},
	{"a Fetch", 140, 0, "Sync", syncOption("1", bodies(`<Type>1</Type>`)+commandsOf(`<Fetch><ServerId>1:0</ServerId></Fetch><Fetch><ServerId>1:99</ServerId></Fetch>`)), "<Responses><Fetch>"},
	{"a draft", 160, 0, "Sync", syncOption("2", commandsOf(`<Add><ClientId>d</ClientId><ApplicationData><To xmlns="Email">bob@example.com</To><Subject xmlns="Email">draft</Subject></ApplicationData></Add>`)), "<ConversationId"},
	{"drafts", 160, 0, "Sync", first("2", bodies(`<Type>1</Type>`)), "<IsDraft"},
	{"a Delete of no occurrence", 160, 0, "Sync", syncOption("7", commandsOf(`<Delete><ServerId>7:99</ServerId><InstanceId xmlns="AirSyncBase">20261203T100000Z</InstanceId></Delete>`)), "<InstanceId"},
	{"a wrong key", 140, 0, "Sync", strings.Replace(syncOption("1", ""), "{key 1}", "x", 1), "<Status>3</Status>"},
	{"no folder", 140, 0, "Sync", strings.Replace(syncOption("99", ""), "{key 99}", "0", 1), "<Status>12</Status>"},
	{"a long wait", 140, 0, "Sync", fmt.Sprintf(syncOf, "1", "", "<HeartbeatInterval>9999</HeartbeatInterval>"), "<Limit>"},
	{"a request in part", 140, 0, "Sync", `<Sync xmlns="AirSync"><Partial/></Sync>`, "<Status>13</Status>"},

	{"counts", 140, 0, "GetItemEstimate", `<GetItemEstimate xmlns="GetItemEstimate"><Collections><Collection><SyncKey xmlns="AirSync">{fresh 1}</SyncKey><CollectionId>1</CollectionId></Collection></Collections></GetItemEstimate>`, "<Estimate>"},
	{"no folder", 140, 0, "GetItemEstimate", `<GetItemEstimate xmlns="GetItemEstimate"><Collections><Collection><SyncKey xmlns="AirSync">x</SyncKey><CollectionId>99</CollectionId></Collection></Collections></GetItemEstimate>`, "<Status>2</Status>"},
	{"a message", 140, 0, "MoveItems", `<MoveItems xmlns="Move"><Move><SrcMsgId>1:1</SrcMsgId><SrcFldId>1</SrcFldId><DstFldId>3</DstFldId></Move><Move><SrcMsgId>1:99</SrcMsgId><SrcFldId>1</SrcFldId><DstFldId>3</DstFldId></Move></MoveItems>`, "<DstMsgId>"},
	{"a message", 140, 0, "ItemOperations", fetch(`<CollectionId xmlns="AirSync">1</CollectionId><ServerId xmlns="AirSync">1:0</ServerId><Options>` + asText + `</Options>`), "<Data>"},
	{"a part of an attachment", 140, 0, "ItemOperations", fetch(`<FileReference xmlns="AirSyncBase">{file}</FileReference><Options><Range>0-1</Range></Options>`), "<Range>0-1</Range>"},
	{"a Schema", 140, 0, "ItemOperations", fetch(`<CollectionId xmlns="AirSync">1</CollectionId><ServerId xmlns="AirSync">1:0</ServerId><Options><Schema><Subject xmlns="Email"/></Schema></Options>`), "<Properties><Subject"},
	{"no message", 140, 0, "ItemOperations", fetch(`<CollectionId xmlns="AirSync">1</CollectionId><ServerId xmlns="AirSync">1:99</ServerId>`), "<Status>6</Status>"},
	{"an empty folder, a conversation", 140, 0, "ItemOperations", `<ItemOperations xmlns="ItemOperations"><EmptyFolderContents><CollectionId xmlns="AirSync">3</CollectionId></EmptyFolderContents><Move><ConversationId>x</ConversationId><DstFldId>3</DstFldId><Options><MoveAlways/></Options></Move></ItemOperations>`, "<EmptyFolderContents>"},
	{"nothing", 140, 0, "ItemOperations", `<ItemOperations xmlns="ItemOperations"/>`, "<Status>2</Status>"},

	{"the mailbox", 140, 0, "Search", `<Search xmlns="Search"><Store><Name>Mailbox</Name><Query><And><Class xmlns="AirSync">Email</Class><FreeText>number</FreeText></And></Query><Options><Range>0-1</Range>` + asText + `</Options></Store></Search>`, "<LongId>"},
	{"the directory", 140, 0, "Search", `<Search xmlns="Search"><Store><Name>GAL</Name><Query>bob</Query></Store></Search>`, "<EmailAddress"},
	{"pictures", 141, 0, "Search", `<Search xmlns="Search"><Store><Name>GAL</Name><Query>bob</Query><Options><Picture/></Options></Store></Search>`, "<Picture"},
	{"another store", 140, 0, "Search", `<Search xmlns="Search"><Store><Name>Attic</Name><Query>bob</Query></Store></Search>`, "<Status>2</Status>"},
	{"the mailbox", 161, 0, "Find", `<Find xmlns="Find"><SearchId>{0b5fa1d2-4b3a-4c77-8a0c-5c8b2f3b1e01}</SearchId><ExecuteSearch><MailBoxSearchCriterion><Query><FreeText>number</FreeText><Class xmlns="AirSync">Email</Class><CollectionId xmlns="AirSync">1</CollectionId></Query><Options><Range>0-1</Range></Options></MailBoxSearchCriterion></ExecuteSearch></Find>`, "<Preview"},
	{"the directory", 161, 0, "Find", `<Find xmlns="Find"><SearchId>{0b5fa1d2-4b3a-4c77-8a0c-5c8b2f3b1e01}</SearchId><ExecuteSearch><GalSearchCriterion><Query>bob</Query></GalSearchCriterion></ExecuteSearch></Find>`, "bob@example.com"},
	{"everything", 140, 0, "Settings", `<Settings xmlns="Settings"><Oof><Get><BodyType>Text</BodyType></Get></Oof><UserInformation><Get/></UserInformation><DeviceInformation><Set><Model>m</Model></Set></DeviceInformation><DevicePassword><Set><Password>x</Password></Set></DevicePassword></Settings>`, "<OofState>"},
	{"out of office", 140, 0, "Settings", `<Settings xmlns="Settings"><Oof><Set><OofState>1</OofState><OofMessage><AppliesToInternal/><Enabled>1</Enabled><ReplyMessage>away</ReplyMessage><BodyType>Text</BodyType></OofMessage></Set></Oof></Settings>`, "<Status>1</Status>"},
	{"rights", 141, 0, "Settings", `<Settings xmlns="Settings"><RightsManagementInformation><Get/></RightsManagementInformation></Settings>`, "RightsManagementTemplates"},
	{"nothing", 140, 0, "Settings", `<Settings xmlns="Settings"/>`, "<Status>2</Status>"},
	{"a short wait", 140, 0, "Ping", `<Ping xmlns="Ping"><HeartbeatInterval>1</HeartbeatInterval><Folders><Folder><Id>1</Id><Class>Email</Class></Folder></Folders></Ping>`, "<HeartbeatInterval>"},
	{"no folder", 140, 0, "Ping", `<Ping xmlns="Ping"><HeartbeatInterval>60</HeartbeatInterval><Folders><Folder><Id>99</Id><Class>Email</Class></Folder></Folders></Ping>`, "<Status>7</Status>"},
	{"a policy", 140, 140, "Provision", `<Provision xmlns="Provision"><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType></Policy></Policies></Provision>`, "<PolicyType>"},
	{"a policy", 141, 0, "Provision", `<Provision xmlns="Provision"><DeviceInformation xmlns="Settings"><Set><Model>m</Model></Set></DeviceInformation><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType></Policy></Policies></Provision>`, "<PolicyType>"},
	{"one, nobody, certificates", 140, 0, "ResolveRecipients", `<ResolveRecipients xmlns="ResolveRecipients"><To>bob</To><To>nobody</To><Options><CertificateRetrieval>2</CertificateRetrieval></Options></ResolveRecipients>`, "<RecipientCount>1</RecipientCount>"},
	{"free and busy", 140, 0, "ResolveRecipients", `<ResolveRecipients xmlns="ResolveRecipients"><To>bob</To><Options><Availability><StartTime>2026-12-01T00:00:00.000Z</StartTime><EndTime>2026-12-02T00:00:00.000Z</EndTime></Availability></Options></ResolveRecipients>`, "<MergedFreeBusy>"},
	{"pictures", 141, 0, "ResolveRecipients", `<ResolveRecipients xmlns="ResolveRecipients"><To>bob</To><Options><Picture/></Options></ResolveRecipients>`, "<Picture>"},
	{"no certificate", 140, 0, "ValidateCert", `<ValidateCert xmlns="ValidateCert"><Certificates><Certificate>eA==</Certificate></Certificates></ValidateCert>`, "<Certificate><Status>"},
	{"no request", 140, 0, "MeetingResponse", `<MeetingResponse xmlns="MeetingResponse"><Request><UserResponse>1</UserResponse><CollectionId>1</CollectionId><RequestId>1:0</RequestId></Request></MeetingResponse>`, "<Status>2</Status>"},
	{"a message without recipients", 140, 0, "SendMail", `<SendMail xmlns="ComposeMail"><ClientId>1</ClientId><Mime>Subject: x</Mime></SendMail>`, "<Status>1"},
	{"a reply to nothing", 140, 0, "SmartReply", `<SmartReply xmlns="ComposeMail"><ClientId>2</ClientId><Source><FolderId>1</FolderId><ItemId>1:99</ItemId></Source><Mime>To: bob@example.com</Mime></SmartReply>`, "<Status>1"},
	{"nothing forwarded", 140, 0, "SmartForward", `<SmartForward xmlns="ComposeMail"><ClientId>3</ClientId><Source><FolderId>1</FolderId><ItemId>1:99</ItemId></Source><Mime>To: bob@example.com</Mime></SmartForward>`, "<Status>1"},
}

const asText = `<BodyPreference xmlns="AirSyncBase"><Type>1</Type></BodyPreference>`

func fetch(what string) string {
	return `<ItemOperations xmlns="ItemOperations"><Fetch><Store>Mailbox</Store>` + what + `</Fetch></ItemOperations>`
}

// TestAnswersOfEveryCommand asks for everything, in every version that Microsoft's schemas describe. The answers show that the options
// were heard, and are held against the schemas when the tests have run; every command of the version must have given one.
func TestAnswersOfEveryCommand(t *testing.T) {
	for _, version := range []string{"14.0", "14.1", "16.0", "16.1"} {
		t.Run(version, func(t *testing.T) {
			p, err := parseProtocol(version)
			if err != nil {
				t.Fatal(err)
			}
			a := newAsker(t, version)
			answered := map[string]bool{}
			for _, o := range allOptions {
				if p < o.since || o.until != 0 && p > o.until {
					continue
				}
				t.Run(o.command+"/"+o.name, func(t *testing.T) {
					a.c.t = t
					if answer := a.ask(o); !strings.Contains(answer, o.shows) {
						t.Errorf("no %s in\n%s", o.shows, answer)
					}
					answered[o.command] = true
				})
			}
			for _, c := range commands {
				if p < c.since || c.until != 0 && p > c.until {
					continue
				}
				if _, nothing := answersNothing[c.name]; !nothing && !answered[c.name] {
					t.Errorf("no answer of %s was held against its schema", c.name)
				}
			}
		})
	}
}

// asker knows the keys of what it asks for.
type asker struct {
	c    *client
	keys map[string]string
	file string
}

var placeholder = regexp.MustCompile(`\{(\w+) ?(\w*)\}`)

func newAsker(t *testing.T, version string) *asker {
	store := NewStore()
	alice := store.AddUser("alice")
	store.AddUser("bob")
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	const mail = "From: bob@example.com\r\nTo: alice@example.com\r\nSubject: number %d\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%[1]d@x>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/html\r\n\r\n<p>number %[1]d</p>\r\n--B\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\ndata\r\n--B--\r\n"
	inbox := alice.Folder("Inbox")
	for i := range 3 {
		inbox.AddMessage(fmt.Appendf(nil, mail, i))
	}
	add := func(folder, xml string) eas.ServerID {
		return alice.Folder(folder).Add(Item{Properties: parse(t, `<ApplicationData xmlns="AirSync">`+xml+`</ApplicationData>`).Children})
	}
	const body = `<Body xmlns="AirSyncBase"><Type>1</Type><Data>note</Data></Body>`
	add("Contacts", `<FileAs xmlns="Contacts">Ada</FileAs><Birthday xmlns="Contacts">1815-12-10T00:00:00.000Z</Birthday><Picture xmlns="Contacts">eA==</Picture><Categories xmlns="Contacts"><Category>x</Category></Categories>`+body)
	add("Contacts", `<FileAs xmlns="Contacts">Gone</FileAs>`)
	add("Calendar", `<Subject xmlns="Calendar">Daily</Subject><StartTime xmlns="Calendar">20261201T100000Z</StartTime><EndTime xmlns="Calendar">20261201T110000Z</EndTime><UID xmlns="Calendar">u</UID><DtStamp xmlns="Calendar">20261201T100000Z</DtStamp>`+
		`<Location xmlns="Calendar">here</Location><Attendees xmlns="Calendar"><Attendee><Email>bob@example.com</Email><Name>Bob</Name><AttendeeType>1</AttendeeType></Attendee></Attendees>`+
		`<Recurrence xmlns="Calendar"><Type>0</Type><Interval>1</Interval><Occurrences>5</Occurrences></Recurrence>`+
		`<Exceptions xmlns="Calendar"><Exception><ExceptionStartTime>20261202T100000Z</ExceptionStartTime><Subject>Late</Subject></Exception></Exceptions>`+body)
	add("Tasks", `<Subject xmlns="Tasks">Task</Subject><Complete xmlns="Tasks">0</Complete><DueDate xmlns="Tasks">2026-12-01T00:00:00.000Z</DueDate><UtcDueDate xmlns="Tasks">2026-12-01T00:00:00.000Z</UtcDueDate>`+
		`<Recurrence xmlns="Tasks"><Type>0</Type><Start>2026-12-01T00:00:00.000Z</Start><Interval>1</Interval></Recurrence>`+body)
	add("Notes", `<Subject xmlns="Notes">Note</Subject><MessageClass xmlns="Notes">IPM.StickyNote</MessageClass><LastModifiedDate xmlns="Notes">20261201T100000Z</LastModifiedDate>`+body)
	c := newClient(t, Config{Now: func() time.Time { return now }}, store)
	c.version = version
	a := &asker{c: c, keys: map[string]string{}}
	c.folderSync("0")
	// The folders whose changes are asked for: what happens now is told with their next keys.
	for _, folder := range []string{"1", "2", "7", "8"} {
		a.keys[folder] = a.c.sync("0", folder).Value(wbxml.AirSyncSyncKey)
	}
	answer := a.ask(option{command: "Sync", request: syncOption("1", bodies(`<Type>1</Type>`))})
	_, rest, _ := strings.Cut(answer, "<FileReference>")
	a.file, _, _ = strings.Cut(rest, "<")
	a.ask(option{command: "Sync", request: syncOption("8", "")})
	for id := range inbox.Items() {
		if err := inbox.SetFlag(id, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := alice.Folder("Contacts").Delete("8:1"); err != nil {
		t.Fatal(err)
	}
	return a
}

// ask fills in what a request needs, and returns the answer as XML.
func (a *asker) ask(o option) string {
	a.c.t.Helper()
	folder, device := "", a.c.device
	xml := placeholder.ReplaceAllStringFunc(o.request, func(s string) string {
		m := placeholder.FindStringSubmatch(s)
		switch m[1] {
		case "tree":
			return a.c.folderKey
		case "file":
			return a.file
		case "new", "fresh": // of another device, which leaves the keys of the first as they are
			a.c.device = "other"
			a.c.folderSync("0")
			return a.c.sync("0", m[2]).Value(wbxml.AirSyncSyncKey)
		}
		folder = m[2]
		return a.keys[folder]
	})
	answer := a.c.do(o.command, *parse(a.c.t, xml))
	if a.c.device != device {
		a.c.device = device
		a.c.folderSync("0")
	}
	if answer == nil {
		return http.StatusText(http.StatusNoContent)
	}
	if key := answer.Value(wbxml.AirSyncCollections, wbxml.AirSyncCollection, wbxml.AirSyncSyncKey); key != "" && key != "0" && folder != "" {
		a.keys[folder] = key
	}
	if key := answer.Value(wbxml.FolderHierarchySyncKey); key != "" && key != "0" {
		a.c.folderKey = key
	}
	return string(answer.AppendXML(nil))
}

func parse(t *testing.T, xml string) *wbxml.Element {
	t.Helper()
	e, err := wbxml.ParseXML(strings.NewReader(xml), wbxml.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, xml)
	}
	return e
}

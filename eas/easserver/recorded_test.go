package easserver

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// recorded returns a document of the traffic that was recorded from SOGo 5.8.
func recorded(t *testing.T, name string) *wbxml.Element {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "wbxml", "testdata", "sogo", name+".wbxml"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := wbxml.Unmarshal(b, wbxml.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return e
}

// replay makes a mailbox like the one that was recorded from, sends the recorded
// request with the ids and keys of this server, and returns the answer.
type replay struct {
	*client
	t       *testing.T
	user    *User
	folders map[string]*Folder // by the recorded CollectionId
	keys    map[string]string  // of the folder's state here
	ids     map[string]string  // recorded ServerId -> ours
}

func newReplay(t *testing.T, version string) *replay {
	store := NewStore()
	for _, name := range []string{"alice", "bob", "dave"} {
		store.AddUser(name)
	}
	c := newClient(t, Config{MinHeartbeat: 1, MaxHeartbeat: 30e9}, store)
	c.version = version
	c.folderSync("0")
	return &replay{client: c, t: t, user: store.User("alice"), folders: map[string]*Folder{}, keys: map[string]string{}, ids: map[string]string{}}
}

// translate puts this server's ids and keys into a recorded request.
func (r *replay) translate(e *wbxml.Element) wbxml.Element {
	n := *e
	n.Children = nil
	for i := range e.Children {
		n.Children = append(n.Children, r.translate(&e.Children[i]))
	}
	switch e.Tag {
	case wbxml.AirSyncCollectionId, wbxml.GetItemEstimateCollectionId, wbxml.MoveSrcFldId, wbxml.MoveDstFldId, wbxml.PingId:
		n.Text = string(r.folder(e.Text).ID())
	case wbxml.AirSyncServerId, wbxml.MoveSrcMsgId, wbxml.AirSyncBaseFileReference:
		if id, ok := r.ids[e.Text]; ok {
			n.Text = id
		}
	case wbxml.AirSyncCollection, wbxml.GetItemEstimateCollection:
		r.setKey(&n)
	case wbxml.FolderHierarchySyncKey:
		if e.Text != "0" {
			n.Text = r.folderKey
		}
	}
	return n
}

func (r *replay) setKey(c *wbxml.Element) {
	id := c.Value(wbxml.AirSyncCollectionId) + c.Value(wbxml.GetItemEstimateCollectionId)
	for i := range c.Children {
		if k := &c.Children[i]; k.Tag == wbxml.AirSyncSyncKey && k.Text != "0" {
			k.Text = r.keys[id]
		}
	}
	// The recorder left Class out where these versions want it. MS-ASCMD 2.2.3.27.5.
	if c.Tag == wbxml.AirSyncCollection && (r.version == "2.5" || r.version == "12.0") && !c.Has(wbxml.AirSyncClass) {
		for _, f := range r.folders {
			if string(f.ID()) == id {
				c.Children = append([]wbxml.Element{wbxml.T(wbxml.AirSyncClass, string(f.class()))}, c.Children...)
			}
		}
	}
}

// folder returns the folder here that stands for a recorded one.
func (r *replay) folder(id string) *Folder {
	if f := r.folders[id]; f != nil {
		return f
	}
	path := "Inbox"
	switch {
	case strings.HasPrefix(id, "vcard"):
		path = "Contacts"
	case strings.HasPrefix(id, "vevent"):
		path = "Calendar"
	case strings.HasPrefix(id, "vtodo"):
		path = "Tasks"
	case len(r.folders) > 0:
		path = "Sent Items"
	}
	f := r.user.Folder(path)
	r.folders[id] = f
	a := r.begin(f)
	r.keys[string(f.ID())] = a.Value(wbxml.AirSyncSyncKey)
	return f
}

// begin primes a folder, in any version.
func (r *replay) begin(f *Folder) *wbxml.Element {
	c := collection("0", string(f.ID()))
	if r.version == "2.5" || r.version == "12.0" {
		c.Children = append([]wbxml.Element{wbxml.T(wbxml.AirSyncClass, string(f.class()))}, c.Children...)
	}
	e := r.do("Sync", syncDoc(c))
	return e.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
}

// send sends a recorded request.
func (r *replay) send(cmd, name string) *wbxml.Element {
	r.t.Helper()
	answer := r.do(cmd, r.translate(recorded(r.t, name)))
	if answer == nil {
		r.t.Fatalf("%s: an empty answer", name)
	}
	if c := answer.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection); c != nil {
		r.keys[c.Value(wbxml.AirSyncCollectionId)] = c.Value(wbxml.AirSyncSyncKey)
	}
	return answer
}

// differences holds the structure of two answers against each other: below each
// element the elements that only one has, and those that both have in another order.
func differences(ours, theirs *wbxml.Element) []string {
	a, b := map[string][]string{}, map[string][]string{}
	shape(ours, ours.Tag.String(), a)
	shape(theirs, theirs.Tag.String(), b)
	var diff []string
	for path, has := range a {
		other, ok := b[path]
		if !ok {
			continue
		}
		both := func(list, other []string) (common []string) {
			for _, s := range list {
				if slices.Contains(other, s) {
					common = append(common, s)
				}
			}
			return common
		}
		for _, s := range has {
			if !slices.Contains(other, s) {
				diff = append(diff, "more: "+s)
			}
		}
		for _, s := range other {
			if !slices.Contains(has, s) {
				diff = append(diff, "less: "+s)
			}
		}
		// The schemas have properties, and the parts of a recurrence, in any order.
		free := strings.HasSuffix(path, ":ApplicationData") || strings.HasSuffix(path, ":Properties") || strings.HasSuffix(path, ":Recurrence")
		if x, y := both(has, other), both(other, has); !free && !slices.Equal(x, y) {
			diff = append(diff, "order: "+path[strings.LastIndex(path, "/")+1:])
		}
	}
	slices.Sort(diff)
	return slices.Compact(diff)
}

// shape notes the names of the children of each path, in order of appearance.
func shape(e *wbxml.Element, path string, into map[string][]string) {
	for i := range e.Children {
		name := e.Children[i].Tag.String()
		if !slices.Contains(into[path], name) {
			into[path] = append(into[path], name)
		}
		shape(&e.Children[i], path+"/"+name, into)
	}
}

// messages adds the mail of a recorded page to the folder that stands for it.
func (r *replay) messages(page *wbxml.Element) {
	c := page.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
	f := r.folder(c.Value(wbxml.AirSyncCollectionId))
	for i := range c.Child(wbxml.AirSyncCommands).Children {
		e := &c.Child(wbxml.AirSyncCommands).Children[i]
		data := e.Child(wbxml.AirSyncApplicationData)
		received, err := wbxml.ParseTime(data.Value(wbxml.EmailDateReceived))
		if err != nil {
			r.t.Fatal(err)
		}
		raw := data.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData) + data.Value(wbxml.EmailBody)
		id := f.Add(Item{Message: &Content{Bytes: []byte(raw)}, Received: received, Read: data.Value(wbxml.EmailRead) == "1"})
		r.ids[e.Value(wbxml.AirSyncServerId)] = string(id)
	}
}

// otherDevice goes on with a device that has nothing of the mailbox.
func (r *replay) otherDevice() {
	r.device = "dev2"
	folders := r.folders
	r.folders = map[string]*Folder{}
	r.folderSync("0")
	for id, f := range folders {
		r.folders[id] = f
		r.keys[string(f.ID())] = r.begin(f).Value(wbxml.AirSyncSyncKey)
	}
}

// exchange is a recorded request and answer, and what must be in the mailbox before.
// differs lists where our answer has another structure.
type recordedExchange struct {
	name, cmd, version string
	before             func(r *replay, answer *wbxml.Element)
	differs            []string
}

// recordedPage puts the mail of the recorded answer into the mailbox, and a message that is
// beyond the window.
func recordedPage(r *replay, answer *wbxml.Element) {
	r.messages(answer)
	for _, f := range r.folders {
		f.AddMessage(message(1))
	}
}

// added adds what the recorder added before it asked for the page.
func added(name string) func(*replay, *wbxml.Element) {
	return func(r *replay, _ *wbxml.Element) {
		r.send("Sync", name+".request")
		r.otherDevice()
	}
}

// twentyFive puts 25 messages into the folder.
func twentyFive(r *replay, _ *wbxml.Element) {
	f := r.user.Folder("Inbox")
	for i := range 25 {
		r.ids[strconv.Itoa(i+1)] = string(f.AddMessage(message(i)))
	}
}

// Why the answers differ from those of SOGo:
//   - Class in a Collection ended with 12.1, MS-ASCMD 2.2.3.29.2
//   - Preview was not asked for
//   - nothing was executed, so there is no LastVerbExecuted; no flag is an empty Flag
//   - ReplyTo is in the mail, or it is not
//   - ConversationIndex is required, MS-ASEMAIL 2.2.2.22
//   - MS-ASAIRS 2.2.2.9 has EstimatedDataSize before Data
//   - Categories came with 14.0, Flag and ContentClass with 12.0, and MIMEData is where
//     2.5 has MIME, MS-ASEMAIL 2.2.2
//   - a property that the client did not set is not there; the server sets DtStamp
//   - Truncated is said always, NativeBodyType of every body; with 2.5 the recorder added
//     no bodies, SOGo showed those of other versions
//   - MS-ASCMD 2.2.3.42.1 has no Class in the answer to GetItemEstimate, 2.2.3.27.1 has one in
//     that to ItemOperations, MoveItemsResponse.xsd has Status before DstMsgId
//   - SOGo ignores what Settings asks for or sets, other than the user information, and
//     knows nothing of people but the address
var (
	emptyContact = []string{
		"less: Contacts2:IMAddress", "less: Contacts2:NickName", "less: Contacts:BusinessAddressCity", "less: Contacts:BusinessAddressCountry",
		"less: Contacts:BusinessAddressPostalCode", "less: Contacts:BusinessAddressState", "less: Contacts:Department", "less: Contacts:JobTitle",
		"less: Contacts:MiddleName", "less: Contacts:Suffix", "less: Contacts:Title",
	}
	nativeBody = []string{"more: AirSyncBase:NativeBodyType", "more: AirSyncBase:Truncated"}

	noClass = []string{"less: AirSync:Class"}
	mail120 = []string{"less: AirSyncBase:Preview", "less: Email:Categories", "less: Email:ReplyTo", "order: AirSyncBase:Body"}
	mail140 = []string{
		"less: AirSync:Class", "less: AirSyncBase:Preview", "less: Email2:LastVerbExecuted", "less: Email:ReplyTo",
		"more: Email2:ConversationIndex", "order: AirSyncBase:Body",
	}
	mail25 = []string{
		"less: AirSyncBase:NativeBodyType", "less: Email:Body", "less: Email:BodyTruncated", "less: Email:Categories", "less: Email:ContentClass",
		"less: Email:Flag", "less: Email:ReplyTo", "more: Email:MIMEData", "more: Email:MIMESize", "more: Email:MIMETruncated",
	}
)

var recordedExchanges = []recordedExchange{
	{"foldersync-initial", "FolderSync", "14.1", nil, nil},
	{"sync-initial-email-v2.5", "Sync", "2.5", nil, nil},
	{"sync-initial-email-v12.0", "Sync", "12.0", nil, nil},
	{"sync-initial-email-v12.1", "Sync", "12.1", nil, nil},
	{"sync-initial-email-v14.0", "Sync", "14.0", nil, noClass},
	{"sync-initial-email-v14.1", "Sync", "14.1", nil, noClass},
	{"sync-initial-multi-collections", "Sync", "14.1", nil, noClass},
	{"sync-page-email-v2.5", "Sync", "2.5", recordedPage, mail25},
	{"sync-page-email-v12.0", "Sync", "12.0", recordedPage, mail120},
	{"sync-page-email-v12.1", "Sync", "12.1", recordedPage, mail120},
	{"sync-page-email-v14.0", "Sync", "14.0", recordedPage, mail140},
	{"sync-page-email-v14.1", "Sync", "14.1", recordedPage, mail140},
	{"sync-add-contact-v2.5", "Sync", "2.5", nil, nil},
	{"sync-add-contact-v12.1", "Sync", "12.1", nil, nil},
	{"sync-add-contact-v14.1", "Sync", "14.1", nil, noClass},
	{"sync-add-event-v2.5", "Sync", "2.5", nil, nil},
	{"sync-add-event-v12.1", "Sync", "12.1", nil, nil},
	{"sync-add-event-v14.1", "Sync", "14.1", nil, noClass},
	{"sync-add-task-v2.5", "Sync", "2.5", nil, nil},
	{"sync-add-task-v12.1", "Sync", "12.1", nil, nil},
	{"sync-add-task-v14.1", "Sync", "14.1", nil, noClass},
	{"sync-page-contacts-v2.5", "Sync", "2.5", added("sync-add-contact-v2.5"), append(emptyContact, "less: AirSyncBase:Body")},
	{"sync-page-contacts-v12.1", "Sync", "12.1", added("sync-add-contact-v12.1"), append(emptyContact, nativeBody...)},
	{"sync-page-contacts-v14.1", "Sync", "14.1", added("sync-add-contact-v14.1"), append(append(emptyContact, nativeBody...), noClass...)},
	{
		"sync-page-calendar-v2.5", "Sync", "2.5", added("sync-add-event-v2.5"),
		[]string{"less: AirSyncBase:NativeBodyType", "less: Calendar:Body", "less: Calendar:BodyTruncated", "more: Calendar:DtStamp"},
	},
	{"sync-page-calendar-v12.1", "Sync", "12.1", added("sync-add-event-v12.1"), []string{"more: AirSyncBase:Truncated", "more: Calendar:DtStamp"}},
	{
		"sync-page-calendar-v14.1", "Sync", "14.1", added("sync-add-event-v14.1"),
		[]string{"less: AirSync:Class", "more: AirSyncBase:Truncated", "more: Calendar:DtStamp"},
	},
	{"sync-page-tasks-v2.5", "Sync", "2.5", added("sync-add-task-v2.5"), []string{"less: Tasks:Body", "less: Tasks:BodyTruncated"}},
	{"sync-page-tasks-v12.1", "Sync", "12.1", added("sync-add-task-v12.1"), nativeBody},
	{"sync-page-tasks-v14.1", "Sync", "14.1", added("sync-add-task-v14.1"), append(nativeBody, noClass...)},
	{"getitemestimate-v14.1", "GetItemEstimate", "14.1", twentyFive, []string{"less: GetItemEstimate:Class"}},
	{"itemoperations-fetch-mime-v14.1", "ItemOperations", "14.1", twentyFive, []string{
		"less: AirSyncBase:Preview", "less: Email2:LastVerbExecuted",
		"less: Email:ReplyTo", "more: AirSync:Class", "more: Email2:ConversationIndex", "order: AirSyncBase:Body",
	}},
	{"itemoperations-fetch-attachment-v14.1", "ItemOperations", "14.1", withAttachment, nil},
	{"moveitems-v14.1", "MoveItems", "14.1", twentyFive, []string{"order: Move:Response"}},
	{"ping-toolong-v14.1", "Ping", "14.1", nil, nil},
	{"ping-nochange-v14.1", "Ping", "14.1", nil, nil},
	{"provision-1-v12.1", "Provision", "12.1", nil, nil},
	{"provision-2-v12.1", "Provision", "12.1", nil, nil},
	{"provision-1-v14.1", "Provision", "14.1", nil, []string{"less: Provision:Policies"}}, // the recorder left DeviceInformation out: status 165
	{"provision-2-v14.1", "Provision", "14.1", nil, nil},
	{"search-gal-v14.1", "Search", "14.1", nil, []string{"more: GAL:Alias", "more: GAL:DisplayName", "more: GAL:FirstName", "more: GAL:LastName"}},
	{"search-mailbox-v14.1", "Search", "14.1", twentyFive, []string{
		"less: AirSyncBase:Preview", "less: Email2:LastVerbExecuted",
		"less: Email:ReplyTo", "more: AirSync:Class", "more: Email2:ConversationIndex", "order: AirSyncBase:Body",
	}},
	{"settings-deviceinfo-v14.1", "Settings", "14.1", nil, []string{"more: Settings:DeviceInformation"}},
	{"settings-userinfo-v14.1", "Settings", "14.1", nil, []string{"more: Settings:SMTPAddress", "more: Settings:Status"}},
	{"settings-oof-v14.1", "Settings", "14.1", nil, []string{"more: Settings:Oof"}},
	{"foldercreate-v14.1", "FolderCreate", "14.1", nil, nil},
}

// withAttachment puts a message with an attachment into the folder and gives the
// attachment the recorded FileReference.
func withAttachment(r *replay, answer *wbxml.Element) {
	m := messageWriter{unique: "x"}
	m.header("From", "bob@example.com")
	m.body("see file", "", []file{{"a.bin", "application/octet-stream", "bytes"}})
	f := r.user.Folder("Inbox")
	id := f.Add(Item{Message: &Content{Bytes: m.bytes()}})
	r.ids["mail/INBOX/10/2"] = string(id) + ":1"
}

func TestAgainstRecordedTraffic(t *testing.T) {
	for _, e := range recordedExchanges {
		t.Run(e.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReplay(t, e.version)
				want := recorded(t, e.name+".response")
				if e.before != nil {
					e.before(r, want)
				}
				got := r.send(e.cmd, e.name+".request")
				differs := slices.Sorted(slices.Values(e.differs))
				if diff := cmp.Diff(differs, differences(got, want)); diff != "" {
					t.Errorf("differs from the recorded answer otherwise than expected (-want +got):\n%s", diff)
				}
				sameMail(t, got, want)
			})
		})
	}
}

// sameMail holds the values of the properties that are the same on all servers against
// each other. SOGo leaves some empty: a Subject in raw Latin-1.
func sameMail(t *testing.T, got, want *wbxml.Element) {
	ours, theirs := pageItems(got), pageItems(want)
	for i := range min(len(ours), len(theirs)) {
		for _, tag := range []wbxml.Tag{
			wbxml.EmailTo, wbxml.EmailFrom, wbxml.EmailSubject, wbxml.EmailThreadTopic, wbxml.EmailDateReceived, wbxml.EmailDisplayTo, wbxml.EmailImportance,
			wbxml.EmailRead, wbxml.EmailMessageClass, wbxml.EmailInternetCPID, wbxml.EmailContentClass,
		} {
			if a, b := ours[i].Value(tag), theirs[i].Value(tag); a != b && b != "" && ours[i].Has(tag) {
				t.Errorf("item %d: %s is %q, recorded is %q", i, tag, a, b)
			}
		}
	}
}

// pageItems returns the ApplicationData of the items of a page.
func pageItems(e *wbxml.Element) []*wbxml.Element {
	var all []*wbxml.Element
	c := e.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection).Child(wbxml.AirSyncCommands)
	if c == nil {
		return nil
	}
	for i := range c.Children {
		if data := c.Children[i].Child(wbxml.AirSyncApplicationData); data != nil {
			all = append(all, data)
		}
	}
	return all
}

package easserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

const written = "From: alice@example.com\r\nTo: Bob <bob@example.com>, carol@elsewhere.example\r\nSubject: Re: message 1\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: text/plain; charset=utf-8\r\n\r\nmy answer\r\n"

func sendDoc(root wbxml.Tag, clientID, mime string, more ...wbxml.Element) wbxml.Element {
	e := wbxml.E(root, wbxml.T(wbxml.ComposeMailClientId, clientID))
	e.Append(more...)
	e.Append(wbxml.Empty(wbxml.ComposeMailSaveInSentItems), wbxml.B(wbxml.ComposeMailMime, []byte(mime)))
	return e
}

// only returns the only message of a folder.
func only(t *testing.T, f *Folder) Item {
	t.Helper()
	var last Item
	n := 0
	for _, it := range f.Items() {
		last = it
		n++
	}
	if n != 1 {
		t.Fatalf("%d messages in %s", n, f.Path())
	}
	return last
}

func TestSendMail(t *testing.T) {
	store, _ := inboxOf(0)
	bob := store.AddUser("bob").Folder("Inbox")
	sent := store.User("alice").Folder("Sent Items")
	c := newClient(t, Config{}, store)
	if e := c.do("SendMail", sendDoc(wbxml.ComposeMailSendMail, "id1", written)); e != nil {
		t.Errorf("success is answered with %s", e.AppendXML(nil))
	}
	for _, f := range []*Folder{bob, sent} {
		if it := only(t, f); string(it.Message.Bytes) != written || it.Read != (f == sent) {
			t.Errorf("%s: %q, read %v", f.Path(), it.Message.Bytes, it.Read)
		}
	}
	for _, r := range []struct{ id, mime, status string }{
		{"id1", written, "118"}, {"id2", "no header\r\n", "107"}, {"id3", "Subject: x\r\n\r\n", "119"}, {"", written, "103"},
	} {
		if e := c.do("SendMail", sendDoc(wbxml.ComposeMailSendMail, r.id, r.mime)); e.Value(wbxml.ComposeMailStatus) != r.status {
			t.Errorf("%q: %s, want %s", r.mime, e.AppendXML(nil), r.status)
		}
	}
	// Before 14.0 the message is the body.
	c.version = "12.1"
	c.edit = query1("SaveInSent", "T")
	if w := c.post("SendMail", []byte(written), "message/rfc822"); w.Code != http.StatusOK || w.Body.Len() != 0 || bob.Len() != 2 || sent.Len() != 2 {
		t.Errorf("12.1: HTTP %d, %d bytes; %d received, %d sent", w.Code, w.Body.Len(), bob.Len(), sent.Len())
	}
	if w := c.post("SendMail", []byte(written), contentTypeWBXML); w.Code != http.StatusBadRequest {
		t.Errorf("12.1 with WBXML: HTTP %d", w.Code)
	}
}

func TestSmartReplyAndForward(t *testing.T) {
	store, inbox := inboxOf(0)
	msg, content := attached()
	inbox.AddMessage(msg)
	bob := store.AddUser("bob")
	c := newClient(t, Config{}, store)
	source := wbxml.E(wbxml.ComposeMailSource, wbxml.T(wbxml.ComposeMailFolderId, "1"), wbxml.T(wbxml.ComposeMailItemId, "1:0"))
	c.do("SmartReply", sendDoc(wbxml.ComposeMailSmartReply, "r", written, source))
	reply := only(t, bob.Folder("Inbox")).Message.body()
	if want := "my answer\r\n\r\n\r\n\"bob@example.com\" <bob@example.com>:\r\n> see files\r\n"; reply.text != want {
		t.Errorf("the reply is %q, want %q", reply.text, want)
	}
	if v := only(t, inbox); v.LastVerb != verbReplied {
		t.Errorf("LastVerbExecuted is %d", v.LastVerb)
	}
	c.do("SmartForward", sendDoc(wbxml.ComposeMailSmartForward, "f", written, source))
	if v := only(t, inbox); v.LastVerb != verbForwarded {
		t.Errorf("LastVerbExecuted is %d", v.LastVerb)
	}
	var forwarded *Content
	for _, it := range bob.Folder("Inbox").Items() {
		forwarded = it.Message
	}
	b := forwarded.body()
	if len(b.attachments) != 1 || !b.attachments[0].message || forwarded.attachment(b.attachments[0]) != string(msg) {
		t.Errorf("forwarded with %+v", b.attachments)
	}
	if !strings.Contains(string(msg), base64.StdEncoding.EncodeToString([]byte(content))[:60]) {
		t.Error("the original has no attachment")
	}
	missing := wbxml.E(wbxml.ComposeMailSource, wbxml.T(wbxml.ComposeMailFolderId, "1"), wbxml.T(wbxml.ComposeMailItemId, "1:9"))
	if e := c.do("SmartReply", sendDoc(wbxml.ComposeMailSmartReply, "m", written, missing)); e.Value(wbxml.ComposeMailStatus) != "150" {
		t.Errorf("a reply to nothing: %s", e.AppendXML(nil))
	}
	c.strict()
}

const invitation = "From: bob@example.com\r\nTo: alice@example.com\r\nSubject: Visit\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n" +
	"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:visit@x\r\nDTSTAMP:20260301T080000Z\r\nDTSTART;TZID=Europe/Berlin:20260330T100000\r\nDURATION:PT1H\r\n" +
	"RRULE:FREQ=MONTHLY;BYDAY=-1MO;COUNT=3\r\nSUMMARY:Visit\r\nLOCATION:Quay\r\nORGANIZER;CN=Bob:mailto:bob@example.com\r\nATTENDEE;CN=Alice:mailto:alice@example.com\r\n" +
	"END:VEVENT\r\nEND:VCALENDAR\r\n"

func TestMeetingResponse(t *testing.T) {
	store, inbox := inboxOf(1)
	calendar := store.User("alice").Folder("Calendar")
	for range 2 {
		inbox.AddMessage([]byte(invitation))
	}
	for _, version := range []string{"12.1", "14.1", "16.1"} {
		c := newClient(t, Config{}, store)
		c.version, c.device = version, "d"+version[:2]
		a := c.sync(c.prime("1"), "1", mimeOptions())
		data := a.Child(wbxml.AirSyncCommands).Children[1].Child(wbxml.AirSyncApplicationData)
		m := data.Child(wbxml.EmailMeetingRequest)
		if got := data.Value(wbxml.EmailMessageClass); got != "IPM.Schedule.Meeting.Request" || m == nil {
			t.Fatalf("%s: the invitation is %s, %v", version, got, m)
		}
		want := map[wbxml.Tag]string{
			wbxml.EmailStartTime: "2026-03-30T08:00:00.000Z", wbxml.EmailEndTime: "2026-03-30T09:00:00.000Z", wbxml.EmailDtStamp: "2026-03-01T08:00:00.000Z",
			wbxml.EmailOrganizer: "bob@example.com", wbxml.EmailInstanceType: "1",
		}
		for tag, v := range want {
			if m.Value(tag) != v {
				t.Errorf("%s: %s is %q", version, tag, m.Value(tag))
			}
		}
		r := m.Child(wbxml.EmailRecurrences).Child(wbxml.EmailRecurrence)
		if r.Value(wbxml.EmailType)+" "+r.Value(wbxml.EmailWeekOfMonth)+" "+r.Value(wbxml.EmailDayOfWeek)+" "+r.Value(wbxml.EmailOccurrences) != "3 5 2 3" {
			t.Errorf("%s: the recurrence is %s", version, r.AppendXML(nil))
		}
		if m.Has(wbxml.EmailGlobalObjId) == m.Has(wbxml.CalendarUID) {
			t.Errorf("%s: %s", version, m.AppendXML(nil))
		}
	}
	c := newClient(t, Config{}, store)
	c.prime("1")
	respond := func(id, answer string) wbxml.Element {
		return wbxml.E(wbxml.MeetingResponseRequest, wbxml.T(wbxml.MeetingResponseUserResponse, answer), wbxml.T(wbxml.MeetingResponseCollectionId, "1"),
			wbxml.T(wbxml.MeetingResponseRequestId, id))
	}
	e := c.do("MeetingResponse", wbxml.E(wbxml.MeetingResponseMeetingResponse, respond("1:1", "1"), respond("1:2", "3"), respond("1:0", "1"), respond("1:9", "1")))
	var got []string
	for r := range e.All(wbxml.MeetingResponseResult) {
		got = append(got, r.Value(wbxml.MeetingResponseStatus)+" "+r.Value(wbxml.MeetingResponseCalendarId))
	}
	if diff := cmp.Diff([]string{"1 7:0", "1 ", "2 ", "2 "}, got); diff != "" {
		t.Error(diff)
	}
	if inbox.Len() != 1 || calendar.Len() != 1 {
		t.Errorf("%d messages and %d events", inbox.Len(), calendar.Len())
	}
	for _, it := range calendar.Items() {
		if itemValue(it.Properties, wbxml.CalendarUID) != "visit@x" || itemValue(it.Properties, wbxml.CalendarResponseType) != "3" {
			t.Errorf("the event is %v", it.Properties)
		}
	}
	c.strict()
}

func TestSearch(t *testing.T) {
	store, inbox := inboxOf(15)
	store.AddUser("bob")
	sub := store.User("alice").AddFolder("Inbox/Sub", inbox.Type())
	sub.AddMessage(message(1))
	c := newClient(t, Config{}, store)
	c.folderSync("0")
	query := func(options []wbxml.Element, more ...wbxml.Element) wbxml.Element {
		and := wbxml.E(wbxml.SearchAnd, wbxml.T(wbxml.AirSyncClass, "Email"))
		and.Append(more...)
		return wbxml.E(wbxml.SearchSearch, wbxml.E(wbxml.SearchStore, wbxml.T(wbxml.SearchName, "Mailbox"), wbxml.E(wbxml.SearchQuery, and), wbxml.E(wbxml.SearchOptions, options...)))
	}
	rng := func(s string) wbxml.Element { return wbxml.T(wbxml.SearchRange, s) }
	text := func(s string) wbxml.Element { return wbxml.T(wbxml.SearchFreeText, s) }
	folder := func(f *Folder) wbxml.Element { return wbxml.T(wbxml.AirSyncCollectionId, string(f.ID())) }
	than := func(tag wbxml.Tag, s string) wbxml.Element {
		return wbxml.E(tag, wbxml.Empty(wbxml.EmailDateReceived), wbxml.T(wbxml.SearchValue, s))
	}
	deep := wbxml.Empty(wbxml.SearchDeepTraversal)
	for _, r := range []struct {
		name string
		doc  wbxml.Element
		want string // status, range, total
	}{
		{"a word", query([]wbxml.Element{rng("0-9")}, text("BODY 1")), "1 0-6 7"}, // 1, 10 to 14, and 1 in the subfolder
		{"in a folder", query([]wbxml.Element{rng("0-9")}, folder(inbox), text("body 1")), "1 0-5 6"},
		{"and below it", query([]wbxml.Element{rng("0-9"), deep}, folder(inbox), text("body 1")), "1 0-6 7"},
		{"a part of what was found", query([]wbxml.Element{rng("2-3")}, text("body 1")), "1 2-3 7"},
		{"too much at once", query([]wbxml.Element{rng("0-100")}, text("body 1")), "12 0-6 7"},
		{"nothing", query(nil, text("nowhere")), "1  "},
		{"before", query(nil, than(wbxml.SearchLessThan, "2026-03-02T09:00:00.000Z")), "1  "},
		{"after", query(nil, than(wbxml.SearchGreaterThan, "2026-03-02T08:59:59.000Z")), "1 0-15 16"},
		{"a wrong range", query([]wbxml.Element{rng("x")}, text("body")), "2  "},
	} {
		s := c.do("Search", r.doc).Child(wbxml.SearchResponse).Child(wbxml.SearchStore)
		if got := s.Value(wbxml.SearchStatus) + " " + s.Value(wbxml.SearchRange) + " " + s.Value(wbxml.SearchTotal); got != r.want {
			t.Errorf("%s: %q, want %q", r.name, got, r.want)
		}
	}
	gal := c.do("Search", wbxml.E(wbxml.SearchSearch, wbxml.E(wbxml.SearchStore, wbxml.T(wbxml.SearchName, "GAL"), wbxml.T(wbxml.SearchQuery, "BO"))))
	found := gal.Child(wbxml.SearchResponse).Child(wbxml.SearchStore).Child(wbxml.SearchResult).Child(wbxml.SearchProperties)
	if found.Value(wbxml.GALEmailAddress) != "bob@example.com" || found.Value(wbxml.GALDisplayName) != "Bob Example" {
		t.Errorf("found %s", gal.AppendXML(nil))
	}
}

func TestSettings(t *testing.T) {
	store, _ := inboxOf(0)
	c := newClient(t, Config{}, store)
	oof := func(e wbxml.Element) *wbxml.Element {
		return c.do("Settings", wbxml.E(wbxml.SettingsSettings, wbxml.E(wbxml.SettingsOof, e))).Child(wbxml.SettingsOof)
	}
	get := wbxml.E(wbxml.SettingsGet, wbxml.T(wbxml.SettingsBodyType, "Text"))
	if e := oof(get); e.Value(wbxml.SettingsGet, wbxml.SettingsOofState) != "0" {
		t.Errorf("before: %s", e.AppendXML(nil))
	}
	message := wbxml.E(wbxml.SettingsOofMessage, wbxml.Empty(wbxml.SettingsAppliesToInternal), wbxml.T(wbxml.SettingsEnabled, "1"), wbxml.T(wbxml.SettingsReplyMessage, "Gone fishing"),
		wbxml.T(wbxml.SettingsBodyType, "Text"))
	start, end := wbxml.T(wbxml.SettingsStartTime, "2026-03-01T00:00:00.000Z"), wbxml.T(wbxml.SettingsEndTime, "2026-03-08T00:00:00.000Z")
	set := func(more ...wbxml.Element) *wbxml.Element { return oof(wbxml.E(wbxml.SettingsSet, more...)) }
	if e := set(wbxml.T(wbxml.SettingsOofState, "2"), start, end, message); e.Value(wbxml.SettingsStatus) != "1" {
		t.Errorf("set: %s", e.AppendXML(nil))
	}
	if e := oof(get).Child(wbxml.SettingsGet); e.Value(wbxml.SettingsOofState) != "2" || e.Value(wbxml.SettingsOofMessage, wbxml.SettingsReplyMessage) != "Gone fishing" {
		t.Errorf("after: %s", e.AppendXML(nil))
	}
	if e := set(wbxml.T(wbxml.SettingsOofState, "2")); e.Value(wbxml.SettingsStatus) != "5" {
		t.Errorf("without times: %s", e.AppendXML(nil))
	}
	swapped := []wbxml.Element{wbxml.T(wbxml.SettingsStartTime, end.Text), wbxml.T(wbxml.SettingsEndTime, start.Text)}
	if e := set(append(swapped, wbxml.T(wbxml.SettingsOofState, "2"))...); e.Value(wbxml.SettingsStatus) != "6" {
		t.Errorf("with the end before the start: %s", e.AppendXML(nil))
	}
	info := wbxml.E(wbxml.SettingsDeviceInformation, wbxml.E(wbxml.SettingsSet, wbxml.T(wbxml.SettingsModel, "test")))
	user := wbxml.E(wbxml.SettingsUserInformation, wbxml.Empty(wbxml.SettingsGet))
	rights := wbxml.E(wbxml.SettingsRightsManagementInformation, wbxml.Empty(wbxml.SettingsGet))
	e := c.do("Settings", wbxml.E(wbxml.SettingsSettings, info, user, rights))
	address := e.Value(wbxml.SettingsUserInformation, wbxml.SettingsGet, wbxml.SettingsAccounts, wbxml.SettingsAccount, wbxml.SettingsEmailAddresses, wbxml.SettingsPrimarySmtpAddress)
	if e.Value(wbxml.SettingsDeviceInformation, wbxml.SettingsStatus) != "1" || address != "alice@example.com" {
		t.Errorf("%s", e.AppendXML(nil))
	}
	if d := store.User("alice").Devices(); len(d) != 1 || d[0].Information[0].Text != "test" {
		t.Errorf("devices %+v", d)
	}
	c.strict()
	if e := c.do("Settings", wbxml.E(wbxml.SettingsSettings)); e.Value(wbxml.SettingsStatus) != "2" || len(c.violations) != 1 {
		t.Errorf("nothing: %s", e.AppendXML(nil))
	}
}

func TestResolveRecipients(t *testing.T) {
	store, _ := inboxOf(0)
	store.AddUser("bob")
	store.User("alice").Folder("Contacts").Add(Item{Properties: []wbxml.Element{
		wbxml.T(wbxml.ContactsFileAs, "Bobby Tables"), wbxml.T(wbxml.ContactsEmail1Address, "bobby@example.org"),
	}})
	c := newClient(t, Config{}, store)
	doc := wbxml.E(wbxml.ResolveRecipientsResolveRecipients, wbxml.T(wbxml.ResolveRecipientsTo, "bob"), wbxml.T(wbxml.ResolveRecipientsTo, "bob@example.com"),
		wbxml.T(wbxml.ResolveRecipientsTo, "nobody"), wbxml.E(wbxml.ResolveRecipientsOptions, wbxml.T(wbxml.ResolveRecipientsCertificateRetrieval, "2")))
	var got []string
	e := c.do("ResolveRecipients", doc)
	for r := range e.All(wbxml.ResolveRecipientsResponse) {
		s := r.Value(wbxml.ResolveRecipientsStatus)
		for m := range r.All(wbxml.ResolveRecipientsRecipient) {
			s += " " + m.Value(wbxml.ResolveRecipientsType) + " " + m.Value(wbxml.ResolveRecipientsEmailAddress)
		}
		got = append(got, s)
	}
	if diff := cmp.Diff([]string{"2 1 bob@example.com 2 bobby@example.org", "1 1 bob@example.com", "4"}, got); diff != "" {
		t.Error(diff)
	}
	c.strict()
}

func TestValidateCert(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	cert := func(until time.Time) wbxml.Element {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "alice"}, NotBefore: now.AddDate(-2, 0, 0), NotAfter: until,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		return wbxml.T(wbxml.ValidateCertCertificate, base64.StdEncoding.EncodeToString(der))
	}
	store, _ := inboxOf(0)
	c := newClient(t, Config{Now: func() time.Time { return now }}, store)
	e := c.do("ValidateCert", wbxml.E(wbxml.ValidateCertValidateCert, wbxml.E(wbxml.ValidateCertCertificates,
		cert(now.AddDate(1, 0, 0)), cert(now.AddDate(-1, 0, 0)), wbxml.T(wbxml.ValidateCertCertificate, "AAAA"))))
	got := e.Value(wbxml.ValidateCertStatus)
	for c := range e.All(wbxml.ValidateCertCertificate) {
		got += " " + c.Value(wbxml.ValidateCertStatus)
	}
	if got != "1 4 7 10" { // untrusted, expired, no certificate
		t.Errorf("statuses %s", got)
	}
	c.strict()
}

func TestGetAttachment(t *testing.T) {
	store, inbox := inboxOf(0)
	msg, content := attached()
	inbox.AddMessage(msg)
	c := newClient(t, Config{}, store)
	c.version = "2.5"
	c.folderSync("0")
	class := wbxml.T(wbxml.AirSyncClass, "Email")
	with := func(col wbxml.Element) *wbxml.Element {
		col.Children = append([]wbxml.Element{class}, col.Children...)
		return c.do("Sync", syncDoc(col)).Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
	}
	key := with(collection("0", "1")).Value(wbxml.AirSyncSyncKey)
	a := with(collection(key, "1", wbxml.E(wbxml.AirSyncOptions, wbxml.T(wbxml.AirSyncTruncation, "0"))))
	data := a.Child(wbxml.AirSyncCommands).Children[0].Child(wbxml.AirSyncApplicationData)
	if data.Value(wbxml.EmailBodyTruncated) != "1" || data.Value(wbxml.EmailBody) != "" || data.Value(wbxml.EmailBodySize) != "11" {
		t.Errorf("a truncated body: %s", data.AppendXML(nil))
	}
	name := data.Value(wbxml.EmailAttachments, wbxml.EmailAttachment, wbxml.EmailAttName)
	c.edit = query1("AttachmentName", name)
	if w := c.post("GetAttachment", nil, ""); w.Body.String() != content || w.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("HTTP %d, %d bytes of %s", w.Code, w.Body.Len(), w.Header().Get("Content-Type"))
	}
	c.edit = query1("AttachmentName", "1:0:9")
	if w := c.post("GetAttachment", nil, ""); w.Code != 500 {
		t.Errorf("no attachment: HTTP %d", w.Code)
	}
}

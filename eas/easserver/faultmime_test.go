package easserver

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Messages that come from a mailbox, not from inboxOf.
const (
	multipartMessage = "Received: from b\r\nReceived: from a\r\nFrom: a@example.com\r\nSubject: two\r\n parts\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" +
		"--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\nContent-Type: text/x-plan; name=plan\r\n\r\nsix\r\n--x--\r\n"
	sealedMessage = "From: a@example.com\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		"c2VhbGVk\r\n"
)

// startMessage is start with one message of its own.
func (f *faultTest) startMessage(msg string) {
	f.Helper()
	f.start(0, FaultRule{})
	f.inbox.AddMessage([]byte(msg))
}

// raw25 is what the client has of the first message in 2.5.
func (f *faultTest) raw25() string {
	f.Helper()
	f.c.version = "2.5"
	f.c.folderSync("0")
	sync := func(key string, more ...wbxml.Element) *wbxml.Element {
		col := collection(key, f.id, more...)
		col.Children = slices.Insert(col.Children, 0, wbxml.T(wbxml.AirSyncClass, "Email"))
		return f.c.do("Sync", syncDoc(col)).Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
	}
	options := wbxml.E(wbxml.AirSyncOptions, wbxml.T(wbxml.AirSyncMIMESupport, "2"), wbxml.T(wbxml.AirSyncMIMETruncation, "8"))
	a := sync(next(sync("0")), options)
	return a.Child(wbxml.AirSyncCommands).Children[0].Value(wbxml.AirSyncApplicationData, wbxml.EmailMIMEData)
}

var mimeFaultTests = map[Fault]func(*faultTest){
	FaultRebuiltMIME: func(f *faultTest) {
		f.startMessage(multipartMessage)
		got := f.firstItem().Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData)
		head, body, _ := strings.Cut(got, "\r\n\r\n")
		f.same("the header", head[:strings.Index(head, "Content-Type")],
			"Received: from b\r\nFrom: a@example.com\r\nSubject: two\r\n parts\r\nMIME-Version: 1.0\r\n")
		if !strings.Contains(body, "\r\n\r\nhello") || !strings.Contains(body, base64.StdEncoding.EncodeToString([]byte("six"))) || strings.Contains(body, "--x\r\n") {
			f.Errorf("the body is %q", body)
		}
		_, e := f.fetch("0")
		f.same("ItemOperations", fetchData(e), got)
		f.same("in 2.5", f.raw25(), multipartMessage)
	},
	FaultCiphertextApart: func(f *faultTest) {
		f.startMessage(sealedMessage)
		data := f.firstItem()
		head, _, _ := strings.Cut(sealedMessage, "c2Vh")
		f.same("the message", data.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData), head)
		list := data.Child(wbxml.AirSyncBaseAttachments).Child(wbxml.AirSyncBaseAttachment)
		f.same("its name", list.Value(wbxml.AirSyncBaseDisplayName), "smime.p7m")
		doc := wbxml.E(wbxml.ItemOperationsItemOperations, wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStore, "Mailbox"),
			wbxml.T(wbxml.AirSyncBaseFileReference, list.Value(wbxml.AirSyncBaseFileReference))))
		w := f.c.post("ItemOperations", mustMarshal(f.T, doc), contentTypeWBXML)
		e, err := wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		f.same("the attachment", e.Child(wbxml.ItemOperationsResponse).Child(wbxml.ItemOperationsFetch).
			Value(wbxml.ItemOperationsProperties, wbxml.ItemOperationsData), base64.StdEncoding.EncodeToString([]byte("sealed")))
		f.same("in 2.5", f.raw25(), sealedMessage)
	},
	FaultUnlisted25: func(f *faultTest) {
		f.startMessage(multipartMessage)
		f.c.edit = func(r *http.Request) { r.Method = http.MethodOptions }
		w := f.c.post("", nil, "")
		f.c.edit = nil
		if v := w.Header().Get("MS-ASProtocolVersions"); !strings.HasPrefix(v, "12.0,") {
			f.Errorf("the versions are %s", v)
		}
		f.same("2.5", f.raw25(), multipartMessage)
	},
}

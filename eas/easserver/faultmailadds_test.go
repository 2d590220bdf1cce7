package easserver

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

const addedMessage = "From: a@example.com\r\nSubject: s\r\n\r\nx\r\n"

// addingMail shows what comes of a message that is added to the Inbox: the HTTP status, what the server answers, and what it has.
func (f *faultTest) addingMail(v string) (code int, answer string, stored []string) {
	f.Helper()
	f.start(0, FaultRule{})
	f.c.version = v
	id := string(f.inbox.ID())
	data := wbxml.E(wbxml.AirSyncApplicationData,
		wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "4"), wbxml.T(wbxml.AirSyncBaseData, addedMessage)),
		wbxml.T(wbxml.EmailRead, "1"), wbxml.T(wbxml.EmailDateReceived, "2001-02-03T04:05:06.000Z"), *activeFlag(),
		wbxml.E(wbxml.EmailCategories, wbxml.T(wbxml.EmailCategory, "Red")))
	key := f.c.drain(f.c.prime(id), id)
	for range 2 {
		add := wbxml.E(wbxml.AirSyncAdd, wbxml.T(wbxml.AirSyncClientId, "c"), data)
		w := f.c.post("Sync", mustMarshal(f.T, syncDoc(collection(key, id, commands1(add)))), contentTypeWBXML)
		if code = w.Code; code != 200 {
			continue // with the same key, once more
		}
		doc, err := wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		res := doc.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection).Child(wbxml.AirSyncResponses).Child(wbxml.AirSyncAdd)
		answer = fmt.Sprint(res.Value(wbxml.AirSyncStatus), " ", res.Value(wbxml.AirSyncServerId) != "")
		break
	}
	for _, it := range f.inbox.Items() {
		date := "then"
		if time.Since(it.Received) < time.Hour {
			date = "now"
		}
		stored = append(stored, fmt.Sprintf("%v %v %v %v %v %v", bytes.Equal(it.Message.Bytes, []byte(addedMessage)), it.Read, it.Flag != nil, it.Categories, date, it.Draft))
	}
	return code, answer, stored
}

func addsMail(code int, answer string, stored ...string) func(*faultTest) {
	return func(f *faultTest) {
		for _, v := range []string{"12.1", "14.1", "16.1"} {
			gotCode, gotAnswer, gotStored := f.addingMail(v)
			f.same("HTTP with "+v, gotCode, code)
			f.same("the answer with "+v, gotAnswer, answer)
			f.same("what is there with "+v, gotStored, stored)
		}
	}
}

const asItIs = "true true true [Red] then false"

var mailAddFaultTests = map[Fault]func(*faultTest){
	FaultMailStatus9:   addsMail(200, "9 false"),
	FaultMailLost:      addsMail(200, "1 true"),
	FaultMailStored:    addsMail(200, "1 true", asItIs),
	FaultMailStored502: addsMail(502, "", asItIs, asItIs),
	FaultMailDraft:     addsMail(200, "1 true", "true true true [Red] now true"),
	FaultMailRebuilt:   addsMail(200, "1 true", "false false false [] now false"),
}

// TestDraftShown: a draft that is not in its folder is shown as one, from 16.0 on.
func TestDraftShown(t *testing.T) {
	store, inbox := inboxOf(0)
	inbox.Add(Item{Message: &Content{Bytes: []byte(addedMessage)}, Draft: true})
	inbox.Add(Item{Message: &Content{Bytes: []byte(addedMessage)}})
	for v, want := range map[string]string{"16.1": "[1 ]", "14.1": "[ ]"} {
		c := newClient(t, Config{}, store)
		c.version = v
		a := c.sync(c.prime(string(inbox.ID())), string(inbox.ID()), mimeOptions())
		var got []string
		for add := range a.Child(wbxml.AirSyncCommands).All(wbxml.AirSyncAdd) {
			got = append(got, add.Value(wbxml.AirSyncApplicationData, wbxml.Email2IsDraft))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", v, got, want)
		}
	}
}

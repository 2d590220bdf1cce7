//go:build interop

package sogo

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"
)

// A collection is a user's calendar or address book, reached by WebDAV on sogod's own port.
type collection struct {
	t    *testing.T
	user string
	url  string
}

func calendar(t *testing.T, user string) collection {
	return collection{t, user, lab.dav + "/" + user + "/Calendar/personal/"}
}

func addressBook(t *testing.T, user string) collection {
	return collection{t, user, lab.dav + "/" + user + "/Contacts/personal/"}
}

func (c collection) do(method, url, body string, want int, answer any) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.SetBasicAuth(c.user, password(c.user))
	req.Header.Set("Depth", "1")
	req.Close = true // sogod drops idle connections without a word
	switch path.Ext(url) {
	case ".vcf":
		req.Header.Set("Content-Type", "text/vcard; charset=utf-8")
	case ".ics":
		req.Header.Set("Content-Type", "text/calendar; charset=utf-8")
	default:
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		c.t.Fatalf("%s %s: %s", method, url, resp.Status)
	}
	if answer != nil {
		if err := xml.NewDecoder(resp.Body).Decode(answer); err != nil {
			c.t.Fatalf("%s %s: %v", method, url, err)
		}
	}
}

// names lists the objects that the collection holds.
func (c collection) names() []string {
	c.t.Helper()
	var found struct {
		Responses []struct {
			Href string `xml:"href"`
		} `xml:"response"`
	}
	c.do("PROPFIND", c.url, `<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>`, http.StatusMultiStatus, &found)
	var names []string
	for _, r := range found.Responses {
		if ext := path.Ext(r.Href); ext == ".ics" || ext == ".vcf" {
			names = append(names, path.Base(r.Href))
		}
	}
	return names
}

func (c collection) clear() {
	c.t.Helper()
	for _, name := range c.names() {
		c.do(http.MethodDelete, c.url+name, "", http.StatusNoContent, nil)
	}
}

func (c collection) put(name, body string) {
	c.t.Helper()
	c.do(http.MethodPut, c.url+name, strings.ReplaceAll(body, "\n", "\r\n"), http.StatusCreated, nil)
}

// people puts contacts, events and tasks into the user's emptied collections and returns how many.
func people(t *testing.T, user string) (contacts, events, tasks int) {
	t.Helper()
	book, cal := addressBook(t, user), calendar(t, user)
	book.clear()
	cal.clear()
	contacts, events, tasks = 12, 10, 8
	for i := range contacts {
		book.put(fmt.Sprintf("contact-%d.vcf", i), fmt.Sprintf(`BEGIN:VCARD
VERSION:3.0
UID:contact-%[1]d
N:Müller-%[1]d;Jörg;;Dr.;
FN:Dr. Jörg Müller-%[1]d
ORG:Straße & Söhne <%[1]d>
EMAIL;TYPE=work:jm%[1]d@remote.example
TEL;TYPE=cell:+49 170 %[1]d
ADR;TYPE=work:;;Hauptstraße %[1]d;Köln;;50667;Germany
BDAY:1980-02-29
NOTE:first line\nsecond line
END:VCARD
`, i))
	}
	for i := range events {
		rule := ""
		if i%3 == 0 {
			rule = "RRULE:FREQ=WEEKLY;COUNT=5\nEXDATE:20240315T090000Z\n"
		}
		cal.put(fmt.Sprintf("event-%d.ics", i), fmt.Sprintf(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//lab.example//test//EN
BEGIN:VEVENT
UID:event-%[1]d
DTSTAMP:20240101T000000Z
DTSTART:20240308T090000Z
DTEND:20240308T103000Z
%[2]sSUMMARY:Besprechung %[1]d
LOCATION:Zürich
DESCRIPTION:agenda\nminutes
END:VEVENT
END:VCALENDAR
`, i, rule))
	}
	for i := range tasks {
		cal.put(fmt.Sprintf("task-%d.ics", i), fmt.Sprintf(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//lab.example//test//EN
BEGIN:VTODO
UID:task-%[1]d
DTSTAMP:20240101T000000Z
DUE:20240401T170000Z
SUMMARY:Aufgabe %[1]d
PRIORITY:1
END:VTODO
END:VCALENDAR
`, i))
	}
	return contacts, events, tasks
}

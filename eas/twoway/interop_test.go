//go:build interop

package twoway_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/twoway"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// These tests run against a real server, the lab of examples/lab/sogo, in the mailbox of one of its users:
//
//	examples/lab/sogo/up.sh && go test -tags interop ./eas/twoway

// program is one that keeps a folder of the lab's in step, as a device of its own.
type program struct {
	t      *testing.T
	client *eas.Client
	local  *items
	folder twoway.Folder
}

func newProgram(t *testing.T, v eas.Version, user string, typ eas.FolderType, device string) *program {
	t.Helper()
	env, err := os.ReadFile(filepath.Join(home(), "lab.env"))
	if err != nil {
		t.Fatalf("no lab: %v\nstart it with examples/lab/sogo/up.sh", err)
	}
	_, rest, _ := strings.Cut(string(env), "LAB_EAS=")
	url, _, _ := strings.Cut(rest, "\n")
	base := eas.NewTransport()
	t.Cleanup(base.CloseIdleConnections)
	c, err := eas.New(eas.Config{
		URL: url, User: user, DeviceID: eas.DeviceID(fmt.Sprintf("%s%d", device, time.Now().UnixNano())), Version: v,
		Transport: auth.Basic{User: user, Password: "secret-" + user, Origin: url, Base: base},
		TraceXML:  os.Getenv("AIRLIFT_LAB_TRACE") != "",
		Trace: func(x eas.Exchange) {
			if x.RequestXML != nil {
				t.Logf("%s %s: %d, %v\n%s\n%s", device, x.Command, x.HTTPStatus, x.Err, x.RequestXML, x.ResponseXML)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, client: c, local: &items{crasher: &crasher{}, m: map[string]*wbxml.Element{}}}
	// QUIRK(SOGo 5.8): who comes while the first login of a user makes the folders gets a hierarchy that lacks some.
	for range 3 {
		tree, err := c.FolderSync(t.Context(), eas.InitialKey)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range tree.Add {
			if f.Type == typ {
				p.folder = twoway.Folder{ID: f.ID, Type: typ, Local: p.local, Store: &twoway.MemoryStore{}}
				return p
			}
		}
	}
	t.Fatalf("%s has no folder of type %d", user, typ)
	return nil
}

func (p *program) sync() twoway.Result {
	p.t.Helper()
	res, err := twoway.Sync(p.t.Context(), p.client, p.folder)
	if err != nil {
		p.t.Fatalf("%v\n%+v", err, res)
	}
	for _, f := range res.Failures {
		p.t.Error(f)
	}
	return res
}

// has lists the program's items by name and value.
func (p *program) has(tag wbxml.Tag) []string {
	var all []string
	for _, e := range p.local.m {
		all = append(all, title(e)+"="+e.Value(tag))
	}
	slices.Sort(all)
	return all
}

func title(e *wbxml.Element) string {
	return cmp.Or(e.Value(wbxml.ContactsLastName), e.Value(wbxml.CalendarSubject))
}

// change writes a value into the item with the title.
func (p *program) change(name string, tag wbxml.Tag, value string) {
	p.t.Helper()
	for id, e := range p.local.m {
		if title(e) != name {
			continue
		}
		e = e.Clone()
		e.Children = slices.DeleteFunc(e.Children, func(c wbxml.Element) bool { return c.Tag == tag })
		e.Append(wbxml.T(tag, value))
		p.local.m[id] = e
		return
	}
	p.t.Fatalf("no %s in %v", name, p.has(tag))
}

// tick is longer than what SOGo's keys tell apart. QUIRK(SOGo 5.8): the key of contacts and events is a time in seconds, and what is
// changed by another device in the second of the key does not come with it.
const tick = 1100 * time.Millisecond

// TestInteropTwoPrograms keeps two programs in step with one folder of a real server, and so with each other: what one adds,
// changes or deletes comes to the other, and of what both changed both versions come to both.
func TestInteropTwoPrograms(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	for _, class := range []struct {
		name string
		typ  eas.FolderType
		tag  wbxml.Tag // that is changed
		make func(name string) *wbxml.Element
	}{
		{"contacts", eas.FolderContacts, wbxml.ContactsJobTitle, func(name string) *wbxml.Element {
			return props(wbxml.T(wbxml.ContactsFirstName, "Ada"), wbxml.T(wbxml.ContactsLastName, name), wbxml.T(wbxml.ContactsJobTitle, "one"))
		}},
		{"events", eas.FolderCalendar, wbxml.CalendarLocation, func(name string) *wbxml.Element {
			e, err := wbxml.Encode(wbxml.AirSyncApplicationData, &eas.Appointment{
				Subject: name, Location: "one", StartTime: at, EndTime: at.Add(time.Hour), DtStamp: at, UID: name, AllDayEvent: new(false),
				TimeZone: make([]byte, 172), BusyStatus: new(eas.BusyBusy), Sensitivity: new(eas.SensitivityNormal), MeetingStatus: new(eas.MeetingStatus(0)),
			})
			if err != nil {
				t.Fatal(err)
			}
			return &e
		}},
	} {
		for v, user := range map[eas.Version]string{eas.Version121: "carol", eas.Version140: "dave", eas.Version141: "frank"} {
			t.Run(class.name+"/"+string(v), func(t *testing.T) {
				t.Parallel()
				a, b := newProgram(t, v, user, class.typ, "twowaya"), newProgram(t, v, user, class.typ, "twowayb")
				same := func(want ...string) {
					t.Helper()
					for _, p := range []*program{a, b, a} {
						p.sync()
						time.Sleep(tick)
					}
					for _, p := range []*program{a, b} {
						var got []string
						for _, s := range p.has(class.tag) {
							if strings.HasPrefix(s, t.Name()) {
								got = append(got, strings.TrimPrefix(s, t.Name()))
							}
						}
						if !slices.Equal(got, want) {
							t.Fatalf("%v, want %v", got, want)
						}
					}
				}
				first, second := t.Name()+"1", t.Name()+"2"
				a.local.m["a"], b.local.m["b"] = class.make(first), class.make(second)
				same("1=one", "2=one")
				a.change(second, class.tag, "two")
				b.change(first, class.tag, "three")
				same("1=three", "2=two")
				a.change(first, class.tag, "four")
				b.change(first, class.tag, "five")
				same("1=five", "1=four", "2=two")
				maps.DeleteFunc(a.local.m, func(_ string, e *wbxml.Element) bool { return title(e) == first })
				same("2=two")
				maps.DeleteFunc(b.local.m, func(_ string, e *wbxml.Element) bool { return title(e) == second })
				same()
				for _, p := range []*program{a, b} {
					if res := p.sync(); res.Requests > 1 || res.Put+res.Deleted+res.Added+res.Changed+res.Erased > 0 {
						t.Errorf("it does not come to rest: %+v", res)
					}
				}
			})
		}
	}
}

// home is where up.sh made the lab.
func home() string {
	return cmp.Or(os.Getenv("AIRLIFT_LAB"), filepath.Join(os.TempDir(), "airlift-lab"))
}

package easdst_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

func attendee(name, address, kind, status string) wbxml.Element {
	return wbxml.E(wbxml.CalendarAttendee, wbxml.T(wbxml.CalendarEmail, address), wbxml.T(wbxml.CalendarName, name),
		wbxml.T(wbxml.CalendarAttendeeStatus, status), wbxml.T(wbxml.CalendarAttendeeType, kind))
}

// meeting is a series that somebody invited to, with an occurrence to which one more is invited.
func meeting(body ...wbxml.Element) sinks.TargetItem {
	bob, eve := attendee("Bob", "bob@example.com", "1", "3"), attendee("eve@example.com", "eve@example.com", "2", "0")
	props := append([]wbxml.Element{
		wbxml.T(wbxml.CalendarSubject, "Board"), wbxml.T(wbxml.CalendarUID, "board"), wbxml.T(wbxml.CalendarStartTime, "20261201T100000Z"), wbxml.T(wbxml.CalendarEndTime, "20261201T110000Z"),
		wbxml.T(wbxml.CalendarOrganizerName, "The\r\nBoss"), wbxml.T(wbxml.CalendarOrganizerEmail, "boss@example.com"), wbxml.T(wbxml.CalendarMeetingStatus, "3"),
		wbxml.T(wbxml.CalendarResponseType, "4"), wbxml.T(wbxml.CalendarResponseRequested, "1"),
		wbxml.E(wbxml.CalendarAttendees, bob, eve),
		wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "0"), wbxml.T(wbxml.CalendarInterval, "1"), wbxml.T(wbxml.CalendarOccurrences, "9")),
		wbxml.E(wbxml.CalendarExceptions, wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20261203T100000Z"),
			wbxml.T(wbxml.CalendarSubject, "Board with Mallory"), wbxml.E(wbxml.CalendarAttendees, bob, eve, attendee("Mallory", "mallory@example.com", "3", "2")))),
	}, body...)
	return lossless("meeting", props...)
}

const seriesPeople = "Organizer: The Boss <boss@example.com>\r\nMy answer: declined\r\nAttendees:\r\nBob <bob@example.com> (required, accepted)\r\neve@example.com (optional)"

// TestAttendees: a meeting becomes an appointment, of which the text says who takes part.
func TestAttendees(t *testing.T) {
	html := wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBaseData, "<html><body>Hi</body></html>"))
	for _, v := range eas.Versions() {
		for name, tc := range map[string]struct {
			body []wbxml.Element
			want string
		}{
			"none": {nil, seriesPeople},
			"text": {[]wbxml.Element{body("Hi\r\n")}, "Hi\r\n\r\n" + seriesPeople},
			"html": {[]wbxml.Element{html}, "<html><body>Hi<p>" + strings.NewReplacer("\r\n", "<br>\r\n", "<", "&lt;", ">", "&gt;").Replace(seriesPeople) + "</p>\r\n</body></html>"},
		} {
			t.Run(name+"/"+string(v), func(t *testing.T) {
				w := newWorld(t, v, easserver.Config{}, easdst.Options{})
				p := w.put(w.open("Calendar"), meeting(tc.body...))[0]
				if p.Err != nil || !slices.ContainsFunc(p.Altered, func(a sinks.Alteration) bool {
					return a.Property == "Calendar:Attendees" && strings.Contains(a.Sent, "bob@example.com") && a.Got == "" && a.Why != ""
				}) {
					t.Errorf("%+v", p)
				}
				for _, a := range p.Altered {
					if a.Why == "" {
						t.Errorf("%+v", a)
					}
				}
				e := w.there("Calendar", p.ID)
				if e.Has(wbxml.CalendarAttendees) || e.Value(wbxml.CalendarMeetingStatus) != "0" || strings.Contains(string(e.AppendXML(nil)), "<Attendee") {
					t.Errorf("%s", e.AppendXML(nil))
				}
				x := e.Child(wbxml.CalendarExceptions).Child(wbxml.CalendarException)
				got := e.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData)
				if v == eas.Version25 && name == "html" {
					if !strings.HasPrefix(got, "Hi") || !strings.Contains(got, "bob@example.com") {
						t.Errorf("%q", got)
					}
					return
				}
				if d := cmp.Diff(tc.want, got); d != "" {
					t.Error(d)
				}
				if own := x.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData) + x.Value(wbxml.CalendarBody); !strings.Contains(own, "Mallory") || !strings.Contains(own, "(resource, tentative)") || strings.Contains(got, "Hi") && !strings.Contains(own, "Hi") {
					t.Errorf("the exception says %q", own)
				}
			})
		}
	}
}

// TestInvite: with the option the attendees go as such.
func TestInvite(t *testing.T) {
	for _, v := range eas.Versions() {
		w := newWorld(t, v, easserver.Config{}, easdst.Options{Invite: true})
		p := w.put(w.open("Calendar"), meeting())[0]
		e := w.there("Calendar", p.ID)
		if n := len(slices.Collect(e.Child(wbxml.CalendarAttendees).All(wbxml.CalendarAttendee))); p.Err != nil || n != 2 || e.Has(wbxml.AirSyncBaseBody) {
			t.Errorf("%s: %+v\n%s", v, p, e.AppendXML(nil))
		}
	}
}

// TestOwnAppointment: the organizer of an appointment is its owner, and no text.
func TestOwnAppointment(t *testing.T) {
	w := newWorld(t, eas.Version141, easserver.Config{}, easdst.Options{})
	p := w.put(w.open("Calendar"), lossless("x", wbxml.T(wbxml.CalendarSubject, "Lunch"), wbxml.T(wbxml.CalendarStartTime, "20261201T100000Z"),
		wbxml.T(wbxml.CalendarEndTime, "20261201T110000Z"), wbxml.T(wbxml.CalendarOrganizerEmail, "me@example.com"), wbxml.T(wbxml.CalendarMeetingStatus, "0")))[0]
	if e := w.there("Calendar", p.ID); p.Err != nil || len(p.Altered) != 0 || e.Has(wbxml.AirSyncBaseBody) {
		t.Errorf("%+v\n%s", p, e.AppendXML(nil))
	}
}

// TestNoMail: nobody gets a message, whatever is put.
func TestNoMail(t *testing.T) {
	for _, v := range eas.Versions() {
		w := newWorld(t, v, easserver.Config{}, easdst.Options{})
		f := w.open("Calendar")
		p := w.put(f, meeting())[0]
		if _, err := f.Update(t.Context(), p.Held, meeting(body("more"))); err != nil {
			t.Error(err)
		}
		for h, err := range f.Held(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Delete(t.Context(), []sinks.Held{h}); err != nil {
				t.Error(err)
			}
		}
		for _, name := range []string{"Sent Items", "Outbox"} {
			if n := w.user.Folder(name).Len(); n != 0 {
				t.Errorf("%s: %d messages in %s", v, n, name)
			}
		}
	}
}

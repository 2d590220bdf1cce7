package eas_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// invite is an invitation from bob to alice.
func invite(uid string) []byte {
	return fmt.Appendf(nil, "From: bob@example.com\r\nTo: alice@example.com\r\nSubject: Visit\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n"+
		"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20260301T080000Z\r\nDTSTART:20260330T100000Z\r\nDURATION:PT1H\r\n"+
		"SUMMARY:Visit\r\nORGANIZER;CN=Bob:mailto:bob@example.com\r\nATTENDEE;CN=Alice:mailto:alice@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", uid)
}

func TestMeetingResponse(t *testing.T) {
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{})
		inbox, calendar := p.alice.Folder("Inbox"), p.alice.Folder("Calendar")
		a, b, c, plain := inbox.AddMessage(invite("a@x")), inbox.AddMessage(invite("b@x")), inbox.AddMessage(invite("c@x")), inbox.AddMessage(note("no"))
		client, _ := p.client(t, v, nil)
		got, err := client.MeetingResponse(t.Context(), []eas.MeetingReply{
			{Response: eas.MeetingAccept, CollectionID: inbox.ID(), RequestID: a},
			{Response: eas.MeetingDecline, CollectionID: inbox.ID(), RequestID: b},
			{Response: eas.MeetingTentative, LongID: string(c)},
			{Response: eas.MeetingAccept, CollectionID: inbox.ID(), RequestID: plain},
			{Response: eas.MeetingAccept, CollectionID: inbox.ID(), RequestID: a},
		})
		if err != nil {
			t.Fatal(v, err)
		}
		var errs []error
		for _, r := range got {
			errs = append(errs, r.Err)
		}
		if d := cmp.Diff([]int{0, 0, 0, 2, 2}, codes(errs...)); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		said := map[eas.ServerID]string{} // MS-ASCAL 2.2.2.38: 2 tentative, 3 accepted
		for id, it := range calendar.Items() {
			e := wbxml.E(wbxml.AirSyncApplicationData, it.Properties...)
			said[id] = e.Value(wbxml.CalendarUID) + " " + e.Value(wbxml.CalendarResponseType)
		}
		if d := cmp.Diff(map[eas.ServerID]string{got[0].CalendarID: "a@x 3", got[2].CalendarID: "c@x 2"}, said); d != "" || got[1].CalendarID != "" {
			t.Errorf("%s: %s", v, d)
		}
		if d := cmp.Diff([]string{string(note("no"))}, messages(inbox)); d != "" || p.bob.Folder("Inbox").Len() != 0 {
			t.Errorf("%s: %s", v, d)
		}
	}
}

// recurring is a meeting of bob's that recurs daily.
func recurring(t *testing.T, at time.Time) []wbxml.Element {
	t.Helper()
	props, err := wbxml.Encode(wbxml.AirSyncApplicationData, &eas.Appointment{
		Subject: "Daily", StartTime: at, EndTime: at.Add(time.Hour), DtStamp: at, UID: "daily@x", OrganizerEmail: "bob@example.com", MeetingStatus: new(eas.MeetingStatus(3)),
		Recurrence: &eas.Recurrence{Type: new(eas.RecursDaily), Interval: 1, Occurrences: 5},
	})
	if err != nil {
		t.Fatal(err)
	}
	return props.Children
}

// TestMeetingResponseToEvent: from 14.1 on an event may be answered, and one occurrence of it.
func TestMeetingResponseToEvent(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	for _, v := range versionsFrom(eas.Version141, eas.Version161) {
		p := newPeer(t, easserver.Config{})
		calendar := p.alice.Folder("Calendar")
		id := calendar.Add(easserver.Item{Properties: recurring(t, at)})
		client, _ := p.client(t, v, nil)
		reply := func(m eas.MeetingReply) eas.MeetingResult {
			t.Helper()
			m.CollectionID, m.RequestID = calendar.ID(), id
			got, err := client.MeetingResponse(t.Context(), []eas.MeetingReply{m})
			if err != nil {
				t.Fatal(v, err)
			}
			return got[0]
		}
		if r := reply(eas.MeetingReply{Response: eas.MeetingDecline, InstanceID: at.AddDate(0, 0, 1)}); r.Err != nil || r.CalendarID != "" {
			t.Errorf("%s: one day less: %+v", v, r)
		}
		if r := reply(eas.MeetingReply{Response: eas.MeetingAccept}); r.Err != nil || r.CalendarID != id {
			t.Errorf("%s: accepted: %+v", v, r)
		}
		for _, it := range calendar.Items() {
			e := wbxml.E(wbxml.AirSyncApplicationData, it.Properties...)
			deleted := e.Value(wbxml.CalendarExceptions, wbxml.CalendarException, wbxml.CalendarExceptionStartTime)
			if e.Value(wbxml.CalendarResponseType) != "3" || deleted != "20261202T100000Z" {
				t.Errorf("%s: %s", v, e.AppendXML(nil))
			}
		}
	}
	p := newPeer(t, easserver.Config{})
	c, _ := p.client(t, eas.Version140, nil)
	if _, err := c.MeetingResponse(t.Context(), []eas.MeetingReply{{Response: 1, LongID: "7:0", InstanceID: at}}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("14.0: %v", err)
	}
}

// TestMeetingMail: from 16.0 on the server tells the organizer, and from 16.1 on what time would be better.
func TestMeetingMail(t *testing.T) {
	at := time.Date(2026, 3, 31, 10, 0, 0, 0, time.UTC)
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{})
		inbox := p.alice.Folder("Inbox")
		client, _ := p.client(t, v, nil)
		ask := func(send *eas.MeetingMail) error {
			id := inbox.AddMessage(invite("a@x"))
			got, err := client.MeetingResponse(t.Context(), []eas.MeetingReply{{Response: eas.MeetingTentative, CollectionID: inbox.ID(), RequestID: id, Send: send}})
			if err == nil {
				err = got[0].Err
			}
			return err
		}
		err := ask(&eas.MeetingMail{Body: &eas.InlineBody{Type: eas.BodyPlain, Data: "maybe"}})
		if v.AtLeast(eas.Version160) != (err == nil) || err != nil && !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", v, err)
		}
		err = ask(&eas.MeetingMail{ProposedStart: at, ProposedEnd: at.Add(time.Hour)})
		if v.AtLeast(eas.Version161) != (err == nil) || err != nil && !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", v, err)
		}
		if err := ask(&eas.MeetingMail{ProposedStart: at}); err == nil {
			t.Errorf("%s: a proposal without an end", v)
		}
		got := messages(p.bob.Folder("Inbox"))
		if len(got) > 0 && (!strings.Contains(got[0], "maybe") || !strings.Contains(got[0], "method=REPLY")) || len(got) > 1 && !strings.Contains(got[1], "method=COUNTER") {
			t.Errorf("%s: %q", v, got)
		}
		want := len(versionsFrom(eas.Version160, v)) // each of the two brought one
		if len(got) != want {
			t.Errorf("%s: %d mails, want %d", v, len(got), want)
		}
	}
}

func TestMeetingResponseAnswers(t *testing.T) {
	const ns, end = `<MeetingResponse xmlns="MeetingResponse">`, `</MeetingResponse>`
	for answerXML, want := range map[string][]int{
		ns + `<Result><RequestId>1</RequestId><Status>1</Status></Result><Result><RequestId>2</RequestId><Status>146</Status></Result>` + end: {0, 146},
		ns + `<Result><RequestId>1</RequestId><Status>3</Status></Result>` + end:                                                              {3, -1},
		ns + `<Result><RequestId>2</RequestId><Status>1</Status></Result><Result><Status>1</Status></Result>` + end:                           {-1, 0},
	} {
		c := connect(t, answer(parse(t, answerXML)), nil)
		got, err := c.MeetingResponse(t.Context(), []eas.MeetingReply{{Response: 1, CollectionID: "a", RequestID: "1"}, {Response: 1, CollectionID: "a", RequestID: "2"}})
		if err != nil || !cmp.Equal(codes(got[0].Err, got[1].Err), want) {
			t.Errorf("%s: %+v %v", answerXML, got, err)
		}
	}
	for answerXML, want := range map[string]int{
		ns + `<Result><Status>111</Status></Result>` + end: 111, ns + `<Status>103</Status>` + end: 103,
	} {
		c := connect(t, answer(parse(t, answerXML)), nil)
		_, err := c.MeetingResponse(t.Context(), []eas.MeetingReply{{Response: 1, CollectionID: "a", RequestID: "1"}, {Response: 1, LongID: "1"}})
		if codes(err)[0] != want {
			t.Errorf("%s: %v", answerXML, err)
		}
	}
	c := connect(t, answer(nil), nil)
	for _, m := range []eas.MeetingReply{{Response: 1}, {Response: 1, LongID: "x", CollectionID: "a", RequestID: "1"}} {
		if _, err := c.MeetingResponse(t.Context(), []eas.MeetingReply{m}); err == nil || errors.As(err, new(*eas.ResponseError)) {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

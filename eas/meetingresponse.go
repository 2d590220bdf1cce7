package eas

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// MaxMeetingResponses is how many invitations one MeetingResponse may answer. MS-ASCMD 3.1.5.10.
const MaxMeetingResponses = 100

// UserResponse is the answer to an invitation. MS-ASCMD 2.2.3.194.
type UserResponse int

const (
	MeetingAccept    UserResponse = 1
	MeetingTentative UserResponse = 2
	MeetingDecline   UserResponse = 3
)

// MeetingReply answers one invitation: a message that invites, or from 14.1 on an event of the calendar. It is named by folder and
// id, or by the LongID of a search result.
type MeetingReply struct {
	Response     UserResponse
	CollectionID CollectionID
	RequestID    ServerID // of the message or the event
	LongID       string   // instead of both
	// InstanceID is the occurrence of a recurring event that is meant, by the time it begins, from 14.1 on; zero = all of them.
	// MS-ASCMD 2.2.3.92.1.
	InstanceID time.Time
	// Send is the mail that the organizer gets, from 16.0 on; nil = none. Before, the server sends none: that is for SendMail.
	Send *MeetingMail
}

// MeetingMail is what the organizer is told. MS-ASCMD 2.2.3.163.
type MeetingMail struct {
	Body *InlineBody // nil = no text
	// ProposedStart and ProposedEnd propose another time, from 16.1 on; both or none. MS-ASCMD 2.2.3.141, 2.2.3.140.
	ProposedStart, ProposedEnd time.Time
}

// MeetingResult is what became of a MeetingReply.
type MeetingResult struct {
	CalendarID ServerID // of the event that the server made or changed; "" if the meeting was declined
	// Err is nil, or the *StatusError: 2 there is no invitation there, 3 and 4 the server failed, 104 the InstanceID is wrong, 146
	// the meeting does not recur.
	Err error
}

// MeetingResponse answers invitations, at most MaxMeetingResponses. The results are those of the replies, in their order. The
// folders should have been synchronized. MS-ASCMD 2.2.1.11.
func (c *Client) MeetingResponse(ctx context.Context, replies []MeetingReply) ([]MeetingResult, error) {
	if len(replies) == 0 {
		return nil, nil
	}
	if len(replies) > MaxMeetingResponses {
		return nil, fmt.Errorf("MeetingResponse: %d invitations in one request: at most %d", len(replies), MaxMeetingResponses)
	}
	doc := wbxml.E(wbxml.MeetingResponseMeetingResponse)
	for i := range replies {
		e, err := c.meetingRequest(&replies[i])
		if err != nil {
			return nil, fmt.Errorf("MeetingResponse: %w", err)
		}
		doc.Append(e)
	}
	answer, err := c.call(ctx, command{name: "MeetingResponse", doc: &doc}, meetingRefused)
	if answer, err = answered("MeetingResponse", answer, err); err != nil {
		return nil, err
	}
	return meetingResults(answer, replies), nil
}

// meetingRequest is one Request. MS-ASCMD 2.2.3.150.2 names the elements in this order.
func (c *Client) meetingRequest(m *MeetingReply) (wbxml.Element, error) {
	e := wbxml.E(wbxml.MeetingResponseRequest, wbxml.T(wbxml.MeetingResponseUserResponse, strconv.Itoa(int(m.Response))))
	byID := m.CollectionID != "" || m.RequestID != ""
	if byID == (m.LongID != "") {
		return e, errors.New("an invitation is named by folder and id, or by its LongId")
	}
	optional(&e, wbxml.MeetingResponseCollectionId, string(m.CollectionID))
	optional(&e, wbxml.MeetingResponseRequestId, string(m.RequestID))
	optional(&e, wbxml.SearchLongId, m.LongID)
	if !m.InstanceID.IsZero() {
		if err := c.needs("InstanceId", Version141); err != nil {
			return e, err
		}
		e.Append(wbxml.T(wbxml.MeetingResponseInstanceId, m.InstanceID.UTC().Format(wbxml.DateTime)))
	}
	if m.Send == nil {
		return e, nil
	}
	send, err := c.meetingMail(m.Send)
	e.Append(send)
	return e, err
}

func (c *Client) meetingMail(m *MeetingMail) (wbxml.Element, error) {
	e := wbxml.E(wbxml.MeetingResponseSendResponse)
	if err := c.needs("SendResponse", Version160); err != nil {
		return e, err
	}
	if m.Body != nil {
		body, err := wbxml.Encode(wbxml.AirSyncBaseBody, m.Body)
		if err != nil {
			return e, err
		}
		e.Append(body)
	}
	if m.ProposedStart.IsZero() != m.ProposedEnd.IsZero() {
		return e, errors.New("a proposed time has a start and an end")
	}
	if m.ProposedStart.IsZero() {
		return e, nil
	}
	if err := c.needs("ProposedStartTime", Version161); err != nil {
		return e, err
	}
	e.Append(wbxml.T(wbxml.MeetingResponseProposedStartTime, m.ProposedStart.UTC().Format(wbxml.CompactDateTime)),
		wbxml.T(wbxml.MeetingResponseProposedEndTime, m.ProposedEnd.UTC().Format(wbxml.CompactDateTime)))
	return e, nil
}

// Statuses of one invitation that are above 100, where those of all commands are. MS-ASCMD 2.2.3.92.1.
const wrongInstance, notRecurring = 104, 146

// meetingRefused finds a status for the whole: a common one stands in the only Result, which names no request.
func meetingRefused(e *wbxml.Element) error {
	if code := number(e, wbxml.MeetingResponseStatus); code != absent {
		return status("MeetingResponse", "MeetingResponse", code)
	}
	r := e.Child(wbxml.MeetingResponseResult)
	code := number(r, wbxml.MeetingResponseStatus)
	if code > 100 && code != wrongInstance && code != notRecurring && len(r.Children) == 1 && len(e.Children) == 1 {
		return status("MeetingResponse", "Result", code)
	}
	return nil
}

// meetingResults finds the answer to each reply: servers answer in the order of the request.
func meetingResults(answer *wbxml.Element, replies []MeetingReply) []MeetingResult {
	var said []*wbxml.Element
	for r := range answer.All(wbxml.MeetingResponseResult) {
		said = append(said, r)
	}
	results := make([]MeetingResult, len(replies))
	for i, m := range replies {
		if i >= len(said) {
			results[i].Err = &ResponseError{Command: "MeetingResponse", Err: errors.New("fewer results than requests")}
			continue
		}
		if id := said[i].Value(wbxml.MeetingResponseRequestId); id != "" && id != string(m.RequestID) {
			results[i].Err = &ResponseError{Command: "MeetingResponse", Err: fmt.Errorf("a result for %s, not for %s", id, m.RequestID)}
			continue
		}
		results[i].CalendarID = ServerID(said[i].Value(wbxml.MeetingResponseCalendarId))
		results[i].Err = status("MeetingResponse", "Result", number(said[i], wbxml.MeetingResponseStatus))
	}
	return results
}

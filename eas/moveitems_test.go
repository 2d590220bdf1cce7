package eas_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
)

func TestRecordedMoveItems(t *testing.T) {
	rec, c := replay(t, "moveitems-v14.1", eas.Version141)
	const drafts = "mail%2F9143ab259016036b7e02000083ecc375"
	got, err := c.MoveItems(t.Context(), []eas.Move{{ServerID: "3", From: inboxDave, To: drafts}, {ServerID: "99999", From: inboxDave, To: drafts}})
	if err != nil {
		t.Fatal(err)
	}
	rec.same()
	want := []eas.MoveResult{{ServerID: "1"}, {Err: &eas.StatusError{Command: "MoveItems", Element: "Response", Code: 1}}}
	if d := cmp.Diff(want, got, cmp.Comparer(sameError)); d != "" {
		t.Error(d)
	}
}

func sameError(a, b error) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Error() == b.Error()
}

// codes are the statuses of errors: 0 for none, -1 for one that is no status.
func codes(errs ...error) []int {
	var all []int
	for _, err := range errs {
		var st *eas.StatusError
		switch {
		case err == nil:
			all = append(all, 0)
		case errors.As(err, &st):
			all = append(all, st.Code)
		default:
			all = append(all, -1)
		}
	}
	return all
}

func TestMoveItems(t *testing.T) {
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{})
		inbox, sent := p.alice.Folder("Inbox"), p.alice.Folder("Sent Items")
		a, b := inbox.AddMessage(note("a")), inbox.AddMessage(note("b"))
		c, _ := p.client(t, v, nil)
		calendar := p.alice.Folder("Calendar").ID()
		got, err := c.MoveItems(t.Context(), []eas.Move{
			{ServerID: a, From: inbox.ID(), To: sent.ID()},
			{ServerID: a, From: inbox.ID(), To: sent.ID()},
			{ServerID: b, From: inbox.ID(), To: "99"},
			{ServerID: b, From: inbox.ID(), To: inbox.ID()},
			{ServerID: b, From: inbox.ID(), To: calendar},
			{ServerID: "1:77", From: inbox.ID(), To: sent.ID()},
		})
		if err != nil {
			t.Fatal(v, err)
		}
		var errs []error
		for _, r := range got {
			errs = append(errs, r.Err)
		}
		if d := cmp.Diff([]int{0, 1, 2, 4, 2, 1}, codes(errs...)); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		for id := range sent.Items() {
			if id != got[0].ServerID {
				t.Errorf("%s: it is %s and not %s", v, id, got[0].ServerID)
			}
		}
		if d := cmp.Diff([]string{string(note("a"))}, messages(sent)); d != "" || inbox.Len() != 1 {
			t.Errorf("%s: %s", v, d)
		}
	}
}

// TestMoveItemsAnswers: an id may stand for two items, and not every answer is complete.
func TestMoveItemsAnswers(t *testing.T) {
	const ns = `<MoveItems xmlns="Move">`
	for answerXML, want := range map[string][]int{
		ns + `<Response><SrcMsgId>1</SrcMsgId><Status>3</Status><DstMsgId>9</DstMsgId></Response><Response><SrcMsgId>1</SrcMsgId><Status>7</Status></Response></MoveItems>`: {0, 7},
		ns + `<Response><SrcMsgId>2</SrcMsgId><Status>3</Status></Response><Response><SrcMsgId>1</SrcMsgId></Response></MoveItems>`:                                         {-1, -1},
		ns + `<Response><SrcMsgId>1</SrcMsgId><Status>1</Status></Response></MoveItems>`:                                                                                    {1, -1},
	} {
		c := connect(t, answer(parse(t, answerXML)), nil)
		got, err := c.MoveItems(t.Context(), []eas.Move{{ServerID: "1", From: "a", To: "c"}, {ServerID: "1", From: "b", To: "c"}})
		if err != nil || !slices.Equal(codes(got[0].Err, got[1].Err), want) {
			t.Errorf("%s: %+v %v", answerXML, got, err)
		}
	}
	for answerXML, want := range map[string]int{ns + `<Status>5</Status></MoveItems>`: 5, ns + `<Status>111</Status></MoveItems>`: 111, "": -1} {
		h := answer(nil)
		if answerXML != "" {
			h = answer(parse(t, answerXML))
		}
		_, err := connect(t, h, nil).MoveItems(t.Context(), []eas.Move{{ServerID: "1", From: "a", To: "c"}})
		if got := codes(err); got[0] != want {
			t.Errorf("%q: %v", answerXML, err)
		}
	}
	c := connect(t, answer(nil), nil)
	if got, err := c.MoveItems(t.Context(), nil); got != nil || err != nil {
		t.Errorf("nothing to move: %v %v", got, err)
	}
	if _, err := c.MoveItems(t.Context(), make([]eas.Move, 1001)); err == nil {
		t.Error("1001 moves are sent")
	}
}

package eas_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
)

// TestOperations empties a folder and moves a conversation, in one request where the version has both.
func TestOperations(t *testing.T) {
	for _, v := range versionsFrom(eas.Version120, eas.Version161) {
		p := newPeer(t, easserver.Config{})
		inbox, sent := p.alice.Folder("Inbox"), p.alice.Folder("Sent Items")
		trash := p.alice.AddFolder("Deleted Items", eas.FolderDeletedItems)
		below := p.alice.AddFolder("Deleted Items/below", eas.FolderUserMail)
		inbox.AddMessage([]byte("Message-ID: <1@x>\r\nSubject: talk\r\n\r\none\r\n"))
		inbox.AddMessage([]byte("Message-ID: <2@x>\r\nSubject: other\r\n\r\ntwo\r\n"))
		inbox.AddMessage([]byte("Message-ID: <3@x>\r\nIn-Reply-To: <1@x>\r\nReferences: <1@x>\r\nSubject: talk\r\n\r\nthree\r\n"))
		trash.AddMessage(note("old"))
		below.AddMessage(note("older"))
		c, _ := p.client(t, v, nil)
		var conversation []byte
		for cmd := range items(t, c, inbox.ID(), eas.ClassEmail, v) {
			if m, err := cmd.Item.Email(); err == nil && m.Subject == "talk" {
				conversation = m.ConversationID
			}
		}
		ops := []eas.Operation{{EmptyFolder: trash.ID()}, {EmptyFolder: "99"}}
		want := []int{0, 6}
		if v.AtLeast(eas.Version140) {
			ops = append(ops, eas.Operation{MoveConversation: conversation, To: sent.ID()}, eas.Operation{MoveConversation: conversation, To: p.alice.Folder("Calendar").ID()})
			want = append(want, 0, 156)
		}
		errs, err := c.Operations(t.Context(), ops)
		if err != nil {
			t.Fatal(v, err)
		}
		if d := cmp.Diff(want, codes(errs...)); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		left := 3
		if v.AtLeast(eas.Version140) {
			left = 1
		}
		if trash.Len() != 0 || below.Len() != 1 || inbox.Len() != left || sent.Len() != 3-left {
			t.Errorf("%s: %d and %d deleted, %d and %d moved", v, trash.Len(), below.Len(), inbox.Len(), sent.Len())
		}
		if errs, err := c.Operations(t.Context(), []eas.Operation{{EmptyFolder: trash.ID(), DeleteSubFolders: true}}); err != nil || errs[0] != nil || p.alice.Folder("Deleted Items/below") != nil {
			t.Errorf("%s: %v %v", v, errs, err)
		}
		for _, o := range []eas.Operation{{}, {EmptyFolder: "1", MoveConversation: []byte("x")}} {
			if _, err := c.Operations(t.Context(), []eas.Operation{o}); err == nil {
				t.Errorf("%s: %+v is an operation", v, o)
			}
		}
		if _, err := c.Operations(t.Context(), []eas.Operation{{MoveConversation: []byte("x"), To: "1"}}); errors.Is(err, errors.ErrUnsupported) == v.AtLeast(eas.Version140) {
			t.Errorf("%s: %v", v, err)
		}
	}
	c := connect(t, answer(nil), func(c *eas.Config) { c.Version = eas.Version25 })
	if _, err := c.Operations(t.Context(), []eas.Operation{{EmptyFolder: "1"}}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}

// items are the commands of a whole folder.
func items(t *testing.T, c *eas.Client, id eas.CollectionID, class eas.Class, v eas.Version) func(func(*eas.Command) bool) {
	t.Helper()
	return func(yield func(*eas.Command) bool) {
		q := eas.SyncRequest{Key: eas.InitialKey, CollectionID: id, Class: class, Options: eas.ArchiveOptions(class, v)}
		for more := true; more; {
			page, err := c.Sync(t.Context(), q)
			if err != nil {
				t.Fatal(v, err)
			}
			commands(t, page, func(cmd *eas.Command) { yield(cmd) })
			more = page.MoreAvailable || q.Key == eas.InitialKey
			q.Key = page.Key
			page.Close()
		}
	}
}

func TestOperationsAnswers(t *testing.T) {
	const ns, end = `<ItemOperations xmlns="ItemOperations">`, `</ItemOperations>`
	ops := []eas.Operation{{EmptyFolder: "1"}, {EmptyFolder: "1"}}
	one := `<EmptyFolderContents><Status>17</Status><CollectionId xmlns="AirSync">1</CollectionId></EmptyFolderContents>`
	for answerXML, want := range map[string][]int{
		ns + `<Status>1</Status><Response>` + one + strings.Replace(one, "17", "1", 1) + `</Response>` + end: {17, 0},
		ns + `<Status>1</Status><Response>` + one + `</Response>` + end:                                      {17, -1},
		ns + `<Status>1</Status><Response/>` + end:                                                           {-1, -1},
		ns + `<Status>1</Status>` + end:                                                                      {0, 0}, // SOGo 5.8
	} {
		errs, err := connect(t, answer(parse(t, answerXML)), nil).Operations(t.Context(), ops)
		if err != nil || !cmp.Equal(codes(errs...), want) {
			t.Errorf("%s: %v %v", answerXML, errs, err)
		}
	}
	if _, err := connect(t, answer(parse(t, ns+`<Status>3</Status>`+end)), nil).Operations(t.Context(), ops); codes(err)[0] != 3 {
		t.Error(err)
	}
}

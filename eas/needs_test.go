package eas_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// What a version does not have is refused before anything is sent, by an error that names the command once.
func TestRefusedBeforeSending(t *testing.T) {
	mail := eas.Outgoing{Message: eas.Bytes("x"), AccountID: "2"}
	original := eas.Original{CollectionID: "1", ServerID: "1:1"}
	later := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tc := range []struct {
		version eas.Version
		want    string
		send    func(context.Context, *eas.Client) error
	}{
		{"14.0", "SendMail: AccountId in version 14.0, from 14.1 on: ", func(ctx context.Context, c *eas.Client) error { return c.SendMail(ctx, mail) }},
		{"12.1", "SendMail: AccountId in version 12.1, from 14.1 on: ", func(ctx context.Context, c *eas.Client) error { return c.SendMail(ctx, mail) }},
		{"14.0", "SmartReply: AccountId in version 14.0, from 14.1 on: ", func(ctx context.Context, c *eas.Client) error {
			return c.SmartReply(ctx, eas.SmartRequest{Outgoing: mail, Original: original})
		}},
		{"14.1", "SmartForward: Forwardees in version 14.1, from 16.0 on: ", func(ctx context.Context, c *eas.Client) error {
			return c.ForwardMeeting(ctx, eas.ForwardMeetingRequest{Original: original, Forwardees: []eas.Forwardee{{Email: "a@example.com"}}})
		}},
		{"12.0", "Sync: a request in part in version 12.0, from 12.1 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.SyncFolders(ctx, eas.SyncBatch{})
			return err
		}},
		{"14.1", "Sync: command 0: Send in version 14.1, from 16.0 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.Sync(ctx, eas.SyncRequest{Key: "1", CollectionID: "1", Commands: []eas.ClientCommand{{Op: eas.OpAdd, ClientID: "1", Send: true}}})
			return err
		}},
		{"14.0", "Sync: BodyPartPreference in version 14.0, from 14.1 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.Sync(ctx, eas.SyncRequest{Key: "1", CollectionID: "1", Options: eas.SyncOptions{BodyParts: []eas.BodyPreference{{Type: eas.BodyHTML}}}})
			return err
		}},
		{"12.1", "GetItemEstimate: ConversationMode in version 12.1, from 14.0 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.GetItemEstimate(ctx, []eas.EstimateRequest{{CollectionID: "1", ConversationMode: true}})
			return err
		}},
		{"12.1", "GetItemEstimate: MaxItems in version 12.1, from 14.0 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.GetItemEstimate(ctx, []eas.EstimateRequest{{CollectionID: "1", MaxItems: 5}})
			return err
		}},
		{"12.0", "ItemOperations: UserName in version 12.0, from 12.1 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.Fetch(ctx, []eas.Fetch{{LinkID: `\\server\x`, UserName: "u", Password: "p"}}, false)
			return err
		}},
		{"14.0", "ItemOperations: RemoveRightsManagementProtection in version 14.0, from 14.1 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.Fetch(ctx, []eas.Fetch{{CollectionID: "1", ServerID: "1:1", RemoveProtection: true}}, false)
			return err
		}},
		{"12.1", "ItemOperations: operation 0: Move in version 12.1, from 14.0 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.Operations(ctx, []eas.Operation{{MoveConversation: []byte("x"), To: "1"}})
			return err
		}},
		{"14.0", "MeetingResponse: InstanceId in version 14.0, from 14.1 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.MeetingResponse(ctx, []eas.MeetingReply{{Response: 1, LongID: "7:0", InstanceID: later}})
			return err
		}},
		{"2.5", "Search: Mailbox in version 2.5, from 12.0 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.SearchMailbox(ctx, eas.MailboxSearch{FreeText: "x"})
			return err
		}},
		{"14.0", "Search: Picture in version 14.0, from 14.1 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.SearchGAL(ctx, eas.GALSearch{Query: "x", Pictures: &eas.PictureOptions{}})
			return err
		}},
		{"2.5", "Search: DocumentLibrary in version 2.5, from 12.0 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.SearchDocuments(ctx, eas.DocumentSearch{Link: `\\server\x`})
			return err
		}},
		{"16.0", "Find: the command in version 16.0, from 16.1 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.FindMailbox(ctx, eas.FindMailbox{FreeText: "x"})
			return err
		}},
		{"12.1", "ResolveRecipients: Availability in version 12.1, from 14.0 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.ResolveRecipients(ctx, eas.ResolveRequest{To: []string{"a"}, Start: later, End: later.Add(time.Hour)})
			return err
		}},
		{"14.0", "Settings: RightsManagementInformation in version 14.0, from 14.1 on: ", func(ctx context.Context, c *eas.Client) error {
			_, err := c.Settings(ctx, eas.SettingsRequest{Rights: true})
			return err
		}},
	} {
		t.Run(string(tc.version)+" "+tc.want, func(t *testing.T) {
			c := connect(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					t.Errorf("sent %s", r.URL.Query().Get("Cmd"))
				}
			}), func(cfg *eas.Config) { cfg.Version = tc.version })
			err := tc.send(t.Context(), c)
			if !errors.Is(err, errors.ErrUnsupported) || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("got %v, want %s...", err, tc.want)
			}
		})
	}
}

package migrate

import (
	"context"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// Connect connects to a mailbox that items are put into. purpose names the device partnership, which is the same each time, and
// no other than those that read the mailbox. The server is found, and followed, as in a run; its policy is answered by AnswerPolicy,
// and a remote wipe refused.
func Connect(ctx context.Context, mb Mailbox, purpose string) (*eas.Client, error) {
	m := &mailboxRun{
		run: &run{Options: Options{Backoff: time.Second, Now: time.Now, Events: func(Event) {}}}, mb: mb,
		where: whereabouts{named: mb.Client.URL},
	}
	m.mb.Client.IgnoreUpgrade = true // it begins at key 0
	if mb.Client.URL == "" {
		if err := m.discover(ctx); err != nil {
			return nil, err
		}
	}
	var client *eas.Client
	err := m.following(ctx, func(ctx context.Context) (err error) {
		cfg := m.mb.Client
		cfg.DeviceID = eas.DeviceID(deviceID(purpose, cfg.URL, mb.Address))
		cfg.Policy = func(_ context.Context, policy *eas.Policy) (eas.Compliance, error) {
			told, _ := comply(AnswerPolicy(policy))
			return told, nil
		}
		cfg.Wipe = refuseWipe
		if client, err = eas.New(cfg); err != nil {
			return err
		}
		m.client = client
		_, err = client.Connect(ctx)
		return err
	})
	if err != nil {
		return nil, bare(err)
	}
	return client, nil
}

package easdst

import (
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
)

// MailMode says which messages are put.
type MailMode int

const (
	// MailNone puts no messages. They go by IMAP.
	MailNone MailMode = iota
	// MailDrafts puts the messages of the folder for drafts, as drafts that are not sent, from version 16.0 on. MS-ASEMAIL 3.1.5.4. All
	// others are refused.
	MailDrafts
	// MailForced adds messages to any folder, which the protocol forbids (MS-ASCMD 2.2.3.7.2: status 6). Servers do with them as they like, so
	// nothing is put before TryMail has shown what this one does, in the same process.
	MailForced
)

// ErrNotTried says that messages are put only after TryMail.
var ErrNotTried = errors.New("what the server makes of messages was not tried")

var (
	errDraftsOnly = errors.New("a client can add messages as drafts only, to the folder for them (MS-ASCMD 2.2.3.7.2)")
	errNUL        = errors.New("it has bytes that are 0, which a request cannot have (MS-ASCMD 2.2.2, status 102)")
	errNotKept    = errors.New("the server does not keep messages that a client adds")
)

// takesMail tells whether any message can be put.
func (t *Target) takesMail() bool {
	switch t.o.Mail {
	case MailDrafts:
		return t.client.Version().AtLeast(eas.Version160)
	case MailForced:
		return true
	}
	return false
}

// forDrafts tells whether the folder is that for drafts, and the version one in which a client may add some.
func (c *collection) forDrafts() bool {
	return c.t.tree.folders[c.id].Type == eas.FolderDrafts && c.version().AtLeast(eas.Version160)
}

// refuses is why no message can be put into the folder; nil = some can.
func (c *collection) refuses() error {
	switch {
	case c.class != eas.ClassEmail, c.forDrafts():
		return nil
	case c.t.o.Mail != MailForced:
		return errDraftsOnly
	}
	if trial := c.t.trial.Load(); trial != nil && !trial.Kept() {
		return fmt.Errorf("%w: %s", errNotKept, trial.Outcome)
	}
	return nil
}

// untried is ErrNotTried if the server has to be tried first.
func (c *collection) untried() error {
	if c.class != eas.ClassEmail || c.forDrafts() || c.t.o.Mail != MailForced || c.t.trial.Load() != nil {
		return nil
	}
	return ErrNotTried
}

// tried is what the trial showed of the server, the zero value if there was none: that it keeps messages as they are.
func (c *collection) tried() MailTrial {
	if trial := c.t.trial.Load(); trial != nil && !c.forDrafts() {
		return *trial
	}
	return MailTrial{}
}

// mailBatch is one message where each breaks the connection: what it did is looked up after each.
func (c *collection) mailBatch() int {
	if c.tried().Outcome == MailStoredAndBroke {
		return 1
	}
	return batch
}

// options are those by which the folder is listed, the same in every request. A message is listed without its body, and a draft with its text,
// which its owner may change.
func (c *collection) options() eas.SyncOptions {
	switch {
	case c.class != eas.ClassEmail, c.whole:
		return eas.ArchiveOptions(c.class, c.version())
	case c.forDrafts():
		return eas.SyncOptions{Bodies: []eas.BodyPreference{{Type: eas.BodyPlain}}}
	}
	return eas.HeadersOnly(c.class, c.version())
}

package easdst

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// MailTrial is what a server made of a message that was added to a folder.
type MailTrial struct {
	Outcome MailOutcome
	Version eas.Version
	// Err is what the server said, or how the connection ended; nil = success.
	Err error
	// Copies is how many there were after it was sent a second time, by the same ClientId, as it has to be where the connection broke before
	// the answer; 0 = that was not tried.
	Copies int
	// NewMessageID tells that it has another Message-ID than it had.
	NewMessageID bool
	// Altered is what of the message the server holds otherwise: bytes, date, marks. What was not added with it was tried to be changed after.
	Altered []sinks.Alteration
	// Left names what was made for the trial and could not be removed.
	Left []string
}

// MailOutcome is what became of the message of a MailTrial.
type MailOutcome int

const (
	mailNotTried       MailOutcome = iota
	MailStored                     // once
	MailStoredAndBroke             // and the connection broke before the answer: QUIRK(SOGo 5.8), HTTP 502
	MailStoredAsDraft              // as a draft that was not sent: QUIRK(grommunio)
	MailRefused                    // QUIRK(Exchange): status 6; QUIRK(Z-Push 2.7): status 9
	MailGutted                     // most of it is gone. QUIRK(SOGo 5.8): in 2.5 there is a header, and nothing below it
	MailLost                       // the server said that it stored it, and does not have it
	MailUnseen                     // the connection broke, and it is not seen whether it was stored
)

// Kept tells whether messages can be put: the server stores them where they are put.
func (m MailTrial) Kept() bool {
	switch m.Outcome {
	case MailStored, MailStoredAndBroke, MailStoredAsDraft:
		return true
	}
	return false
}

// altersBytes tells whether a message cannot be known by its bytes.
func (m MailTrial) altersBytes() bool {
	return slices.ContainsFunc(m.Altered, func(a sinks.Alteration) bool { return a.Property == "bytes" && a.Why == "" })
}

// scratch is the name of the folder for the trial.
const scratch = canarySubject

// TryMail puts a message of its own into a folder of its own, by Sync Add, looks what became of it, and removes both. The message is from the
// mailbox to itself, and nothing asks the server to send it. After it Put takes messages in this process, if the server keeps them (Kept); what
// it said before is forgotten. The error is of what came in between, such as a folder that cannot be made. It needs MailForced.
//
// A folder by the name of the trial that is there already is used, and what is called "airlift canary" in it removed.
func (t *Target) TryMail(ctx context.Context) (MailTrial, error) {
	trial, err := t.tryMail(ctx)
	if err != nil {
		return trial, fmt.Errorf("try mail: %w", told(err))
	}
	t.trial.Store(&trial)
	return trial, nil
}

func (t *Target) tryMail(ctx context.Context) (trial MailTrial, err error) {
	if t.o.Mail != MailForced {
		return trial, fmt.Errorf("mail is not forced: %w", errors.ErrUnsupported)
	}
	t.trial.Store(nil)
	trial.Version = t.client.Version()
	place, made, err := t.MakeFolder(ctx, sinks.Place{Path: scratch, Class: string(eas.ClassEmail), Type: int(eas.FolderUserMail)})
	if err != nil {
		return trial, err
	}
	a := &attempt{t: t, trial: &trial, made: made}
	defer func() { // also after an error, and when the caller has no more time
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		a.clean(ctx, place)
	}()
	f, err := t.openFolder(ctx, place)
	if err != nil {
		return trial, err
	}
	a.f = f
	return trial, a.run(ctx)
}

// attempt is a trial under way.
type attempt struct {
	t      *Target
	trial  *MailTrial
	made   bool // the folder is the trial's own
	f      *Folder
	before map[eas.ServerID]content
	o      *outgoing
}

// run adds the message, and looks.
func (a *attempt) run(ctx context.Context) error {
	c := a.f.c
	canary := newCanary(a.t.ownAddress(ctx))
	defer c.lock()()
	if a.o = c.prepare(&canary); a.o.err != nil {
		return a.o.err
	}
	a.before = c.known()
	id, err := a.add(ctx)
	broke := carriedOut(err)
	switch {
	case err == nil, broke:
	case status(err) != 0 || broken(err):
		if errors.Is(told(err), sinks.ErrUnavailable) || errors.Is(told(err), sinks.ErrFull) {
			return err
		}
	default:
		return err
	}
	a.trial.Err = err
	found, lerr := a.look(ctx, id, broke)
	if lerr != nil {
		return lerr
	}
	switch {
	case len(found) > 0:
		return a.stored(ctx, found, broke)
	case broke:
		a.trial.Outcome = MailUnseen
	case err != nil:
		a.trial.Outcome = MailRefused
	default:
		a.trial.Outcome = MailLost
	}
	return nil
}

// add sends the message, once: again only with another key, after nothing was carried out.
func (a *attempt) add(ctx context.Context) (eas.ServerID, error) {
	p, err := a.f.c.command(ctx, adds([]*outgoing{a.o}))
	if err != nil {
		return "", err
	}
	for _, res := range p.responses {
		if res.Op == eas.OpAdd && res.ClientID == a.o.clientID {
			return res.ServerID, res.Err
		}
	}
	return "", nil
}

// look lists what is new in the folder. A server whose worker died may need some time.
func (a *attempt) look(ctx context.Context, id eas.ServerID, patient bool) (found []eas.ServerID, err error) {
	c := a.f.c
	for n := 1; ; n++ {
		if err = c.list(ctx); err == nil {
			found = a.fresh()
		}
		if err == nil && (len(found) > 0 || !patient) || n == maxTries {
			break
		}
		if werr := wait(ctx, a.t.o.Settle/2); werr != nil {
			return nil, werr
		}
	}
	if err == nil && len(found) == 0 && id != "" { // it may be there, and not be listed
		err = c.fetchBytes(ctx, []eas.ServerID{id}, func(id eas.ServerID, props *wbxml.Element, _ *eas.Blob) error {
			c.noteMail(id, props)
			found = []eas.ServerID{id}
			return nil
		})
	}
	return found, err
}

func (a *attempt) fresh() (found []eas.ServerID) {
	for id := range a.f.c.held {
		if _, old := a.before[id]; !old {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	return found
}

// stored compares the message with what was sent. Where the connection broke it is sent once more, as a caller has to who does not know.
func (a *attempt) stored(ctx context.Context, found []eas.ServerID, broke bool) error {
	c := a.f.c
	a.trial.Outcome = MailStored
	a.o.id = found[0]
	placed, err := c.placedMail(ctx, []*outgoing{a.o})
	if err != nil {
		return err
	}
	if placed[0].ID == "" {
		a.trial.Outcome, a.trial.Err = MailLost, placed[0].Err
		return nil
	}
	a.trial.Altered = placed[0].Altered
	l := c.held[a.o.id].mail
	a.trial.NewMessageID = l.bytes.id != a.o.mail.id
	switch {
	case a.trial.NewMessageID && l.bytes.size < a.o.mail.size/2:
		a.trial.Outcome = MailGutted
		return nil
	case l.draft:
		a.trial.Outcome = MailStoredAsDraft
	}
	if !broke {
		return nil
	}
	a.trial.Outcome = MailStoredAndBroke
	if _, err := a.add(ctx); err != nil && !carriedOut(err) && status(err) == 0 {
		return err
	}
	found, err = a.look(ctx, "", false)
	a.trial.Copies = len(found)
	return err
}

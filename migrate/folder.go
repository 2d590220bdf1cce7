package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

const (
	// maxAsked is how often a SyncKey may be shown without its answer being stored.
	// QUIRK(Z-Push 2.7): the third repeat of a key makes it skip a message for ever, with status 1.
	maxAsked = 2
	// maxResyncs is how often a folder restarts at key 0 in one run.
	maxResyncs = 3
	// maxEmptyPages is how many pages without items, in a row, a server may announce more items with.
	maxEmptyPages = 20
)

// errAsked says that a key was shown too often to be trusted.
var errAsked = errors.New("the SyncKey was shown twice and no answer to it is stored")

// folderRun is one folder in one run. Its fields belong to the goroutine that runs the folder.
type folderRun struct {
	m   *mailboxRun
	cp  checkpoints.Folder
	was string // path before this run, if another
	key checkpoints.FolderKey

	window      int // items asked for in one page
	trial       trial
	listing     bool // pages are asked for without bodies, which ItemOperations fetches
	opts        eas.SyncOptions
	adopted     bool
	mirrored    int  // the last page of the ledger that was adopted, or that an earlier round has named
	replayed    int  // pages that were adopted
	first       bool // nothing of the folder is in the ledger yet: this is its first pass
	resyncs     int
	primed      int           // the server's estimate at the beginning of this run's pass, -1 = none
	uncounted   bool          // the last request was refused unread: showing the key again is not a repeat
	carry       []sinks.Event // events to write with the next segment
	estimate    int           // what the server says, -1 = nothing
	live        int           // rows of the ledger that are on the server
	before      int           // the same when the run began
	seen        *seen         // the ids of the ledger, if it was empty when the run began; nil = ask the ledger
	quarantined int           // items that earlier runs set aside
	counts      sinks.FolderState
	balanced    bool
	drained     bool
	err         error
}

func newFolderRun(m *mailboxRun, cp checkpoints.Folder, was string) *folderRun {
	return &folderRun{
		m: m, cp: cp, was: was, primed: -1, estimate: -1, counts: m.earlier[cp.ID],
		key: checkpoints.FolderKey{Key: m.key, Folder: cp.ID},
	}
}

// run reads the folder to its end, from the committed key on. It may be run again, for what arrived meanwhile.
func (f *folderRun) run(ctx context.Context) error {
	if err := f.prepare(ctx); err != nil {
		return err
	}
	if f.cp.Gone {
		there, err := f.isThere(ctx)
		if err != nil {
			return err
		}
		if !there {
			return f.retire(ctx)
		}
		f.cp.Gone = false
		f.warn(f.before, "the server does not list this folder any more, and still has its items: it is read on")
	}
	f.drained = false
	f.m.emit(Event{Event: EventFolderStart, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Class: f.cp.Class, Page: f.cp.Seq, Live: f.before})
	if f.cp.Options != f.fingerprint() && f.cp.SyncKey != "" && f.cp.SyncKey != "0" {
		if err := f.restart(ctx, "the selection of items changed"); err != nil {
			return err
		}
	}
	err := f.drain(ctx)
	if err != nil && judge(err).action == actHierarchy && f.isContainer(ctx) {
		f.estimate, f.balanced, f.drained = 0, true, true
		return nil
	}
	if err != nil {
		return err
	}
	f.drained = true
	if f.quarantined > 0 && !f.m.brief {
		f.quarantined = 0
		if err := f.retryQuarantined(ctx); err != nil {
			return err
		}
	}
	return f.finishPass(ctx)
}

// prepare adopts what an earlier run left, once.
func (f *folderRun) prepare(ctx context.Context) error {
	if f.adopted {
		return nil
	}
	if err := f.adopt(ctx); err != nil {
		return err
	}
	counts, err := f.m.Checkpoints.Counts(ctx, f.key)
	if err != nil {
		return f.fail(State, err)
	}
	if f.first = len(counts) == 0; f.first {
		f.seen = newSeen()
	}
	f.quarantined = counts[checkpoints.Quarantined]
	f.cp.Doubted = f.cp.Doubted || !f.cp.Balanced && counts[checkpoints.SoftDeleted] > 0 // no run has settled what became of them
	f.before = counts[checkpoints.Archived] + counts[checkpoints.Excluded] + counts[checkpoints.Quarantined]
	if f.cp.Resync && f.cp.Seq > 0 {
		f.carry = append(f.carry, sinks.Event{Op: sinks.OpResync, Reason: "a pass from key 0 goes on"})
	}
	f.window = f.m.Window
	f.opts = eas.ArchiveOptions(eas.Class(f.cp.Class), f.m.client.Version())
	if f.m.Bodies == BodiesFetch && f.cp.Class == string(eas.ClassEmail) {
		f.list()
	}
	f.adopted = true
	return nil
}

// drain asks for page after page until the server has no more, and decides what errors mean for the folder.
func (f *folderRun) drain(ctx context.Context) error {
	tries := 0
	var idle idleness
	var last error // why the key was shown again
	for {
		got, err := f.page(ctx)
		if err == nil {
			tries, last = 0, nil
			if done, err := f.enough(got, &idle); done || err != nil {
				return err
			}
			continue
		}
		v := judge(err)
		// QUIRK(SOGo 5.8): a key that it knows is at times refused when several folders are asked for at once.
		doubtful := v.action == actResync && tries == 0 && f.cp.SyncKey != "0"
		switch {
		case errors.Is(err, errAsked):
			if err := f.again(ctx, err, last); err != nil {
				return err
			}
		case v.action == actRetry || doubtful:
			if tries++; tries >= maxTries {
				return err
			}
			last, f.uncounted = err, v.refused || doubtful
			if werr := f.m.pause(ctx, f.cp.Path, tries, v, err); werr != nil {
				return f.fail(Source, werr)
			}
		case v.action == actResync && f.resyncs < maxResyncs && f.cp.SyncKey != "0":
			if err := f.restart(ctx, err.Error()); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// isContainer tells a folder that only holds other folders: nothing of it was ever stored, and the server counts no
// items in it.
// QUIRK(SOGo 5.8): it lists such a folder of its IMAP server as a mail folder, and has no answer to its initial key.
func (f *folderRun) isContainer(ctx context.Context) bool {
	if !f.first || f.cp.SyncKey != "" && f.cp.SyncKey != "0" {
		return false
	}
	var est []eas.Estimate
	err := f.m.retry(ctx, f.cp.Path, func() (err error) {
		est, err = f.m.estimates(ctx, f.m.client, []eas.EstimateRequest{{
			Key: eas.InitialKey, CollectionID: eas.CollectionID(f.cp.ServerID), Class: eas.Class(f.cp.Class),
		}})
		var he *eas.HTTPError
		if errors.As(err, &he) && he.Code == http.StatusNotImplemented {
			return nil // QUIRK(SOGo 5.8): it cannot count a folder that holds items without a key
		}
		return err
	})
	return err == nil && len(est) == 1 && est[0].Err == nil && est[0].Count == 0
}

// restart takes the folder back to key 0. The ledger stays: every item of the pass that follows is matched against it. Where
// it holds most of the folder the pass is a listing, and only the bodies of what is not stored yet are fetched.
func (f *folderRun) restart(ctx context.Context, reason string) error {
	f.resyncs++
	f.counts.Resyncs++
	f.cp.Options = f.fingerprint()
	if err := f.count(ctx); err != nil {
		return err
	}
	if f.cp.Class == string(eas.ClassEmail) && 2*f.live >= f.primed {
		f.list()
	}
	f.m.stats.add(func(s *Summary) { s.Resyncs++ })
	f.m.emit(Event{Event: EventResync, Mailbox: f.m.mb.Address, Folder: f.cp.Path, Message: reason})
	f.carry = append(f.carry, sinks.Event{Op: sinks.OpResync, Reason: reason})
	return f.commit(ctx, checkpoints.Position{Seq: f.cp.Seq, SyncKey: "0"}, f.cp.Last, true, nil)
}

// commit mirrors a durable fact in the checkpoints. What the sink holds already must be mirrored even when the run is
// being interrupted.
func (f *folderRun) commit(ctx context.Context, now checkpoints.Position, last string, resync bool, rows []checkpoints.Item) error {
	return f.mirror(ctx, checkpoints.Commit{Now: now, Last: last, Resync: resync, Items: rows})
}

// mirror is commit with a count of how often the key that stays was shown.
func (f *folderRun) mirror(ctx context.Context, c checkpoints.Commit) error {
	c.FolderKey, c.After = f.key, checkpoints.Position{Seq: f.cp.Seq, SyncKey: f.cp.SyncKey}
	c.Options, c.Pass = cmp.Or(f.cp.Options, f.fingerprint()), f.cp.Pass
	if err := f.m.Checkpoints.Commit(context.WithoutCancel(ctx), c); err != nil {
		return f.fail(State, err)
	}
	f.cp.Seq, f.cp.SyncKey, f.cp.Last = c.Now.Seq, c.Now.SyncKey, c.Last
	f.cp.Options, f.cp.Resync, f.cp.Asked = c.Options, c.Resync, c.Asked
	return nil
}

// fingerprint tells the options by which the items of the folder are chosen. Where it changes, items that were left
// out before may have to come.
func (f *folderRun) fingerprint() string {
	s := f.m.Select
	return fmt.Sprintf("since=%d before=%d max=%d", unix(s.Since), unix(s.Before), s.MaxSize)
}

func (f *folderRun) fail(side Side, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Mailbox: f.m.mb.Address, Folder: f.cp.Path, Page: f.cp.Seq + 1, Side: side, Err: err}
}

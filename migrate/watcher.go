package migrate

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// watcher is one mailbox that is watched: rounds, each of which is a run over the folders that have news, and between them the
// wait for more. What outlives a round is in the mailboxRun that it embeds, which reads nothing itself.
type watcher struct {
	*mailboxRun
	o       WatchOptions
	rounds  chan struct{} // holds one for each round at work, of all mailboxes
	beat    heartbeat
	way     way
	spots   map[string]*spot // the folders, by identity
	stretch stretch

	whole, tree time.Time // when everything was last read, and the folder tree; zero = not yet
	recorded    time.Time // when the last record was written; zero = not yet
	good        time.Time // when the server last did what it was asked for

	refused int       // Pings that a server which can do the rest did not know what to do with
	most    int       // folders of one Ping; 0 = the server never said that it was too many
	swept   time.Time // when all folders were last read because the server may have forgotten what it had told of them
	doubt   bool      // they are to be
	turn    int       // which of the folders that do not all fit into one are next

	fails int // in a row, of what was asked for
	hasty int // answers in a row that came at once and brought nothing
}

// spot is a folder that is watched.
type spot struct {
	cp    checkpoints.Folder
	state sinks.FolderState // for the run record
	run   *folderRun        // the last that read it; nil if none did since the last record

	news      time.Time // when it last had some
	fruitless int       // rounds in a row that the server called for and that found nothing
	muted     time.Time // until when the server is not asked for its news: it calls too often
	pending   bool      // it was not read to its end: the next round is to try again
	tries     int       // rounds in a row that did not come to its end
	failed    bool      // nor will be, until everything is read again
}

// plan is what a round is to do.
type plan struct {
	whole bool            // everything
	tree  bool            // the folder tree, and what is new in it
	news  map[string]bool // folders, by identity
	all   bool            // news of all folders
	// called says that the server told of the news: when there is none, it called for nothing.
	called bool
}

// maxUnknown is for how long a server may look as if it were none, once it was one: while it is restarted, something else may
// answer in its place.
const maxUnknown = 15 * time.Minute

// work makes rounds and waits, until something ends the mailbox.
func (w *watcher) work(ctx context.Context) error {
	next := plan{whole: true, tree: true}
	for {
		err := w.round(ctx, next)
		if err == nil {
			next, err = w.wait(ctx)
		}
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return err
		}
		again, ferr := w.follow(ctx, err)
		if again {
			next = plan{whole: true, tree: true}
			continue
		}
		if err = errors.Join(err, ferr); !w.bears(err, false) {
			return err
		}
		if perr := w.rest(ctx, err); perr != nil {
			return errors.Join(err, perr)
		}
		next.tree = next.tree || !next.whole // it shows whether the server is back
	}
}

// follow goes where an error leads to: to another server, or back to the beginning because the server was upgraded.
func (w *watcher) follow(ctx context.Context, err error) (again bool, _ error) {
	if w.client == nil {
		return false, nil // the round has tried
	}
	again, ferr := w.followed(ctx, bare(err))
	if again {
		w.client = nil
	}
	if ferr != nil {
		return again, w.fail(Source, ferr)
	}
	return again, nil
}

// bears tells whether an error passes by itself, or is a folder's that the others can do without.
func (w *watcher) bears(err error, folder bool) bool {
	if w.client == nil && w.good.IsZero() { // never connected: as in a run, it is told at once
		return false
	}
	if errors.Is(err, checkpoints.ErrBusy) {
		return true
	}
	var e *Error
	if errors.As(err, &e) && e.Side != Source {
		return judge(err).action == actRetry
	}
	switch judge(err).action {
	case actRun:
		return false
	case actMailbox:
		return errors.Is(err, eas.ErrNotEAS) && !errors.Is(err, eas.ErrBlocked) && !w.good.IsZero() && w.wall().Sub(w.good) < maxUnknown
	case actRetry:
		return true
	}
	return folder || !w.good.IsZero()
}

// rest waits before something is tried again, longer each time until the server has done what it was asked for.
func (w *watcher) rest(ctx context.Context, cause error) error {
	w.fails++
	v := judge(cause)
	if v.delay > 0 {
		w.governor.bounds[0].hold(w.Now().Add(v.delay))
	}
	return w.pause(ctx, "", min(w.fails, 2*maxTries), v, cause)
}

// served notes that the server did what it was asked for.
func (w *watcher) served() { w.fails, w.good = 0, w.wall() }

// calm keeps a server that answers at once, again and again, and has nothing, from being asked as often.
func (w *watcher) calm(ctx context.Context) error {
	w.hasty++
	if w.hasty < 3 {
		return ctx.Err()
	}
	wait := min(w.Backoff<<min(w.hasty-3, 20), maxBackoff)
	return w.Sleep(ctx, wait/2+rand.N(wait/2+1))
}

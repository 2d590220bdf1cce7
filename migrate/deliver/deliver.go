package deliver

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// spot names a folder of one of the targets.
type spot struct {
	target int // index in Options.Targets
	id     string
}

// delivery is a run over one mailbox.
type delivery struct {
	Options
	key     checkpoints.Key
	folders []Folder // the source's

	mu         sync.Mutex
	places     map[string]checkpoints.Place // by Place.Folder
	listed     map[spot]sinks.Place         // the targets' folders
	departures *departures
	noMoves    map[int]bool // targets that cannot move
	origins    map[string]origin
	results    map[string]*FolderResult
	excess     int
	observing  sync.Mutex
}

// Run brings the targets to the state of the source. Its error names what was not finished; the result tells of all that was, also then.
// Another run goes on from there.
func Run(ctx context.Context, o Options) (Result, error) {
	d, end, err := begin(ctx, o)
	if err != nil {
		return Result{}, err
	}
	if o.Source == nil {
		return Result{}, errors.Join(errors.New("deliver: Source is needed"), end())
	}
	err = d.run(ctx)
	return d.result(), errors.Join(d.named(err), end())
}

// begin checks the options, takes the lock and reads the places. end gives the lock back.
func begin(ctx context.Context, o Options) (d *delivery, end func() error, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, nil, err
	}
	d = &delivery{
		Options: o, key: checkpoints.Key{Job: o.Job, Mailbox: o.Mailbox},
		listed: map[spot]sinks.Place{}, noMoves: map[int]bool{}, results: map[string]*FolderResult{},
	}
	end = func() error { return nil }
	if l, ok := o.Receipts.(checkpoints.Locks); ok {
		if end, err = l.Lock(ctx, d.key); err != nil {
			return nil, nil, d.named(at("", sideReceipts, err))
		}
	}
	if d.places, err = o.Receipts.Places(ctx, d.key); err != nil {
		return nil, nil, errors.Join(d.named(at("", sideReceipts, err)), end())
	}
	return d, end, nil
}

func (d *delivery) run(ctx context.Context) error {
	if err := d.settle(ctx); err != nil {
		return err
	}
	var err error
	if d.folders, err = d.Source.Folders(ctx); err != nil {
		return at("", sideSource, err)
	}
	// Parents first: where one is renamed, what is below it is, too.
	slices.SortStableFunc(d.folders, func(a, b Folder) int {
		return cmp.Or(cmp.Compare(len(sinks.SplitPath(a.Path)), len(sinks.SplitPath(b.Path))), cmp.Compare(a.Path, b.Path), cmp.Compare(a.ID, b.ID))
	})
	groups, failed := d.arrange(ctx)
	if fatal(ctx, failed) {
		return failed
	}
	if d.departures, err = d.depart(ctx); err != nil {
		return err
	}
	err = d.deliver(ctx, groups)
	if failed = errors.Join(failed, err); ctx.Err() != nil || fatal(ctx, failed) {
		return failed
	}
	// What was not read to its end may hold what an item was moved to.
	return errors.Join(failed, d.remove(ctx, failed == nil), d.clear(ctx))
}

// settle finishes what another run left between two states: the state of the receipts is certain afterwards.
func (d *delivery) settle(ctx context.Context) error {
	if err := d.list(ctx); err != nil {
		return err
	}
	if err := d.finishRenames(ctx); err != nil {
		return err
	}
	if err := d.finishMaking(ctx); err != nil {
		return err
	}
	for _, p := range d.sortedPlaces() {
		if err := d.retry(ctx, p.Path, func() error { return d.resolve(ctx, p.Folder, nil) }); err != nil {
			return err
		}
	}
	return nil
}

// list reads the targets' folders.
func (d *delivery) list(ctx context.Context) error {
	listed := map[spot]sinks.Place{}
	for i, t := range d.Targets {
		var found []sinks.Place
		err := d.retry(ctx, "", func() (err error) {
			found, err = t.Folders(ctx)
			return at("", sideTarget, err)
		})
		if err != nil {
			return err
		}
		for _, p := range found {
			listed[spot{i, p.ID}] = p
		}
	}
	d.listed = listed
	return nil
}

// deliver brings the groups to their states, some at once. Its error is that of all that failed.
func (d *delivery) deliver(ctx context.Context, groups []*group) error {
	var mu sync.Mutex
	var failed []error
	work, ctx2 := errgroup.WithContext(ctx)
	work.SetLimit(d.Workers)
	for _, g := range groups {
		work.Go(func() error {
			if err := ctx2.Err(); err != nil {
				return err
			}
			err := g.deliver(ctx2)
			mu.Lock()
			failed = append(failed, err)
			mu.Unlock()
			if !fatal(ctx2, err) {
				err = nil
			}
			return err // which ends the others after the batch that they have in hand
		})
	}
	// The first is the one that ended the others.
	if err := work.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(failed...)
}

// targetOf returns the index of the target that takes a class; -1 = none does.
func (d *delivery) targetOf(class string) int {
	return slices.IndexFunc(d.Targets, func(t sinks.Target) bool { return t.Takes(class) })
}

// place returns the place of a folder.
func (d *delivery) place(folder string) checkpoints.Place {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.places[folder]
}

// sortedPlaces returns the places in the order of their paths.
func (d *delivery) sortedPlaces() []checkpoints.Place {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []checkpoints.Place
	for _, p := range d.places {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b checkpoints.Place) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Folder, b.Folder))
	})
	return all
}

// savePlace makes a place durable.
func (d *delivery) savePlace(ctx context.Context, p checkpoints.Place) error {
	if d.place(p.Folder) == p {
		return nil
	}
	if err := d.Receipts.SavePlace(context.WithoutCancel(ctx), d.key, p); err != nil {
		return at(p.Path, sideReceipts, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.places[p.Folder] = p
	return nil
}

// save makes rows durable. What they say happened already, or is about to: the end of ctx does not keep them from it.
func (d *delivery) save(ctx context.Context, rows ...checkpoints.Receipt) error {
	if len(rows) == 0 {
		return nil
	}
	now := d.Now()
	for i := range rows {
		rows[i].Written, rows[i].Run = now, d.Run
	}
	return at("", sideReceipts, d.Receipts.SaveReceipts(context.WithoutCancel(ctx), d.key, rows))
}

func (d *delivery) drop(ctx context.Context, items ...string) error {
	if len(items) == 0 {
		return nil
	}
	return at("", sideReceipts, d.Receipts.DropReceipts(context.WithoutCancel(ctx), d.key, items))
}

// retry repeats what changes nothing while the target is unavailable.
func (d *delivery) retry(ctx context.Context, folder string, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if err == nil || !passing(err) || try >= d.Tries {
			return err
		}
		if err := d.pause(ctx, folder, try, err); err != nil {
			return err
		}
	}
}

// pause waits before the next try.
func (d *delivery) pause(ctx context.Context, folder string, try int, cause error) error {
	d.tell(Event{Kind: KindRetry, Folder: folder, Reason: cause.Error()})
	const most = 2 * time.Minute
	wait := d.Delay(cause)
	if wait <= 0 {
		wait = min(d.Backoff<<min(try-1, 20), most)
	}
	return d.Sleep(ctx, wait)
}

// inHand returns a context for what was begun and is better finished: it ends some time after ctx.
func (d *delivery) inHand(ctx context.Context) (context.Context, context.CancelFunc) {
	hand, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var timer *time.Timer
	var mu sync.Mutex
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		timer = time.AfterFunc(d.Grace, cancel)
	})
	return hand, func() {
		stop()
		mu.Lock()
		defer mu.Unlock()
		if timer != nil {
			timer.Stop()
		}
		cancel()
	}
}

// tell tells the observer.
func (d *delivery) tell(e Event) {
	d.observing.Lock()
	defer d.observing.Unlock()
	d.Observe(e)
}

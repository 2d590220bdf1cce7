package migrate

import (
	"fmt"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// trial finds out which way to have bodies is the faster one in a large folder: its first page is taken whole, the second
// as a listing with its bodies fetched, and the rest by the way that brought more items in a second.
type trial struct {
	next  BodyMode // what the next page measures; "" = nothing
	whole float64  // items a second, with whole pages
}

// largeFolder is how many pages make a folder large.
const largeFolder = 4

// beginTrial begins a trial in a mail folder that is large, when the run leaves the choice to it.
func (f *folderRun) beginTrial() {
	if f.m.Bodies == BodiesAuto && f.cp.Class == string(eas.ClassEmail) && !f.listing && f.primed >= largeFolder*f.window &&
		f.m.client.Version().AtLeast(eas.Version120) {
		f.trial = trial{next: BodiesSync}
	}
}

// measure takes the time of a page that the trial is about.
func (f *folderRun) measure(items int, took time.Duration) {
	if f.trial.next == "" || items == 0 {
		return
	}
	rate := float64(items) / max(took, time.Microsecond).Seconds()
	switch {
	case f.trial.next == BodiesSync:
		f.trial = trial{next: BodiesFetch, whole: rate}
		f.list()
		return
	case rate <= f.trial.whole:
		f.opts, f.listing = eas.ArchiveOptions(eas.Class(f.cp.Class), f.m.client.Version()), false
	}
	best := BodiesSync
	if f.listing {
		best = BodiesFetch
	}
	f.m.emit(Event{
		Event: EventBodies, Mailbox: f.m.mb.Address, Folder: f.cp.Path,
		Message: fmt.Sprintf("%.3g messages a second with their bodies, %.3g with bodies fetched: %s", f.trial.whole, rate, best),
	})
	f.trial = trial{}
}

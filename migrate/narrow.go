package migrate

import (
	"context"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
)

// narrowing is by how much a page that the server cannot make is asked for smaller.
const narrowing = 8

// again takes another way to a page whose key was shown as often as it may be: from key 0, where the server failed to make
// the page first without bodies, which are fetched one by one then, and after that with smaller and smaller windows, so that
// all that can be had is had. Why the key was shown is nil if an earlier run did it.
func (f *folderRun) again(ctx context.Context, asked, why error) error {
	switch {
	case why != nil && judge(why).unmade:
		if !f.narrow() {
			if judge(why).strained {
				return why // a gateway says so, and may have nothing behind it
			}
			return f.fail(Source, fmt.Errorf("the server cannot make the page of a single item, and what follows it cannot be reached: %w", why))
		}
		return f.restart(ctx, why.Error())
	case f.resyncs >= maxResyncs && why != nil:
		return why
	case f.resyncs >= maxResyncs:
		return asked
	}
	return f.restart(ctx, asked.Error())
}

// narrow makes the pages of the folder smaller. It is false when they cannot be.
func (f *folderRun) narrow() bool {
	if f.list() {
		return true
	}
	if f.window == 1 {
		return false
	}
	f.window = max(1, f.window/narrowing)
	return true
}

// list makes the pages of the folder listings. It is false when they are already, or where nothing else brings the bodies.
func (f *folderRun) list() bool {
	v := f.m.client.Version()
	if f.listing || !v.AtLeast(eas.Version120) {
		return false
	}
	f.opts, f.listing = eas.HeadersOnly(eas.Class(f.cp.Class), v), true
	return true
}

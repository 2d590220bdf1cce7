package main

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// holdsAtOnce is how many objects are asked for at once; each costs a request or two.
const holdsAtOnce = 16

// settled is what came of looking at objects.
type settled struct {
	Objects  int            // that were looked at
	Held     int            // are to be held
	Changed  int            // that had to be changed
	Released int            // of those
	below    map[string]int // how many, by prefix
}

type settleOptions struct {
	dry  bool            // change nothing
	put  bool            // hold what is to be held, and release nothing
	seen func(n settled) // called after each object, by one goroutine at a time
}

// settle gives every object below some prefixes the legal hold that it is to have, or takes away the one that it is not to have.
// Repeated, it completes what was begun. An object that is there and cannot be held is an error; others may be held all the same.
func settle(ctx context.Context, b *s3.Bucket, s *archive.HoldState, prefixes []string, o settleOptions) (settled, error) {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(holdsAtOnce)
	var mu sync.Mutex
	done := settled{below: make(map[string]int)}
	list := func() error {
		for _, prefix := range prefixes {
			for object, err := range b.List(gctx, prefix, "") {
				if err != nil {
					return err
				}
				g.Go(func() error {
					want := s.Held(object.Name)
					p, err := b.Protection(gctx, object.Name)
					change := p.Hold != want && (want || !o.put)
					if err == nil && change && !o.dry {
						err = b.SetHold(gctx, object.Name, want)
					}
					if err != nil {
						return err
					}
					mu.Lock()
					defer mu.Unlock()
					done.add(prefix, want, change)
					if o.seen != nil {
						o.seen(done)
					}
					return nil
				})
			}
		}
		return nil
	}
	listed := list()
	err := g.Wait() // what failed there is why the listing was cancelled, if it was
	if err == nil {
		err = listed
	}
	return done, err
}

func (d *settled) add(prefix string, want, change bool) {
	d.Objects++
	d.below[prefix]++
	if want {
		d.Held++
	}
	if change {
		d.Changed++
	}
	if change && !want {
		d.Released++
	}
}

func (d settled) String() string {
	return fmt.Sprintf("%s held, %s released", count(d.Changed-d.Released, "object", "objects"), count(d.Released, "object", "objects"))
}

package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"testing"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// outage is a bucket that cannot be reached for some requests: those after the first `before`, as many as `long`.
type outage struct {
	*memory
	before, long int64
	asked        atomic.Int64
}

func (b *outage) err(what string) error {
	if n := b.asked.Add(1); n > b.before && n <= b.before+b.long {
		return fmt.Errorf("%s: %w", what, sinks.ErrUnavailable)
	}
	return nil
}

func (b *outage) Open(ctx context.Context, name string) (sinks.Object, error) {
	if err := b.err(name); err != nil {
		return nil, err
	}
	o, err := b.memory.Open(ctx, name)
	return &outageObject{Object: o, b: b, name: name}, err
}

func (b *outage) List(ctx context.Context, prefix, after string) iter.Seq2[sinks.ObjectInfo, error] {
	if err := b.err(prefix); err != nil {
		return func(yield func(sinks.ObjectInfo, error) bool) { yield(sinks.ObjectInfo{}, err) }
	}
	return b.memory.List(ctx, prefix, after)
}

type outageObject struct {
	sinks.Object
	b    *outage
	name string
}

func (o *outageObject) ReadAt(p []byte, off int64) (int, error) {
	if err := o.b.err(o.name); err != nil {
		return 0, err
	}
	return o.Object.ReadAt(p, off)
}

// TestVerifyUnreachable ends each request of a verification, and all after it: what was not read is not damaged.
func TestVerifyUnreachable(t *testing.T) {
	sealed := sealedSample(t)
	rekey(t, sealed, asOwner(), public(newKey()), nil)
	for name, c := range map[string]struct {
		b *memory
		o Options
	}{"plain": {sample(t), Options{}}, "sealed": {sealed, Options{}}, "opened": {sealed, withKey(owner())}} {
		t.Run(name, func(t *testing.T) {
			for n := int64(0); ; n++ {
				b := &outage{memory: c.b}
				a := createWith(t, b, c.o)
				b.before, b.long = b.asked.Load()+n, 1<<30
				var found []Problem
				sum, err := a.Verify(t.Context(), VerifyOptions{Problem: func(p Problem) { found = append(found, p) }})
				if b.asked.Load() <= b.before {
					if n < 20 || err != nil {
						t.Fatalf("after %d requests: %v", n, err)
					}
					break
				}
				if !errors.Is(err, sinks.ErrUnavailable) || errors.Is(err, sinks.ErrCorrupt) || errors.Is(err, context.Canceled) {
					t.Errorf("request %d: %v, want ErrUnavailable", n+1, err)
				}
				if sum.Problems != 0 {
					t.Errorf("request %d: problems that are none: %+v", n+1, found)
				}
			}
		})
	}
}

// halfLost is a bucket of which one object is damaged, and cannot be read to its end.
type halfLost struct {
	*memory
	name string
}

func (b halfLost) Open(ctx context.Context, name string) (sinks.Object, error) {
	if name == b.name {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, sinks.ErrCorrupt), sinks.ErrUnavailable)
	}
	return b.memory.Open(ctx, name)
}

// TestVerifyDamagedAndUnreachable: what is known to be damaged is named, whatever else is not known of it.
func TestVerifyDamagedAndUnreachable(t *testing.T) {
	m := sample(t)
	b := halfLost{m, segmentName(sinktest.Mailbox, sinktest.Inbox.Dir, 1)}
	if sum, err := create(t, b).Verify(t.Context(), VerifyOptions{}); sum.Problems != 1 || sum.Segments != 5 || err != nil {
		t.Errorf("%+v, %v, want one problem of 5 segments", sum, err)
	}
}

// TestKeysUnreachable: who was added opens what was there once the store can be reached again, whichever request for the keys
// failed.
func TestKeysUnreachable(t *testing.T) {
	m := newMemory()
	// So many keys that they are more than what is read with the header and with the end.
	_, items := fill(t, createWith(t, m, toOwner()), sinktest.Inbox, slices.Repeat([][]byte{[]byte("x")}, 1700), 1)
	added := newKey()
	rekey(t, m, asOwner(), public(added), nil)
	for n := int64(0); ; n++ {
		b := &outage{memory: m}
		a := createWith(t, b, Options{Identities: []age.Identity{added}})
		b.before, b.long = b.asked.Load()+n, 1
		_, err := readEntry(t.Context(), a, items[0].segment, items[0].entry)
		if b.asked.Load() <= b.before {
			if n < 4 || err != nil {
				t.Fatalf("after %d requests: %v", n, err)
			}
			break
		}
		if !errors.Is(err, sinks.ErrUnavailable) || errors.Is(err, sinks.ErrCorrupt) {
			t.Errorf("request %d: %v, want ErrUnavailable", n+1, err)
		}
		if _, err := readEntry(t.Context(), a, items[0].segment, items[0].entry); err != nil {
			t.Errorf("once it can be reached again after request %d: %v", n+1, err)
		}
	}
}

package versitytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/s3"
)

const (
	creations = 200
	writers   = 4
)

// schedules returns how many there are: enough to see each fault often, or all of them.
func schedules() int {
	if os.Getenv("AIRLIFT_FAULTS") == "full" {
		return 50
	}
	return 10
}

// A try is what one writer was told of one creation.
type try struct {
	writer int
	data   []byte
	err    error
}

// TestFaults lets several writers create and read objects, many of one name, over a network that fails by a schedule. A
// commit that is reported is there, whole, once, and not overwritten; a writer is told that an object exists only if
// another's does; and no read brings other bytes.
func TestFaults(t *testing.T) {
	var all struct {
		sync.Mutex
		counts  map[Fault]int
		tries   int
		failed  int
		unknown int
	}
	all.counts = map[Fault]int{}
	var g errgroup.Group
	g.SetLimit(8)
	for seed := range uint64(schedules()) {
		o := options(t, true)
		g.Go(func() error {
			counts, tries, err := runFaults(t, o, seed)
			all.Lock()
			defer all.Unlock()
			for f, n := range counts {
				all.counts[f] += n
			}
			for _, list := range tries {
				for _, one := range list {
					all.tries++
					if one.err != nil && !errors.Is(one.err, sinks.ErrExist) {
						all.failed++
						t.Logf("seed %d: %v", seed, one.err)
					}
				}
			}
			if err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			return nil
		})
	}
	_ = g.Wait()
	t.Logf("%d creations, %d of them ended in an error; faults: %v", all.tries, all.failed, all.counts)
	for _, f := range AllFaults() {
		if all.counts[f] < schedules() {
			t.Errorf("%s happened %d times only", f, all.counts[f])
		}
	}
	// A request fails fewer times in a row than it is tried, so that next to nothing can go wrong for good.
	if all.failed > all.tries/100 {
		t.Errorf("%d of %d creations ended in an error", all.failed, all.tries)
	}
}

func runFaults(t *testing.T, o s3.Options, seed uint64) (map[Fault]int, map[string][]try, error) {
	ctx := t.Context()
	direct, err := s3.Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	defer direct.Close()
	proxy, err := NewProxy(gateway.URL, Schedule{Seed: seed, Percent: 20, InRow: 3, Patience: 1500 * time.Millisecond})
	if err != nil {
		return nil, nil, err
	}
	server := httptest.NewServer(proxy)
	defer proxy.Close()
	defer server.Close()
	o.Endpoint, o.Timeout, o.Attempts, o.PartSize = server.URL, time.Second, 10, 5<<20
	o.MaxBackoff = 20 * time.Millisecond

	var mu sync.Mutex
	tries := map[string][]try{}
	g, ctx := errgroup.WithContext(ctx)
	for w := range writers {
		g.Go(func() error {
			b, err := s3.Open(ctx, o)
			if err != nil {
				return err
			}
			defer b.Close()
			dice := rand.New(rand.NewPCG(seed, uint64(w)))
			for i := range creations / writers {
				// Half of the names are each writer's own, and half all writers'.
				name := fmt.Sprintf("all/%d", i)
				if i%2 == 0 {
					name = fmt.Sprintf("own/%d/%d", w, i)
				}
				size := dice.IntN(20_000)
				if i == 20 && w == int(seed%writers) || i == 21 && w < 2 && seed%2 == 0 {
					size = 5<<20 + 1000 // two parts
				}
				data := bytes.Repeat(fmt.Appendf(nil, "seed %d writer %d name %s\n", seed, w, name), 1+size/30)
				err := create(ctx, b, name, data)
				mu.Lock()
				tries[name] = append(tries[name], try{w, data, err})
				mu.Unlock()
				if err := readSome(ctx, b, name, dice); err != nil && !errors.Is(err, sinks.ErrNotExist) {
					return fmt.Errorf("read: %w", err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return proxy.Counts(), tries, err
	}
	server.Close()
	proxy.Close() // what was delayed has arrived now
	return proxy.Counts(), tries, judge(t, direct, tries)
}

func create(ctx context.Context, b sinks.Bucket, name string, data []byte) error {
	u, err := b.Create(ctx, name)
	if err != nil {
		return err
	}
	if _, err := u.Write(data); err != nil {
		return err
	}
	return u.Commit(ctx)
}

func read(ctx context.Context, b sinks.Bucket, name string) ([]byte, error) {
	o, err := b.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
}

// readSome reads an object through the proxy. Each writer's bytes are the repetition of one line.
func readSome(ctx context.Context, b sinks.Bucket, name string, dice *rand.Rand) error {
	o, err := b.Open(ctx, name)
	if err != nil {
		return err
	}
	defer o.Close()
	got := make([]byte, o.Size())
	if _, err := o.ReadAt(got, 0); err != nil && err != io.EOF {
		return err
	}
	line, _, _ := bytes.Cut(got, []byte("\n"))
	line = append(bytes.Clone(line), '\n')
	if !bytes.Equal(got, bytes.Repeat(line, len(got)/len(line))) || !bytes.Contains(line, []byte(" name "+name+"\n")) {
		return fmt.Errorf("%s: other bytes", name)
	}
	part := make([]byte, 1+dice.IntN(len(got)))
	off := dice.IntN(len(got) - len(part) + 1)
	if _, err := o.ReadAt(part, int64(off)); err != nil && err != io.EOF {
		return err
	}
	if !bytes.Equal(part, got[off:off+len(part)]) {
		return fmt.Errorf("%s: other bytes at %d", name, off)
	}
	return nil
}

// judge holds what the writers were told to what is there.
func judge(t *testing.T, b *s3.Bucket, tries map[string][]try) error {
	var errs []error
	versions := map[string]int{}
	for v, err := range b.Versions(t.Context(), "") {
		if err != nil {
			return err
		}
		if versions[v.Name]++; versions[v.Name] > 1 || v.Deleted {
			errs = append(errs, fmt.Errorf("%s was overwritten or deleted", v.Name))
		}
	}
	for name, list := range tries {
		var there []byte
		if versions[name] > 0 {
			var err error
			if there, err = read(t.Context(), b, name); err != nil {
				return err
			}
		}
		winners, owner := 0, -1
		for _, one := range list {
			if there != nil && bytes.Equal(one.data, there) {
				owner = one.writer
			}
		}
		for _, one := range list {
			switch {
			case one.err == nil:
				winners++
				if one.writer != owner {
					errs = append(errs, fmt.Errorf("%s: writer %d was told that it is there, and it is not", name, one.writer))
				}
			case errors.Is(one.err, sinks.ErrExist) && (owner < 0 || owner == one.writer):
				errs = append(errs, fmt.Errorf("%s: writer %d was told that another's is there, and writer %d's is", name, one.writer, owner))
			}
		}
		if there != nil && owner < 0 {
			errs = append(errs, fmt.Errorf("%s: what is there is nobody's", name))
		}
		if winners > 1 {
			errs = append(errs, fmt.Errorf("%s: %d writers won", name, winners))
		}
	}
	return errors.Join(errs...)
}

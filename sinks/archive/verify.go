package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
	"sync"

	"github.com/airlift-eas/airlift/sinks"
)

// A Problem is one thing that is not as it was written.
type Problem struct {
	Object string `json:"object"`          // name of the object
	Entry  string `json:"entry,omitempty"` // name of the entry in it, if it is one entry's
	Why    string `json:"why"`
}

// VerifyOptions say what to verify; the zero value is everything.
type VerifyOptions struct {
	Mailbox string                // the address of the only mailbox; "" = all of them
	Folder  func(dir string) bool // whether a folder is verified, by its directory; nil = all of them
	Problem func(Problem)         // called for every problem, by one goroutine at a time; nil = they are counted
	Done    func(Summary)         // called after every segment with the sum so far, likewise
}

// Summary is what Verify found. Items and Bytes are of what was read and compared, good or not.
type Summary struct {
	Segments int   `json:"segments"`
	Items    int   `json:"items"` // stored versions of items
	Bytes    int64 `json:"bytes"` // of their content
	// Sealed is how many of the segments could be verified only from outside, because they are encrypted and there is no
	// identity: their hash against the next segment and the run records, and what of them is in clear.
	Sealed   int `json:"sealed,omitempty"`
	Problems int `json:"problems"`
}

// Verify reads every byte of the archive and holds it against the run records, the chains of the segments and the
// manifests, in an encrypted archive also what is in clear against what is inside. What is damaged is a Problem; an error says
// that Verify could not go on. sinks.ErrNotExist: no such mailbox. sinks.ErrUnavailable: the store could not be reached any more,
// and what was not read is not damaged.
//
// What no run record and no later segment names can be gone or replaced without a trace: the segments of a run that was
// killed, and the newest run record. What is left of them is verified all the same.
//
// Without an identity the objects of an encrypted archive are verified from outside, and the Summary says of how many that
// is so. With identities an object that none of them opens is a Problem: it may be damaged, or another's.
func (a *Archive) Verify(ctx context.Context, o VerifyOptions) (Summary, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	v := &verifier{a: a, o: o, stop: stop, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	err := v.all(ctx)
	v.folders.Wait()
	if err == nil {
		err = ctx.Err()
	}
	if v.lost != nil { // which is why the context ended
		err = v.lost
	}
	if err != nil {
		return v.sum, fmt.Errorf("verify: %w", err)
	}
	return v.sum, nil
}

func (v *verifier) all(ctx context.Context) error {
	v.head(ctx)
	if err := v.rekeys(ctx); err != nil {
		return err
	}
	if err := v.holds(ctx); err != nil {
		return err
	}
	prefix := ""
	if v.o.Mailbox != "" {
		prefix = v.a.names.mailboxPrefix(v.o.Mailbox)
	}
	return v.walk(ctx, prefix)
}

type verifier struct {
	a       *Archive
	o       VerifyOptions
	headSum string // of archive.json as it is now
	headBad bool   // and that was said

	rekeyHeads map[string]string // hash of the header of each change of recipients, by the last part of its name
	holdSums   map[string]string // hash of each hold record, likewise

	folders sync.WaitGroup
	slots   chan struct{}

	stop context.CancelFunc

	mu   sync.Mutex
	sum  Summary
	lost error // the store cannot be reached any more: the first request that said so
}

// broken says what is wrong with an object that could not be read as it was written. If nobody knows, since the store cannot be
// reached, Verify ends.
func (v *verifier) broken(object string, err error) {
	if errors.Is(err, sinks.ErrCorrupt) || !errors.Is(err, sinks.ErrUnavailable) {
		v.problem(object, "", "%v", err)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lost == nil {
		v.lost = err
	}
	v.stop()
}

func (v *verifier) problem(object, entry, format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sum.Problems++
	if v.o.Problem != nil {
		v.o.Problem(Problem{Object: object, Entry: entry, Why: fmt.Sprintf(format, args...)})
	}
}

// head verifies archive.json as far as it can be without the run records.
func (v *verifier) head(ctx context.Context) {
	data, err := readSmall(ctx, v.a.bucket, headName)
	if err == nil {
		sum := sha256.Sum256(data)
		v.headSum = hex.EncodeToString(sum[:])
		_, err = parseHead(data)
	}
	if err == nil && v.headSum != v.a.sum {
		err = errors.New("it changed since the archive was opened")
	}
	if v.headBad = err != nil && ctx.Err() == nil; v.headBad {
		v.broken(headName, err)
	}
}

// mailboxCheck is the mailbox whose objects are being listed.
type mailboxCheck struct {
	dir      string
	recorded map[string]recorded // by name of the segment
	seen     map[string]bool
	ledgers  map[string][]sinks.Ledger // by the folder's directory
	folder   string                    // the directory in hand
	objects  []sinks.ObjectInfo        // and its segments
}

// recorded is what a run record says of a segment.
type recorded struct {
	sinks.Segment
	run string // name of the record
}

// walk lists what is below a prefix. Everything is of some kind, or it is a problem.
func (v *verifier) walk(ctx context.Context, prefix string) error {
	var m *mailboxCheck
	for o, err := range v.a.bucket.List(ctx, prefix, "") {
		if err != nil {
			return err // and what was not listed is not missing
		}
		part := strings.Split(o.Name, "/")
		switch {
		case o.Name == headName, v.a.names.rekeyNumber(o.Name) > 0, v.a.names.holdNumber(o.Name) > 0:
			continue
		case len(part) == 5 && part[0]+"/" == mailboxesDir && part[2]+"/" == foldersDir && v.a.names.seq(part[4]) > 0:
		case len(part) == 4 && part[0]+"/" == mailboxesDir && part[2]+"/" == runsDir && v.a.names.isRun(part[3]):
		case isLedger(part):
		default:
			v.problem(o.Name, "", "an archive has no object of this name")
			continue
		}
		if m == nil || m.dir != part[1] {
			if err := v.endMailbox(ctx, m); err != nil {
				return err
			}
			if m, err = v.beginMailbox(ctx, part[1]); err != nil {
				return err
			}
		}
		if part[2]+"/" == foldersDir {
			if m.folder != part[3] {
				v.endFolder(ctx, m)
				m.folder = part[3]
			}
			m.objects = append(m.objects, o)
			m.seen[o.Name] = true
		}
	}
	if m == nil && v.o.Mailbox != "" {
		return fmt.Errorf("mailbox %s: %w", v.o.Mailbox, sinks.ErrNotExist)
	}
	return v.endMailbox(ctx, m)
}

// beginMailbox verifies the run records, which come after the segments in the listing but say what those must be.
func (v *verifier) beginMailbox(ctx context.Context, dir string) (*mailboxCheck, error) {
	m := &mailboxCheck{dir: dir, recorded: make(map[string]recorded), seen: make(map[string]bool), ledgers: make(map[string][]sinks.Ledger)}
	if err := v.a.names.checkMailboxDir(dir); err != nil {
		v.problem(mailboxesDir+dir, "", "%v", err)
	}
	return m, v.runs(ctx, m)
}

// endMailbox verifies the last folder, and that nothing is missing.
func (v *verifier) endMailbox(ctx context.Context, m *mailboxCheck) error {
	if m == nil {
		return nil
	}
	v.endFolder(ctx, m)
	for name, r := range m.recorded {
		if !m.seen[name] && v.wanted(path.Base(path.Dir(name))) {
			v.problem(name, "", "it is missing; %s names it", r.run)
		}
	}
	return ctx.Err()
}

func (v *verifier) wanted(dir string) bool { return v.o.Folder == nil || v.o.Folder(dir) }

// endFolder verifies the segments of the folder in hand beside the listing and the other folders.
func (v *verifier) endFolder(ctx context.Context, m *mailboxCheck) {
	dir, objects := m.folder, m.objects
	m.folder, m.objects = "", nil
	if len(objects) == 0 || !v.wanted(dir) {
		return
	}
	select {
	case v.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	v.folders.Go(func() {
		defer func() { <-v.slots }()
		v.folder(ctx, m.recorded, objects, v.newLedgerCheck(m.dir, m.ledgers[dir]))
	})
}

// folder verifies the segments of a folder: their numbers, their chain, and each of them; and its ledgers.
func (v *verifier) folder(ctx context.Context, named map[string]recorded, objects []sinks.ObjectInfo, ledgers *ledgerCheck) {
	seq, sum := 0, ""
	for _, o := range objects {
		if ctx.Err() != nil {
			return
		}
		if now := v.a.names.seq(path.Base(o.Name)); now != seq+1 {
			v.problem(o.Name, "", "segment %d is missing before it", seq+1)
			seq, sum = now, "unknown"
			ledgers.lost()
		} else {
			seq = now
		}
		c := v.segment(ctx, o.Name)
		if ctx.Err() != nil {
			return
		}
		if c.page != nil && c.page.Prev != sum && sum != "unknown" {
			v.problem(o.Name, "", "it was written after another segment %d than the one there: SHA-256 %s", seq-1, c.page.Prev)
		}
		if sum = c.sum; sum == "" {
			sum = "unknown"
		} else if r, ok := named[o.Name]; ok && (r.SHA256 != sum || r.Size != c.size) {
			v.problem(o.Name, "", "%d bytes, SHA-256 %s; %s says %d bytes, SHA-256 %s", c.size, sum, r.run, r.Size, r.SHA256)
		}
		if c.page == nil {
			ledgers.lost()
		} else {
			ledgers.page(ctx, sinks.Committed{Page: *c.page, Events: c.events, Segment: sinks.Segment{SHA256: sum}})
		}
		v.done(c)
	}
	ledgers.end(ctx)
}

func (v *verifier) done(c segmentCheck) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sum.Segments++
	if c.sealed {
		v.sum.Sealed++
	}
	v.sum.Items += c.items
	v.sum.Bytes += c.bytes
	if v.o.Done != nil {
		v.o.Done(v.sum)
	}
}

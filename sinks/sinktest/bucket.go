// Package sinktest holds the suites that every adapter of package sinks passes: [Bucket] for places of named objects,
// [Sink] for places of pages. Each test is a sentence of the contract.
package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/sinks"
)

// Bucket runs the suite. open returns an empty bucket, which the suite need not close, each time another one.
func Bucket(t *testing.T, open func(t *testing.T) sinks.Bucket) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, b sinks.Bucket)
	}{
		{"RoundTrip", testRoundTrip},
		{"Empty", testEmptyObject},
		{"BigObject", testBigObject},
		{"InvisibleBeforeCommit", testInvisible},
		{"NoReplace", testNoReplace},
		{"OneOfManyWins", testOneWins},
		{"Abort", testAbort},
		{"CommitEndsTheUpload", testCommitEnds},
		{"CancelledCommitsNothing", testCancelled},
		{"NotExist", testNotExist},
		{"ReadAt", testReadAt},
		{"Names", testNames},
		{"ListOrder", testListOrder},
		{"ListPrefixAndAfter", testListPrefix},
		{"ListMany", testListMany},
		{"ListStopsEarly", testListStops},
		{"ETags", testETags},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// Write creates an object of a bucket and fails the test if that does not work.
func Write(t *testing.T, b sinks.Bucket, name string, data []byte) {
	t.Helper()
	if err := write(t.Context(), b, name, data); err != nil {
		t.Fatalf("write %s: %v", name, err)
	}
}

func write(ctx context.Context, b sinks.Bucket, name string, data []byte) error {
	u, err := b.Create(ctx, name)
	if err != nil {
		return err
	}
	if _, err := u.Write(data); err != nil {
		return errors.Join(err, u.Abort())
	}
	return u.Commit(ctx)
}

// Read returns what an object holds.
func Read(t *testing.T, b sinks.Bucket, name string) []byte {
	t.Helper()
	o, err := b.Open(t.Context(), name)
	if err != nil {
		t.Fatalf("open %s: %v", name, err)
	}
	defer o.Close()
	data, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return data
}

// Names lists the names of the objects below a prefix.
func Names(t *testing.T, b sinks.Bucket, prefix, after string) []string {
	t.Helper()
	names := []string{}
	for o, err := range b.List(t.Context(), prefix, after) {
		if err != nil {
			t.Fatalf("list %q after %q: %v", prefix, after, err)
		}
		names = append(names, o.Name)
	}
	return names
}

func testRoundTrip(t *testing.T, b sinks.Bucket) {
	want := []byte("the first bytes\nand the last\x00\xff")
	Write(t, b, "a/b/c.bin", want)
	if got := Read(t, b, "a/b/c.bin"); !bytes.Equal(got, want) {
		t.Errorf("read %q, wrote %q", got, want)
	}
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil || o.Name != "a/b/c.bin" || o.Size != int64(len(want)) {
			t.Errorf("listed %+v, %v", o, err)
		}
	}
}

func testEmptyObject(t *testing.T, b sinks.Bucket) {
	Write(t, b, "empty", nil)
	o, err := b.Open(t.Context(), "empty")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if n, err := o.ReadAt(make([]byte, 1), 0); o.Size() != 0 || n != 0 || err != io.EOF {
		t.Errorf("size %d; ReadAt = %d, %v; want io.EOF", o.Size(), n, err)
	}
}

// testBigObject writes more than a part of a multipart upload, in writes of odd sizes.
func testBigObject(t *testing.T, b sinks.Bucket) {
	data := make([]byte, 20<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(data)
	u, err := b.Create(t.Context(), "big")
	if err != nil {
		t.Fatal(err)
	}
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 1+int(r.Uint64()%777_777))
		if m, err := u.Write(rest[:n]); m != n || err != nil {
			t.Fatalf("Write = %d, %v, want %d", m, err, n)
		}
		rest = rest[n:]
	}
	if err := u.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(Read(t, b, "big"), data) {
		t.Error("other bytes came back")
	}
}

func testInvisible(t *testing.T, b sinks.Bucket) {
	u, err := b.Create(t.Context(), "x/new")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Abort()
	if _, err := u.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if names := Names(t, b, "", ""); len(names) != 0 {
		t.Errorf("listed before the commit: %q", names)
	}
	if _, err := b.Open(t.Context(), "x/new"); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("Open before the commit: %v, want ErrNotExist", err)
	}
	if err := u.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"x/new"}, Names(t, b, "", "")); diff != "" {
		t.Errorf("after the commit (-want +got):\n%s", diff)
	}
}

func testNoReplace(t *testing.T, b sinks.Bucket) {
	Write(t, b, "once", []byte("first"))
	if err := write(t.Context(), b, "once", []byte("second")); !errors.Is(err, sinks.ErrExist) {
		t.Errorf("second commit: %v, want ErrExist", err)
	}
	if got := Read(t, b, "once"); string(got) != "first" {
		t.Errorf("it holds %q now", got)
	}
}

// testOneWins: the commit is the fence between writers that know nothing of each other.
func testOneWins(t *testing.T, b sinks.Bucket) {
	const writers, rounds = 16, 8
	for round := range rounds {
		name := fmt.Sprintf("fence/%d", round)
		won := make([]bool, writers)
		var g errgroup.Group
		for i := range writers {
			g.Go(func() error {
				err := write(t.Context(), b, name, bytes.Repeat([]byte{byte('a' + i)}, 10_000))
				won[i] = err == nil
				if errors.Is(err, sinks.ErrExist) {
					return nil
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatalf("a loser's error is not ErrExist: %v", err)
		}
		winner := slices.Index(won, true)
		if winner < 0 || slices.Contains(won[winner+1:], true) {
			t.Fatalf("not exactly one of %d won: %v", writers, won)
		}
		if got := Read(t, b, name); !bytes.Equal(got, bytes.Repeat([]byte{byte('a' + winner)}, 10_000)) {
			t.Errorf("writer %d won, but its bytes are not there", winner)
		}
	}
}

func testAbort(t *testing.T, b sinks.Bucket) {
	u, err := b.Create(t.Context(), "gone")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := u.Abort(); err != nil {
			t.Errorf("Abort: %v", err)
		}
	}
	if err := u.Commit(t.Context()); err == nil {
		t.Error("Commit after Abort succeeded")
	}
	if names := Names(t, b, "", ""); len(names) != 0 {
		t.Errorf("listed after Abort: %q", names)
	}
	Write(t, b, "gone", []byte("the name is free"))
}

func testCommitEnds(t *testing.T, b sinks.Bucket) {
	u, err := b.Create(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Write([]byte("whole")); err != nil {
		t.Fatal(err)
	}
	if err := u.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := u.Abort(); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	if err := u.Commit(t.Context()); err == nil {
		t.Error("a second Commit of one upload succeeded")
	}
	if _, err := u.Write([]byte("more")); err == nil {
		t.Error("Write after Commit succeeded")
	}
	if got := Read(t, b, "kept"); string(got) != "whole" {
		t.Errorf("it holds %q", got)
	}
}

func testCancelled(t *testing.T, b sinks.Bucket) {
	ctx, cancel := context.WithCancel(t.Context())
	u, err := b.Create(ctx, "never")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Write([]byte("bytes")); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := u.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit with a cancelled context: %v", err)
	}
	if err := u.Abort(); err != nil {
		t.Errorf("Abort: %v", err)
	}
	if _, err := b.Create(ctx, "never"); !errors.Is(err, context.Canceled) {
		t.Errorf("Create with a cancelled context: %v", err)
	}
	if _, err := b.Open(ctx, "never"); !errors.Is(err, context.Canceled) {
		t.Errorf("Open with a cancelled context: %v", err)
	}
	Write(t, b, "other", nil)
	for _, err := range b.List(ctx, "", "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("List with a cancelled context: %v", err)
		}
	}
	if diff := cmp.Diff([]string{"other"}, Names(t, b, "", "")); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func testNotExist(t *testing.T, b sinks.Bucket) {
	Write(t, b, "a/b", []byte("x"))
	for _, name := range []string{"b", "a", "a/c", "a/b2", "a/b/c", "c/d/e"} {
		if _, err := b.Open(t.Context(), name); !errors.Is(err, sinks.ErrNotExist) {
			t.Errorf("Open(%q): %v, want ErrNotExist", name, err)
		}
	}
	if names := Names(t, b, "nothing/here/", ""); len(names) != 0 {
		t.Errorf("listed %q", names)
	}
}

func testReadAt(t *testing.T, b sinks.Bucket) {
	data := make([]byte, 300_000)
	_, _ = rand.NewChaCha8([32]byte{2}).Read(data)
	Write(t, b, "obj", data)
	o, err := b.Open(t.Context(), "obj")
	if err != nil {
		t.Fatal(err)
	}
	if o.Size() != int64(len(data)) {
		t.Errorf("Size = %d, want %d", o.Size(), len(data))
	}
	var g errgroup.Group
	for i := range 8 {
		g.Go(func() error {
			r := rand.New(rand.NewPCG(3, uint64(i)))
			for range 20 {
				off := r.IntN(len(data))
				p := make([]byte, r.IntN(len(data)-off)+1)
				if n, err := o.ReadAt(p, int64(off)); n != len(p) || (err != nil && err != io.EOF) || !bytes.Equal(p, data[off:off+n]) {
					return fmt.Errorf("ReadAt(%d bytes, %d) = %d, %w or other bytes", len(p), off, n, err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	p := make([]byte, 100)
	if n, err := o.ReadAt(p, int64(len(data)-30)); n != 30 || err != io.EOF || !bytes.Equal(p[:n], data[len(data)-30:]) {
		t.Errorf("ReadAt over the end = %d, %v, want 30, io.EOF", n, err)
	}
	if n, err := o.ReadAt(p, int64(len(data))); n != 0 || err != io.EOF {
		t.Errorf("ReadAt at the end = %d, %v, want 0, io.EOF", n, err)
	}
	if n, err := o.ReadAt(p, int64(len(data)+1000)); n != 0 || err != io.EOF {
		t.Errorf("ReadAt behind the end = %d, %v, want 0, io.EOF", n, err)
	}
	if _, err := o.ReadAt(p, -1); err == nil {
		t.Error("ReadAt at a negative offset succeeded")
	}
	if err := o.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func testNames(t *testing.T, b sinks.Bucket) {
	good := []string{"a", "A b/c.d", "mailboxes/x@y.z/folders/in-0a1b2c3d/00000001.tar.zst", ".hidden", strings.Repeat("n", sinks.MaxPart), "~!#$%&'()+,-;=@[]^_`{}/x"}
	for _, name := range good {
		Write(t, b, name, []byte(name))
	}
	slices.Sort(good)
	if diff := cmp.Diff(good, Names(t, b, "", "")); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	for _, name := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../x", "a/../../x", "a/./b", "a\x00b", "a\nb", `a\b`, "a:b", "a*", "ä", "x.", "x ", "a./b", "CON", "a/nul.txt",
		sinks.TempPrefix + "x", "a/" + sinks.TempPrefix + "x/b", strings.Repeat("n", sinks.MaxPart+1), strings.Repeat("n/", sinks.MaxName/2) + "nn",
	} {
		if _, err := b.Create(t.Context(), name); !errors.Is(err, sinks.ErrName) {
			t.Errorf("Create(%q): %v, want ErrName", name, err)
		}
		if _, err := b.Open(t.Context(), name); !errors.Is(err, sinks.ErrName) {
			t.Errorf("Open(%q): %v, want ErrName", name, err)
		}
	}
}

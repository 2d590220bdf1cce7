package sinktest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
)

// listed are names whose byte order differs from a walk of directories in the order of their names.
var listed = []string{
	"a!/x", "a-b/1", "a-b/2", "a.txt", "a/b-c/1", "a/b.c", "a/b/1", "a/b/10", "a/b/2", "a/b0", "a/c", "a0", "a0-/z", "aa", "b", "c/d/e/f", "c0",
}

func testListOrder(t *testing.T, b sinks.Bucket) {
	for _, i := range rand.New(rand.NewPCG(4, 4)).Perm(len(listed)) {
		Write(t, b, listed[i], nil)
	}
	if !slices.IsSorted(listed) {
		t.Fatal("the expectation is not in byte order")
	}
	if diff := cmp.Diff(listed, Names(t, b, "", "")); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// testListPrefix compares every prefix with every start against the definition.
func testListPrefix(t *testing.T, b sinks.Bucket) {
	for _, name := range listed {
		Write(t, b, name, nil)
	}
	places := []string{"", "a/b/0", "a/b/99", "a/zz", "zzz", "a/b/1/x", "-"}
	for _, name := range listed {
		for i := range name {
			places = append(places, name[:i+1])
		}
	}
	slices.Sort(places)
	places = slices.Compact(places)
	for _, prefix := range places {
		for _, after := range places {
			want := []string{}
			for _, name := range listed {
				if strings.HasPrefix(name, prefix) && name > after {
					want = append(want, name)
				}
			}
			if diff := cmp.Diff(want, Names(t, b, prefix, after)); diff != "" {
				t.Fatalf("list %q after %q (-want +got):\n%s", prefix, after, diff)
			}
		}
	}
}

// testListMany lists more than one answer of S3 holds.
func testListMany(t *testing.T, b sinks.Bucket) {
	var want []string
	for i := range 1050 {
		want = append(want, fmt.Sprintf("many/%06d", i))
		Write(t, b, want[i], []byte("x"))
	}
	if diff := cmp.Diff(want, Names(t, b, "many/", "")); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1001:], Names(t, b, "many/", want[1000])); diff != "" {
		t.Errorf("names after %s (-want +got):\n%s", want[1000], diff)
	}
}

func testListStops(t *testing.T, b sinks.Bucket) {
	Write(t, b, "a/1", nil)
	Write(t, b, "a/2", nil)
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil || o.Name != "a/1" {
			t.Fatalf("first is %q, %v", o.Name, err)
		}
		break // a List that goes on calling yield panics
	}
}

// testETags holds what listings tell of the states of objects against what is told of those that are open. Other bytes of
// the same length are another state.
func testETags(t *testing.T, b sinks.Bucket) {
	Write(t, b, "a/1", []byte("one"))
	Write(t, b, "a/2", []byte("two"))
	seen := map[string]string{}
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if o.ETag == "" {
			continue
		}
		if other, twice := seen[o.ETag]; twice {
			t.Errorf("%s and %s are both in the state %s", other, o.Name, o.ETag)
		}
		seen[o.ETag] = o.Name
		ob, err := b.Open(t.Context(), o.Name)
		if err != nil {
			t.Fatal(err)
		}
		if tagged, ok := ob.(sinks.Tagged); !ok || tagged.ETag() != o.ETag {
			t.Errorf("%s is listed in the state %s, and open it tells another one, or none", o.Name, o.ETag)
		}
		if err := ob.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(seen) == 1 {
		t.Error("of one object the state is told, of the other it is not")
	}
}

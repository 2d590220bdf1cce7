package checkpointtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
)

var mailboxTests = map[string]func(*testing.T, checkpoints.Store){
	"an unknown one is not found": func(t *testing.T, s checkpoints.Store) {
		if _, err := s.Mailbox(t.Context(), alice); !errors.Is(err, checkpoints.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		equal(t, "list", len(collect(t, s.List(t.Context()))), 0)
	},

	"what is saved is there, field by field, and replaced as a whole": func(t *testing.T, s checkpoints.Store) {
		m := filled[checkpoints.Mailbox](1)
		for _, seed := range []int{1, 2} {
			next := filled[checkpoints.Mailbox](seed)
			next.Key = m.Key
			saveAndLoad(t, s, next)
		}
		saveAndLoad(t, s, checkpoints.Mailbox{Key: m.Key})
		equal(t, "mailboxes", len(collect(t, s.List(t.Context()))), 1)
	},

	"keys are bytes": func(t *testing.T, s checkpoints.Store) {
		// Two letters that differ in case, two Unicode forms of one, one that is no UTF-8; and two keys whose parts
		// would run together.
		var all []checkpoints.Mailbox
		for i, k := range []checkpoints.Key{
			{Job: "a", Mailbox: "b"},
			{Job: "A", Mailbox: "b"},
			{Job: "a", Mailbox: "B"},
			{Job: "ab", Mailbox: ""},
			{Job: "", Mailbox: "ab"},
			{Job: "a", Mailbox: "é"},
			{Job: "a", Mailbox: "e\u0301"},
			{Job: "a", Mailbox: "\xe9"},
			{Job: "a ", Mailbox: "b"},
			{Job: "a", Mailbox: "b%"},
			{Job: "a", Mailbox: "b'\"`;--"},
			{Job: "a/b.c*>", Mailbox: "b"},
		} {
			m := filled[checkpoints.Mailbox](i)
			m.Key = k
			must(t, s.SaveMailbox(t.Context(), m))
			all = append(all, m)
		}
		for _, want := range all {
			got, err := s.Mailbox(t.Context(), want.Key)
			must(t, err)
			equal(t, fmt.Sprintf("%q", want.Key), got, want)
		}
		equal(t, "mailboxes", len(collect(t, s.List(t.Context()))), len(all))
	},

	"the list has every one of many": func(t *testing.T, s checkpoints.Store) {
		want := make(map[checkpoints.Key]checkpoints.Mailbox)
		for i := range 1100 {
			m := filled[checkpoints.Mailbox](i)
			m.Job = fmt.Sprintf("job %d", i%3)
			must(t, s.SaveMailbox(t.Context(), m))
			want[m.Key] = m
		}
		got := make(map[checkpoints.Key]checkpoints.Mailbox)
		for m, err := range s.List(t.Context()) {
			must(t, err)
			if _, twice := got[m.Key]; twice {
				t.Errorf("%v was listed twice", m.Key)
			}
			got[m.Key] = m
		}
		equal(t, "list", got, want)
	},

	"a cancelled context saves nothing": func(t *testing.T, s checkpoints.Store) {
		if err := s.SaveMailbox(cancelled(t), checkpoints.Mailbox{Key: alice}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if _, err := s.Mailbox(t.Context(), alice); !errors.Is(err, checkpoints.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	},
}

func saveAndLoad(t *testing.T, s checkpoints.Store, want checkpoints.Mailbox) {
	t.Helper()
	must(t, s.SaveMailbox(t.Context(), want))
	got, err := s.Mailbox(t.Context(), want.Key)
	must(t, err)
	equal(t, "mailbox", got, want)
	equal(t, "list", collect(t, s.List(t.Context())), []checkpoints.Mailbox{want})
}

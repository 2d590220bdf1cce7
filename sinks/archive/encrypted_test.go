package archive

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// owner is who can open the archives of the tests.
var owner = sync.OnceValue(newKey)

func newKey() *age.X25519Identity {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		panic(err)
	}
	return id
}

// toOwner encrypts, and asOwner also reads.
func toOwner() Options { return Options{Recipients: []string{owner().Recipient().String()}} }

func asOwner() Options {
	o := toOwner()
	o.Identities = []age.Identity{owner()}
	return o
}

func createWith(t testing.TB, b sinks.Bucket, o Options) *Archive {
	t.Helper()
	o.TempDir = t.TempDir()
	a, err := CreateWith(t.Context(), b, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// relaid gives the folders of the suite, which have places of their own, the places that an encrypted archive has for them.
type relaid struct {
	*Archive
	reader *Archive // of the same objects, with an identity
	t      *testing.T
}

func (s relaid) place(dir string) string { return "folder-" + dir[len(dir)-8:] }

func (s relaid) Begin(ctx context.Context, p sinks.Page) (sinks.PageWriter, error) {
	p.Folder.Dir = s.place(p.Folder.Dir)
	return s.Archive.Begin(ctx, p)
}

// Pages yields what the archive yields, after it was held against what one without an identity yields.
func (s relaid) Pages(ctx context.Context, mailbox, dir string, after int) iter.Seq2[sinks.Committed, error] {
	return func(yield func(sinks.Committed, error) bool) {
		sealed, stop := iter.Pull2(s.Archive.Pages(ctx, mailbox, s.place(dir), after))
		defer stop()
		for c, err := range s.reader.Pages(ctx, mailbox, s.place(dir), after) {
			got, sealedErr, _ := sealed()
			if (err == nil) != (sealedErr == nil) || err != nil && !sameSentinel(err, sealedErr) {
				s.t.Errorf("with an identity %v, without %v", err, sealedErr)
			}
			if diff := cmp.Diff(inClearOf(c), got); err == nil && s.sealed() && diff != "" {
				s.t.Errorf("page %d without an identity (-want +got):\n%s", c.Page.Seq, diff)
			}
			c.Page.Folder.Dir = dir
			if !yield(c, err) || err != nil {
				return
			}
		}
		if _, _, more := sealed(); more {
			s.t.Error("without an identity there are more pages")
		}
	}
}

func sameSentinel(a, b error) bool {
	for _, e := range []error{sinks.ErrCorrupt, sinks.ErrFormat, sinks.ErrNotExist, context.Canceled} {
		if errors.Is(a, e) != errors.Is(b, e) {
			return false
		}
	}
	return true
}

// inClearOf is what who has no identity sees of a page.
func inClearOf(c sinks.Committed) sinks.Committed {
	c.Page.Server, c.Page.Folder.Path = "", ""
	var events []sinks.Event
	for _, e := range c.Events {
		shown := sinks.Event{
			Op: e.Op, ID: e.ID, ServerID: e.ServerID, ServerIDBefore: e.ServerIDBefore, Size: e.Size, SHA256: e.SHA256,
			Fingerprint: e.Fingerprint, State: e.State, MovedFrom: e.MovedFrom, MovedTo: e.MovedTo,
		}
		if e.Name != "" {
			shown.Name = entryID(c.Page, len(events)+1)
		}
		events = append(events, shown)
	}
	c.Events = events
	return c
}

func (s relaid) Folders(ctx context.Context, mailbox string) ([]sinks.Folder, error) {
	folders, err := s.reader.Folders(ctx, mailbox)
	sealed, sealedErr := s.Archive.Folders(ctx, mailbox)
	if len(folders) != len(sealed) || (err == nil) != (sealedErr == nil) {
		s.t.Errorf("folders with an identity: %+v, %v; without: %+v, %v", folders, err, sealed, sealedErr)
	}
	for i := range folders {
		want := folders[i]
		if want.Path = ""; s.sealed() && i < len(sealed) && want != sealed[i] {
			s.t.Errorf("folder %+v without an identity, want %+v", sealed[i], want)
		}
		folders[i].Dir = "inbox-" + folders[i].ID
	}
	return folders, err
}

func TestSinkEncrypted(t *testing.T) {
	for name, o := range map[string]Options{"with identity": asOwner(), "recipients only": toOwner()} {
		t.Run(name, func(t *testing.T) {
			sinktest.Sink(t, func(t *testing.T) (sinks.Sink, func() sinks.Sink) {
				path := t.TempDir()
				open := func() sinks.Sink {
					return relaid{createWith(t, openDir(t, path), o), createWith(t, openDir(t, path), asOwner()), t}
				}
				return open(), open
			})
		})
	}
}

func TestEncryptedAsAsked(t *testing.T) {
	me, other := owner().Recipient().String(), newKey().Recipient().String()
	b := newMemory()
	a := createWith(t, b, Options{Recipients: []string{me, other, me}})
	if diff := cmp.Diff(len(a.Recipients()), 2); !a.Encrypted() || diff != "" {
		t.Errorf("recipients %q", a.Recipients())
	}
	plain := newMemory()
	create(t, plain)
	for _, c := range []struct {
		name string
		b    *memory
		ask  []string
		want error
	}{
		{"none, for those of the archive", b, nil, nil},
		{"the same in another order", b, []string{other, me}, nil},
		{"fewer", b, []string{me}, ErrEncryption},
		{"more", b, []string{me, other, newKey().Recipient().String()}, ErrEncryption},
		{"others", b, []string{newKey().Recipient().String()}, ErrEncryption},
		{"a plain archive", plain, []string{me}, ErrEncryption},
		{"a plain archive, plainly", plain, nil, nil},
	} {
		for how, open := range map[string]func(context.Context, sinks.Bucket, Options) (*Archive, error){"create": CreateWith, "open": OpenWith} {
			got, err := open(t.Context(), c.b, Options{Recipients: c.ask})
			if !errors.Is(err, c.want) || err == nil && got.Encrypted() != (c.b == b) {
				t.Errorf("%s, %s: %v, want %v", how, c.name, err, c.want)
			}
		}
	}
	if again := create(t, b); !again.sealed() || len(again.Recipients()) != 2 {
		t.Error("Create of an encrypted archive is not the archive without an identity")
	}
}

// TestNeverPlainByDamage: an archive.json that no longer says that the archive is encrypted is refused.
func TestNeverPlainByDamage(t *testing.T) {
	b := newMemory()
	createWith(t, b, toOwner())
	good := b.objects[headName]
	for i := range good {
		for bit := range 8 {
			damaged := newMemory()
			damaged.objects[headName] = append([]byte(nil), good...)
			damaged.objects[headName][i] ^= 1 << bit
			if a, err := Open(t.Context(), damaged); err == nil && !a.Encrypted() {
				t.Errorf("with bit %d of byte %d flipped it is an archive without encryption: %s", bit, i, damaged.objects[headName])
			}
		}
	}
}

// TestSealed: what has no identity does not read, and says so.
func TestSealed(t *testing.T) {
	b := newMemory()
	pages, items := fill(t, createWith(t, b, toOwner()), sinktest.Inbox, sampleMail(), 15)
	stranger := toOwner()
	stranger.Identities = []age.Identity{newKey()}
	for name, o := range map[string]Options{"no identity": {}, "another's": stranger} {
		a := createWith(t, b, o)
		_, open := a.OpenSegment(t.Context(), pages[0].Segment.Name)
		_, entry := readEntry(t.Context(), a, items[0].segment, items[0].entry)
		for what, err := range map[string]error{"OpenSegment": open, "OpenEntry": entry, "Items": lastError(a.Items(t.Context(), sinktest.Mailbox, pages[0].Page.Time)), "Mailboxes": lastError(a.Mailboxes(t.Context()))} {
			if !errors.Is(err, ErrSealed) || errors.Is(err, sinks.ErrCorrupt) {
				t.Errorf("%s with %s: %v, want ErrSealed", what, name, err)
			}
		}
	}
	a := createWith(t, b, asOwner())
	for _, item := range items {
		if got, err := readEntry(t.Context(), a, item.segment, item.entry); err != nil || string(got) != string(item.data) {
			t.Errorf("%s: other bytes, %v", item.entry.Name, err)
		}
	}
	p := sinktest.NewPage(sinktest.Inbox, 1, "")
	if _, err := a.Begin(t.Context(), p); err == nil {
		t.Error("a folder's directory that tells its name was taken")
	}
}

func lastError[T any](seq iter.Seq2[T, error]) (last error) {
	for _, err := range seq {
		last = err
	}
	return last
}

// TestPathIsKept: a host without an identity does not know the path of a folder that has gone, and its record does not hide it
// from who has one.
func TestPathIsKept(t *testing.T) {
	b := newMemory()
	pages, _ := fill(t, createWith(t, b, toOwner()), sinktest.Inbox, madeUp()[:2], 1)
	for _, gone := range []bool{true, false} {
		host := createWith(t, b, toOwner())
		folders, err := host.Folders(t.Context(), sinktest.Mailbox)
		if err != nil || len(folders) != 1 || folders[0].Path != "" {
			t.Fatalf("%+v, %v", folders, err)
		}
		r := sinktest.NewRun(fmt.Sprint("run-", !gone), pages...)
		r.Folders = []sinks.FolderState{{Folder: folders[0], Seq: 2, Gone: gone}}
		if err := host.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		reader := createWith(t, b, asOwner())
		want := sinktest.Inbox
		want.Dir = pages[0].Page.Folder.Dir
		if folders, err = reader.Folders(t.Context(), sinktest.Mailbox); err != nil || len(folders) != 1 || folders[0] != want {
			t.Errorf("folders with the identity: %+v, %v", folders, err)
		}
		at := r.Ended.AddDate(1, 0, 0)
		for item, err := range reader.Items(t.Context(), sinktest.Mailbox, at) {
			if err != nil || item.Folder.Path != want.Path {
				t.Errorf("%+v, %v", item.Folder, err)
			}
		}
	}
}

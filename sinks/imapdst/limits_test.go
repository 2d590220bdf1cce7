package imapdst

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/airlift-eas/airlift/sinks"
)

// storing is a script that stores what comes by APPEND, with quota for so many bytes.
func storing(caps string, quota int) script {
	var mu sync.Mutex
	var stored []string
	return script{caps: "UIDPLUS LITERAL+ " + caps, on: func(s *script, tag, command string) bool {
		mu.Lock()
		defer mu.Unlock()
		verb, _, _ := strings.Cut(command, " ")
		switch {
		case verb == "APPEND":
			size := 0
			fmt.Sscanf(command[strings.LastIndexByte(command, '{'):], "{%d+}", &size)
			stored = append(stored, s.literal(size))
			s.ReadString('\n')
			s.say("%s OK [APPENDUID 7 %d] done\r\n", tag, 99+len(stored))
		case verb == "GETQUOTAROOT":
			used := 0
			for _, text := range stored {
				used += len(text)
			}
			s.say("* QUOTAROOT A \"mine\"\r\n* QUOTA \"mine\" (STORAGE %d %d MESSAGE %d 1000)\r\n%s OK done\r\n", used/1024, quota/1024, len(stored), tag)
		case verb == "STATUS" && strings.Contains(command, "APPENDLIMIT"):
			s.say("* STATUS A (APPENDLIMIT 5000)\r\n%s OK done\r\n", tag)
		case strings.HasPrefix(command, "UID FETCH"):
			for i, text := range stored {
				s.say("* 1 FETCH (UID %d FLAGS () INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n", 100+i, len(text), len(text), text)
			}
			s.say("%s OK done\r\n", tag)
		default:
			return false
		}
		return true
	}}
}

func sized(n int) sinks.TargetItem {
	text := "Subject: sized\r\n\r\n"
	return sinks.TargetItem{Contents: content(text + strings.Repeat("x", n-len(text)))}
}

// TestQuota: a full mailbox is known before anything is sent, and what fits is put. RFC 9208.
func TestQuota(t *testing.T) {
	f := openFolder(t, open(t, play(t, storing("QUOTA", 10<<10))), placeA)
	placed, err := f.Put(t.Context(), []sinks.TargetItem{sized(4 << 10), sized(4 << 10), sized(4 << 10), sized(100)})
	if len(placed) != 2 || !errors.Is(err, sinks.ErrFull) || errors.Is(err, sinks.ErrUncertain) {
		t.Fatalf("%d placed, %v", len(placed), err)
	}
	placed, err = f.Put(t.Context(), []sinks.TargetItem{sized(100)})
	if len(placed) != 1 || err != nil || placed[0].Err != nil {
		t.Errorf("%+v %v", placed, err)
	}
}

// TestAppendLimit: what is larger than the server takes is not sent, whether it says so for all folders or for each. RFC 7889.
func TestAppendLimit(t *testing.T) {
	for _, caps := range []string{"APPENDLIMIT=5000", "APPENDLIMIT"} {
		target := open(t, play(t, storing(caps, 0)))
		f := openFolder(t, target, placeA)
		placed, err := f.Put(t.Context(), []sinks.TargetItem{sized(5000), sized(5001), sized(100)})
		if err != nil || len(placed) != 3 || placed[0].ID != "7.100" || placed[2].ID != "7.101" {
			t.Fatalf("%s: %+v %v", caps, placed, err)
		}
		if !errors.Is(placed[1].Err, sinks.ErrTooLarge) || !errors.Is(placed[1].Err, sinks.ErrRefused) {
			t.Errorf("%s: %v", caps, placed[1].Err)
		}
		if got := target.Largest("Email"); (got == 5000) != strings.Contains(caps, "=") {
			t.Errorf("%s: the largest has %d", caps, got)
		}
	}
}

// TestConnections: as many folders are open as there are connections, and another waits; each works for itself.
func TestConnections(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	target := open(t, url, func(c *Config) { c.Connections = 2 })
	p := makeFolder(t, target, "A")
	a, b := openFolder(t, target, p), openFolder(t, target, p)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := target.Open(ctx, p); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third: %v", err)
	}
	var wait sync.WaitGroup
	for i, f := range []*folder{a, b} {
		wait.Go(func() { put(t, f, letters(100*i, 100)) })
	}
	makeFolder(t, target, "while they work")
	wait.Wait()
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	c := openFolder(t, target, p)
	sameTexts(t, c, slices.Concat(letters(0, 100), letters(100, 100)))
	if _, err := a.Put(t.Context(), letters(0, 1)); !errors.Is(err, errClosed) {
		t.Errorf("put into what is closed: %v", err)
	}
}

// TestCancel: a cancelled context ends what is under way, and the folder goes on with the next.
func TestCancel(t *testing.T) {
	hold := make(chan struct{})
	var once sync.Once
	url, _ := listen(t, &imapserver.Options{Caps: rev1()}, func(s *session, mailbox string, b []byte, o *imap.AppendOptions) (*imap.AppendData, error) {
		once.Do(func() { <-hold })
		return s.store(mailbox, b, o)
	})
	target := open(t, url)
	f := openFolder(t, target, makeFolder(t, target, "A"))
	mark := f.Mark()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := f.Put(ctx, letters(0, 1))
	close(hold)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, sinks.ErrUncertain) {
		t.Errorf("%v", err)
	}
	if _, err := f.Put(ctx, letters(1, 1)); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sinks.ErrUncertain) {
		t.Errorf("a context that was over before: %v", err)
	}
	found, err := f.Find(t.Context(), mark, letters(0, 2))
	if err != nil || len(found[0]) != 1 || len(found[1]) != 0 {
		t.Errorf("%v %v", found, err)
	}
	put(t, f, letters(1, 1))
	sameTexts(t, f, letters(0, 2))
}

// TestHeldBusy: nothing else can be asked of a folder that is listed, and the end of a list that nobody reads is left.
func TestHeldBusy(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	target := open(t, url)
	f := openFolder(t, target, makeFolder(t, target, "A"))
	put(t, f, letters(0, 50))
	for h, err := range f.Held(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Read(t.Context(), h); !errors.Is(err, errBusy) {
			t.Errorf("%v", err)
		}
		break
	}
	sameTexts(t, f, letters(0, 50))
}

// TestRecreated: messages of a folder that was deleted and made anew are not there, and a mark of it says nothing of the new one.
func TestRecreated(t *testing.T) {
	url, user := listen(t, &imapserver.Options{Caps: rev1()})
	target := open(t, url)
	p := makeFolder(t, target, "A")
	f := openFolder(t, target, p)
	held := put(t, f, letters(0, 5))
	mark := f.Mark()
	f.Close()
	if err := errors.Join(user.Delete("A"), user.Create("A", nil)); err != nil {
		t.Fatal(err)
	}
	f = openFolder(t, target, p)
	put(t, f, letters(3, 1))
	if _, err := f.Read(t.Context(), held[0]); !errors.Is(err, sinks.ErrNotExist) {
		t.Error(err)
	}
	if removed, err := f.Delete(t.Context(), held); err != nil || len(removed) != 5 {
		t.Errorf("%v %v", removed, err)
	}
	sameTexts(t, f, letters(3, 1))
	if found, err := f.Find(t.Context(), mark, letters(3, 1)); err != nil || len(found[0]) != 1 {
		t.Errorf("%v %v", found, err)
	}
}

// TestRecognize: by the Message-ID, whatever else is different; without one by the other fields; the same size first.
func TestRecognize(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	target := open(t, url)
	f := openFolder(t, target, makeFolder(t, target, "A"))
	texts := []string{
		"Message-ID: <a@x>\r\nSubject: one\r\n\r\nbody that is longer\r\n",
		"Message-ID: <a@x>\r\nSubject: one\r\n\r\nbody\r\n",
		"Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject: two\r\n\r\nx\r\n",
		"Date: Mon, 1 Jan 2024 00:00:01 +0000\r\nSubject: two\r\n\r\nx\r\n",
		"\r\nno header\r\n",
	}
	var items []sinks.TargetItem
	for _, text := range texts {
		items = append(items, sinks.TargetItem{Contents: content(text)})
	}
	held := put(t, f, items)
	for text, want := range map[string][]sinks.Held{
		"Message-ID: <a@x>\r\nSubject: ONE\r\n\r\nbody\r\n":                       {held[1], held[0]},
		"Subject: two\r\nDate: Mon, 1 Jan 2024 00:00:01 +0000\r\n\r\nchanged\r\n": {held[3]},
		"Message-ID: <b@x>\r\nSubject: one\r\n\r\nbody\r\n":                       nil,
		"\r\nno header\r\n":       {held[4]},
		"\r\nno other header\r\n": nil,
		"From x 10:00\r\nMessage-ID:\r\n <a@x>\r\nno field\r\nSubject: x\r\n\r\n": {held[0], held[1]},
	} {
		found, err := f.Recognize(t.Context(), []sinks.TargetItem{{Contents: content(text)}})
		if err != nil || !slices.Equal(found[0], want) {
			t.Errorf("%q: %v, want %v, %v", text, found, want, err)
		}
	}
	late := put(t, f, []sinks.TargetItem{{Contents: content("Message-ID: <c@x>\r\n\r\n")}})
	found, err := f.Recognize(t.Context(), []sinks.TargetItem{{Contents: content("Message-ID: <c@x>\r\n\r\n")}})
	if err != nil || !slices.Equal(found[0], late) {
		t.Errorf("%v %v", found, err)
	}
}

// zeros is a message of any size that nobody holds.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), z.n))
	for i := range n {
		p[i] = '0'
	}
	z.n -= int64(n)
	return n, nil
}

// TestStream: a large message is in memory as a whole nowhere on its way to the server and back.
func TestStream(t *testing.T) {
	const size = 64 << 20
	url := play(t, script{caps: "UIDPLUS LITERAL+", on: func(s *script, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "APPEND"):
			io.CopyN(io.Discard, s, size)
			s.ReadString('\n')
			s.say("%s OK [APPENDUID 7 100] done\r\n", tag)
		case strings.HasPrefix(command, "UID FETCH"):
			s.say("* 1 FETCH (UID 100 FLAGS () INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE %d BODY[] {%d}\r\n", size, size)
			io.Copy(s, &zeros{size})
			s.say(")\r\n%s OK done\r\n", tag)
		default:
			return false
		}
		return true
	}})
	f := openFolder(t, open(t, url), placeA)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	placed, err := f.Put(t.Context(), []sinks.TargetItem{{Contents: []sinks.Content{{
		Size: size, Open: func() (io.ReadCloser, error) { return io.NopCloser(&zeros{size}), nil },
	}}}})
	runtime.ReadMemStats(&after)
	if err != nil || placed[0].Err != nil || len(placed[0].Altered) > 0 {
		t.Fatalf("%+v %v", placed, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d bytes were allocated for a message of %d", used, size)
	}
}

// TestFoldedNames: a server to which names have no case has a folder that is asked for in other letters.
func TestFoldedNames(t *testing.T) {
	url := play(t, script{caps: "", on: func(s *script, tag, command string) bool {
		if strings.HasPrefix(command, "CREATE") {
			s.say("%s NO [ALREADYEXISTS] it is there\r\n", tag)
			return true
		}
		return false
	}})
	p, made, err := open(t, url).MakeFolder(t.Context(), sinks.Place{Path: "a", Class: classEmail})
	if err != nil || made || p.ID != "A" || p.Path != "A" {
		t.Errorf("%+v %t %v", p, made, err)
	}
}

// BenchmarkHeld lists a folder of 100,000 messages.
func BenchmarkHeld(b *testing.B) {
	const n = 100_000
	var answer strings.Builder
	for i := range n {
		fmt.Fprintf(&answer, "* %d FETCH (UID %d FLAGS (\\Seen \\Flagged Red_Team))\r\n", i+1, 100+2*i) // with gaps, as after deletions
	}
	url := play(b, script{caps: "UIDPLUS", on: func(s *script, tag, command string) bool {
		if strings.HasPrefix(command, "UID FETCH") {
			s.say("%s%s OK done\r\n", answer.String(), tag)
			return true
		}
		return false
	}})
	target, err := Open(b.Context(), Config{URL: url, User: testUser, Password: testPassword})
	if err != nil {
		b.Fatal(err)
	}
	defer target.Close()
	f, err := target.Open(b.Context(), placeA)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for b.Loop() {
		got := 0
		for _, err := range f.Held(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			got++
		}
		if got != n {
			b.Fatal(got)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "messages/s")
}

package imapdst

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
)

// A script is a server that knows one folder, "A", and for all that matters says what a test tells it to.
type script struct {
	*bufio.ReadWriter
	conn net.Conn
	caps string
	// on answers commands, which it is told without their tag; false: the script does.
	on func(s *script, tag, command string) bool
	// selected is what SELECT says; "" = UIDVALIDITY 7, UIDNEXT 100.
	selected string
}

func (s *script) say(format string, args ...any) {
	fmt.Fprintf(s, format, args...)
	s.Flush()
}

// literal reads one literal.
func (s *script) literal(n int) string {
	b := make([]byte, n)
	io.ReadFull(s, b)
	return string(b)
}

func (s *script) serve() {
	defer s.conn.Close()
	s.say("* OK ready\r\n")
	for {
		line, err := s.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		if s.on != nil && s.on(s, tag, command) {
			continue
		}
		verb, _, _ := strings.Cut(command, " ")
		switch verb {
		case "CAPABILITY":
			s.say("* CAPABILITY IMAP4rev1 %s\r\n", s.caps)
		case "LIST":
			if strings.HasSuffix(command, `""`) {
				s.say("* LIST (\\Noselect) \"/\" \"\"\r\n")
			} else {
				s.say("* LIST () \"/\" A\r\n")
			}
		case "STATUS":
			s.say("* STATUS A (MESSAGES 0)\r\n")
		case "SELECT":
			if s.selected != "" {
				s.say("%s", s.selected)
			} else {
				s.say("* 0 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 100] next\r\n")
			}
		case "LOGOUT":
			s.say("* BYE\r\n%s OK bye\r\n", tag)
			return
		}
		s.say("%s OK done\r\n", tag)
	}
}

// play serves a script on any number of connections.
func play(t testing.TB, s script) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			one := s
			one.conn = c
			one.ReadWriter = bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c))
			go one.serve()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "imap://" + l.Addr().String()
}

var placeA = sinks.Place{ID: "A", Path: "A", Class: classEmail, Type: typeUser}

func short(c *Config) { c.Timeout = 300 * time.Millisecond }

// TestMultiAppend: the command is that of RFC 3502 6.3.11, with the literals of RFC 7888, and the answer that of RFC 4315 3.
func TestMultiAppend(t *testing.T) {
	var sent string
	a, b := "Subject: a\r\n\r\n", "Subject: b\r\n\r\nlonger\r\n"
	url := play(t, script{caps: "UIDPLUS MULTIAPPEND LITERAL+", on: func(s *script, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "APPEND"):
			sent = tag + " " + command + "\r\n" + s.literal(len(a))
			next, _ := s.ReadString('\n')
			sent += next + s.literal(len(b))
			end, _ := s.ReadString('\n')
			sent += end
			s.say("* 2 EXISTS\r\n%s OK [APPENDUID 7 101,103] Completed\r\n", tag)
		case strings.HasPrefix(command, "UID FETCH 101,103 "):
			s.say("* 1 FETCH (UID 101 FLAGS (\\Seen \\Flagged) INTERNALDATE \" 7-Feb-1994 21:52:25 -0800\" RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n", len(a), len(a), a)
			s.say("* 2 FETCH (BODY[] \"no\" UID 102 FLAGS ())\r\n* VANISHED 1:3\r\n* 3 SURPRISE {3}\r\nabc)\r\n* OK this is no literal: {300}\r\n")
			s.say("* 2 FETCH (UID 103 BODY[] {%d}\r\n%s FLAGS (\\Recent) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE %d)\r\n%s OK done\r\n", len(b), b, len(b), tag)
		default:
			return false
		}
		return true
	}})
	f := openFolder(t, open(t, url), placeA)
	at := time.Date(1994, 2, 8, 5, 52, 25, 0, time.UTC)
	placed, err := f.Put(t.Context(), []sinks.TargetItem{
		{Key: "1", Event: sinks.Event{Received: &at, Read: yes(true), Flag: "active"}, Contents: content(a)},
		{Key: "2", Contents: content(b)},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "A1 APPEND \"A\" (\\Flagged \\Seen) \" 8-Feb-1994 05:52:25 +0000\" {14+}\r\n" + a + " {22+}\r\n" + b + "\r\n"
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Error(diff)
	}
	for i, id := range []string{"7.101", "7.103"} {
		if placed[i].ID != id || placed[i].Err != nil || len(placed[i].Altered) > 0 {
			t.Errorf("%+v", placed[i])
		}
	}
	if f.Mark() != "7.104" {
		t.Errorf("mark %s", f.Mark())
	}
}

// TestMultiAppendRefused: when the server refuses messages together they go one by one, and those that it takes are there.
func TestMultiAppendRefused(t *testing.T) {
	var commands []string
	stored := map[int]string{}
	url := play(t, script{caps: "UIDPLUS MULTIAPPEND LITERAL+", on: func(s *script, tag, command string) bool {
		if strings.HasPrefix(command, "UID FETCH") {
			for uid, text := range stored {
				s.say("* 1 FETCH (UID %d FLAGS () INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n", uid, len(text), len(text), text)
			}
			s.say("%s OK done\r\n", tag)
			return true
		}
		if !strings.HasPrefix(command, "APPEND") {
			return false
		}
		n := 0
		var texts []string
		for line := command; line != ""; n++ {
			size := 0
			fmt.Sscanf(line[strings.LastIndexByte(line, '{'):], "{%d+}", &size)
			texts = append(texts, s.literal(size))
			line, _ = s.ReadString('\n')
			line = strings.TrimSpace(line)
			if n == 0 {
				commands = append(commands, command)
			}
			if line == "" {
				break
			}
		}
		switch {
		case len(texts) > 1 || strings.Contains(texts[0], "bad"):
			s.say("%s NO [CANNOT] one of them is bad\r\n", tag)
		case strings.Contains(command, "keyword"):
			s.say("%s NO [LIMIT] too many keywords\r\n", tag)
		default:
			uid := 100 + len(stored)
			stored[uid] = texts[0]
			s.say("%s OK [APPENDUID 7 %d] done\r\n", tag, uid)
		}
		return true
	}})
	f := openFolder(t, open(t, url), placeA)
	placed, err := f.Put(t.Context(), []sinks.TargetItem{
		{Key: "1", Contents: content("Subject: 1\r\n\r\n")},
		{Key: "2", Contents: content("Subject: bad\r\n\r\n")},
		{Key: "3", Event: sinks.Event{Categories: []string{"keyword"}}, Contents: content("Subject: 3\r\n\r\n")},
	})
	if err != nil || len(placed) != 3 {
		t.Fatal(placed, err)
	}
	if placed[0].ID != "7.100" || !errors.Is(placed[1].Err, sinks.ErrRefused) || placed[2].ID != "7.101" {
		t.Errorf("%+v", placed)
	}
	want := []sinks.Alteration{{Property: "categories", Sent: "keyword", Why: "APPEND: NO [LIMIT] too many keywords"}}
	if diff := cmp.Diff(want, placed[2].Altered); diff != "" {
		t.Error(diff)
	}
	if len(commands) != 5 {
		t.Errorf("%d commands: %q", len(commands), commands)
	}
}

// TestSynchronizing: without LITERAL+ nothing is sent before the server asks for it, and what it refuses is not sent at all.
func TestSynchronizing(t *testing.T) {
	stored := map[int]string{}
	url := play(t, script{caps: "UIDPLUS", on: func(s *script, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "APPEND"):
			size := 0
			fmt.Sscanf(command[strings.LastIndexByte(command, '{'):], "{%d}", &size)
			if size > 20 {
				s.say("%s NO [TOOBIG] no\r\n", tag)
				return true
			}
			time.Sleep(20 * time.Millisecond)
			if n := s.Reader.Buffered(); n > 0 {
				s.say("* BYE you do not wait\r\n")
				s.conn.Close()
				return true
			}
			s.say("+ go on\r\n")
			uid := 100 + len(stored)
			stored[uid] = s.literal(size)
			s.ReadString('\n')
			s.say("%s OK [APPENDUID 7 %d] done\r\n", tag, uid)
		case strings.HasPrefix(command, "UID FETCH"):
			for uid, text := range stored {
				s.say("* 1 FETCH (UID %d FLAGS () INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n", uid, len(text), len(text), text)
			}
			s.say("%s OK done\r\n", tag)
		default:
			return false
		}
		return true
	}})
	f := openFolder(t, open(t, url), placeA)
	placed, err := f.Put(t.Context(), []sinks.TargetItem{
		{Key: "1", Contents: content("Subject: 1\r\n\r\n")},
		{Key: "2", Contents: content("Subject: large\r\n\r\nit is\r\n")},
		{Key: "3", Contents: content("Subject: 3\r\n\r\n")},
	})
	if err != nil || len(placed) != 3 || placed[0].ID != "7.100" || !errors.Is(placed[1].Err, sinks.ErrTooLarge) || placed[2].ID != "7.101" {
		t.Errorf("%+v %v", placed, err)
	}
}

// TestHostile: what a server says is bounded, and what is no IMAP ends the connection.
func TestHostile(t *testing.T) {
	for name, answer := range map[string]string{
		"endless line":            "* OK " + strings.Repeat("x", 3<<20),
		"line break in a string":  "* 1 FETCH (UID 1 FLAGS (\"x\r\n",
		"huge literal":            "* 1 FETCH (UID 1 ENVELOPE ({4000000000}\r\n",
		"huge literal in quotes":  "* 1 FETCH (UID 1 ENVELOPE (\"BODY[] {4000000000}\r\n",
		"huge name":               "* LIST () \"/\" {1000000}\r\n",
		"larger than any message": "* 1 FETCH (UID 1 BODY[] {5000000000}\r\n",
		"foreign tag":             "A99 WHAT\r\n",
		"broken tag":              "Ax OK\r\n",
		"many answers":            strings.Repeat("A99 OK\r\n", 1000),
		"nothing":                 "",
		"a literal that stops":    "* 1 FETCH (UID 1 FLAGS () BODY[] {100}\r\nabc",
		"endless response":        strings.Repeat("* 1 FETCH (UID 1 X {10}\r\n0123456789 Y {10}\r\n", 1) + strings.Repeat("0123456789 Y {10}\r\n", 300_000),
		"a bye":                   "* BYE I have enough of you\r\n",
		"continuation":            "+ \r\n+ \r\n",
	} {
		t.Run(name, func(t *testing.T) {
			url := play(t, script{caps: "UIDPLUS LITERAL+", on: func(s *script, _, command string) bool {
				if strings.HasPrefix(command, "UID FETCH") {
					s.say("%s", answer)
					return true
				}
				return false
			}})
			f := openFolder(t, open(t, url, short), placeA)
			began := time.Now()
			var err error
			for _, e := range f.Held(t.Context()) {
				err = e
			}
			if !errors.Is(err, sinks.ErrUnavailable) {
				t.Errorf("%v", err)
			}
			if name == "a bye" && !strings.Contains(err.Error(), "I have enough of you") {
				t.Errorf("%v", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestSilence: a server that does not answer APPEND leaves it uncertain, and one that is slow but says something does not.
func TestSilence(t *testing.T) {
	url := play(t, script{caps: "UIDPLUS LITERAL+", on: func(_ *script, _, command string) bool { return strings.HasPrefix(command, "APPEND") }})
	f := openFolder(t, open(t, url, short), placeA)
	if _, err := f.Put(t.Context(), letters(0, 2)); !errors.Is(err, sinks.ErrUncertain) || !errors.Is(err, sinks.ErrUnavailable) {
		t.Error(err)
	}
	text := text(t, letter(0).Contents)
	url = play(t, script{caps: "UIDPLUS LITERAL+", on: func(s *script, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "APPEND"):
			s.literal(len(text))
			s.ReadString('\n')
			for range 6 {
				time.Sleep(100 * time.Millisecond)
				s.say("* OK still at it\r\n")
			}
			s.say("%s OK [APPENDUID 7 100] done\r\n", tag)
		case strings.HasPrefix(command, "UID FETCH"):
			s.say("* 1 FETCH (UID 100 FLAGS (\\Seen) INTERNALDATE \"03-Feb-2019 04:05:06 +0000\" RFC822.SIZE %d BODY[] {%d}\r\n", len(text), len(text))
			for _, r := range text {
				time.Sleep(10 * time.Millisecond)
				s.say("%c", r)
			}
			s.say(")\r\n%s OK done\r\n", tag)
		default:
			return false
		}
		return true
	}})
	f = openFolder(t, open(t, url, short), placeA)
	placed, err := f.Put(t.Context(), letters(0, 1))
	if err != nil || placed[0].ID != "7.100" || len(placed[0].Altered) > 0 {
		t.Errorf("%+v %v", placed, err)
	}
}

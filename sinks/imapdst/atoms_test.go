package imapdst

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// TestKeyword: the encoded words of RFC 2047 8 and the atoms of RFC 9051 9.
func TestKeyword(t *testing.T) {
	for category, want := range map[string]imap.Flag{
		"Red": "Red", "Red Team": "Red_Team", "Keld Jørn Simonsen": "Keld_J=C3=B8rn_Simonsen", "a_b": "a=5Fb", "1=1": "1=3D1", "$Forwarded": "=24Forwarded",
		"cost$": "cost$", "junk": "=6Aunk", "(x)": "=28x=29", "a\r\nb": "a=0D=0Ab", `\Seen`: "=5CSeen", "]": "=5D", "a+b&c/d": "a+b&c/d",
	} {
		if got := keyword(category); got != want {
			t.Errorf("%q: %s, want %s", category, got, want)
		}
	}
	for keyword, want := range map[imap.Flag]string{
		"$label1": "", `\Seen`: "", "NonJunk": "", "Junk": "", "": "", "work": "work", "a=": "a=", "a=zz": "a=zz", "=FF": "=FF", "to_do": "to do",
	} {
		if got, ok := category(keyword); got != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", keyword, got, want)
		}
	}
}

func FuzzKeyword(f *testing.F) {
	for _, s := range []string{"Red Team", "$x", "Junk", "=", "日本語", "\x00", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		k := keyword(s)
		for i := range len(k) {
			if c := k[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`(){%*"\]`, c) >= 0 {
				t.Fatalf("%q: %q is no atom", s, k)
			}
		}
		if got, ok := category(k); utf8.ValidString(s) && (!ok || got != s) {
			t.Errorf("%q: %q is %q", s, k, got)
		}
	})
}

// TestEncodeMailbox: the examples of RFC 3501 5.1.3, and of the characters that are quoted.
func TestEncodeMailbox(t *testing.T) {
	for name, want := range map[string]string{
		"~peter/mail/台北/日本語": `"~peter/mail/&U,BTFw-/&ZeVnLIqe-"`, "Hi Mom -☺-!": `"Hi Mom -&Jjo--!"`, "inbox": "INBOX", "R&D": `"R&-D"`, `a"b\c`: `"a\"b\\c"`,
		"😀": `"&2D3eAA-"`,
	} {
		if got := encodeMailbox(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestState: flags in any order and case are one state, and a session's \Recent is none.
func TestState(t *testing.T) {
	a := flagsOf([]imap.Flag{`\Seen`, "Work", `\Recent`}).state()
	if b := flagsOf([]imap.Flag{"work", `\seen`}).state(); a != b {
		t.Errorf("%s and %s", a, b)
	}
	if b := flagsOf([]imap.Flag{`\Seen`}).state(); a == b {
		t.Error("a keyword makes no difference")
	}
}

// TestPermitted: what a folder does not keep is told of before it is sent.
func TestPermitted(t *testing.T) {
	e := sinks.Event{Read: yes(true), Flag: "active", Categories: []string{"Red", "Blue"}}
	s := flagSet{}
	named := s.apply(&e, true)
	lost := permitted(s, []imap.Flag{`\Seen`, `\Draft`, "blue"}, named)
	if want := []imap.Flag{"Blue", `\Draft`, `\Seen`}; !slices.Equal(s.without(nil), want) {
		t.Errorf("%v, want %v", s.without(nil), want)
	}
	if len(lost) != 2 || lost[0].Sent != "Red" || lost[0].Property != "categories" || lost[1].Sent != `\Flagged` || lost[1].Why == "" {
		t.Errorf("%+v", lost)
	}
	if all := (flagSet{"a": "a"}); permitted(all, []imap.Flag{`\Seen`, `\*`}, nil) != nil || len(all) != 1 {
		t.Error("a folder that keeps all keywords")
	}
}

// TestParseAnswer: status responses as RFC 9051 7.1 and RFC 4315 3 have them.
func TestParseAnswer(t *testing.T) {
	a, err := parseAnswer([]byte("A003 OK [APPENDUID 38505 3955] APPEND completed\r\n"))
	if err != nil || a.tag != 3 || a.err != nil || a.validity != 38505 || !slices.Equal(a.uids, []imap.UID{3955}) {
		t.Errorf("%+v %v", a, err)
	}
	a, err = parseAnswer([]byte("A4 ok [appenduid 1 7:9,12] x\r\n"))
	if err != nil || !slices.Equal(a.uids, []imap.UID{7, 8, 9, 12}) {
		t.Errorf("%+v %v", a, err)
	}
	a, err = parseAnswer([]byte("A5 NO [TRYCREATE] No such mailbox\r\n"))
	e, ok := a.err.(*imap.Error)
	if err != nil || !ok || e.Code != imap.ResponseCodeTryCreate || e.Text != "No such mailbox" {
		t.Errorf("%+v %v", a, err)
	}
	for _, bad := range []string{"A OK", "A1", "A1 MAYBE", "A1 OK [APPENDUID 1 1:4000000000] x", "A1 OK [APPENDUID x 1] x", "A1 OK [APPENDUID 1 0] x", "A1 OK [APPENDUID 1 *] x"} {
		if a, err := parseAnswer([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, a)
		}
	}
}

// FuzzWire: whatever a server says ends the connection or is handed on, within bounds.
func FuzzWire(f *testing.F) {
	for _, s := range []string{
		"* OK x\r\nA1 OK [APPENDUID 1 2] x\r\n", "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n", "* CAPABILITY IMAP4rev1 IMAP4rev2 X\r\n", "{", "}\r\n", "{99}\r\n", "+\r\n", "\n",
		"* LIST () \"/\" {3}\r\nabc\r\n", "A", "* 1 FETCH (X {99999999999999999999}\r\n", "{+}\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		near, far := net.Pipe()
		in := bufio.NewReaderSize(bytes.NewReader(b), len(b)+16)
		in.Peek(len(b)) // what was read already
		far.Close()
		w := newWire(near, in, []byte("* OK\r\n"), time.Minute)
		n, _ := io.Copy(io.Discard, w)
		if n > int64(len(b))+6 {
			t.Errorf("%d bytes of %d", n, len(b))
		}
		w.Close()
	})
}

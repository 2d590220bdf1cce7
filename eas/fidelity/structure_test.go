package fidelity

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

const mixed = "From: a@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"

func TestStructure(t *testing.T) {
	sub := "Content-Type: multipart/alternative;\n\tboundary=\"x y\"\n\n--x y\n\na\n--x y\n\nb\n"
	for _, c := range []struct {
		name, msg string
		want      Structure
	}{
		{"text", "Subject: a\n\nb\n", StructureOK},
		{"a header alone", "Subject: a\n", StructureOK},
		{"nothing", "", StructureNoHeader},
		{"no header", "\nSubject: a\n", StructureNoHeader},
		{"two parts", mixed + "preamble\n--x\n\na\n--x\n\nb\n--x--\nepilogue\n--x\n", StructureOK},
		{"no line end at the end", mixed + "--x\n\na\n--x--", StructureOK},
		{"white space behind a delimiter", mixed + "--x \t\n\na\n--x-- \n", StructureOK},
		{"cut", mixed + "--x\n\na\n--x\n\nb", StructureUnclosed},
		{"cut in the header of a part", mixed + "--x\nContent-Type: text/pl", StructureUnclosed},
		{"cut in the last delimiter", mixed + "--x\n\na\n--x-", StructureUnclosed},
		{"another boundary", mixed + "--X\n\na\n--X--\n", StructureNoParts},
		{"none but the end", mixed + "--x--\n", StructureNoParts},
		{"no boundary", "Content-Type: multipart/mixed\n\n--x\n\na\n--x--\n", StructureNoBoundary},
		{"a bad parameter", "Content-Type: multipart/mixed; type=a/b; boundary=x\n\n--x\n\na\n--x--\n", StructureOK},
		{"inner", mixed + "--x\n" + sub + "--x y--\n--x--\n", StructureOK},
		{"inner cut", mixed + "--x\n" + sub + "--x--\n", StructureUnclosed},
		{"a message", mixed + "--x\nContent-Type: message/rfc822\n\nSubject: b\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\n--y--\n--x--\n", StructureOK},
		{"a message cut", mixed + "--x\nContent-Type: message/rfc822\n\nSubject: b\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\n--x--\n", StructureUnclosed},
		{"a digest", "Content-Type: multipart/digest; boundary=x\n\n--x\n\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\n--x--\n", StructureUnclosed},
		{"a boundary that begins another", mixed + "--x\nContent-Type: multipart/mixed; boundary=xx\n\n--xx\n\na\n--xx--\n--x--\n", StructureOK},
		{"a part without a body", mixed + "--x\nSubject: a\n--x\n\nb\n--x--\n", StructureOK},
		{"a long line", mixed + "--x\n\n" + strings.Repeat("--x", 5000) + "\n--x--\n", StructureOK},
		{"a long header", "Subject: " + strings.Repeat("a", maxHeader) + "\n\nb\n", StructureLongHeader},
		{"deep", nested(maxDepth + 1), StructureDeep},
		{"not quite as deep", nested(maxDepth), StructureOK},
	} {
		r := check([]byte(c.msg))
		if r.Structure != c.want {
			t.Errorf("%s: %q, want %q", c.name, r.Structure, c.want)
		}
		wantSame(t, c.name, []byte(c.msg), r)
	}
}

// nested is a message of multiparts in each other.
func nested(depth int) string {
	var b, end strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d.\n\n--b%d.\n", i, i)
	}
	for i := range depth {
		fmt.Fprintf(&end, "\n--b%d.--", depth-i-1)
	}
	return b.String() + "\na" + end.String() + "\n"
}

// TestSealed: what is ciphertext, and what has a calendar.
func TestSealed(t *testing.T) {
	part := func(headers string) string { return mixed + "--x\n" + headers + "\n\nAAAA\n--x--\n" }
	for _, c := range []struct {
		msg      string
		sealed   Sealed
		calendar bool
	}{
		{"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\n\n--x\n\n\n--x--\n", SealedPGP, false},
		{part("Content-Type: application/x-microsoft-rpmsg-message"), SealedRights, false},
		{part("Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"message.rpmsg\""), SealedRights, false},
		{part("Content-Type: application/octet-stream; name=plan.bin"), "", false},
		{part("Content-Type: application/pkcs7-mime; smime-type=certs-only"), "", false},
		{part("Content-Type: text/calendar; method=REQUEST; charset=utf-8"), "", true},
		{"content-type: TEXT/Calendar\n\nBEGIN:VCALENDAR\n", "", true},
	} {
		if r := check([]byte(c.msg)); r.Sealed != c.sealed || r.Calendar != c.calendar || r.Hollow {
			t.Errorf("%q: %+v", c.msg, r)
		}
	}
}

// TestMemory: a message of 150 MB with a DKIM signature and an attachment, in a signed part, passes in a few hundred kB.
func TestMemory(t *testing.T) {
	head := "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; bh=" + joeHash + "\r\n" +
		"Content-Type: multipart/signed; micalg=sha-256; boundary=x\r\n\r\n--x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	line := strings.Repeat("JVBERi0x", 9) + "JVBE\r\n"
	var c Checker
	lines := 150 << 20 / len(line)
	if testing.Short() {
		lines /= 10
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = io.WriteString(&c, head)
	chunk := []byte(strings.Repeat(line, 500)[:32<<10])
	for range lines / 420 {
		_, _ = c.Write(chunk)
	}
	_, _ = io.WriteString(&c, "\r\n--x\r\nContent-Type: application/pkcs7-signature\r\n\r\nAAAA\r\n--x--\r\n")
	r := c.Report()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 300<<10 {
		t.Errorf("%d bytes were allocated", got)
	}
	if r.Structure != StructureOK || r.Count(Fail) != 1 || r.Signed != SignedUnchecked {
		t.Errorf("%+v", r)
	}
}

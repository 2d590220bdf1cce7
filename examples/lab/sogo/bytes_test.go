//go:build interop

package sogo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"mime"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// served predicts the bytes that SOGo 5.8 serves over EAS for a message that IMAP serves as raw, and says why they
// differ, if they do. For a message that SOGo writes anew nothing is predicted: regenerated is true.
//
// QUIRK(SOGo 5.8): the MIME goes through an XML document of UTF-8 text on its way to the client.
func served(raw []byte) (predicted []byte, reasons []string, regenerated bool) {
	if foreignCharset(raw) {
		return nil, []string{"text in a charset that is neither us-ascii nor utf-8, without base64 or quoted-printable"}, true
	}
	predicted = raw
	if utf8.Valid(raw) {
		if cut, ok := bytes.CutPrefix(raw, []byte("\ufeff")); ok {
			predicted, reasons = cut, append(reasons, "byte order mark dropped")
		}
	} else {
		runes := make([]rune, len(raw))
		for i, b := range raw {
			runes[i] = rune(b)
		}
		predicted, reasons = []byte(string(runes)), append(reasons, "not UTF-8: taken for Latin-1")
	}
	clean := bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return -1
		}
		return r
	}, predicted)
	if len(clean) != len(predicted) {
		reasons = append(reasons, "control characters dropped")
	}
	return clean, reasons, false
}

// foreignCharset tells whether a text part makes SOGo decode the message and write it anew. Every block of lines that could
// be the header of the message or of a part counts, so that it holds for broken messages too.
func foreignCharset(raw []byte) bool {
	for block := range bytes.SplitSeq(raw, []byte("\r\n\r\n")) {
		kind, params, _ := mime.ParseMediaType(field(block, "Content-Type"))
		charset := strings.ToLower(params["charset"])
		if !strings.HasPrefix(kind, "text/") || charset == "" || charset == "us-ascii" || charset == "utf-8" {
			continue
		}
		switch strings.ToLower(field(block, "Content-Transfer-Encoding")) {
		case "base64", "quoted-printable":
		default:
			return true
		}
	}
	return false
}

var folds = regexp.MustCompile(`\r\n[ \t]+`)

// field returns the value of the first field of that name in a block of header lines.
func field(block []byte, name string) string {
	for line := range strings.SplitSeq(string(folds.ReplaceAll(block, []byte(" "))), "\r\n") {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// sameMail holds the extracted messages of one mailbox against what IMAP serves, folder by folder: each message once,
// byte for byte, or different for a reason that SOGo gives.
func sameMail(t *testing.T, box *mailbox, files []file) {
	t.Helper()
	got := map[string][][]byte{} // folder path -> contents
	for _, f := range files {
		if f.mailbox == address(box.user) && path.Ext(f.name) == ".eml" {
			got[f.path] = append(got[f.path], f.data)
		}
	}
	want := map[string][]message{}
	for _, m := range box.messages() {
		want[m.folder] = append(want[m.folder], m)
	}
	for _, folder := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[folder]; !ok {
			t.Errorf("%s: the archive has a folder that IMAP has not", folder)
		}
	}
	because := map[string]int{}
	for folder, messages := range want {
		sameFolder(t, folder, messages, got[folder], because)
	}
	for _, reason := range slices.Sorted(maps.Keys(because)) {
		t.Logf("%s: %4d %s", box.user, because[reason], reason)
	}
}

func sameFolder(t *testing.T, folder string, messages []message, files [][]byte, because map[string]int) {
	t.Helper()
	if len(files) != len(messages) {
		t.Errorf("%s: %d messages in the archive, %d on the server", folder, len(files), len(messages))
	}
	left := map[[32]byte]int{}
	for _, data := range files {
		left[sha256.Sum256(data)]++
	}
	var anew []message
	for _, m := range messages {
		data, reasons, regenerated := served(m.raw)
		if regenerated {
			data = m.raw // it may be served as it is nevertheless
		}
		switch sum := sha256.Sum256(data); {
		case left[sum] > 0:
			left[sum]--
			if !regenerated && len(reasons) > 0 {
				because[strings.Join(reasons, ", ")]++
			} else {
				because["identical"]++
			}
		case regenerated:
			anew = append(anew, m)
			because["written anew: "+reasons[0]]++
		default:
			t.Errorf("%s: message %d (%.60q…) is not in the archive, or with other bytes than SOGo's quirks explain (%q)", folder, m.uid, m.raw, reasons)
		}
	}
	sameIDs(t, folder, anew, left, files)
}

// sameIDs pairs the messages that SOGo wrote anew with the files that are left, by Message-ID.
func sameIDs(t *testing.T, folder string, anew []message, left map[[32]byte]int, files [][]byte) {
	t.Helper()
	var want, got []string
	for _, m := range anew {
		want = append(want, messageID(m.raw))
	}
	for _, data := range files {
		if sum := sha256.Sum256(data); left[sum] > 0 {
			left[sum]--
			got = append(got, messageID(data))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("%s: the messages written anew have the ids %q, want %q", folder, got, want)
	}
}

func messageID(raw []byte) string {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return field(head, "Message-Id")
}

// key names a message as ls does.
func key(folder string, raw []byte) string {
	data, _, _ := served(raw)
	sum := sha256.Sum256(data)
	return folder + " " + hex.EncodeToString(sum[:])
}

package imapdst

import (
	"testing"

	"github.com/emersion/go-imap/v2/imapserver"
)

// TestPut: what is put is there, byte for byte, with its flags and dates.
func TestPut(t *testing.T) {
	url, _ := listen(t, &imapserver.Options{Caps: rev1()})
	target := open(t, url)
	f := openFolder(t, target, makeFolder(t, target, "Archive/2024"))
	items := letters(0, 250)
	put(t, f, items)
	sameTexts(t, f, items)
}

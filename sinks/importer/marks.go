package importer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/textproto"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/sinks/export"
)

// stateOf tells what can change of an item; "" = its file says nothing of that.
func stateOf(f *found) string {
	if f.read == nil && f.flag == "" && f.verb == "" {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "read=%t flag=%s verb=%s", f.read != nil && *f.read, f.flag, f.verb))
	return hex.EncodeToString(sum[:8])
}

// headerMarks takes over what the header of a message in an mbox file says of it, as mail programs note it there: Status and
// X-Status, as Dovecot and mutt do, or the bits of X-Mozilla-Status.
func (f *found) headerMarks() error {
	head, err := headOf(f)
	if err != nil {
		return err
	}
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(head))).ReadMIMEHeader() // as far as it is one
	if _, ok := h["Status"]; ok {
		f.setRead(strings.Contains(h.Get("Status"), "R"))
	}
	if _, ok := h["X-Status"]; ok {
		f.setFlagged(strings.Contains(h.Get("X-Status"), "F"))
		f.setVerb(strings.Contains(h.Get("X-Status"), "A"), false)
	}
	if bits, err := strconv.ParseUint(h.Get("X-Mozilla-Status"), 16, 32); err == nil {
		f.setRead(bits&0x0001 != 0)
		f.setVerb(bits&0x0002 != 0, bits&0x1000 != 0)
		f.setFlagged(bits&0x0004 != 0)
		f.gone = bits&0x0008 != 0
	}
	return nil
}

func (f *found) setRead(read bool) { f.read = &read }

func (f *found) setFlagged(flagged bool) {
	f.flag = "none"
	if flagged {
		f.flag = "active"
	}
}

func (f *found) setVerb(replied, forwarded bool) {
	switch {
	case replied:
		f.verb = "reply"
	case forwarded:
		f.verb = "forward"
	}
}

// exported is what the manifest of an export says of the items in its files, for an import of some of them: when they were
// received, and whether they were read and flagged.
type exported struct {
	root  string // of the export, absolute; "" = it is none
	lines map[[sha256.Size]byte]export.Line
}

func lineKey(path, sum string) [sha256.Size]byte { return sha256.Sum256([]byte(path + "\x00" + sum)) }

const maxAbove = 64 // directories that are searched for a manifest

// exportOf looks for the manifest of an export above what is imported.
func exportOf(in string) (x exported, err error) {
	dir, err := filepath.Abs(in)
	if err != nil {
		return x, err
	}
	for range maxAbove {
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
		for l, err := range export.ReadManifest(dir) {
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, export.ErrForeign) {
				x = exported{} // another program's file
				break
			}
			if err != nil {
				return exported{}, err
			}
			if x.lines == nil {
				x.root, x.lines = dir, map[[sha256.Size]byte]export.Line{}
			}
			if l.Read != nil || l.Received != nil || l.Flag != "" {
				x.lines[lineKey(l.Path+l.In, l.SHA256)] = export.Line{Received: l.Received, Read: l.Read, Flag: l.Flag}
			}
		}
		if x.root != "" {
			break
		}
	}
	return x, nil
}

// isExport tells the directory of an export.
func isExport(dir string) bool {
	for _, err := range export.ReadManifest(dir) {
		return err == nil
	}
	return false
}

// mark takes over what the manifest says of an item.
func (x *exported) mark(f *found, sum string) error {
	if x.root == "" || f.class != "Email" {
		return nil
	}
	abs, err := filepath.Abs(f.path)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(x.root, abs)
	if err != nil {
		return err
	}
	l, ok := x.lines[lineKey(filepath.ToSlash(rel), sum)]
	if !ok {
		return nil
	}
	f.gone = false // the archive had it, with what it says
	if l.Received != nil {
		f.date = *l.Received
	}
	if l.Read != nil {
		f.read = l.Read
	}
	if l.Flag != "" {
		f.flag = l.Flag
	}
	return nil
}

package sinks

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{
		"a", "archive.json", "mailboxes/x@y.z/folders/in-0a1b2c3d/00000001.tar.zst", "mailboxes/%41lice@example.com/runs/20260101T000000Z.json",
		".hidden/..x", "a b", "CONSOLE", "xcon", "com", "com10", "lpt", strings.Repeat("x", MaxPart),
	} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "a/../b", "a.", "a ", "a./b", "é", "a\x00", "a\x7f", `a\b`, "a:b", "a|b", `a"b`, "a<b", "a?", "a*",
		"CON", "con", "Con.txt", "con .txt", "nul", "aux", "prn.x.y", "com1", "COM9.txt", "lpt0", "conin$", "a/NUL/b", ".tmp-1", "a/.tmp-1",
		strings.Repeat("x", MaxPart+1), strings.Repeat("x/", MaxName/2) + "x",
	} {
		if err := CheckName(name); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v, want ErrName", name, err)
		}
	}
	for _, part := range []string{"COM¹", "lpt².txt", "com³"} {
		if !ReservedName(part) {
			t.Errorf("%q is a device of Windows", part)
		}
	}
}

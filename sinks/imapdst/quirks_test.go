package imapdst

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
)

// TestCourier: what Courier 5.0 was seen to say that RFC 3501 and RFC 2087 do not have so.
func TestCourier(t *testing.T) {
	stored := ""
	url := play(t, script{caps: "UIDPLUS QUOTA", selected: "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] Ok\r\n* OK [MYRIGHTS \"acdilrsw\"] ACL\r\n", on: func(s *script, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "STATUS A (UIDNEXT)"), strings.HasPrefix(command, "STATUS \"A\" (UIDNEXT)"):
			s.say("* STATUS \"A\" (UIDNEXT 100)\r\n%s OK STATUS Completed.\r\n", tag)
		case strings.HasPrefix(command, "GETQUOTAROOT"):
			s.say("* QUOTAROOT \"A\" \"ROOT\"\r\n* QUOTA \"ROOT\"\r\n%s OK GETQUOTAROOT Ok.\r\n", tag)
		case strings.HasPrefix(command, "APPEND"):
			size := 0
			fmt.Sscanf(command[strings.LastIndexByte(command, '{'):], "{%d}", &size)
			s.say("+ OK\r\n")
			stored = s.literal(size)
			s.ReadString('\n')
			s.say("%s OK [APPENDUID 7 100] APPEND Ok.\r\n", tag)
		case strings.HasPrefix(command, "UID FETCH"):
			s.say("* 1 FETCH (UID 100 FLAGS () INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n%s OK done\r\n", len(stored), len(stored), stored, tag)
		default:
			return false
		}
		return true
	}})
	f := openFolder(t, open(t, url), placeA)
	if f.Mark() != "7.100" || f.room.known && f.room.bytes < 1<<40 {
		t.Errorf("mark %s, room %+v", f.Mark(), f.room)
	}
	placed, err := f.Put(t.Context(), []sinks.TargetItem{{Contents: content("Subject: x\r\n\r\n")}})
	if err != nil || placed[0].ID != "7.100" || len(placed[0].Altered) > 0 {
		t.Errorf("%+v %v", placed, err)
	}
}

// TestKeywordsAfterwards: a server that takes no message with a keyword gets it without, and then those keywords that it takes.
func TestKeywordsAfterwards(t *testing.T) {
	stored, flags := "", ""
	url := play(t, script{caps: "UIDPLUS LITERAL+", on: func(s *script, tag, command string) bool {
		switch {
		case strings.HasPrefix(command, "APPEND"):
			size := 0
			fmt.Sscanf(command[strings.LastIndexByte(command, '{'):], "{%d+}", &size)
			stored = s.literal(size)
			s.ReadString('\n')
			if strings.Contains(command, "long") {
				s.say("%s NO [LIMIT] too long\r\n", tag)
				break
			}
			flags = `\Seen`
			s.say("%s OK [APPENDUID 7 100] done\r\n", tag)
		case strings.HasPrefix(command, "UID STORE 100 +FLAGS.SILENT"):
			if strings.Contains(command, "long") {
				s.say("%s NO [LIMIT] too long\r\n", tag)
				break
			}
			flags += " Red"
			s.say("%s OK done\r\n", tag)
		case strings.HasPrefix(command, "UID FETCH"):
			s.say("* 1 FETCH (UID 100 FLAGS (%s) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n%s OK done\r\n", flags, len(stored), len(stored), stored, tag)
		default:
			return false
		}
		return true
	}})
	f := openFolder(t, open(t, url), placeA)
	e := sinks.Event{Read: yes(true), Categories: []string{"long", "Red"}}
	placed, err := f.Put(t.Context(), []sinks.TargetItem{{Event: e, Contents: content("Subject: x\r\n\r\n")}})
	if err != nil {
		t.Fatal(err)
	}
	want := []sinks.Alteration{{Property: "categories", Sent: "long", Why: "APPEND: NO [LIMIT] too long"}}
	if diff := cmp.Diff(want, placed[0].Altered); diff != "" {
		t.Error(diff)
	}
}

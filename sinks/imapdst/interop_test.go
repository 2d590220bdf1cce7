//go:build interop

package imapdst

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// dovecotConf is a Dovecot 2.3 alone. @NAMES@ are filled in, and what a test adds comes at the end.
const dovecotConf = `
base_dir = @DIR@/run
state_dir = @DIR@/run
instance_name = airlift-imapdst
log_path = @DIR@/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
mail_max_userip_connections = 50
first_valid_uid = 1
default_login_user = dovenull
default_internal_user = dovecot
passdb {
  driver = static
  args = password=secret-%u
}
userdb {
  driver = static
  args = uid=@UID@ gid=@GID@ home=@DIR@/mail/%u
}
namespace inbox {
  inbox = yes
  separator = @SEP@
  prefix = @PREFIX@
  mailbox Drafts {
    special_use = \Drafts
    auto = subscribe
  }
  mailbox Gesendet {
    special_use = \Sent
    auto = subscribe
  }
  mailbox Trash {
    special_use = \Trash
    auto = subscribe
  }
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = @PORT@
  }
  inet_listener imaps {
    port = 0
  }
  service_count = 0
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`

// dovecot starts a Dovecot and returns the URL of it.
func dovecot(t testing.TB, separator, prefix, more string) string {
	t.Helper()
	exe, err := exec.LookPath("dovecot")
	if err != nil {
		t.Skip("no dovecot")
	}
	if os.Getuid() != 0 {
		t.Skip("dovecot is started by root")
	}
	mail, err := user.Lookup("mail")
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "airlift-dovecot-") //nolint:usetesting // its sockets have short names, and other users go there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"run", "mail"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "mail"), 0o777); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	conf := strings.NewReplacer("@DIR@", dir, "@SEP@", separator, "@PREFIX@", prefix, "@PORT@", port, "@UID@", mail.Uid, "@GID@", mail.Gid).Replace(dovecotConf + more)
	file := filepath.Join(dir, "conf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(exe, "-F", "-c", file)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if log, err := os.ReadFile(filepath.Join(dir, "log")); err == nil && t.Failed() {
			t.Logf("%s\n%s", out.String(), log)
		}
	})
	for range 200 {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return fmt.Sprintf("imap://%s", address)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("dovecot does not answer\n%s", out.String())
	return ""
}

// TestInteropPut: a Dovecot alone has what is put into it.
func TestInteropPut(t *testing.T) {
	target := open(t, dovecot(t, "/", "", ""))
	f := openFolder(t, target, makeFolder(t, target, "Archive/2024"))
	items := letters(0, 250)
	put(t, f, items)
	sameTexts(t, f, items)
	places, err := target.Folders(t.Context())
	t.Log(places, err)
}

// TestInteropNames: a folder is there under the path that MakeFolder says, in all scripts, and one that has its own name keeps it.
func TestInteropNames(t *testing.T) {
	for _, ns := range []struct{ name, separator, prefix string }{{"slash", "/", ""}, {"dot", ".", ""}, {"prefix", ".", "INBOX."}} {
		t.Run(ns.name, func(t *testing.T) {
			target := open(t, dovecot(t, ns.separator, ns.prefix, ""))
			checkNames(t, target)
		})
	}
}

// TestInteropCut is TestCut with MULTIAPPEND.
func TestInteropCut(t *testing.T) {
	url := dovecot(t, "/", "", "")
	sweep(t, url, 29, func(string) {})
}

func TestInteropMarks(t *testing.T)   { checkMarks(t, open(t, dovecot(t, "/", "", "")), false) }
func TestInteropChanges(t *testing.T) { checkChanges(t, open(t, dovecot(t, "/", "", ""))) }

// corpus reads messages that AIRLIFT_CORPUS names, with the line ends of the network, as servers hand them out.
func corpus(t testing.TB, n int) (items []sinks.TargetItem) {
	t.Helper()
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		t.Skip("AIRLIFT_CORPUS names no corpus; TestInteropPut covers the ways")
	}
	categories := [][]string{nil, {"Red Team"}, {"Grün", "Blue"}}
	err := filepath.WalkDir(filepath.Join(dir, "mail"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || len(items) == n {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := strings.ReplaceAll(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n", "\r\n")
		i := len(items)
		item := sinks.TargetItem{Key: path, Contents: content(text)}
		received := testDate.Add(time.Duration(i) * 7 * time.Minute)
		item.Received, item.Read, item.Categories = &received, yes(i%2 == 0), categories[i%3]
		if i%5 == 0 {
			item.Flag = "active"
		}
		item.Verb = []string{"", "reply", "forward"}[i%3]
		items = append(items, item)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// TestInteropUnreadable is TestUnreadable with MULTIAPPEND.
func TestInteropUnreadable(t *testing.T) { checkUnreadable(t, open(t, dovecot(t, "/", "", ""))) }

// TestInteropQuota: a Dovecot that is full says so before anything is sent, or, where it does not tell its quota, when it is.
func TestInteropQuota(t *testing.T) {
	const quota = `
mail_plugins = quota
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=20K
  quota_grace = 0
}
`
	for name, more := range map[string]string{"told": quota + "protocol imap {\n  mail_plugins = quota imap_quota\n}\n", "not told": quota} {
		t.Run(name, func(t *testing.T) {
			target := open(t, dovecot(t, "/", "", more))
			f := openFolder(t, target, makeFolder(t, target, "A"))
			if f.room.known != (name == "told") {
				t.Errorf("%+v", f.room)
			}
			items := []sinks.TargetItem{sized(8000), sized(8001), sized(8002), sized(100)}
			placed, err := f.Put(t.Context(), items)
			if len(placed) != 2 || !errors.Is(err, sinks.ErrFull) || errors.Is(err, sinks.ErrUncertain) {
				t.Fatalf("%+v %v", placed, err)
			}
			sameTexts(t, f, items[:2])
			put(t, f, items[3:])
			sameTexts(t, f, append(items[:2:2], items[3]))
		})
	}
}

// lab returns the URL of the Dovecot of examples/lab/sogo if AIRLIFT_LAB says where that is, and else of one alone.
func lab(t testing.TB) string {
	t.Helper()
	env, err := os.ReadFile(filepath.Join(os.Getenv("AIRLIFT_LAB"), "lab.env"))
	if err != nil {
		return dovecot(t, "/", "", "")
	}
	_, rest, _ := strings.Cut(string(env), "LAB_IMAP=")
	address, _, _ := strings.Cut(rest, "\n")
	return "imap://" + address
}

// labFolder makes a folder, which is empty now and gone after the test.
func labFolder(t testing.TB, target *Target) *folder {
	t.Helper()
	p := makeFolder(t, target, fmt.Sprintf("imapdst %d", os.Getpid()))
	f := openFolder(t, target, p)
	empty := func(ctx context.Context) {
		var all []sinks.Held
		for h, err := range f.Held(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, h)
		}
		if removed, err := f.Delete(ctx, all); err != nil || len(removed) != len(all) {
			t.Errorf("%d of %d removed: %v", len(removed), len(all), err)
		}
	}
	empty(t.Context())
	t.Cleanup(func() {
		ctx := context.Background()
		empty(ctx)
		f.Close()
		if err := target.DeleteFolder(ctx, p); err != nil {
			t.Error(err)
		}
	})
	return f
}

// TestInteropCorpus: 1,000 messages of the corpus are what they were, but for bytes that IMAP has not, and each of those is told of.
func TestInteropCorpus(t *testing.T) {
	items := corpus(t, 1000)
	target := open(t, lab(t))
	f := labFolder(t, target)
	var held []sinks.Held
	for some := range slices.Chunk(items, f.Batch()) {
		placed, err := f.Put(t.Context(), some)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range placed {
			nul := strings.ContainsRune(text(t, some[i].Contents), 0)
			if p.Err != nil || (len(p.Altered) > 0) != nul || nul && p.Altered[0].Why != "IMAP has no bytes that are 0" {
				t.Errorf("%s: %v, altered %v", some[i].Key, p.Err, p.Altered)
			}
			held = append(held, p.Held)
		}
	}
	for i, h := range held {
		got, err := f.Read(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(text(t, items[i].Contents), "\x00", "\x80") // as Dovecot has them
		if text(t, got.Contents) != want {
			t.Errorf("%s: other bytes", items[i].Key)
		}
		e, g := items[i].Event, got.Event
		if !e.Received.Equal(*g.Received) || *e.Read != *g.Read || e.Verb != g.Verb || (e.Flag == "active") != (g.Flag == "active") ||
			!slices.Equal(slices.Sorted(slices.Values(e.Categories)), slices.Sorted(slices.Values(g.Categories))) {
			t.Errorf("%s:\n%+v\n%+v", items[i].Key, e, g)
		}
	}
}

// BenchmarkInterop puts 1,000 messages, with all that Put does, and in the way of a plain client: APPEND after APPEND, and nothing read back.
func BenchmarkInterop(b *testing.B) {
	items := letters(0, 1000)
	for i := range items {
		text := text(b, items[i].Contents) + strings.Repeat(strings.Repeat("word ", 14)+"\r\n", 40+i%200)
		items[i].Contents = content(text)
	}
	url := lab(b)
	b.Run("put", func(b *testing.B) {
		f := labFolder(b, open(b, url))
		for b.Loop() {
			put(b, f, items)
		}
		b.ReportMetric(float64(b.N*len(items))/b.Elapsed().Seconds(), "messages/s")
	})
	b.Run("put, sizes only", func(b *testing.B) {
		f := labFolder(b, open(b, url, func(c *Config) { c.Verify = VerifySize }))
		for b.Loop() {
			put(b, f, items)
		}
		b.ReportMetric(float64(b.N*len(items))/b.Elapsed().Seconds(), "messages/s")
	})
	b.Run("loop", func(b *testing.B) {
		f := labFolder(b, open(b, url))
		for b.Loop() {
			for _, item := range items {
				cmd := f.c.c.Append(f.place.ID, item.Contents[0].Size, &imap.AppendOptions{Time: *item.Received})
				if _, err := io.WriteString(cmd, text(b, item.Contents)); err != nil {
					b.Fatal(err)
				}
				if err := cmd.Close(); err != nil {
					b.Fatal(err)
				}
				if _, err := cmd.Wait(); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N*len(items))/b.Elapsed().Seconds(), "messages/s")
	})
}

// TestInteropCutChanges is TestCutChanges with CONDSTORE.
func TestInteropCutChanges(t *testing.T) { sweepChanges(t, dovecot(t, "/", "", ""), 101) }

package migrate_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
)

// hashedMail is a message of two parts with a DKIM hash of its body, which is in canonical form as it is (RFC 6376 3.4.3).
func hashedMail(n int) []byte {
	body := "--x\r\nContent-Type: text/plain\r\n\r\nWe lost the game.\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>We lost the game.\r\n--x--\r\n"
	sum := sha256.Sum256([]byte(body))
	return fmt.Appendf(nil, "Received: from a\r\nReceived: from b\r\nDKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=football.example.com; s=test;\r\n"+
		" bh=%s; b=AA==\r\nFrom: Joe <joe@football.example.com>\r\nSubject: game %d\r\n"+
		"Date: Fri, 11 Jul 2003 21:%02d:37 -0700\r\nMessage-ID: <%d@football.example.com>\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n%s",
		base64.StdEncoding.EncodeToString(sum[:]), n, n%60, n, body)
}

// sealedMail is a message that openssl encrypted.
func sealedMail(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "eas", "fidelity", "testdata", "smime-sealed.eml"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat([]byte("Date: Fri, 11 Jul 2003 21:00:37 -0700\nMessage-ID: <sealed@example.com>\n"), b)
}

// rebuilding is a server that serves messages as they are in 2.5 alone, and does not list it.
func rebuilding() easserver.Config {
	var rules []easserver.FaultRule
	for _, f := range []easserver.Fault{easserver.FaultCiphertextApart, easserver.FaultUnlisted25} {
		rules = append(rules, easserver.FaultRule{Fault: f, Lasting: true})
	}
	// What is apart is not rebuilt.
	rules = append(rules, easserver.FaultRule{Fault: easserver.FaultRebuiltMIME, Lasting: true})
	return easserver.Config{Faults: easserver.NewFaults(1, rules...)}
}

// TestCompareVersions: a server that rebuilds messages from 12.0 on is found out, and 2.5 recommended; from one that does
// not, the newest is.
func TestCompareVersions(t *testing.T) {
	for _, c := range []struct {
		cfg          easserver.Config
		best         eas.Version
		why, without string
	}{
		{rebuilding(), eas.Version25, "messages with a body hash or signature that is right: 8 of 9, with 16.1 0", "follow-up flags"},
		{easserver.Config{}, eas.Version161, "no other version serves messages better", ""},
	} {
		l := newLab(t, c.cfg)
		inbox := l.store.AddUser("alice").Folder("Inbox")
		for n := range 8 {
			inbox.AddMessage(hashedMail(n))
		}
		inbox.AddMessage(sealedMail(t))
		p, err := migrate.CompareVersions(t.Context(), l.options("alice").Mailboxes[0], migrate.Selection{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if p.Best != c.best || p.Why != c.why || !strings.HasPrefix(p.Without, c.without) || (p.Without == "") != (c.without == "") {
			t.Errorf("best %q, %q, without %q %+v; want %q, %q", p.Best, p.Why, p.Without, p.Versions[0], c.best, c.why)
		}
		if len(p.Versions) != len(eas.Versions()) || len(p.Messages) != 9 {
			t.Fatalf("%d versions, %d messages", len(p.Versions), len(p.Messages))
		}
		devices := map[string]bool{}
		for i, v := range p.Versions {
			devices[v.Device] = true
			raw := v.Version == eas.Version25 || c.best != eas.Version25
			want := map[bool][4]int{true: {9, 9, 8, 0}, false: {9, 0, 0, 1}}[raw]
			if got := [4]int{v.Whole, v.Same, v.Proven, v.Apart}; v.Version != eas.Versions()[i] || v.Err != nil || got != want {
				t.Errorf("%+v, want %v", v, want)
			}
			if v.Listed != (i > 0 || c.best != eas.Version25) {
				t.Errorf("%s: listed %t", v.Version, v.Listed)
			}
		}
		if len(devices) != len(p.Versions) {
			t.Errorf("devices %v", devices)
		}
	}
}

// TestBestVersion: the first run finds the best version, later ones keep it, whatever they ask for, and find the mailbox as it
// was; also when the checkpoints are lost.
func TestBestVersion(t *testing.T) {
	l := newLab(t, rebuilding(), "alice")
	l.store.User("alice").Folder("Inbox").AddMessage(hashedMail(1))
	o := l.options("alice")
	o.Mailboxes[0].BestVersion = true
	sum := l.run(o)
	if sum.Fidelity.DKIMPass != 1 || sum.Fidelity.DKIMFail != 0 || sum.ItemsStored != perUser+1 {
		t.Errorf("%+v", sum)
	}
	want, _ := onServer(t, l.store.User("alice"))
	if got, _ := l.archived("alice"); !slices.Equal(got, want) {
		t.Errorf("archive holds %d messages, the server %d, or their bytes differ", len(got), len(want))
	}
	for _, best := range []bool{true, false} {
		o.Mailboxes[0].BestVersion = best
		if sum := l.run(o); sum.ItemsStored+sum.ItemsChanged != 0 {
			t.Errorf("best %t: %+v", best, sum)
		}
	}
	if err := os.RemoveAll(filepath.Join(l.root, "state")); err != nil {
		t.Fatal(err)
	}
	o = l.options("alice")
	o.Mailboxes[0].BestVersion = true
	if sum := l.run(o); sum.ItemsStored+sum.ItemsChanged != 0 {
		t.Errorf("state lost: %+v", sum)
	}
}

// TestFaultsIn25: in 2.5 nothing can be fetched by itself. What Sync skips an audit brings all the same, and what left the
// server is noted, also when keys are forgotten.
func TestFaultsIn25(t *testing.T) {
	for _, rule := range []easserver.FaultRule{
		{Fault: easserver.FaultSkippedItem, Skip: 3, Limit: 5}, {Fault: easserver.FaultForgetKey, Rate: 0.1}, {Fault: easserver.FaultDeviceFolderIDs},
	} {
		rule.Lasting = true
		faults := easserver.NewFaults(1, rule)
		l := newLab(t, easserver.Config{Faults: faults}, "alice")
		o := l.options("alice")
		o.Mailboxes[0].Client.Version = eas.Version25
		o.Audit = migrate.AuditAlways
		l.run(o)
		l.check("alice")
		changeMailbox(t, l.store.User("alice"))
		l.run(o)
		l.check("alice")
		if len(faults.Injected()) == 0 {
			t.Errorf("%s did not happen", rule.Fault)
		}
	}
}

// TestNotBroughtIn25: what an audit showed in 2.5, and the enumeration that is to bring it does not, is missing, also where the server
// counts nothing.
func TestNotBroughtIn25(t *testing.T) {
	faults := easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultSkippedItem, Skip: 3, Limit: 2, Lasting: true},
		easserver.FaultRule{Fault: easserver.FaultEstimateZero, Lasting: true})
	var mu sync.Mutex
	var own string
	begun, broken := 0, true
	l := newLab(t, easserver.Config{Faults: faults, OnRequest: func(r *easserver.Request) http.Handler {
		mu.Lock()
		defer mu.Unlock()
		if own == "" {
			own = r.DeviceID
		}
		if r.Command != "Sync" || r.Document == nil || r.DeviceID == own || !broken {
			return nil
		}
		if r.Document.Value(wbxml.AirSyncCollections, wbxml.AirSyncCollection, wbxml.AirSyncSyncKey) == "0" {
			begun++
		}
		if begun%2 == 1 { // the first enumeration lists, the second brings
			return nil
		}
		return syncAnswer("7", nil, false)(r.Document)
	}}, "alice")
	o := l.options("alice")
	o.Mailboxes[0].Client.Version, o.Audit = eas.Version25, migrate.AuditAlways
	o.Select.Folders, o.Select.ExcludeFolders = []string{"Inbox"}, []string{"Inbox/*"}
	if sum, err := migrate.Run(t.Context(), o); err != nil || sum.Result != migrate.ResultUnbalanced || sum.ItemsStored != 10 {
		t.Errorf("%+v, %v", sum, err)
	}
	mu.Lock()
	broken = false
	mu.Unlock()
	if sum := l.run(o); sum.ItemsStored != 2 {
		t.Errorf("%+v", sum)
	}
}

package versitytest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// heldPlace is a bucket with the archive of two mailboxes, for holds that the command puts on them.
type heldPlace struct {
	t       *testing.T
	o       s3.Options
	run     func(o s3.Options, args ...string) (int, string)
	server  string
	store   *easserver.Store
	encrypt []string // flags of archive
}

const second = "grace"

func newHeldPlace(t *testing.T, lock bool, encrypt ...string) *heldPlace {
	t.Helper()
	p := &heldPlace{t: t, o: options(t, lock), run: airlift(t), store: easserver.NewStore(), encrypt: encrypt}
	for _, name := range []string{user, second} {
		u := p.store.AddUser(name)
		for _, folder := range []string{"Letters", "Bills"} {
			u.AddFolder(folder, eas.FolderUserMail).AddMessage(fmt.Appendf(nil, "From: a@example.org\r\nSubject: %s\r\n\r\n%s of %s\r\n", folder, folder, name))
		}
	}
	p.server = easservertest.Start(t, easserver.Config{}, p.store)
	return p
}

func mailbox(user string) string { return user + "@example.com" }

// airlift runs the command, which must end with a code.
func (p *heldPlace) airlift(want int, args ...string) string {
	p.t.Helper()
	code, out := p.run(p.o, args...)
	if code != want {
		p.t.Fatalf("airlift %q: exit %d, want %d\n%s", args, code, want, out)
	}
	return out
}

func (p *heldPlace) archive(want int, user string, more ...string) string {
	p.t.Helper()
	args := append([]string{"archive", "--server", p.server, "--mailbox", mailbox(user), "--user", user, "--to", place(p.o)}, p.encrypt...)
	return p.airlift(want, append(args, more...)...)
}

// hold runs hold set or hold release for a matter and these users' mailboxes.
func (p *heldPlace) hold(want int, action, matter string, users ...string) string {
	p.t.Helper()
	args := []string{"hold", action, "--archive", place(p.o), "--matter", matter, "--reason", "a court asks"}
	for _, u := range users {
		args = append(args, "--mailbox", mailbox(u))
	}
	return p.airlift(want, args...)
}

func (p *heldPlace) audit(want int, says string, more ...string) string {
	p.t.Helper()
	out := p.airlift(want, append([]string{"hold", "audit", "--archive", place(p.o)}, more...)...)
	if !strings.Contains(out, says) {
		p.t.Errorf("the audit does not say %q:\n%s", says, out)
	}
	return out
}

func (p *heldPlace) path(name string) string { return "/" + p.o.Bucket + "/" + p.o.Prefix + "/" + name }

// holds asks the gateway for every object and whether it is held, by requests that know nothing of airlift.
func (p *heldPlace) holds() map[string]bool {
	p.t.Helper()
	status, _, answer := plain(p.t, http.MethodGet, "/"+p.o.Bucket, url.Values{"list-type": {"2"}, "prefix": {p.o.Prefix + "/"}}, nil, "")
	var list struct{ Contents []struct{ Key string } }
	if err := xml.Unmarshal([]byte(answer), &list); err != nil || status != 200 {
		p.t.Fatalf("list: %d, %v", status, err)
	}
	held := make(map[string]bool)
	for _, c := range list.Contents {
		name := strings.TrimPrefix(c.Key, p.o.Prefix+"/")
		if strings.HasPrefix(name, ".tmp-canary-") {
			continue // who may not take a hold off leaves it on that
		}
		_, header, _ := plain(p.t, http.MethodHead, "/"+p.o.Bucket+"/"+c.Key, nil, nil, "")
		held[name] = header.Get("X-Amz-Object-Lock-Legal-Hold") == "ON"
	}
	return held
}

// wantHolds: the objects of these users are held, and those that are nobody's if any is; nothing else is.
func (p *heldPlace) wantHolds(users ...string) {
	p.t.Helper()
	a, err := archive.Open(p.t.Context(), open(p.t, p.o))
	if err != nil {
		p.t.Fatal(err)
	}
	ofUsers := 0
	for name, got := range p.holds() {
		want := len(users) > 0 && !strings.HasPrefix(name, "mailboxes/")
		for _, u := range users {
			if strings.HasPrefix(name, "mailboxes/"+a.MailboxDir(mailbox(u))+"/") {
				want = true
				ofUsers++
			}
		}
		if got != want {
			p.t.Errorf("%s: held %v, want %v", name, got, want)
		}
	}
	if ofUsers < 3*len(users) {
		p.t.Errorf("%d objects of %q", ofUsers, users)
	}
}

// records returns how many hold records there are.
func (p *heldPlace) records() (n int) {
	for name := range p.holds() {
		if strings.HasPrefix(name, "holds/") {
			n++
		}
	}
	return n
}

// version returns the id of the current version of an object.
func (p *heldPlace) version(name string) url.Values {
	p.t.Helper()
	status, header, _ := plain(p.t, http.MethodHead, p.path(name), nil, nil, "")
	if v := header.Get("X-Amz-Version-Id"); status == 200 && v != "" {
		return url.Values{"versionId": {v}}
	}
	p.t.Fatalf("HEAD %s: %d", name, status)
	return nil
}

// segment returns the name of a segment of a user.
func (p *heldPlace) segment(user string) string {
	p.t.Helper()
	a, err := archive.Open(p.t.Context(), open(p.t, p.o))
	if err != nil {
		p.t.Fatal(err)
	}
	for name := range p.holds() {
		if strings.HasPrefix(name, "mailboxes/"+a.MailboxDir(mailbox(user))+"/folders/") {
			return name
		}
	}
	p.t.Fatal("no segment")
	return ""
}

// markers returns the ids of the delete markers of an object.
func (p *heldPlace) markers(name string) (ids []string) {
	p.t.Helper()
	_, _, answer := plain(p.t, http.MethodGet, "/"+p.o.Bucket, url.Values{"versions": {""}, "prefix": {p.o.Prefix + "/" + name}}, nil, "")
	var list struct{ DeleteMarker []struct{ VersionId string } }
	if err := xml.Unmarshal([]byte(answer), &list); err != nil || len(list.DeleteMarker) == 0 {
		p.t.Fatalf("delete markers: %v\n%s", err, answer)
	}
	for _, m := range list.DeleteMarker {
		ids = append(ids, m.VersionId)
	}
	return ids
}

// withoutHolds is the URL of a gateway that puts so many holds on objects that are there, and refuses the others.
func withoutHolds(t *testing.T, allowed int64) string {
	t.Helper()
	var done sync.WaitGroup // who is refused gives up the others, which are not to be on their way then
	done.Add(int(allowed))
	return between(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method != http.MethodPut || !r.URL.Query().Has("legal-hold") {
			next.ServeHTTP(w, r)
			return
		}
		if atomic.AddInt64(&allowed, -1) < 0 {
			done.Wait()
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>no holds</Message></Error>`)
			return
		}
		defer done.Done()
		next.ServeHTTP(w, r)
	})
}

// between is the URL of a gateway to which requests come through a function.
func between(t *testing.T, f func(w http.ResponseWriter, r *http.Request, next http.Handler)) string {
	t.Helper()
	proxy, err := NewProxy(gateway.URL, Schedule{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f(w, r, proxy) }))
	t.Cleanup(func() {
		server.Close()
		proxy.Close()
	})
	return server.URL
}

// setHold does by hand what the command does.
func (p *heldPlace) setHold(name, status string) {
	p.t.Helper()
	body := `<LegalHold xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>` + status + `</Status></LegalHold>`
	if status, _, answer := plain(p.t, http.MethodPut, p.path(name), url.Values{"legal-hold": {""}}, md5Of(body), body); status != 200 {
		p.t.Fatalf("PUT of the hold = %d %s", status, answer)
	}
}

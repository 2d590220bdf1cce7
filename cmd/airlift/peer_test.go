package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

type peerKey struct{}

// peer is the server of a script.
type peer struct {
	store *easserver.Store
	eas   *easserver.Server

	internet *internet // nil until the script starts one

	mu      sync.Mutex
	faults  int    // how many of the next answers go wrong
	command string // to this command
	wrong   func(next http.Handler) http.Handler
}

func newPeer() *peer { return &peer{} }

func peerOf(ts *testscript.TestScript) *peer { return ts.Value(peerKey{}).(*peer) }

// serve starts the server with the mailboxes of a directory, which may be there already: serve DIR [WAY [policy|FAULT...]]. SERVER
// is its URL, WAY how one signs in there (signin_test.go); by password if it is "" or not named. The policy demands a little of everything.
func (p *peer) serve(ts *testscript.TestScript, args []string) {
	store, err := easserver.LoadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	p.store = store
	cfg := easserver.Config{
		Password:    "secret",
		OnViolation: func(v easserver.Violation) { ts.Logf("violation: %s", v) },
	}
	way := ""
	if len(args) > 1 {
		way = args[1]
	}
	if len(args) > 2 && args[2] != "policy" {
		var rules []easserver.FaultRule
		for _, a := range args[2:] {
			rule, err := easserver.ParseFaultRule(a)
			ts.Check(err)
			rules = append(rules, rule)
		}
		cfg.Faults = easserver.NewFaults(1, rules...)
	} else if len(args) > 2 {
		cfg.Policy = &easserver.Policy{Settings: []wbxml.Element{
			wbxml.T(wbxml.ProvisionDevicePasswordEnabled, "1"), wbxml.T(wbxml.ProvisionAttachmentsEnabled, "1"),
			wbxml.T(wbxml.ProvisionMaxAttachmentSize, "100000"), wbxml.T(wbxml.ProvisionAllowCamera, "0"),
		}}
	}
	s := signInAt(ts, way, &cfg, p)
	p.eas = easserver.New(cfg, store)
	ts.Setenv("SERVER", s.URL+"/Microsoft-Server-ActiveSync")
	ts.Defer(func() {
		p.eas.Close()
		s.Close()
	})
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var h http.Handler = p.eas
	p.mu.Lock()
	if p.faults != 0 && r.URL.Query().Get("Cmd") == p.command {
		p.faults--
		h = p.wrong(h)
	}
	p.mu.Unlock()
	h.ServeHTTP(w, r)
}

// fault makes answers to a command go wrong: fault html|cut|busy|broken|blocked|none [COMMAND [N]]; without COMMAND those
// to Sync, without N all of them.
func (p *peer) fault(ts *testscript.TestScript, args []string) {
	command, n := "Sync", -1
	if len(args) > 1 {
		command = args[1]
	}
	if len(args) > 2 {
		var err error
		n, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	wrong, ok := map[string]func(http.Handler) http.Handler{
		"html": func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>")
			})
		},
		"cut":     func(next http.Handler) http.Handler { return cut{next} },
		"busy":    refusal(http.StatusServiceUnavailable, "Retry-After", "1"),
		"none":    func(next http.Handler) http.Handler { return next },
		"broken":  refusal(http.StatusInternalServerError, "X-Fault", "broken"),
		"blocked": refusal(http.StatusForbidden, "X-Fault", "blocked"),
	}[args[0]]
	if !ok {
		ts.Fatalf("no fault %q", args[0])
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.command, p.wrong = n, command, wrong
}

func refusal(code int, header, value string) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(header, value)
			http.Error(w, "no", code)
		})
	}
}

// cut passes on the first half of an answer and then closes the connection.
type cut struct{ next http.Handler }

func (c cut) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	whole := httptest.NewRecorder()
	c.next.ServeHTTP(whole, r)
	body, _ := io.ReadAll(whole.Result().Body)
	for k, v := range whole.Header() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body[:len(body)/2])
	panic(http.ErrAbortHandler)
}

// change does what happens to a mailbox on its server: mailbox USER deliver|read|move|delete FOLDER WHAT [TO]. WHAT is a
// file to deliver, or the place of a message in its folder, from 0.
func (p *peer) change(ts *testscript.TestScript, args []string) {
	user := p.store.User(args[0])
	if user == nil || user.Folder(args[2]) == nil {
		ts.Fatalf("no mailbox %s or no folder %s", args[0], args[2])
	}
	folder := user.Folder(args[2])
	if args[1] == "deliver" {
		b, err := os.ReadFile(ts.MkAbs(args[3]))
		ts.Check(err)
		folder.AddMessage(b)
		return
	}
	n, err := strconv.Atoi(args[3])
	ts.Check(err)
	var id eas.ServerID
	for serverID := range folder.Items() {
		if n == 0 {
			id = serverID
		}
		n--
	}
	switch args[1] {
	case "read":
		ts.Check(folder.SetRead(id, true))
	case "move":
		_, err := folder.Move(id, user.Folder(args[4]))
		ts.Check(err)
	case "delete":
		ts.Check(folder.Delete(id))
	default:
		ts.Fatalf("no change %q", args[1])
	}
}

// wipe asks all devices of a mailbox to wipe themselves: wipe USER
func (p *peer) wipe(ts *testscript.TestScript, args []string) {
	user := p.store.User(args[0])
	if user == nil || len(user.Devices()) == 0 {
		ts.Fatalf("no mailbox %s, or no device of it", args[0])
	}
	for _, d := range user.Devices() {
		user.RemoteWipe(d.ID, false)
	}
}

// website starts a web server that is no EAS server: website VARIABLE CODE
func website(ts *testscript.TestScript, _ bool, args []string) {
	code, err := strconv.Atoi(args[1])
	ts.Check(err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		fmt.Fprint(w, "<!DOCTYPE html><title>Welcome</title><p>Welcome")
	}))
	ts.Setenv(args[0], s.URL)
	ts.Defer(s.Close)
}

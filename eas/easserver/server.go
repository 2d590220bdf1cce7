package easserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxRequest bounds the body of a request, which may hold a message to send.
const maxRequest = 256 << 20

// Server answers clients from a store. It is an http.Handler for any path; under /autodiscover/ it is found by the address of a
// mailbox, by XML and by JSON.
type Server struct {
	cfg      Config
	store    *Store
	versions []protocol
	commands []string

	closing sync.Once
	closed  chan struct{}
}

// New returns a server of the mailboxes in store.
func New(cfg Config, store *Store) *Server {
	s := &Server{cfg: cfg.withDefaults(), store: store, closed: make(chan struct{})}
	for _, v := range s.cfg.Versions {
		if p, err := parseProtocol(v); err == nil {
			s.versions = append(s.versions, p)
		}
	}
	for _, c := range commands {
		s.commands = append(s.commands, c.name)
	}
	return s
}

// Close ends the requests that wait for a change, Ping and Sync, with the answer
// that there was none. It makes an http.Server's Shutdown quick.
func (s *Server) Close() { s.closing.Do(func() { close(s.closed) }) }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("MS-Server-ActiveSync", "16.1")
	w.Header().Set("Cache-Control", "private")
	if isAutodiscover(r, autodiscoverJSON) {
		s.answerJSON(w, r)
		return
	}
	x := &exchange{server: s, cfg: &s.cfg, w: w, http: r}
	login := s.cfg.SignIn(r)
	if login == "" {
		x.unauthorized()
		return
	}
	if isAutodiscover(r, autodiscoverXML) {
		x.autodiscover(login)
		return
	}
	switch r.Method {
	case http.MethodOptions:
		x.command, x.query.user = command{name: "OPTIONS", run: (*exchange).serverOptions}, login
		x.perform()
	case http.MethodPost:
		x.post(login)
	default: // MS-ASHTTP 2.2.2.1.1
		http.Error(w, "Not Implemented", http.StatusNotImplemented)
	}
}

// serverOptions answers OPTIONS. MS-ASHTTP 2.2.4.
func (x *exchange) serverOptions() {
	h := x.w.Header()
	x.tellProtocol()
	h.Set("Public", "OPTIONS,POST")
	h.Set("Allow", "OPTIONS,POST")
	x.w.WriteHeader(http.StatusOK)
}

// tellProtocol says which versions and commands there are. MS-ASHTTP 2.2.4.1.2.
func (x *exchange) tellProtocol() {
	h := x.w.Header()
	h.Set("MS-ASProtocolVersions", strings.Join(x.listed(), ","))
	h.Set("MS-ASProtocolCommands", strings.Join(x.server.commands, ","))
}

func (x *exchange) post(login string) {
	if !x.identify(login) || !x.read() {
		return
	}
	if x.cfg.OnRequest != nil {
		if h := x.cfg.OnRequest(x.request); h != nil {
			h.ServeHTTP(x.w, x.http)
			return
		}
	}
	if x.admit() {
		x.perform()
	}
}

func (x *exchange) unauthorized() {
	for _, c := range x.cfg.Challenges {
		x.w.Header().Add("WWW-Authenticate", c)
	}
	http.Error(x.w, "Unauthorized", http.StatusUnauthorized)
}

// exchange is one request and its answer.
type exchange struct {
	server   *Server
	cfg      *Config
	w        http.ResponseWriter
	http     *http.Request
	query    query
	protocol protocol
	command  command
	user     *User
	device   *device
	request  *Request
	doc      *wbxml.Element // nil: no document
	raw      []byte         // the body of a command whose body is no document
	unsent   [][]byte       // messages to deliver when the mailbox is no longer locked
	broken   int            // a fault: the HTTP status with which the page fails
}

func (x *exchange) context() context.Context { return x.http.Context() }

// identify finds out who asks for what.
func (x *exchange) identify(login string) bool {
	q, err := parseQuery(x.http)
	x.query = q
	x.request = &Request{
		Command: q.command, User: q.user, DeviceID: q.deviceID, DeviceType: q.deviceType, Version: q.version, PolicyKey: q.policyKey,
		Query: q.values, Header: x.http.Header,
	}
	if err != nil {
		return x.httpError(http.StatusBadRequest, "MS-ASHTTP 2.2.1.1.1", err.Error())
	}
	if x.protocol, err = parseProtocol(q.version); err != nil || !slices.Contains(x.server.versions, x.protocol) {
		return x.httpError(http.StatusBadRequest, "MS-ASHTTP 2.2.1.1.2.6", "MS-ASProtocolVersion is "+q.version)
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == q.command })
	if i < 0 || x.protocol < commands[i].since || commands[i].until != 0 && x.protocol > commands[i].until {
		return x.httpError(http.StatusNotImplemented, "MS-ASHTTP 2.2.1.1.1.1.2", "no command "+q.command+" in "+q.version)
	}
	x.command = commands[i]
	x.user = x.server.store.User(login)
	if x.user == nil || q.user != "" && x.server.store.User(q.user) != x.user {
		return x.httpError(http.StatusForbidden, "MS-ASHTTP 2.2.2.1.1", "no mailbox of "+q.user+" for "+login)
	}
	if !validDeviceID(q.deviceID) {
		return x.refuse(108, "MS-ASHTTP 2.2.1.1.1.2.3", "DeviceId is "+q.deviceID)
	}
	if q.deviceType == "" {
		return x.refuse(109, "MS-ASHTTP 2.2.1.1.1.2.4", "no DeviceType")
	}
	return true
}

func validDeviceID(id string) bool {
	return id != "" && len(id) <= 32 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// read reads the body.
func (x *exchange) read() bool {
	const rule = "MS-ASHTTP 2.2.1.1.2.2"
	in := http.MaxBytesReader(x.w, x.http.Body, maxRequest)
	contentType, _, _ := mime.ParseMediaType(x.http.Header.Get("Content-Type"))
	if x.protocol < x.command.rawUntil {
		raw, err := io.ReadAll(in)
		if err != nil {
			return x.httpError(http.StatusBadRequest, rule, err.Error())
		}
		if contentType != "message/rfc822" && len(raw) > 0 {
			return x.httpError(http.StatusBadRequest, rule, "Content-Type is "+contentType)
		}
		x.raw = raw
		return true
	}
	d := wbxml.NewDecoder(in, wbxml.Limits{Memory: maxRequest})
	root, err := d.Root()
	if d.Offset() == 0 && errors.Is(err, wbxml.ErrNotWBXML) && x.http.ContentLength == 0 {
		if !x.command.emptyBody {
			return x.refuse(101, "MS-ASCMD 2.2.2", "no body")
		}
		return true
	}
	if contentType != "application/vnd.ms-sync.wbxml" && contentType != "application/vnd.ms-sync" {
		return x.refuse(101, rule, "Content-Type is "+contentType)
	}
	var doc *wbxml.Element
	if err == nil {
		doc, err = d.Element(nil)
	}
	if err == nil {
		err = d.Close()
	}
	if err == nil {
		err = checkText(doc)
	}
	if err != nil {
		return x.refuse(102, "MS-ASCMD 2.2.2", err.Error())
	}
	if root != x.command.root {
		return x.refuse(103, "MS-ASCMD 2.2.1", "the root element is "+root.String())
	}
	x.doc, x.request.Document = doc, doc
	return true
}

// byteValues are the elements whose values are bytes.
var byteValues = []wbxml.Tag{
	wbxml.ComposeMailMime, wbxml.AirSyncBaseContent, wbxml.ItemOperationsConversationId, wbxml.SearchConversationId, wbxml.Email2ConversationId,
	wbxml.Email2ConversationIndex,
}

// checkText refuses a text with a NUL, which OPAQUE can hold: it could not be sent
// back as a string.
func checkText(e *wbxml.Element) error {
	if strings.ContainsRune(e.Text, 0) && !slices.Contains(byteValues, e.Tag) {
		return fmt.Errorf("NUL in %s", e.Tag)
	}
	for i := range e.Children {
		if err := checkText(&e.Children[i]); err != nil {
			return err
		}
	}
	return nil
}

// admit finds the device and checks whether it may do anything now.
func (x *exchange) admit() bool {
	u := x.user
	u.mu.Lock()
	x.device = u.device(x.query.deviceID, x.query.deviceType, x.cfg.MaxDevices)
	if x.device != nil {
		x.device.userAgent = x.http.UserAgent()
		x.ownFolderIDs()
	}
	u.mu.Unlock()
	if x.device == nil {
		// 177 is MaximumDevicesReached, MS-ASCMD 2.2.2.
		return x.fail(177, http.StatusForbidden)
	}
	return x.command.root == wbxml.ProvisionProvision || x.provisioned()
}

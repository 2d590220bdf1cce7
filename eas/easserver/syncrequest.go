package easserver

import (
	"crypto/sha256"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Limits of a Sync request. MS-ASCMD 3.1.5.10, 2.2.3.199.
const (
	maxSyncCommands    = 200
	maxSyncCollections = 300
	maxWindow          = 512
	defaultWindow      = 100
)

// syncRequest is a Sync request that follows the rules.
type syncRequest struct {
	doc         *wbxml.Element
	collections []collectionRequest
	window      int           // of all collections together
	wait        time.Duration // for a change, if there is none
}

type collectionRequest struct {
	key, id    string
	class      string // 2.5 to 12.1
	getChanges bool
	whole      bool // ConversationMode: conversations come whole
	window     int
	options    *options // nil: those of the last request
	supported  *supported
	toTrash    bool // DeletesAsMoves
	commands   []wbxml.Element
	digest     [sha256.Size]byte // of the commands
}

// ruleError is a request that breaks a rule, with what it gets for it.
type ruleError struct {
	status int
	limit  int // Limit, if not 0
	rule   string
	detail string
}

func (e *ruleError) Error() string { return e.detail }

func syncError(rule, format string, args ...any) *ruleError {
	return &ruleError{status: 4, rule: "MS-ASCMD " + rule, detail: fmt.Sprintf(format, args...)}
}

// parseSync reads a Sync request. The error is a *ruleError.
func (x *exchange) parseSync(doc *wbxml.Element) (*syncRequest, error) {
	req := &syncRequest{doc: doc, window: math.MaxInt}
	if err := x.protocol.wellFormed(doc); err != nil {
		return nil, syncError("2.2.3.180", "%s", err)
	}
	if err := x.parseWait(req); err != nil {
		return nil, err
	}
	if w := doc.Child(wbxml.AirSyncWindowSize); w != nil {
		var err error
		if req.window, err = x.parseWindow(w); err != nil {
			return nil, err
		}
	}
	cs := doc.Child(wbxml.AirSyncCollections)
	if cs == nil {
		return nil, &ruleError{status: 13, rule: "MS-ASCMD 2.2.3.131", detail: "a Sync without Collections and nothing to complete it from"}
	}
	commands := 0
	for c := range cs.All(wbxml.AirSyncCollection) {
		r, err := x.parseCollection(c)
		if err != nil {
			return nil, err
		}
		commands += len(r.commands)
		req.collections = append(req.collections, r)
	}
	switch {
	case len(req.collections) == 0:
		return nil, syncError("2.2.3.29.2", "Collections without a Collection")
	case len(req.collections) > maxSyncCollections:
		return nil, &ruleError{status: 15, limit: maxSyncCollections, rule: "MS-ASCMD 2.2.3.177.17", detail: "too many collections"}
	case commands > maxSyncCommands:
		return nil, syncError("3.1.5.10", "%d commands in one Sync", commands)
	}
	return req, nil
}

// parseWait reads Wait, in minutes, or HeartbeatInterval, in seconds. MS-ASCMD
// 2.2.3.198 and 2.2.3.88.2.
func (x *exchange) parseWait(req *syncRequest) error {
	wait, heartbeat := req.doc.Child(wbxml.AirSyncWait), req.doc.Child(wbxml.AirSyncHeartbeatInterval)
	e, unit := wait, time.Minute
	switch {
	case wait != nil && heartbeat != nil:
		return syncError("2.2.3.198", "both Wait and HeartbeatInterval")
	case heartbeat != nil:
		e, unit = heartbeat, time.Second
	case wait == nil:
		return nil
	}
	n, err := strconv.Atoi(e.Text)
	if err != nil {
		return syncError("2.2.3.198", "%s is %q", e.Tag, e.Text)
	}
	d := time.Duration(n) * unit
	if nearest := min(max(d, x.cfg.MinHeartbeat), x.cfg.MaxHeartbeat); nearest != d {
		return &ruleError{status: 14, limit: int(nearest / unit), rule: "MS-ASCMD 2.2.3.97", detail: fmt.Sprintf("%s is %d", e.Tag, n)}
	}
	req.wait = d
	return nil
}

// parseWindow reads WindowSize. More than 512, and 0, count as 512, which does not
// make them right. MS-ASCMD 2.2.3.199.
func (x *exchange) parseWindow(e *wbxml.Element) (int, error) {
	n, err := strconv.Atoi(e.Text)
	if err != nil || n < 0 {
		return 0, syncError("2.2.3.199", "WindowSize is %q", e.Text)
	}
	if n > maxWindow {
		x.violation("MS-ASCMD 2.2.3.199", "WindowSize is "+e.Text)
	}
	if n == 0 || n > maxWindow {
		n = maxWindow
	}
	return n, nil
}

func (x *exchange) parseCollection(e *wbxml.Element) (c collectionRequest, err error) {
	key, id := e.Child(wbxml.AirSyncSyncKey), e.Child(wbxml.AirSyncCollectionId)
	class := e.Child(wbxml.AirSyncClass)
	switch {
	case key == nil || key.Text == "" || len(key.Text) > 64:
		return c, syncError("2.2.3.181.4", "no SyncKey")
	case id == nil || id.Text == "":
		return c, syncError("2.2.3.179", "no CollectionId")
	case class != nil && x.protocol >= 140:
		return c, syncError("2.2.3.29.2", "Class in a Collection")
	case class == nil && x.protocol < 121:
		return c, syncError("2.2.3.27.5", "no Class in a Collection")
	}
	c.key, c.id, c.class = key.Text, id.Text, e.Value(wbxml.AirSyncClass)
	c.toTrash = flag(e.Child(wbxml.AirSyncDeletesAsMoves), true)
	c.getChanges = flag(e.Child(wbxml.AirSyncGetChanges), c.key != "0")
	if c.getChanges && c.key == "0" {
		return c, syncError("2.2.3.84", "GetChanges with SyncKey 0")
	}
	if m := e.Child(wbxml.AirSyncConversationMode); m != nil {
		c.whole = flag(m, false)
	}
	c.window = defaultWindow
	if w := e.Child(wbxml.AirSyncWindowSize); w != nil {
		if c.window, err = x.parseWindow(w); err != nil {
			return c, err
		}
	}
	c.window = min(c.window, x.cfg.MaxWindow)
	c.supported = parseSupported(e.Child(wbxml.AirSyncSupported))
	if err := c.parseOptions(e); err != nil {
		return c, syncError("2.2.3.125.6", "%s", err)
	}
	return c, c.parseCommands(e.Child(wbxml.AirSyncCommands))
}

// parseOptions reads the Options that are not those of another class in the folder,
// such as SMS.
func (c *collectionRequest) parseOptions(e *wbxml.Element) error {
	seen := map[string]bool{}
	for o := range e.All(wbxml.AirSyncOptions) {
		class := o.Value(wbxml.AirSyncClass)
		if seen[class] || len(seen) == 2 {
			return fmt.Errorf("two Options for class %q", class)
		}
		if seen[class] = true; class == "SMS" {
			continue
		}
		parsed, err := parseOptions(o)
		if err != nil {
			return err
		}
		c.options = &parsed
	}
	return nil
}

func (c *collectionRequest) parseCommands(e *wbxml.Element) error {
	if e == nil {
		return nil
	}
	if len(e.Children) == 0 {
		return syncError("2.2.3.32", "Commands without a command")
	}
	if c.key == "0" {
		return syncError("2.2.3.32", "Commands with SyncKey 0")
	}
	for i := range e.Children {
		cmd := &e.Children[i]
		ok := false
		switch cmd.Tag {
		case wbxml.AirSyncAdd:
			ok = cmd.Value(wbxml.AirSyncClientId) != "" && cmd.Has(wbxml.AirSyncApplicationData)
		case wbxml.AirSyncChange:
			ok = cmd.Value(wbxml.AirSyncServerId) != "" && cmd.Has(wbxml.AirSyncApplicationData)
		case wbxml.AirSyncDelete, wbxml.AirSyncFetch:
			ok = cmd.Value(wbxml.AirSyncServerId) != ""
		}
		if !ok {
			return syncError("2.2.3.32", "an incomplete %s", cmd.Tag)
		}
	}
	c.commands = e.Children
	doc, err := wbxml.Marshal(e)
	c.digest = sha256.Sum256(doc)
	return err
}

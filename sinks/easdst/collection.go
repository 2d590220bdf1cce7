package easdst

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// collection is a folder while it is open, shared by all who have it open: a server bears one request at a time on a folder, and a
// device has one key for it.
type collection struct {
	t     *Target
	id    eas.CollectionID
	class eas.Class
	users int // guarded by Target.mu

	mu     sync.Mutex  // for all that follows, and held during a request
	key    eas.SyncKey // "" = the folder starts at key 0
	held   map[eas.ServerID]content
	uids   map[uint64]eas.ServerID         // of events, by the hash of their UID
	real   map[eas.ServerID]eas.ServerID   // by the names that a listing has for some: see ways.byUID
	wanted map[eas.ServerID]*wbxml.Element // of which a listing is to keep the contents
	more   bool                            // the server has more to tell
	quiet  bool                            // the last request was a question
	whole  bool                            // messages are asked for with their bytes,
	came   taker                           // and handed over
}

// content is what is kept of an item that the server has.
type content struct {
	state string // item.ContentHash
	uid   uint64 // hash of the UID of an event; 0 = it has none
	who   uint64 // hash of the properties by which people know it
	long  string // the UID, where the server may name the event by it
	mail  *letter
}

// Bounds of a listing.
const (
	window     = 100 // items of a page
	maxTries   = 5   // how often one thing is asked for, when the server loses the key on the way
	maxIdle    = 50  // pages one after the other that promise more, and have nothing
	itemsOfOne = 200 // commands of a request. MS-ASCMD 3.1.5.10
)

// acquire returns the collection of a folder, shared with others that have it open.
func (t *Target) acquire(id eas.CollectionID, class eas.Class) *collection {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.open[id]
	if c == nil {
		c = &collection{t: t, id: id, class: class}
		t.open[id] = c
	}
	c.users++
	return c
}

func (t *Target) release(c *collection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.users--; c.users == 0 {
		delete(t.open, c.id)
	}
}

// lock keeps others from the folder, and the hierarchy from changing.
func (c *collection) lock() (unlock func()) {
	c.t.alone.RLock()
	c.mu.Lock()
	return func() {
		c.mu.Unlock()
		c.t.alone.RUnlock()
	}
}

func (c *collection) count() int {
	defer c.lock()()
	return len(c.held)
}

func (c *collection) version() eas.Version { return c.t.client.Version() }

func (c *collection) parseOptions() item.ParseOptions {
	return item.ParseOptions{Version: string(c.version())}
}

// page is an answer that was read to its end.
type page struct {
	changes   int
	more      bool
	empty     bool // the server sent nothing
	responses []eas.CommandResponse
}

// errNothing: an answer without a body says that nothing changed, and cannot be the answer to commands, or to the question for the
// rest of a folder. QUIRK(SOGo 5.8): a folder that it does not find gets it, too.
var errNothing = fmt.Errorf("%w: the server sent nothing", eas.ErrTruncatedPage)

// ask shows the key once, with commands, takes what the server has to tell, and the next key. After an error the key counts as lost:
// nobody knows what the server did with it.
func (c *collection) ask(ctx context.Context, commands []eas.ClientCommand) (*page, error) {
	key := c.key
	c.key = ""
	serverWins := eas.ServerWins
	options := c.options()
	options.Conflict = &serverWins
	answer, err := c.t.client.Sync(ctx, eas.SyncRequest{
		Key: key, CollectionID: c.id, Class: c.class, WindowSize: window, DeletesAsMoves: c.t.ways.trash.Load(), Options: options, Commands: commands,
	})
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	p := &page{}
	for cmd, err := range answer.Commands() {
		if err != nil {
			return nil, err
		}
		p.changes++
		if err := c.take(cmd); err != nil {
			return nil, err
		}
	}
	p.more, p.empty, p.responses = answer.MoreAvailable, answer.Empty, answer.Responses()
	if p.empty && len(commands) > 0 {
		return nil, errNothing
	}
	c.key, c.more, c.quiet = answer.Key, p.more, len(commands) == 0
	return p, nil
}

// command sends commands that may be sent again: some times more with another key, if the server does not know this one, since nothing was
// carried out then.
func (c *collection) command(ctx context.Context, commands []eas.ClientCommand) (*page, error) {
	for n := 1; ; n++ {
		if err := c.ready(ctx); err != nil {
			return nil, notSent(err)
		}
		p, err := c.ask(ctx, commands)
		if !lostKey(err) || n == maxTries {
			return p, err
		}
		if err := pause(ctx, err, n); err != nil {
			return nil, notSent(err)
		}
	}
}

// pause waits before a busy server is asked again; a lost key is no reason to.
func pause(ctx context.Context, err error, n int) error {
	if status(err) != busy {
		return ctx.Err()
	}
	return wait(ctx, time.Duration(n)*200*time.Millisecond)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// take notes what the server tells of an item.
func (c *collection) take(cmd *eas.Command) error {
	if cmd.Item == nil {
		c.drop(cmp.Or(c.real[cmd.ServerID], cmd.ServerID))
		return nil
	}
	c.note(cmd.ServerID, cmd.Item.Properties)
	if c.class == eas.ClassEmail {
		c.t.ways.shows.Store(c.id, true)
	}
	if c.came != nil && hasBytes(cmd.Item) {
		if err := c.came(cmd.ServerID, cmd.Item.Properties.Clone(), cmd.Item.Body.Data); err != nil {
			return err
		}
	}
	if len(c.held) > c.t.o.MaxItems {
		return fmt.Errorf("%w: more than %d", ErrTooMany, c.t.o.MaxItems)
	}
	return nil
}

// note keeps what an item is like now.
func (c *collection) note(id eas.ServerID, props *wbxml.Element) (state string) {
	if c.class == eas.ClassEmail {
		return c.noteMail(id, props)
	}
	uid := props.Value(wbxml.CalendarUID)
	one := content{state: item.ContentHash(props, nil), uid: hashUID(uid), who: c.who(props)}
	if len(uid) > maxServerID && len(id) <= maxServerID {
		id, one.long = c.named(id, uid)
	}
	c.drop(id)
	c.held[id] = one
	if one.uid != 0 {
		c.uids[one.uid] = id
	}
	if _, wanted := c.wanted[id]; wanted {
		c.wanted[id] = props.Clone()
	}
	return one.state
}

// who is a hash of the properties by which people know an item.
func (c *collection) who(props *wbxml.Element) uint64 {
	return short("who", item.IdentityHash(string(c.class), props))
}

func (c *collection) drop(id eas.ServerID) {
	if old := c.held[id]; old.uid != 0 && c.uids[old.uid] == id {
		delete(c.uids, old.uid)
	}
	delete(c.held, id)
}

// current makes what is known of the folder what the server has now.
func (c *collection) current(ctx context.Context) error {
	if c.key == "" {
		return c.list(ctx)
	}
	err := c.drain(ctx)
	if lostKey(err) {
		return c.list(ctx)
	}
	return err
}

// ready makes the key one that commands can go with. QUIRK(SOGo 5.8): that of an answer to commands is not: commands with it get status 3.
func (c *collection) ready(ctx context.Context) error {
	if c.key == "" || c.more || !c.quiet {
		return c.current(ctx)
	}
	return nil
}

// drain takes what the server has to tell, up to a page with nothing on it: a server may say too early that there is no more.
func (c *collection) drain(ctx context.Context) error {
	for idle := 0; ; {
		promised := c.more
		p, err := c.ask(ctx, nil)
		switch {
		case err != nil:
			return err
		case p.empty && promised: // else what was not read would be taken for what is not there
			c.key = ""
			return errNothing
		case p.changes > 0:
			idle = 0
		case !p.more:
			return nil
		default:
			if idle++; idle > maxIdle {
				c.key = ""
				return fmt.Errorf("%w: %d pages promise more, and have nothing", ErrTooMany, idle)
			}
		}
	}
}

// list reads the whole folder, from key 0.
func (c *collection) list(ctx context.Context) error {
	for n := 1; ; n++ {
		err := c.listOnce(ctx)
		if !lostKey(err) || n == maxTries {
			return err
		}
		if err := pause(ctx, err, n); err != nil {
			return err
		}
	}
}

// listOnce replaces what is known of the folder, as a whole or not at all.
func (c *collection) listOnce(ctx context.Context) (err error) {
	held, uids, names := c.held, c.uids, c.real
	defer func() {
		if err != nil {
			c.key, c.held, c.uids, c.real = "", held, uids, names
		}
	}()
	c.key, c.held, c.uids, c.real = eas.InitialKey, map[eas.ServerID]content{}, map[uint64]eas.ServerID{}, map[eas.ServerID]eas.ServerID{}
	if _, err := c.ask(ctx, nil); err != nil {
		return err
	}
	if err := c.drain(ctx); err != nil {
		return err
	}
	if len(c.held) == 0 && len(held) > 0 { // an answer that says so has no content to prove it: it has to say it twice
		if err := c.drain(ctx); err != nil {
			return err
		}
	}
	return c.findNames(ctx)
}

// known are the ids of what is there.
func (c *collection) known() map[eas.ServerID]content { return maps.Clone(c.held) }

// Open opens a folder, and reads all of it.
func (t *Target) Open(ctx context.Context, p sinks.Place) (sinks.TargetFolder, error) {
	f, err := t.openFolder(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", p.Path, told(err))
	}
	return f, nil
}

func (t *Target) openFolder(ctx context.Context, p sinks.Place) (*Folder, error) {
	class, err := t.classOf(ctx, p)
	if err != nil {
		return nil, err
	}
	c := t.acquire(eas.CollectionID(p.ID), class)
	unlock := c.lock()
	err = c.current(ctx)
	unlock()
	if err != nil {
		t.release(c)
		return nil, err
	}
	return &Folder{c: c}, nil
}

// classOf looks a place up in the hierarchy.
func (t *Target) classOf(ctx context.Context, p sinks.Place) (eas.Class, error) {
	t.alone.Lock()
	defer t.alone.Unlock()
	f, ok := t.tree.folders[eas.CollectionID(p.ID)]
	if !ok {
		var err error
		if f, err = t.folder(ctx, p); err != nil {
			return "", err
		}
	}
	class, _ := f.Type.Class()
	switch {
	case p.Class != "" && string(class) != p.Class:
		return "", sinks.ErrNotExist
	case !t.takes(class):
		return "", refusedClass(string(class))
	}
	return class, nil
}

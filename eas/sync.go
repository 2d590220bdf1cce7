package eas

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Limits of a Sync request. MS-ASCMD 2.2.3.199, 2.2.3.32.
const (
	MaxWindowSize = 512
	maxCommands   = 200
)

// SyncRequest asks for the next page of one folder. Key and CollectionID are needed.
type SyncRequest struct {
	Key            SyncKey
	CollectionID   CollectionID
	Class          Class // of the folder; sent where the version wants it (2.5, 12.0), and known to the Items
	WindowSize     int   // items, at most 512; 0 = the server's default (100)
	DeletesAsMoves bool  // what the client deletes goes to Deleted Items
	Options        SyncOptions
	Supported      []wbxml.Tag // with the initial key: properties that a Change may leave out. MS-ASCMD 2.2.3.179
	Commands       []ClientCommand
	Wait           time.Duration // how long the server may wait for a change, from 12.1 on. MS-ASCMD 2.2.3.198
}

// CommandOp is what happened to an item, or shall happen.
type CommandOp int

const (
	OpAdd CommandOp = iota + 1
	OpChange
	OpDelete
	OpSoftDelete // the item left the filter's window; from the server only
	OpFetch      // from the client only
)

var opTags = map[wbxml.Tag]CommandOp{
	wbxml.AirSyncAdd: OpAdd, wbxml.AirSyncChange: OpChange, wbxml.AirSyncDelete: OpDelete,
	wbxml.AirSyncSoftDelete: OpSoftDelete, wbxml.AirSyncFetch: OpFetch,
}

func (op CommandOp) tag() wbxml.Tag {
	for tag, o := range opTags {
		if o == op {
			return tag
		}
	}
	return 0
}

func (op CommandOp) String() string {
	if tag := op.tag(); tag != 0 {
		return tag.Name()
	}
	return "command " + strconv.Itoa(int(op))
}

// ClientCommand changes an item at the server. MS-ASCMD 2.2.3.32.
type ClientCommand struct {
	Op       CommandOp // OpAdd, OpChange, OpDelete or OpFetch
	ServerID ServerID  // all but OpAdd
	ClientID string    // OpAdd: names the item until it has a ServerID; unique in the request
	Class    Class     // OpAdd, from 14.0 on, when it is not the folder's
	// Item is what to add or change: *Email, *Contact, *Appointment, *Task, *Note, or a *wbxml.Element whose children
	// are sent as they are.
	Item any
	// InstanceID is the occurrence of a recurring event that is meant, from 16.0 on; zero = the event.
	InstanceID time.Time
	Send       bool // a draft is to be sent, from 16.0 on. MS-ASEMAIL 2.2.2.69
}

// Sync sends the client's commands, if any, and asks for the next page of a folder. The page is read from the network as the
// caller goes through it; it must be closed.
//
// Asking with a key tells most servers to forget the older ones, and a key that is shown again need not be answered with the
// same page: see the package documentation. An answer whose Status says failure is a *StatusError.
func (c *Client) Sync(ctx context.Context, q SyncRequest) (*SyncPage, error) {
	doc, err := q.document(c.Version())
	if err != nil {
		return nil, fmt.Errorf("Sync: %w", err)
	}
	var page *SyncPage
	err = c.post(ctx, command{name: "Sync", doc: doc, wait: q.Wait}, func(r *response) (err error) {
		page, err = newPage(r, &q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// document builds the request. MS-ASCMD 2.2.3.29.2: the order of the elements is prescribed.
func (q *SyncRequest) document(v Version) (*wbxml.Element, error) {
	switch {
	case q.Key == "" || q.CollectionID == "":
		return nil, errors.New("a key and a folder are needed")
	case q.WindowSize < 0 || q.WindowSize > MaxWindowSize:
		return nil, fmt.Errorf("window of %d items: at most %d", q.WindowSize, MaxWindowSize)
	case len(q.Commands) > maxCommands:
		return nil, fmt.Errorf("%d commands in one request: at most %d", len(q.Commands), maxCommands)
	}
	e := wbxml.E(wbxml.AirSyncCollection)
	if q.Class != "" && !v.AtLeast(Version121) {
		e.Append(wbxml.T(wbxml.AirSyncClass, string(q.Class)))
	}
	e.Append(wbxml.T(wbxml.AirSyncSyncKey, string(q.Key)), wbxml.T(wbxml.AirSyncCollectionId, string(q.CollectionID)))
	if q.Key == InitialKey { // MS-ASCMD 2.2.3.84: GetChanges with key 0 is an error; options say nothing yet
		if len(q.Supported) > 0 {
			supported := wbxml.E(wbxml.AirSyncSupported)
			for _, tag := range q.Supported {
				supported.Append(wbxml.Empty(tag))
			}
			e.Append(supported)
		}
	} else if err := q.body(&e); err != nil {
		return nil, err
	}
	doc := wbxml.E(wbxml.AirSyncSync, wbxml.E(wbxml.AirSyncCollections, e))
	if q.Wait > 0 {
		doc.Append(waitElement(q.Wait, v))
	}
	return &doc, nil
}

// body appends what goes with any key but the first.
func (q *SyncRequest) body(e *wbxml.Element) error {
	moves := "0"
	if q.DeletesAsMoves {
		moves = "1"
	}
	e.Append(wbxml.T(wbxml.AirSyncDeletesAsMoves, moves), wbxml.Empty(wbxml.AirSyncGetChanges))
	if q.WindowSize > 0 {
		e.Append(wbxml.T(wbxml.AirSyncWindowSize, strconv.Itoa(q.WindowSize)))
	}
	if o := q.Options.elements(q.Class); len(o) > 0 {
		e.Append(wbxml.E(wbxml.AirSyncOptions, o...))
	}
	if len(q.Commands) == 0 {
		return nil
	}
	commands := wbxml.E(wbxml.AirSyncCommands)
	for i := range q.Commands {
		cmd, err := q.Commands[i].element()
		if err != nil {
			return fmt.Errorf("command %d: %w", i, err)
		}
		commands.Append(cmd)
	}
	e.Append(commands)
	return nil
}

// waitElement is HeartbeatInterval in seconds from 14.0 on, Wait in minutes before. MS-ASCMD 2.2.3.89, 2.2.3.198.
func waitElement(d time.Duration, v Version) wbxml.Element {
	if v.AtLeast(Version140) {
		return wbxml.T(wbxml.AirSyncHeartbeatInterval, strconv.Itoa(int(d/time.Second)))
	}
	return wbxml.T(wbxml.AirSyncWait, strconv.Itoa(int((d+time.Minute-1)/time.Minute)))
}

func (cmd *ClientCommand) element() (wbxml.Element, error) {
	e := wbxml.E(cmd.Op.tag())
	add := func(tag wbxml.Tag, s string) {
		if s != "" {
			e.Append(wbxml.T(tag, s))
		}
	}
	if e.Tag == 0 || cmd.Op == OpSoftDelete {
		return e, fmt.Errorf("%s is no command for a client", cmd.Op)
	}
	add(wbxml.AirSyncClass, string(cmd.Class))
	add(wbxml.AirSyncServerId, string(cmd.ServerID))
	add(wbxml.AirSyncClientId, cmd.ClientID)
	if !cmd.InstanceID.IsZero() {
		add(wbxml.AirSyncBaseInstanceId, cmd.InstanceID.UTC().Format(wbxml.CompactDateTime))
	}
	if cmd.Item != nil {
		data, err := applicationData(cmd.Item)
		if err != nil {
			return e, err
		}
		e.Append(data)
	}
	if cmd.Send {
		e.Append(wbxml.Empty(wbxml.Email2Send))
	}
	return e, nil
}

func applicationData(item any) (wbxml.Element, error) {
	if raw, ok := item.(*wbxml.Element); ok {
		return wbxml.E(wbxml.AirSyncApplicationData, raw.Children...), nil
	}
	return wbxml.Encode(wbxml.AirSyncApplicationData, item)
}

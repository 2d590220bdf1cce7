package eas

import (
	"fmt"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

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
	Send       bool // OpAdd and OpChange of a draft: it is to be sent, from 16.0 on. MS-ASEMAIL 2.2.2.69
}

// check refuses what the version does not have. MS-ASCMD 2.2.3.24, 2.2.3.27.6.
func (cmd *ClientCommand) check(c *Client) error {
	for _, later := range []struct {
		asked bool
		what  string
		since Version
	}{
		{cmd.Class != "", "Class of an Add", Version140}, {!cmd.InstanceID.IsZero(), "InstanceId", Version160}, {cmd.Send, "Send", Version160},
	} {
		if later.asked {
			if err := c.needs(later.what, later.since); err != nil {
				return err
			}
		}
	}
	return nil
}

func (cmd *ClientCommand) element(c *Client) (wbxml.Element, error) {
	e := wbxml.E(cmd.Op.tag())
	if e.Tag == 0 || cmd.Op == OpSoftDelete {
		return e, fmt.Errorf("%s is no command for a client", cmd.Op)
	}
	if err := cmd.check(c); err != nil {
		return e, err
	}
	optional(&e, wbxml.AirSyncClass, string(cmd.Class))
	optional(&e, wbxml.AirSyncServerId, string(cmd.ServerID))
	optional(&e, wbxml.AirSyncClientId, cmd.ClientID)
	if !cmd.InstanceID.IsZero() {
		e.Append(wbxml.T(wbxml.AirSyncBaseInstanceId, cmd.InstanceID.UTC().Format(wbxml.CompactDateTime)))
	}
	if cmd.Item == nil && (cmd.Op == OpAdd || cmd.Op == OpChange) {
		e.Append(wbxml.Empty(wbxml.AirSyncApplicationData)) // MS-ASCMD 2.2.3.11: it is required
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

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
	CommandsOnly   bool  // the client's commands are carried out, and the server's changes stay for later. MS-ASCMD 2.2.3.84
	// ConversationMode brings whole conversations, if one of their messages is within the FilterType; of mail folders, from 14.0
	// on. MS-ASCMD 2.2.3.36.2.
	ConversationMode bool
	Options          SyncOptions
	// SMS are the options for the text messages in a mail folder, from 14.0 on; nil = none are sent. MS-ASCMD 2.2.3.27.6.
	SMS *SyncOptions
	// Supported goes with the initial key: the properties that the client manages. All others are ghosted: a Change that leaves
	// them out leaves them as they are. nil = none is ghosted; none in it = all. Contacts and events only. MS-ASCMD 2.2.3.179.
	Supported []wbxml.Tag
	Commands  []ClientCommand // not with the initial key
	Wait      time.Duration   // how long the server may wait for a change, from 12.1 on. MS-ASCMD 2.2.3.198
}

// Sync sends the client's commands, if any, and asks for the next page of a folder. The page is read from the network as the
// caller goes through it; it must be closed.
//
// Asking with a key tells most servers to forget the older ones, and a key that is shown again need not be answered with the
// same page: see the package documentation. An answer whose Status says failure is a *StatusError; of a Wait that the server does
// not bear, a *WaitLimitError.
func (c *Client) Sync(ctx context.Context, q SyncRequest) (*SyncPage, error) {
	doc, err := c.syncDocument(&q)
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

func (c *Client) syncDocument(q *SyncRequest) (*wbxml.Element, error) {
	e, err := c.collection(q)
	if err != nil {
		return nil, err
	}
	doc := wbxml.E(wbxml.AirSyncSync, wbxml.E(wbxml.AirSyncCollections, e))
	if q.Wait > 0 {
		wait, err := c.waitElement(q.Wait)
		if err != nil {
			return nil, err
		}
		doc.Append(wait)
	}
	return &doc, nil
}

// collection builds the request for one folder. MS-ASCMD 2.2.3.29.2: the order of the elements is prescribed.
func (c *Client) collection(q *SyncRequest) (wbxml.Element, error) {
	e := wbxml.E(wbxml.AirSyncCollection)
	v := c.Version()
	if err := q.check(c); err != nil {
		return e, err
	}
	if q.Class != "" && !v.AtLeast(Version121) {
		e.Append(wbxml.T(wbxml.AirSyncClass, string(q.Class)))
	}
	e.Append(wbxml.T(wbxml.AirSyncSyncKey, string(q.Key)), wbxml.T(wbxml.AirSyncCollectionId, string(q.CollectionID)))
	if q.Key != InitialKey {
		return e, q.body(c, &e)
	}
	// MS-ASCMD 2.2.3.84: GetChanges with key 0 is an error; options say nothing yet
	if q.Supported != nil {
		supported := wbxml.E(wbxml.AirSyncSupported)
		for _, tag := range q.Supported {
			supported.Append(wbxml.Empty(tag))
		}
		e.Append(supported)
	}
	return e, nil
}

// check refuses what the version, or the protocol, does not have.
func (q *SyncRequest) check(c *Client) error {
	switch {
	case q.Key == "" || q.CollectionID == "":
		return errors.New("a key and a folder are needed")
	case q.WindowSize < 0 || q.WindowSize > MaxWindowSize:
		return fmt.Errorf("window of %d items: at most %d", q.WindowSize, MaxWindowSize)
	case len(q.Commands) > maxCommands:
		return fmt.Errorf("%d commands in one request: at most %d", len(q.Commands), maxCommands)
	case q.Key == InitialKey && len(q.Commands) > 0: // MS-ASCMD 2.2.1.21: it only begins, and is answered with the key to use
		return errors.New("commands with the initial key: they go with the one that it is answered with")
	}
	if q.ConversationMode {
		if err := c.needs("ConversationMode", Version140); err != nil {
			return err
		}
	}
	if q.SMS != nil {
		if err := c.needs("options for SMS", Version140); err != nil {
			return err
		}
		if err := q.SMS.check(c); err != nil {
			return err
		}
	}
	return q.Options.check(c)
}

// body appends what goes with any key but the first.
func (q *SyncRequest) body(c *Client, e *wbxml.Element) error {
	moves := "0"
	if q.DeletesAsMoves {
		moves = "1"
	}
	e.Append(wbxml.T(wbxml.AirSyncDeletesAsMoves, moves))
	if q.CommandsOnly {
		e.Append(wbxml.T(wbxml.AirSyncGetChanges, "0"))
	} else {
		e.Append(wbxml.Empty(wbxml.AirSyncGetChanges))
	}
	if q.WindowSize > 0 {
		e.Append(wbxml.T(wbxml.AirSyncWindowSize, strconv.Itoa(q.WindowSize)))
	}
	if q.ConversationMode {
		e.Append(wbxml.T(wbxml.AirSyncConversationMode, "1"))
	}
	q.appendOptions(e)
	if len(q.Commands) == 0 {
		return nil
	}
	commands := wbxml.E(wbxml.AirSyncCommands)
	for i := range q.Commands {
		cmd, err := q.Commands[i].element(c)
		if err != nil {
			return fmt.Errorf("command %d: %w", i, err)
		}
		commands.Append(cmd)
	}
	e.Append(commands)
	return nil
}

// appendOptions appends one Options element, or two that say of which class they are. MS-ASCMD 2.2.3.125.6.
func (q *SyncRequest) appendOptions(e *wbxml.Element) {
	o := q.Options.elements(q.Class)
	if q.SMS == nil {
		if len(o) > 0 {
			e.Append(wbxml.E(wbxml.AirSyncOptions, o...))
		}
		return
	}
	e.Append(wbxml.E(wbxml.AirSyncOptions, append([]wbxml.Element{wbxml.T(wbxml.AirSyncClass, string(ClassEmail))}, o...)...),
		wbxml.E(wbxml.AirSyncOptions, append([]wbxml.Element{wbxml.T(wbxml.AirSyncClass, string(ClassSMS))}, q.SMS.elements(ClassSMS)...)...))
}

// waitElement is HeartbeatInterval in seconds from 14.0 on, Wait in minutes before. MS-ASCMD 2.2.3.88.2, 2.2.3.198.
func (c *Client) waitElement(d time.Duration) (wbxml.Element, error) {
	unit := c.waitUnit()
	n := strconv.Itoa(int((d + unit - 1) / unit))
	if unit == time.Second {
		return wbxml.T(wbxml.AirSyncHeartbeatInterval, n), nil
	}
	return wbxml.T(wbxml.AirSyncWait, n), c.needs("Wait", Version121)
}

func (c *Client) waitUnit() time.Duration {
	if c.Version().AtLeast(Version140) {
		return time.Second
	}
	return time.Minute
}

package eas

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// MaxHeartbeat is the longest wait that Exchange allows. MS-ASCMD 2.2.3.97.
const MaxHeartbeat = 59 * time.Minute

// PingRequest asks the server to wait until something changes. The server remembers both fields for the device: what is left out
// is as it was in the last Ping. When both are, nothing is sent but the command.
type PingRequest struct {
	Heartbeat time.Duration // whole seconds; after that the server answers in any case. 0 = as before
	Folders   []PingFolder  // to watch; none = as before
}

// PingFolder is a folder that is watched. MS-ASCMD 2.2.3.71.2.
type PingFolder struct {
	ID    CollectionID
	Class Class
}

// PingResult says why the server answered.
type PingResult struct {
	Changed []CollectionID // folders that a Sync will bring something of; none: the heartbeat is over
}

// Statuses of Ping. MS-ASCMD 2.2.3.177.11.
const (
	pingExpired, pingChanged   = 1, 2
	pingHeartbeat, pingFolders = 5, 6
)

// Ping waits until one of the folders has something to Sync, or the heartbeat is over. MS-ASCMD 2.2.1.13. The folders should have
// been synchronized: news is what a Sync with the last key would bring. The answer may take the heartbeat and Config.HeaderTimeout
// more; ctx ends it earlier.
//
// A heartbeat, or a number of folders, that the server does not bear is a *WaitLimitError. Status 7 wants a FolderSync first, and
// 3 the parameters that the server has forgotten.
func (c *Client) Ping(ctx context.Context, q PingRequest) (*PingResult, error) {
	cmd, err := q.command()
	if err != nil {
		return nil, err
	}
	result := &PingResult{}
	answer, err := c.call(ctx, cmd, result.read)
	if _, err = answered("Ping", answer, err); err != nil {
		return nil, err
	}
	return result, nil
}

func (q *PingRequest) command() (command, error) {
	cmd := command{name: "Ping", root: wbxml.PingPing, wait: q.Heartbeat}
	if q.Heartbeat == 0 {
		cmd.wait = MaxHeartbeat // what the server remembers is not more
	} else if q.Heartbeat < time.Second {
		return cmd, fmt.Errorf("Ping: a heartbeat of %s", q.Heartbeat)
	}
	doc := wbxml.E(wbxml.PingPing)
	if q.Heartbeat > 0 {
		doc.Append(wbxml.T(wbxml.PingHeartbeatInterval, strconv.Itoa(int(q.Heartbeat/time.Second))))
	}
	if len(q.Folders) > 0 {
		folders := wbxml.E(wbxml.PingFolders)
		for _, f := range q.Folders {
			folders.Append(wbxml.E(wbxml.PingFolder, wbxml.T(wbxml.PingId, string(f.ID)), wbxml.T(wbxml.PingClass, string(f.Class))))
		}
		doc.Append(folders)
	}
	if cmd.empty = len(doc.Children) == 0; !cmd.empty {
		cmd.doc = &doc
	}
	return cmd, nil
}

// read reads the answer, and checks its status.
func (p *PingResult) read(e *wbxml.Element) error {
	code := number(e, wbxml.PingStatus)
	switch code {
	case pingExpired:
		return nil
	case pingChanged:
		for f := range e.Child(wbxml.PingFolders).All(wbxml.PingFolder) {
			p.Changed = append(p.Changed, CollectionID(f.Text))
		}
		if len(p.Changed) == 0 {
			return &ResponseError{Command: "Ping", Err: errors.New("changes in no folder")}
		}
		return nil
	}
	var limit int
	switch code {
	case pingHeartbeat:
		limit = number(e, wbxml.PingHeartbeatInterval)
	case pingFolders:
		limit = number(e, wbxml.PingMaxFolders)
	}
	return waitLimit(status("Ping", "Ping", code), code == pingFolders, limit, time.Second)
}

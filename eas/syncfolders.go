package eas

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// MaxSyncFolders is how many folders one Sync may ask for. MS-ASCMD 3.1.5.10.
const MaxSyncFolders = 300

// SyncBatch asks for the next pages of several folders at once, from 12.1 on also for the same as before: a server remembers the last
// request of a device.
type SyncBatch struct {
	Folders []SyncRequest // with no Wait of their own; none = exactly the last request again, which takes no document
	// Partial adds to Folders those of the last request that are not in it, with the keys that they had. From 12.1 on.
	// MS-ASCMD 2.2.3.131.
	Partial    bool
	WindowSize int           // items of all folders together, at most 512; 0 = no such limit. MS-ASCMD 2.2.3.199
	Wait       time.Duration // how long the server may wait for a change in any of them, from 12.1 on
}

// SyncFolders asks for the next pages of several folders. The pages are read from the network as the caller goes through them; the
// answer must be closed. A folder that the answer leaves out has no changes, or did not fit into the window: nothing changes for its
// key. An answer without any page says so of all.
//
// A key that an empty or a partial request is to use is that of the last request, not that of its answer: servers send such an
// answer only when there was nothing. A server that remembers no request says status 13, and wants all of it.
func (c *Client) SyncFolders(ctx context.Context, b SyncBatch) (*SyncPages, error) {
	cmd, err := c.batch(&b)
	if err != nil {
		return nil, fmt.Errorf("Sync: %w", err)
	}
	var pages *SyncPages
	err = c.post(ctx, cmd, func(r *response) (err error) {
		pages, err = newPages(r, &b)
		return err
	})
	if err != nil {
		return nil, err
	}
	return pages, nil
}

func (c *Client) batch(b *SyncBatch) (command, error) {
	cmd := command{name: "Sync", root: wbxml.AirSyncSync, wait: b.Wait}
	if err := b.check(c); err != nil {
		return cmd, err
	}
	if b.remembered() {
		cmd.empty, cmd.wait = true, MaxHeartbeat // what the server remembers is not more
		return cmd, nil
	}
	doc := wbxml.E(wbxml.AirSyncSync)
	if len(b.Folders) > 0 {
		collections := wbxml.E(wbxml.AirSyncCollections)
		for i := range b.Folders {
			e, err := c.collection(&b.Folders[i])
			if err != nil {
				return cmd, fmt.Errorf("folder %d: %w", i, err)
			}
			collections.Append(e)
		}
		doc.Append(collections)
	}
	// MS-ASCMD 2.2.3.180 names the elements in this order, with Partial before the waits.
	if b.Partial {
		doc.Append(wbxml.Empty(wbxml.AirSyncPartial))
	}
	if b.Wait > 0 {
		wait, err := c.waitElement(b.Wait)
		if err != nil {
			return cmd, err
		}
		doc.Append(wait)
	}
	if b.WindowSize > 0 {
		doc.Append(wbxml.T(wbxml.AirSyncWindowSize, strconv.Itoa(b.WindowSize)))
	}
	cmd.doc = &doc
	return cmd, nil
}

// remembered tells whether the request is that which the server remembers.
func (b *SyncBatch) remembered() bool { return len(b.Folders) == 0 && !b.Partial }

func (b *SyncBatch) check(c *Client) error {
	commands := 0
	seen := map[CollectionID]bool{}
	for i := range b.Folders {
		q := &b.Folders[i]
		commands += len(q.Commands)
		switch {
		case seen[q.CollectionID]:
			return fmt.Errorf("folder %s twice", q.CollectionID)
		case q.Wait != 0:
			return errors.New("one folder of several does not wait by itself")
		}
		seen[q.CollectionID] = true
	}
	switch {
	case len(b.Folders) > MaxSyncFolders:
		return fmt.Errorf("%d folders in one request: at most %d", len(b.Folders), MaxSyncFolders)
	case commands > maxCommands:
		return fmt.Errorf("%d commands in one request: at most %d", commands, maxCommands)
	case b.WindowSize < 0 || b.WindowSize > MaxWindowSize:
		return fmt.Errorf("window of %d items: at most %d", b.WindowSize, MaxWindowSize)
	case b.remembered() && (b.Wait != 0 || b.WindowSize != 0):
		return errors.New("the last request again has no wait or window of its own: Partial has")
	case b.Partial && len(b.Folders) == 0 && b.Wait == 0 && b.WindowSize == 0: // MS-ASCMD 2.2.3.131
		return errors.New("Partial stands with folders, a wait or a window")
	case b.Partial || b.remembered():
		return c.needs("a request in part", Version121)
	}
	return nil
}

package crashtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks/archive"
)

var errStore = errors.New("the checkpoints have a bad day")

// store counts the writes of a checkpoints.Store, and refuses a commit that is ahead of the archive.
type store struct {
	checkpoints.Store
	m       *machine
	l       *lab
	archive *archive.Archive
}

func (s *store) fault(applied bool) error {
	if !applied && s.m.at%2 == 0 {
		return checkpoints.ErrFull
	}
	return errStore
}

func (s *store) SaveMailbox(ctx context.Context, m checkpoints.Mailbox) error {
	return s.m.do(checkpointEffect, "save mailbox "+m.Mailbox, s.fault, func() error { return s.Store.SaveMailbox(ctx, m) })
}

func (s *store) SaveFolder(ctx context.Context, k checkpoints.Key, f checkpoints.Folder) error {
	return s.m.do(checkpointEffect, "save folder "+f.Path+" of "+k.Mailbox, s.fault, func() error { return s.Store.SaveFolder(ctx, k, f) })
}

func (s *store) Ask(ctx context.Context, k checkpoints.FolderKey) (n int, err error) {
	err = s.m.do(checkpointEffect, "ask for "+k.Folder+" of "+k.Mailbox, s.fault, func() (err error) {
		n, err = s.Store.Ask(ctx, k)
		return err
	})
	return n, err
}

func (s *store) Commit(ctx context.Context, c checkpoints.Commit) error {
	what := fmt.Sprintf("commit page %d of %s of %s", c.Now.Seq, c.Folder, c.Mailbox)
	return s.m.do(checkpointEffect, what, s.fault, func() error {
		if c.Now.Seq > c.After.Seq {
			if err := s.mirrors(ctx, c); err != nil {
				s.l.t.Errorf("%s: %s: the checkpoint is ahead of the archive: %v", s.m, what, err)
			}
		}
		return s.Store.Commit(ctx, c)
	})
}

// mirrors tells whether what the commit says is a fact already.
func (s *store) mirrors(ctx context.Context, c checkpoints.Commit) error {
	folders, err := s.Folders(ctx, c.Key)
	if err != nil {
		return err
	}
	for _, f := range folders {
		if f.ID != c.Folder {
			continue
		}
		path := filepath.Join(s.l.archivePath(), filepath.FromSlash(s.archive.SegmentName(c.Mailbox, f.Dir, c.Now.Seq)))
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != c.Last {
			return fmt.Errorf("%s is not the segment that was to be committed", path)
		}
		if s.l.remote == nil && !s.l.disk.durable(path) {
			return fmt.Errorf("%s would not outlive a power cut", path)
		}
		return nil
	}
	return checkpoints.ErrNotFound
}

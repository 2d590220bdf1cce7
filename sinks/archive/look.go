package archive

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// lookTime is how long a commit looks for what became of an object, also when its context has ended.
const lookTime = time.Minute

// look finds out what a failed commit did: an answer may get lost on its way. It returns nil if the segment is there.
func (a *Archive) look(ctx context.Context, s sinks.Segment, cause error) error {
	if errors.Is(cause, sinks.ErrFull) {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	size, sum, err := a.digest(ctx, s.Name)
	switch {
	case errors.Is(err, sinks.ErrNotExist):
		return cause
	case err != nil:
		return errors.Join(cause, err)
	case size != s.Size || sum != s.SHA256:
		return fmt.Errorf("%s: %w", path.Base(s.Name), sinks.ErrFenced)
	}
	return nil
}

// sequential reads an object from its beginning, in requests large enough to be worth their way.
func sequential(o sinks.Object) *bufio.Reader {
	return bufio.NewReaderSize(io.NewSectionReader(o, 0, o.Size()), int(min(o.Size(), 4<<20)))
}

// digest returns the size and SHA-256 of an object.
func (a *Archive) digest(ctx context.Context, name string) (size int64, sum string, err error) {
	o, err := a.bucket.Open(ctx, name)
	if err != nil {
		return 0, "", err
	}
	defer o.Close()
	hash := sha256.New()
	if _, err := sequential(o).WriteTo(hash); err != nil {
		return 0, "", fmt.Errorf("%s: %w", name, err)
	}
	return o.Size(), hex.EncodeToString(hash.Sum(nil)), nil
}

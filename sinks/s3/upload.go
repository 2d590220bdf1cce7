package s3

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"

	"github.com/airlift-eas/airlift/sinks"
)

// An upload is spooled until its commit: nothing of it is at the store before.
type upload struct {
	b     *Bucket
	ctx   context.Context // of the whole upload
	name  string
	id    string // in the object's metadata: whose it is
	spool *spool // nil once the upload has ended
	err   error  // of a Write
}

// Create implements sinks.Bucket. It makes no request.
func (b *Bucket) Create(ctx context.Context, name string) (sinks.Upload, error) {
	if err := errors.Join(ctx.Err(), sinks.CheckName(name)); err != nil {
		return nil, err
	}
	return b.newUpload(ctx, name), nil
}

func (b *Bucket) newUpload(ctx context.Context, name string) *upload {
	return &upload{b: b, ctx: ctx, name: name, id: rand.Text(), spool: newSpool(&b.opts)}
}

// Write implements sinks.Upload.
func (u *upload) Write(p []byte) (int, error) {
	if u.spool == nil {
		return 0, u.fail(fs.ErrClosed)
	}
	if u.err == nil {
		u.err = u.ctx.Err()
	}
	if u.err != nil {
		return 0, u.fail(u.err)
	}
	n, err := u.spool.Write(p)
	if err != nil {
		u.err = err
		return n, u.fail(err)
	}
	return n, nil
}

// Commit implements sinks.Upload. ErrUnknown: there was no answer, and none to the question whether the object is there.
func (u *upload) Commit(ctx context.Context) (err error) {
	if u.spool == nil {
		return u.fail(fs.ErrClosed)
	}
	defer func() { err = errors.Join(err, u.Abort()) }()
	if err := errors.Join(ctx.Err(), u.ctx.Err(), u.err); err != nil {
		return u.fail(err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(u.ctx, func() { cancel(context.Cause(u.ctx)) })
	defer stop()
	if u.spool.size <= u.b.opts.PartSize {
		return u.put(ctx)
	}
	return u.multipart(ctx)
}

// Abort implements sinks.Upload.
func (u *upload) Abort() error {
	if u.spool == nil {
		return nil
	}
	s := u.spool
	u.spool = nil
	if err := s.Close(); err != nil {
		return u.fail(err)
	}
	return nil
}

func (u *upload) fail(err error) error { return fmt.Errorf("%s: %w", u.b.full(u.name), err) }

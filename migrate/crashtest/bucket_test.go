package crashtest

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/airlift-eas/airlift/sinks"
)

var errBucket = errors.New("the bucket has a bad day")

// bucket counts the calls of a sinks.Bucket.
type bucket struct {
	sinks.Bucket
	m *machine
	// around, if set, is told of every commit before it and after.
	around func(name string, committed bool)

	mu      sync.Mutex
	uploads []sinks.Upload
}

func (b *bucket) Create(ctx context.Context, name string) (sinks.Upload, error) {
	var up sinks.Upload
	err := b.m.around(bucketEffect, "create "+name, always(errBucket), func() (err error) {
		if up, err = b.Bucket.Create(ctx, name); err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.uploads = append(b.uploads, up)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &upload{Upload: up, b: b, name: name}, nil
}

func (b *bucket) Open(ctx context.Context, name string) (o sinks.Object, err error) {
	err = b.m.around(bucketEffect, "open "+name, always(errBucket), func() (err error) {
		o, err = b.Bucket.Open(ctx, name)
		return err
	})
	if err != nil && o != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, err
}

func (b *bucket) List(ctx context.Context, prefix, after string) iter.Seq2[sinks.ObjectInfo, error] {
	return func(yield func(sinks.ObjectInfo, error) bool) {
		err := b.m.around(bucketEffect, "list "+prefix, always(errBucket), func() error { return nil })
		if err != nil {
			yield(sinks.ObjectInfo{}, err)
			return
		}
		b.Bucket.List(ctx, prefix, after)(yield)
	}
}

// drop lets go of the files of a dead process.
func (b *bucket) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, up := range b.uploads {
		_ = up.Abort()
	}
}

type upload struct {
	sinks.Upload
	b    *bucket
	name string
}

func (u *upload) Write(p []byte) (n int, err error) {
	err = u.b.m.around(bucketEffect, "write "+u.name, always(errBucket), func() (err error) {
		n, err = u.Upload.Write(p)
		return err
	})
	return n, err
}

func (u *upload) Commit(ctx context.Context) error {
	if u.b.around != nil {
		u.b.around(u.name, false)
	}
	err := u.b.m.around(bucketEffect, "commit "+u.name, always(errBucket), func() error { return u.Upload.Commit(ctx) })
	if u.b.around != nil {
		u.b.around(u.name, err == nil)
	}
	return err
}

package eas

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// Source is content to send. It may be opened several times, one after the other, and yields Size bytes each time, the same
// ones. A *Blob is one.
type Source interface {
	Size() int64 // bytes
	Open() (io.ReadCloser, error)
}

// Bytes is a Source that is in memory.
type Bytes []byte

// Size is the number of bytes.
func (b Bytes) Size() int64 { return int64(len(b)) }

// Open reads them.
func (b Bytes) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }

// upload is a request body that is being sent. A slow network is no silent server: with each piece the wait for the answer
// begins anew.
type upload struct {
	io.Reader
	source io.Closer
	wait   *patience
}

func (u *upload) Read(p []byte) (int, error) {
	u.wait.renew()
	return u.Reader.Read(p)
}

func (u *upload) Close() error { return u.source.Close() }

// patience is the wait for an answer. The transport may still be sending when the answer is there.
type patience struct {
	mu    sync.Mutex
	timer *time.Timer
	limit time.Duration
	over  bool
}

func newPatience(limit time.Duration, exhausted func()) *patience {
	return &patience{limit: limit, timer: time.AfterFunc(limit, exhausted)}
}

func (p *patience) renew() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.timer.Reset(p.limit)
	}
}

func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.timer.Stop()
}

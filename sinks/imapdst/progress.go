package imapdst

import (
	"fmt"
	"net"
	"time"
)

// send writes, as long as the server takes something.
func (w *wire) send(p []byte) (int, error) {
	const piece = 64 << 10
	for n := 0; ; {
		if err := w.Conn.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
			return n, err
		}
		m, err := w.Conn.Write(p[n:min(len(p), n+piece)])
		w.progress()
		if n += m; err != nil || n == len(p) {
			return n, err
		}
	}
}

// timed reads from a connection of a wire.
type timed struct {
	net.Conn
	w *wire
}

func (t timed) Read(p []byte) (int, error) {
	t.w.progress()
	return t.Conn.Read(p)
}

// wait bounds the time in which nothing comes, until the function that it returns is called.
func (w *wire) wait() (over func()) {
	w.mu.Lock()
	w.busy++
	w.mu.Unlock()
	w.progress()
	return func() {
		w.mu.Lock()
		w.busy--
		w.mu.Unlock()
		w.progress()
	}
}

// progress sets how long may pass until the next byte.
func (w *wire) progress() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	var until time.Time
	if w.busy > 0 {
		until = time.Now().Add(w.timeout)
	}
	_ = w.Conn.SetReadDeadline(until) // it is closed: the reader sees that
}

// end makes all that waits fail.
func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	_ = w.Conn.SetDeadline(time.Unix(1, 0)) // it is closed, which is as good
}

// why tells what ended the connection; nil = nothing yet.
func (w *wire) why() error {
	select {
	case <-w.done:
	default:
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bye != "" {
		return fmt.Errorf("the server closed the connection: %s", w.bye)
	}
	return noEOF(w.err)
}

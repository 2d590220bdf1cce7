package imapdst

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A cutter is a network between a client and a server that breaks: each connection through it ends when one side has sent so many bytes.
type cutter struct {
	address string
	// up and down are how many bytes still pass, to the server and from it; -1 = all.
	up, down atomic.Int64

	mu    sync.Mutex
	conns []net.Conn
	wait  sync.WaitGroup
}

func newCutter(t *testing.T, url string) *cutter {
	c := &cutter{address: strings.TrimPrefix(url, "imap://")}
	c.heal()
	t.Cleanup(func() {
		c.mu.Lock()
		for _, conn := range c.conns {
			conn.Close()
		}
		c.mu.Unlock()
		c.wait.Wait()
	})
	return c
}

func (c *cutter) heal() {
	c.up.Store(-1)
	c.down.Store(-1)
}

// dial is a Config.Dial.
func (c *cutter) dial(context.Context, string, string) (net.Conn, error) {
	server, err := net.Dial("tcp", c.address)
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	c.mu.Lock()
	c.conns = append(c.conns, server, near, far)
	c.mu.Unlock()
	pass := func(to, from net.Conn, left *atomic.Int64) {
		b := make([]byte, 4096)
		for {
			n, err := from.Read(b)
			if all := left.Load(); all >= 0 {
				n = int(min(all, int64(n)))
				if left.Add(int64(-n)) <= 0 {
					err = io.EOF
				}
			}
			if n > 0 {
				if _, e := to.Write(b[:n]); e != nil {
					err = e
				}
			}
			if err != nil {
				server.Close()
				far.Close()
				return
			}
		}
	}
	c.wait.Go(func() { pass(server, far, &c.up) })
	c.wait.Go(func() { pass(far, server, &c.down) })
	return near, nil
}

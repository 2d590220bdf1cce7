package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync/atomic"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/rogpeppe/go-internal/testscript"
)

// mailserver starts an IMAP server in memory with the mailbox of a user, whose password is "secret": mailserver VARIABLE USER [FAULT]. VARIABLE
// becomes its URL. What is said to have the subject "odd" meets the fault: lies (nothing is stored), truncates, toobig, full, drops (it is stored,
// and the connection is closed before the answer, once).
func mailserver(ts *testscript.TestScript, _ bool, args []string) {
	mem := imapmemserver.New()
	user := imapmemserver.NewUser(args[1], "secret")
	ts.Check(user.Create("INBOX", nil))
	mem.AddUser(user)
	fault := ""
	if len(args) > 2 {
		fault = args[2]
	}
	dropped := new(atomic.Bool)
	s := imapserver.New(&imapserver.Options{
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &oddSession{mem.NewSession().(imapserver.SessionIMAP4rev2), c, fault, dropped}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}, imap.CapLiteralPlus: {}, imap.CapNamespace: {}},
		InsecureAuth: true, Logger: log.New(io.Discard, "", 0),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	ts.Setenv(args[0], "imap://"+l.Addr().String())
	ts.Defer(func() {
		_ = s.Close() // its connections may be closed already
		<-ended
	})
}

// oddSession is a session of the library's server, with a fault.
type oddSession struct {
	imapserver.SessionIMAP4rev2
	conn    *imapserver.Conn
	fault   string
	dropped *atomic.Bool
}

// Append implements imapserver.Session.
func (s *oddSession) Append(mailbox string, r imap.LiteralReader, o *imap.AppendOptions) (*imap.AppendData, error) {
	b, err := io.ReadAll(r)
	if err != nil || int64(len(b)) != r.Size() {
		return nil, io.ErrUnexpectedEOF
	}
	no := func(code imap.ResponseCode) (*imap.AppendData, error) {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: "no"}
	}
	if odd := bytes.Contains(b, []byte("Subject: odd")); odd {
		switch s.fault {
		case "lies":
			return &imap.AppendData{UID: 77777, UIDValidity: 1}, nil
		case "truncates":
			b = b[:len(b)/2]
		case "toobig":
			return no(imap.ResponseCodeTooBig)
		case "full":
			return no(imap.ResponseCodeOverQuota)
		case "drops":
			if !s.dropped.Swap(true) {
				_, err := s.SessionIMAP4rev2.Append(mailbox, literal{bytes.NewReader(b)}, o)
				return nil, errors.Join(err, s.conn.NetConn().Close())
			}
		}
	}
	return s.SessionIMAP4rev2.Append(mailbox, literal{bytes.NewReader(b)}, o)
}

type literal struct{ *bytes.Reader }

// imapls lists the messages of a folder of a mail server, one line each with flags and size: imapls URL USER FOLDER. The lines go to
// the file imapls.
func imapls(ts *testscript.TestScript, _ bool, args []string) {
	c, err := imapclient.DialInsecure(strings.TrimPrefix(args[0], "imap://"), nil)
	ts.Check(err)
	defer c.Close()
	ts.Check(c.Login(args[1], "secret").Wait())
	var b strings.Builder
	if box, err := c.Select(args[2], &imap.SelectOptions{ReadOnly: true}).Wait(); err == nil && box.NumMessages > 0 {
		all := imap.SeqSet{}
		all.AddRange(1, 0)
		list, err := c.Fetch(all, &imap.FetchOptions{Flags: true, RFC822Size: true, Envelope: true}).Collect()
		ts.Check(err)
		for _, m := range list {
			fmt.Fprintf(&b, "%s %v %d\n", m.Envelope.Subject, m.Flags, m.RFC822Size)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs("imapls"), []byte(b.String()), 0o600))
}

package eas

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

const (
	contentTypeWBXML   = "application/vnd.ms-sync.wbxml"
	contentTypeMessage = "message/rfc822" // of SendMail and its siblings before 14.0. MS-ASCMD 2.2.1.17
)

// command is a request: a document, a document with a message in it, a message, or nothing.
type command struct {
	name      string         // of the command: the query's Cmd
	doc       *wbxml.Element // nil for OPTIONS, and for a command without a document
	mime      wbxml.Tag      // the empty child of doc that the message goes into
	message   Source         // the body, or a value in it
	root      wbxml.Tag      // of the answer, when there is no doc
	empty     bool           // a command that has no body: a document that the server remembers, or GetAttachment
	params    []param        // of the query
	multipart bool           // MS-ASHTTP 2.2.1.1.2.5
	wait      time.Duration  // how long the server is asked to wait for changes
	policyKey *PolicyKey     // sent instead of the client's
	language  string         // of what is searched for: Accept-Language
}

func (cmd *command) options() bool { return cmd.doc == nil && cmd.message == nil && !cmd.empty }

// answer is the root of the document that answers the command.
func (cmd *command) answer() wbxml.Tag {
	if cmd.doc != nil {
		return cmd.doc.Tag
	}
	return cmd.root
}

var errNoVersion = errors.New("no protocol version is known yet: Connect comes first")

// request builds the HTTP request. MS-ASHTTP 2.2.1.1.
func (c *Client) request(ctx context.Context, cmd command, p *patience) (*http.Request, error) {
	version, key := c.Version(), c.PolicyKey()
	if cmd.policyKey != nil {
		key = *cmd.policyKey
	}
	if version == "" && !cmd.options() {
		return nil, errNoVersion
	}
	body, err := cmd.body()
	if err != nil {
		return nil, err
	}
	u, method := *c.url, http.MethodOptions
	short := false
	if !cmd.options() {
		method = http.MethodPost
		u.RawQuery, short = c.query(&cmd, version, key)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	if err := body.attach(req, p); err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("User-Agent", c.cfg.UserAgent)
	h.Set("Accept-Encoding", "gzip")
	if cmd.language != "" {
		h.Set("Accept-Language", cmd.language)
	}
	if short {
		return req, nil // the query says the rest. MS-ASHTTP 2.2.1.1.2.5, .6, .8
	}
	if version != "" {
		h["MS-ASProtocolVersion"] = []string{string(version)}
	}
	if key != "" && !cmd.options() {
		h["X-MS-PolicyKey"] = []string{string(key)}
	}
	if cmd.multipart {
		h["MS-ASAcceptMultiPart"] = []string{"T"}
	}
	return req, nil
}

// requestBody is the body of a request. It can be read more than once: a request is repeated after Provision, and by
// authentication schemes that take two attempts.
type requestBody struct {
	contentType string // "" = there is no body
	head, tail  []byte
	message     Source // between them, may be nil
}

func (cmd *command) body() (requestBody, error) {
	switch {
	case cmd.doc == nil && cmd.message == nil:
		return requestBody{}, nil
	case cmd.doc == nil:
		return requestBody{contentType: contentTypeMessage, message: cmd.message}, nil
	}
	b := requestBody{contentType: contentTypeWBXML, message: cmd.message}
	var buf bytes.Buffer
	enc := wbxml.NewEncoder(&buf)
	if cmd.message == nil {
		enc.Element(cmd.doc)
		err := enc.Close()
		b.head = buf.Bytes()
		return b, err
	}
	split := 0
	enc.Start(cmd.doc.Tag)
	for i := range cmd.doc.Children {
		if e := &cmd.doc.Children[i]; e.Tag != cmd.mime {
			enc.Element(e)
			continue
		}
		enc.Start(cmd.mime)
		enc.OpaqueHole(cmd.message.Size())
		split = buf.Len()
		enc.End()
	}
	enc.End()
	err := enc.Close()
	b.head, b.tail = buf.Bytes()[:split], buf.Bytes()[split:]
	return b, err
}

// onePiece is how large a document may be that is sent as it is: net/http sends it together with the header, and a socket's buffer takes it.
const onePiece = 64 << 10

// attach makes b the body of a request. While it is sent, p is told that things go on.
func (b requestBody) attach(req *http.Request, p *patience) error {
	if b.contentType == "" {
		return nil
	}
	req.Header.Set("Content-Type", b.contentType)
	req.ContentLength = int64(len(b.head) + len(b.tail))
	if b.message != nil {
		req.ContentLength += b.message.Size()
	}
	req.GetBody = func() (io.ReadCloser, error) {
		if b.message == nil {
			head := io.NopCloser(bytes.NewReader(b.head))
			if len(b.head) <= onePiece {
				return head, nil
			}
			return &upload{head, head, p}, nil
		}
		in, err := b.message.Open()
		if err != nil {
			return nil, err
		}
		return &upload{io.MultiReader(bytes.NewReader(b.head), in, bytes.NewReader(b.tail)), in, p}, nil
	}
	var err error
	req.Body, err = req.GetBody()
	return err
}

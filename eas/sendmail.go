package eas

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Outgoing is a message that the server is to send. Its recipients are those of its header, Bcc too, which the server takes
// out; From is set by the server.
type Outgoing struct {
	// Message is the message, RFC 5322. It is sent as it is read, never held as a whole.
	Message Source
	// ClientID names the message, at most 40 characters: a server that has sent a message of that name sends no other, and
	// says status 118. So it must be given, and the same, when a message is sent again because its fate is not known.
	// "" makes a new one. From 14.0 on. MS-ASCMD 2.2.3.28.1.
	ClientID string
	// SaveInSentItems keeps a copy in the Sent Items folder. MS-ASCMD 2.2.3.157.
	SaveInSentItems bool
	// AccountID is the account to send from, of those that Settings lists; "" = the primary one. From 14.1 on.
	// MS-ASCMD 2.2.3.3.1.
	AccountID string
	// TemplateID protects the message with a rights policy template; "" = not. From 14.1 on. MS-ASRM 2.2.2.19.3.
	TemplateID string
}

const maxClientID = 40

// SendMail sends a message. MS-ASCMD 2.2.1.17. It really sends: it is no way to put a message into a folder. Success is an
// answer without a body; an error that is no *StatusError and no *HTTPError leaves open whether it was sent.
func (c *Client) SendMail(ctx context.Context, m Outgoing) error {
	return c.compose(ctx, "SendMail", wbxml.ComposeMailSendMail, m, nil, false)
}

// compose sends a message, with the original that it answers or forwards. Before 14.0 the message is the body of the request
// and the rest is in the query.
func (c *Client) compose(ctx context.Context, name string, root wbxml.Tag, m Outgoing, original *Original, replace bool) error {
	if m.Message == nil {
		return fmt.Errorf("%s: no message", name)
	}
	if original != nil {
		if err := original.check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if !c.Version().AtLeast(Version140) {
		return c.composeBare(ctx, name, root, m, original, replace)
	}
	doc, err := c.outgoing(root, &m, original)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if m.SaveInSentItems {
		doc.Append(wbxml.Empty(wbxml.ComposeMailSaveInSentItems))
	}
	if replace {
		doc.Append(wbxml.Empty(wbxml.ComposeMailReplaceMime))
	}
	doc.Append(wbxml.Empty(wbxml.ComposeMailMime))
	optional(&doc, wbxml.RightsManagementTemplateID, m.TemplateID)
	return c.submit(ctx, command{name: name, doc: &doc, mime: wbxml.ComposeMailMime, message: m.Message})
}

// outgoing begins a document of the three commands. MS-ASCMD 2.2.3.162, 2.2.3.169, 2.2.3.170 name the elements in this order.
func (c *Client) outgoing(root wbxml.Tag, m *Outgoing, original *Original) (wbxml.Element, error) {
	if m.ClientID == "" {
		m.ClientID = rand.Text()
	}
	doc := wbxml.E(root, wbxml.T(wbxml.ComposeMailClientId, m.ClientID))
	if len(m.ClientID) > maxClientID {
		return doc, fmt.Errorf("a ClientId of %d bytes: at most %d", len(m.ClientID), maxClientID)
	}
	if m.AccountID != "" {
		if err := c.needs("AccountId", Version141); err != nil {
			return doc, err
		}
	}
	if m.TemplateID != "" {
		if err := c.needs("TemplateID", Version141); err != nil {
			return doc, err
		}
	}
	if original != nil {
		doc.Append(original.element())
	}
	optional(&doc, wbxml.ComposeMailAccountId, m.AccountID)
	return doc, nil
}

// composeBare sends a message to a server before 14.0. MS-ASHTTP 2.2.1.1.1.2.5.
func (c *Client) composeBare(ctx context.Context, name string, root wbxml.Tag, m Outgoing, original *Original, replace bool) error {
	for _, later := range []struct {
		what  string
		asked bool
		since Version
	}{{"AccountId", m.AccountID != "", Version141}, {"TemplateID", m.TemplateID != "", Version141}, {"ReplaceMime", replace, Version140}} {
		if err := c.needs(later.what, later.since); err != nil && later.asked {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	var params []param
	if original != nil {
		params = original.params()
	}
	save := "F"
	if m.SaveInSentItems {
		save = "T"
	}
	params = append(params, param{paramSaveInSent, save})
	return c.submit(ctx, command{name: name, root: root, message: m.Message, params: params})
}

// submit sends the command. MS-ASCMD 2.2.3.177.14, 2.2.3.177.16: only a failure has a document.
func (c *Client) submit(ctx context.Context, cmd command) error {
	return c.post(ctx, cmd, func(r *response) (err error) {
		defer func() { r.close(err) }()
		doc, err := r.document(cmd.answer())
		if err == nil && doc != nil {
			err = sent(cmd.name, number(doc, wbxml.ComposeMailStatus))
		}
		return err
	})
}

// sent is status, for an answer that says nothing of failure.
func sent(name string, code int) error {
	if code == absent {
		return &ResponseError{Command: name, Err: errors.New("neither empty nor a status")}
	}
	return status(name, name, code)
}

package imapdst

import (
	"context"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// naming is how a server names mailboxes. RFC 2342, RFC 9051 5.1.
type naming struct {
	prefix string // of the user's own mailboxes, such as "INBOX."
	delim  rune   // 0 = there are no folders in folders
	others []string
}

func askNaming(ctx context.Context, c *conn) (n naming, err error) {
	err = c.run(ctx, "NAMESPACE", func() error {
		if !c.caps.Has(imap.CapNamespace) {
			root, err := c.c.List("", "", nil).Collect() // RFC 9051 6.3.9: tells the delimiter
			for _, d := range root {
				n.delim = d.Delim
			}
			return err
		}
		spaces, err := c.c.Namespace().Wait()
		if err != nil {
			return err
		}
		if len(spaces.Personal) > 0 {
			n.prefix, n.delim = spaces.Personal[0].Prefix, spaces.Personal[0].Delim
		}
		for _, d := range append(spaces.Other, spaces.Shared...) {
			if d.Prefix != "" {
				n.others = append(n.others, d.Prefix)
			}
		}
		return nil
	})
	return n, err
}

// refusable are the characters that servers refuse in names, in the order in which they are replaced for one that has.
var refusable = [...]string{"", `/\.~`, `/\.~%*"&{}^|<>!`, "!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~"}

// mailbox returns the mailbox name of a path. refused are characters that the server does not take.
func (n *naming) mailbox(path, refused string) string {
	names := sinks.SplitPath(path)
	isInbox := strings.EqualFold(names[0], inbox)
	if isInbox && len(names) == 1 {
		return inbox
	}
	for i, name := range names {
		names[i] = n.part(name, refused)
	}
	if isInbox { // in a namespace with a prefix it is a folder beside the inbox, which holds what is in that elsewhere
		names[0] = "Inbox"
		if n.prefix == "" {
			names[0] = inbox
		}
	}
	delim := "／"
	if n.delim != 0 {
		delim = string(n.delim)
	}
	return n.prefix + strings.Join(names, delim)
}

// part makes a folder's name one that can stand between delimiters. What cannot becomes a character that looks like it, as in an export.
func (n *naming) part(name, refused string) string {
	if name == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7F || r == 0xFFFD:
			return '_'
		case r == n.delim || n.delim == 0 && r == '／', strings.ContainsRune(refused, r):
			return wide(r)
		}
		return r
	}, name)
}

// wide returns the full-width form of an ASCII character.
func wide(r rune) rune {
	if r > ' ' && r < 0x7F {
		return r + 0xFEE0
	}
	return '_'
}

// path returns the path of a mailbox.
func (n *naming) path(mailbox string) string {
	if strings.EqualFold(mailbox, inbox) {
		return inbox
	}
	mailbox = strings.TrimPrefix(mailbox, n.prefix)
	if n.delim == 0 {
		return sinks.JoinPath(mailbox)
	}
	return sinks.JoinPath(strings.Split(mailbox, string(n.delim))...)
}

// own tells whether a mailbox is the user's, and not one that others share.
func (n *naming) own(mailbox string) bool {
	for _, prefix := range n.others {
		if strings.HasPrefix(mailbox, prefix) && (n.prefix == "" || !strings.HasPrefix(mailbox, n.prefix)) {
			return false
		}
	}
	return true
}

// parents returns the mailboxes that a mailbox is in, the outermost first.
func (n *naming) parents(mailbox string) (above []string) {
	if n.delim == 0 {
		return nil
	}
	for i, r := range mailbox {
		if r == n.delim && i >= len(n.prefix) {
			above = append(above, mailbox[:i])
		}
	}
	return above
}

// delimited returns a mailbox name as the beginning of those below it; "" = there can be none.
func (n *naming) delimited(mailbox string) string {
	if n.delim == 0 {
		return ""
	}
	return mailbox + string(n.delim)
}

func folderErr(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("folder %s: %w", path, err)
}

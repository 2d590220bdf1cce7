package archive

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// Mailboxes yields the addresses of the archive's mailboxes. ErrSealed: it is encrypted, and there is no identity.
func (a *Archive) Mailboxes(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if a.sealed() {
			yield("", fmt.Errorf("mailboxes: %w", ErrSealed))
			return
		}
		for dir, err := range a.children(ctx, mailboxesDir) {
			if err != nil {
				yield("", err)
				return
			}
			address, cut, err := "", a.crypt != nil, error(nil)
			if !cut {
				address, cut, err = mailboxAddress(dir)
			}
			if cut {
				address, err = a.readAddress(ctx, dir)
			}
			if !yield(address, err) || err != nil {
				return
			}
		}
	}
}

// children yields the directories below a prefix. It asks the bucket once for each, however much they hold.
func (a *Archive) children(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		after := ""
		for {
			dir := ""
			for o, err := range a.bucket.List(ctx, prefix, after) {
				if err != nil {
					yield("", err)
					return
				}
				name, _, isDir := strings.Cut(o.Name[len(prefix):], "/")
				if isDir {
					dir = name
					break
				}
			}
			if dir == "" || !yield(dir, nil) {
				return
			}
			after = prefix + dir + "0" // "0" follows "/"
		}
	}
}

// readAddress finds the address of a mailbox whose directory does not tell it.
func (a *Archive) readAddress(ctx context.Context, mailboxDir string) (string, error) {
	prefix := mailboxesDir + mailboxDir + "/"
	for o, err := range a.bucket.List(ctx, prefix, "") {
		if err != nil {
			return "", err
		}
		address := ""
		if a.names.seq(path.Base(o.Name)) > 0 {
			c, err := a.manifest(ctx, "", o)
			if err != nil {
				return "", err
			}
			address = c.Page.Mailbox
		} else if a.names.isRun(o.Name) {
			r, _, err := a.readRun(ctx, "", o.Name)
			if err != nil {
				return "", err
			}
			address = r.Mailbox
		}
		if address != "" {
			return address, nil
		}
	}
	return "", fmt.Errorf("%s: no address: %w", prefix, sinks.ErrCorrupt)
}

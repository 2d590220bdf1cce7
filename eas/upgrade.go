package eas

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// UpgradedError says that a server wants all synchronization state given up, because it was upgraded: its answer carries
// X-MS-RP. The hierarchy and every folder have to start over at InitialKey, and the version to be negotiated anew. MS-ASHTTP
// 3.1.5.1. Nothing of the answer was read, and no key in it may be used.
//
// A server may say so with any answer to a POST. With that to a FolderSync from InitialKey it means nothing, and is ignored:
// the client is starting over. It is ignored altogether with Config.IgnoreUpgrade.
type UpgradedError struct {
	Command  string
	Versions []Version // that the server has now, as X-MS-RP says
}

func (e *UpgradedError) Error() string {
	return fmt.Sprintf("%s: %s: it was upgraded, and has the versions %v", e.Command, ErrUpgraded, e.Versions)
}

// Is answers to ErrUpgraded.
func (e *UpgradedError) Is(target error) bool { return target == ErrUpgraded }

// maxVersions bounds how many versions are taken from a header.
const maxVersions = 32

// upgraded makes the error of an answer with X-MS-RP. MS-ASProtocolVersions alone means nothing: SOGo 5.8 sends it always.
func (c *Client) upgraded(cmd command, h http.Header) error {
	if c.cfg.IgnoreUpgrade || h.Get("X-MS-RP") == "" || cmd.doc == nil || startsOver(cmd.doc) {
		return nil
	}
	e := &UpgradedError{Command: cmd.name}
	for _, v := range list(h, "X-MS-RP") {
		if len(e.Versions) < maxVersions {
			e.Versions = append(e.Versions, Version(v))
		}
	}
	return e
}

// startsOver tells a FolderSync from InitialKey.
func startsOver(doc *wbxml.Element) bool {
	return doc.Tag == wbxml.FolderHierarchyFolderSync && SyncKey(doc.Value(wbxml.FolderHierarchySyncKey)) == InitialKey
}

// PasswordExpires is in how many days the user's password expires, 0 for less than one, as the server last said it; -1 if it
// did not. MS-ASHTTP 2.2.2.1.2.11.
func (c *Client) PasswordExpires() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.expires
}

// note keeps what an answer says beside what was asked.
func (c *Client) note(h http.Header) {
	days := PasswordDays(h)
	if days < 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expires = days
}

// PasswordDays reads from an answer in how many days the password expires; -1 if it does not say. The header has two names in
// the specification: X-MS-Credential-Expire (MS-ASHTTP 2.2.2.1.2.11) and X-MS-Credentials-Expire (3.1.5.1).
func PasswordDays(h http.Header) int {
	for _, name := range []string{"X-MS-Credential-Expire", "X-MS-Credentials-Expire"} {
		if days, err := strconv.Atoi(strings.TrimSpace(h.Get(name))); err == nil && days >= 0 {
			return days
		}
	}
	return absent
}

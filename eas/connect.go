package eas

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// ServerInfo is what a server says of itself in its answer to OPTIONS. MS-ASHTTP 2.2.3.
type ServerInfo struct {
	Versions []Version // MS-ASProtocolVersions, in the server's order
	Commands []string  // MS-ASProtocolCommands; some servers leave out what they can (SOGo 5.8: Provision)
	Server   string    // MS-Server-ActiveSync: the version of its EAS
	Product  string    // the Server header
}

// Has tells whether the server lists a command.
func (s *ServerInfo) Has(command string) bool { return slices.Contains(s.Commands, command) }

// Options asks what the server speaks.
func (c *Client) Options(ctx context.Context) (*ServerInfo, error) {
	r, err := c.do(ctx, command{name: "OPTIONS"})
	if err != nil {
		return nil, err
	}
	defer func() { r.close(err) }()
	h := r.http.Header
	info := &ServerInfo{Server: h.Get("MS-Server-ActiveSync"), Product: h.Get("Server"), Commands: list(h, "MS-ASProtocolCommands")}
	for _, v := range list(h, "MS-ASProtocolVersions") {
		info.Versions = append(info.Versions, Version(v))
	}
	if info.Server == "" && len(info.Versions) == 0 {
		err = fmt.Errorf("OPTIONS: %w at %s: the answer (%s) has none of its headers", ErrNotEAS, c.url.Host, r.contentType())
		return nil, err
	}
	return info, nil
}

// list reads a header of names separated by commas.
func list(h http.Header, name string) []string {
	var out []string
	for _, line := range h.Values(name) {
		for s := range strings.SplitSeq(line, ",") {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// Connect asks what the server speaks, settles on a version and tells the server what device this is. With Config.Version set
// that version is spoken even if the server does not list it.
//
// Provision is not done here: any command does it, once, when the server asks for it, and is then repeated, once.
func (c *Client) Connect(ctx context.Context) (*ServerInfo, error) {
	info, err := c.Options(ctx)
	if err != nil {
		return nil, err
	}
	if c.cfg.Version == "" {
		v, ok := bestVersion(info.Versions)
		if !ok {
			return nil, fmt.Errorf("OPTIONS: no common version: the server has %v", info.Versions)
		}
		c.setVersion(v)
	}
	if c.Version().AtLeast(Version120) && info.Has("Settings") {
		if err := c.sendDeviceInformation(ctx); err != nil && !harmless(err) {
			return nil, err
		}
	}
	return info, nil
}

// sendDeviceInformation tells what the user and the administrator are to see of this device. MS-ASCMD 2.2.1.18.
func (c *Client) sendDeviceInformation(ctx context.Context) error {
	answer, err := c.Settings(ctx, SettingsRequest{Device: &c.cfg.Device})
	if err != nil {
		return err
	}
	return answer.DeviceErr
}

// harmless tells whether the server only declined to know about the device.
func harmless(err error) bool {
	if errors.Is(err, errors.ErrUnsupported) {
		return true
	}
	if errors.Is(err, ErrBlocked) || errors.Is(err, ErrPolicyRequired) || errors.Is(err, ErrRemoteWipe) || errors.Is(err, ErrUnauthorized) {
		return false
	}
	var st *StatusError
	var he *HTTPError
	return errors.As(err, &st) || errors.As(err, &he) && (he.Code == 400 || he.Code == 500 || he.Code == 501)
}

package eas

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Client talks to one mailbox as one device. It keeps the version, the policy key and cookies, but no sync state. Its methods
// may be called from several goroutines; a server bears only one request at a time on one folder, and FolderSync alone.
type Client struct {
	cfg  Config
	url  *url.URL
	http http.Client
	own  *http.Transport // the default transport, nil when the caller brought one

	decoders sync.Pool // *wbxml.Decoder
	buffers  sync.Pool // *[]byte, for bodies

	mu        sync.Mutex
	version   Version
	policyKey PolicyKey
	wipe      *RemoteWipeError // nil as long as the server has not asked for one
	expires   int              // days to the end of the password, absent

	provisioning sync.Mutex // one Provision at a time
}

// New checks cfg and makes a client. It does no I/O.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	u, err := cfg.check()
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, url: u, version: cfg.Version, policyKey: cfg.PolicyKey, expires: absent}
	if cfg.Transport == nil {
		c.own = newTransport()
		if cfg.HTTP1 {
			c.own = NewHTTP1Transport()
		}
		c.cfg.Transport = c.own
	}
	c.http = http.Client{
		Transport: c.cfg.Transport,
		Jar:       jar,
		// A redirect is reported, never followed: the credentials are for this server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// NewTransport is the transport that a client has by default, to be wrapped with credentials: TLS 1.2 or newer, a few idle
// connections, and no decompression, which the client does itself.
func NewTransport() *http.Transport { return newTransport() }

// NewHTTP1Transport is NewTransport without HTTP/2, for servers and proxies that claim it and fail at it.
func NewHTTP1Transport() *http.Transport {
	t := newTransport()
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return t
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		ForceAttemptHTTP2:   true,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 30 * time.Second,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     60 * time.Second,
		ReadBufferSize:      16 << 10,
		DisableCompression:  true,
	}
}

// CloseIdleConnections closes what connections of the client's own transport are not in use.
func (c *Client) CloseIdleConnections() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Version is the version that the client speaks: chosen by Connect, or Config.Version; "" before either.
func (c *Client) Version() Version {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version
}

// PolicyKey is the key of the last Provision, "" if there was none. It is worth storing with the DeviceID.
func (c *Client) PolicyKey() PolicyKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.policyKey
}

func (c *Client) setVersion(v Version) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version = v
}

func (c *Client) setPolicyKey(k PolicyKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.policyKey = k
}

// post sends a command, and again after Provision when the server asks for that, once. handle reads the answer, of which
// nothing is read yet; what it returns decides, too, whether the server asked for Provision (status 141 to 144) or for a wipe
// (status 140), after which nothing is sent any more.
func (c *Client) post(ctx context.Context, cmd command, handle func(*response) error) error {
	if wipe := c.wipeAsked(); wipe != nil {
		return wipe
	}
	key := c.PolicyKey()
	err := c.postOnce(ctx, cmd, handle)
	switch {
	case errors.Is(err, ErrRemoteWipe):
		return c.askWipe(ctx, err)
	case !wantsPolicy(err, key):
		return err
	}
	if perr := c.provisionSince(ctx, key); perr != nil {
		return perr
	}
	return c.postOnce(ctx, cmd, handle)
}

func (c *Client) postOnce(ctx context.Context, cmd command, handle func(*response) error) error {
	r, err := c.do(ctx, cmd)
	if err != nil {
		return err
	}
	return handle(r)
}

// call sends a command and returns the whole answer as a tree; nil for an empty answer.
func (c *Client) call(ctx context.Context, cmd command, check func(*wbxml.Element) error) (*wbxml.Element, error) {
	var doc *wbxml.Element
	err := c.post(ctx, cmd, func(r *response) (err error) {
		defer func() { r.close(err) }()
		doc, err = r.document(cmd.answer())
		if err == nil && doc != nil {
			err = check(doc)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return doc, nil
}

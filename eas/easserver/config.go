package easserver

import (
	"net/http"
	"net/url"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Config says how a server behaves. The zero value is a strict server for all
// protocol versions that nobody can log in to.
type Config struct {
	// Password is the password of every user. Authenticate, if set, decides instead.
	Password     string
	Authenticate func(user, password string) bool

	// SignIn, if set, decides instead of both who sends a request, by whatever it
	// brings: a bearer token, a client certificate. "" is nobody, who is answered
	// with 401 and the Challenges.
	SignIn func(*http.Request) (login string)
	// Challenges are the WWW-Authenticate headers of a 401; default Basic.
	Challenges []string

	// URL is the endpoint that Autodiscover names; default the host that it is asked at.
	URL string

	// Versions are the protocol versions that are offered, in the order of the
	// header; default 2.5, 12.0, 12.1, 14.0, 14.1, 16.0, 16.1.
	Versions []string

	// Policy, if set, is required of devices: until they have provisioned they get
	// HTTP 449, or status 142 from 14.0 on. Without a policy Provision says that
	// there is none.
	Policy *Policy

	// MinHeartbeat and MaxHeartbeat bound the intervals of Ping and Sync; default
	// one minute and 59 minutes, as MS-ASCMD 2.2.3.97 has them.
	MinHeartbeat, MaxHeartbeat time.Duration

	MaxWindow      int // items of a page; default and most 512
	MaxPingFolders int // folders of a Ping; default 200
	MaxDevices     int // devices of a mailbox; default 100

	// NoPasswordRecovery refuses to keep the passwords of devices.
	NoPasswordRecovery bool

	// RightsTemplates are what a message may be protected with.
	RightsTemplates []eas.RightsTemplate

	// Gzip compresses answers for clients that accept it.
	Gzip bool

	// Now is the clock of the filters; default time.Now.
	Now func() time.Time

	// OnRequest is told every request that was authenticated and understood. If it
	// returns a handler, that one answers, and the server does nothing. It is where
	// a test counts requests, refuses one, or cuts a connection.
	OnRequest func(*Request) http.Handler

	// Faults, if set, makes the server misbehave as real ones do.
	Faults *Faults

	// OnViolation is told of requests that the specification forbids. They get what
	// the specification says as well.
	OnViolation func(Violation)
}

// Policy is what a device must apply before it may synchronize: the children of
// EASProvisionDoc. MS-ASPROV 2.2.2.28.
type Policy struct {
	Settings    []wbxml.Element
	Whole       bool // a device that applied a part of it is refused (status 139)
	Managed     bool // a device that others manage is let in; else it gets status 145
	KeyRequired bool // a device that shows no key at all gets status 141
}

// Request is one command of a client.
type Request struct {
	Command, User, DeviceID, DeviceType string
	Version                             string // MS-ASProtocolVersion
	PolicyKey                           string // X-MS-PolicyKey, "" if there was none
	Query                               url.Values
	Header                              http.Header
	Document                            *wbxml.Element // nil: the body was empty or is no WBXML by nature
}

// Violation is a rule of the protocol that a request broke.
type Violation struct {
	Request *Request
	Rule    string // where it is written, such as "MS-ASCMD 2.2.3.29.2"
	Detail  string // what the request did
}

func (v Violation) String() string { return v.Request.Command + ": " + v.Detail + " (" + v.Rule + ")" }

func (c Config) withDefaults() Config {
	if len(c.Versions) == 0 {
		c.Versions = []string{"2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1"}
	}
	if c.MinHeartbeat == 0 {
		c.MinHeartbeat = time.Minute
	}
	if c.MaxHeartbeat == 0 {
		c.MaxHeartbeat = 59 * time.Minute
	}
	if c.MaxWindow <= 0 || c.MaxWindow > maxWindow {
		c.MaxWindow = maxWindow
	}
	if c.MaxPingFolders == 0 {
		c.MaxPingFolders = 200
	}
	if c.MaxDevices == 0 {
		c.MaxDevices = 100
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Authenticate == nil {
		password := c.Password
		c.Authenticate = func(_, p string) bool { return password != "" && p == password }
	}
	if c.SignIn == nil {
		authenticate := c.Authenticate
		c.SignIn = func(r *http.Request) string {
			login, password, _ := r.BasicAuth()
			if !authenticate(login, password) {
				return ""
			}
			return login
		}
	}
	if len(c.Challenges) == 0 {
		c.Challenges = []string{`Basic realm="ActiveSync", charset="UTF-8"`}
	}
	return c
}

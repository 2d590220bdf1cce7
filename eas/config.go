package eas

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Config describes a mailbox's connection. URL, User and DeviceID are needed; the zero value of everything else is safe and
// complete.
type Config struct {
	// URL is the full URL of the endpoint, or a host: https://HOST/Microsoft-Server-ActiveSync.
	URL string
	// User goes into the query. Credentials are the Transport's business.
	User string
	// DeviceID names the partnership: alphanumeric, 1 to 32 bytes.
	DeviceID DeviceID
	// DeviceType is the kind of device, alphanumeric; default "airlift".
	DeviceType string
	// UserAgent must stay the same for the life of a partnership: servers block devices that change it. Default
	// "airlift/1".
	UserAgent string
	// Version is the protocol version to speak, whether the server lists it or not; "" takes the newest of ours that it
	// lists.
	Version Version
	// PolicyKey is what an earlier Provision returned; "" if there was none.
	PolicyKey PolicyKey
	// Policy decides what the server is told of a policy that it demands; an error keeps the client from telling anything,
	// and is what the command ends with. nil says of every policy that it is applied. It is called by one goroutine at a
	// time, during the command that the server asked at, and must not use the client.
	Policy func(context.Context, *Policy) (Compliance, error)
	// Wipe is told, once, that the server asks for a remote wipe, and tells whether the data was removed; the server is told
	// the same. nil leaves that to AcknowledgeRemoteWipe. It is called as Policy is.
	Wipe func(context.Context, *RemoteWipeError) (done bool)
	// Device is what the server shows of this device to its user and administrator.
	Device DeviceInformation
	// Query is the form of the request line; default QueryPlain.
	Query QueryForm
	// Locale is the language of what the server writes, in a base64 query: a number of MS-LCID; default 0x0409, English.
	Locale uint16
	// Transport sends the requests; it adds the credentials (auth.Basic wraps one). nil uses a connection pool of the
	// client's own.
	Transport http.RoundTripper
	// HTTP1 keeps the client's own transport to HTTP/1.1; a Transport of the caller's decides that itself.
	HTTP1 bool
	// AllowHTTP permits plain HTTP to hosts other than this one.
	AllowHTTP bool
	// IgnoreUpgrade lets commands succeed whose answer asks to synchronize anew (UpgradedError): for a caller that is just
	// doing so.
	IgnoreUpgrade bool
	// HeaderTimeout bounds the time to the first byte of an answer; default 5 minutes, because servers render a whole
	// page before they send anything.
	HeaderTimeout time.Duration
	// IdleTimeout bounds one wait for the next bytes of an answer; default 2 minutes. The time that the caller takes
	// between two items does not count.
	IdleTimeout time.Duration
	// SpoolDir is where a body larger than SpoolMemory lies while it is worked on; default os.TempDir(). The file has no
	// name there, so nothing is left behind by a crash.
	SpoolDir string
	// SpoolMemory is how many bytes of a body are held in memory; default 1 MiB.
	SpoolMemory int
	// Limits bound what an answer may cost.
	Limits wbxml.Limits
	// Trace, if set, is told of every exchange when it is over. It may be called from several goroutines at a time.
	Trace func(Exchange)
	// TraceXML puts the plain XML of both documents into the Exchange, cut. Credentials and cookies are in neither.
	TraceXML bool
}

// DeviceInformation is what the server is told of the device, each at most 1024 characters. MS-ASCMD 2.2.3.45. In a Config the
// zero value says "airlift".
type DeviceInformation struct {
	Model             string `wbxml:"Settings:Model"` // 2.2.3.115
	IMEI              string `wbxml:"Settings:IMEI"`
	FriendlyName      string `wbxml:"Settings:FriendlyName"`
	OS                string `wbxml:"Settings:OS"`
	OSLanguage        string `wbxml:"Settings:OSLanguage"`
	PhoneNumber       string `wbxml:"Settings:PhoneNumber"`       // 2.2.3.134
	UserAgent         string `wbxml:"Settings:UserAgent"`         // from 12.1 on
	EnableOutboundSMS *bool  `wbxml:"Settings:EnableOutboundSMS"` // 2.2.3.60, from 14.0 on
	MobileOperator    string `wbxml:"Settings:MobileOperator"`    // 2.2.3.113, from 14.0 on
}

const (
	defaultDeviceType = "airlift"
	defaultUserAgent  = "airlift/1"
	defaultPath       = "/Microsoft-Server-ActiveSync"
	maxDeviceID       = 32
)

func (cfg Config) withDefaults() Config {
	set := func(s *string, d string) {
		if *s == "" {
			*s = d
		}
	}
	set(&cfg.DeviceType, defaultDeviceType)
	set(&cfg.UserAgent, defaultUserAgent)
	if cfg.Locale == 0 {
		cfg.Locale = localeEnglish
	}
	set(&cfg.SpoolDir, os.TempDir())
	set(&cfg.Device.Model, "airlift")
	set(&cfg.Device.FriendlyName, "airlift mailbox archive")
	set(&cfg.Device.OS, "airlift")
	set(&cfg.Device.UserAgent, cfg.UserAgent)
	if cfg.HeaderTimeout <= 0 {
		cfg.HeaderTimeout = 5 * time.Minute
	}
	if cfg.IdleTimeout <= 0 {
		cfg.IdleTimeout = 2 * time.Minute
	}
	if cfg.SpoolMemory <= 0 {
		cfg.SpoolMemory = 1 << 20
	}
	return cfg
}

// check refuses what could not work or would not be safe, and returns the endpoint.
func (cfg Config) check() (*url.URL, error) {
	if cfg.User == "" {
		return nil, errors.New("eas: no user")
	}
	if !alphanumeric(string(cfg.DeviceID)) || len(cfg.DeviceID) > maxDeviceID {
		return nil, fmt.Errorf("eas: device id %q: 1 to %d letters and digits are needed", cfg.DeviceID, maxDeviceID)
	}
	if !alphanumeric(cfg.DeviceType) {
		return nil, fmt.Errorf("eas: device type %q: letters and digits only", cfg.DeviceType)
	}
	if major, _ := cfg.Version.split(); cfg.Version != "" && major < 0 {
		return nil, fmt.Errorf("eas: protocol version %q", cfg.Version)
	}
	return endpoint(cfg.URL, cfg.AllowHTTP)
}

func endpoint(raw string, allowHTTP bool) (*url.URL, error) {
	if raw == "" {
		return nil, errors.New("eas: no server")
	}
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("eas: the server is no URL") // the parse error would repeat a password in it
	}
	switch {
	case u.User != nil:
		return nil, errors.New("eas: credentials do not belong into the URL")
	case u.Host == "":
		return nil, fmt.Errorf("eas: URL %s names no host", u)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("eas: URL %s: the scheme must be https", u)
	case u.Scheme == "http" && !allowHTTP && !loopback(u.Hostname()):
		return nil, fmt.Errorf("eas: URL %s: plain HTTP would show password and mail to everybody on the way", u)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = defaultPath
	}
	u.RawQuery, u.Fragment = "", ""
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func alphanumeric(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

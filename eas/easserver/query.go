package easserver

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// protocol is a protocol version as a number that can be compared: 25 for "2.5",
// 141 for "14.1".
type protocol int

func parseProtocol(s string) (protocol, error) {
	major, minor, ok := strings.Cut(s, ".")
	n, err := strconv.Atoi(major + minor)
	if !ok || len(minor) != 1 || err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no protocol version", s)
	}
	return protocol(n), nil
}

func (p protocol) String() string { return fmt.Sprintf("%d.%d", int(p)/10, int(p)%10) }

// query is what the request line and the headers say of a command.
type query struct {
	command, user, deviceID, deviceType string
	version, policyKey                  string
	acceptMultiPart, saveInSent         bool
	values                              url.Values
}

// parseQuery reads the plain text form and the base64 form. MS-ASHTTP 2.2.1.1.1.
func parseQuery(r *http.Request) (query, error) {
	q := query{
		version:         r.Header.Get("MS-ASProtocolVersion"),
		policyKey:       r.Header.Get("X-MS-PolicyKey"),
		acceptMultiPart: r.Header.Get("MS-ASAcceptMultiPart") == "T",
	}
	if raw := r.URL.RawQuery; raw != "" && !strings.ContainsAny(strings.TrimRight(raw, "="), "=&") {
		return q, q.parseBase64(raw)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, err
	}
	q.values = values
	q.command, q.user = values.Get("Cmd"), values.Get("User")
	q.deviceID, q.deviceType = values.Get("DeviceId"), values.Get("DeviceType")
	q.saveInSent = values.Get("SaveInSent") == "T"
	return q, nil
}

// The commands by their codes, and the names of command parameters by their tags.
// MS-ASHTTP 2.2.1.1.1.1.2 and 2.2.1.1.1.1.3.
var (
	commandCodes = []string{
		"Sync", "SendMail", "SmartForward", "SmartReply", "GetAttachment", "", "", "", "", "FolderSync", "FolderCreate", "FolderDelete",
		"FolderUpdate", "MoveItems", "GetItemEstimate", "MeetingResponse", "Search", "Settings", "Ping", "ItemOperations", "Provision",
		"ResolveRecipients", "ValidateCert", "Find",
	}
	parameterTags = []string{"AttachmentName", "CollectionId", "", "ItemId", "LongId", "", "Occurrence", "Options", "User"}
)

func (q *query) parseBase64(raw string) error {
	raw = strings.TrimRight(strings.NewReplacer("%2B", "+", "%2F", "/", "%3D", "=", "-", "+", "_", "/").Replace(raw), "=")
	b, err := base64.RawStdEncoding.DecodeString(raw)
	if err != nil {
		return fmt.Errorf("base64 query: %w", err)
	}
	short := errors.New("base64 query: too short")
	take := func(n int) []byte {
		if n > len(b) {
			n, err = 0, short
		}
		p := b[:n]
		b = b[n:]
		return p
	}
	counted := func() []byte {
		if n := take(1); len(n) == 1 {
			return take(int(n[0]))
		}
		return nil
	}
	if head := take(4); len(head) == 4 { // version, command, locale
		q.version = protocol(head[0]).String()
		if int(head[1]) < len(commandCodes) {
			q.command = commandCodes[head[1]]
		}
	}
	q.deviceID = deviceIDOf(counted())
	if key := counted(); len(key) == 4 {
		q.policyKey = strconv.FormatUint(uint64(binary.LittleEndian.Uint32(key)), 10)
	}
	q.deviceType = string(counted())
	q.values = url.Values{}
	for len(b) > 0 && err == nil {
		tag := take(1)[0]
		q.parameter(tag, counted())
	}
	return err
}

// deviceIDOf returns a device id as text. One that is no text, such as a GUID, is
// written in hexadecimal.
func deviceIDOf(b []byte) string {
	for _, c := range b {
		if c < '!' || c > '~' {
			return hex.EncodeToString(b)
		}
	}
	return string(b)
}

func (q *query) parameter(tag byte, value []byte) {
	if int(tag) >= len(parameterTags) || parameterTags[tag] == "" {
		return
	}
	switch name := parameterTags[tag]; name {
	case "Options":
		if len(value) == 1 {
			q.saveInSent = value[0]&1 != 0
			q.acceptMultiPart = value[0]&2 != 0
		}
	case "User":
		q.user = string(value)
	default:
		q.values.Set(name, string(value))
	}
}

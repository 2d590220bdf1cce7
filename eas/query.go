package eas

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strconv"
	"strings"
)

// QueryForm is how the request line says who asks for what. MS-ASHTTP 2.2.1.1.1.
type QueryForm int

const (
	// QueryPlain is readable, and understood by every server.
	QueryPlain QueryForm = iota
	// QueryBase64 is short, and says what else takes three headers. It exists from 12.1 on: with an older version the query
	// is plain. So it is when something in it is too long.
	QueryBase64
)

// Locale of the answers in a base64 query: the number of a language, MS-LCID.
const localeEnglish uint16 = 0x0409

// param is a parameter of the query that belongs to one command. MS-ASHTTP 2.2.1.1.1.2.5.
type param struct{ name, value string }

const (
	paramAttachmentName = "AttachmentName"
	paramCollectionID   = "CollectionId"
	paramItemID         = "ItemId"
	paramLongID         = "LongId"
	paramOccurrence     = "Occurrence"
	paramSaveInSent     = "SaveInSent" // T or F; a flag of Options in base64
)

// query is the query of a request. short says that it is the base64 form, so that no header repeats it.
func (c *Client) query(cmd *command, v Version, key PolicyKey) (raw string, short bool) {
	if c.cfg.Query == QueryBase64 {
		if b := c.shortQuery(cmd, v, key); b != nil {
			return base64.StdEncoding.EncodeToString(b), true
		}
	}
	var q strings.Builder
	q.WriteString("Cmd=" + cmd.name + "&User=" + escape(c.cfg.User) + "&DeviceId=" + string(c.cfg.DeviceID) + "&DeviceType=" + c.cfg.DeviceType)
	for _, p := range cmd.params {
		q.WriteString("&" + p.name + "=" + escape(p.value))
	}
	return q.String(), false
}

// escape writes a query value so that every server reads it back: a space as %20, not as "+".
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// commandCodes: MS-ASHTTP 2.2.1.1.1.1.2. 5 to 8 were commands of older versions.
var commandCodes = map[string]byte{
	"Sync": 0, "SendMail": 1, "SmartForward": 2, "SmartReply": 3, "GetAttachment": 4, "FolderSync": 9, "FolderCreate": 10,
	"FolderDelete": 11, "FolderUpdate": 12, "MoveItems": 13, "GetItemEstimate": 14, "MeetingResponse": 15, "Search": 16, "Settings": 17,
	"Ping": 18, "ItemOperations": 19, "Provision": 20, "ResolveRecipients": 21, "ValidateCert": 22, "Find": 23,
}

// parameterTags: MS-ASHTTP 2.2.1.1.1.1.3.
var parameterTags = map[string]byte{paramAttachmentName: 0, paramCollectionID: 1, paramItemID: 3, paramLongID: 4, paramOccurrence: 6}

const (
	tagOptions, tagUser                    = 7, 8
	optionSaveInSent, optionMultipart byte = 1, 2
)

// shortQuery is what a base64 query stands for, its fields in their order; nil if it cannot be said so.
// MS-ASHTTP 2.2.1.1.1.1.
func (c *Client) shortQuery(cmd *command, v Version, key PolicyKey) []byte {
	code, known := commandCodes[cmd.name]
	if !known || !v.AtLeast(Version121) {
		return nil
	}
	major, minor := v.split()
	b := []byte{byte(10*major + minor), code}
	b = binary.LittleEndian.AppendUint16(b, c.cfg.Locale)
	fits := true
	counted := func(s string) {
		fits = fits && len(s) <= 255
		b = append(append(b, byte(len(s))), s...)
	}
	counted(string(c.cfg.DeviceID))
	if key == "" {
		b = append(b, 0)
	} else {
		n, err := strconv.ParseUint(string(key), 10, 32)
		fits = fits && err == nil
		b = binary.LittleEndian.AppendUint32(append(b, 4), uint32(n))
	}
	counted(c.cfg.DeviceType)
	var options byte
	for _, p := range cmd.params {
		if p.name == paramSaveInSent {
			if p.value == "T" {
				options |= optionSaveInSent
			}
			continue
		}
		b = append(b, parameterTags[p.name])
		counted(p.value)
	}
	if cmd.multipart {
		options |= optionMultipart
	}
	if options != 0 {
		b = append(b, tagOptions, 1, options)
	}
	b = append(b, tagUser)
	counted(c.cfg.User)
	if !fits {
		return nil
	}
	return b
}

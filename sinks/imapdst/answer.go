package imapdst

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// ownTag begins the tags of APPEND. The library's begin with "T".
const ownTag = 'A'

// An answer is what the server says to a command of APPEND: a tagged status response, or that it waits for more.
type answer struct {
	tag  int
	more bool // "+ ..."
	err  error
	// Where the messages are. RFC 4315 3.
	validity uint32
	uids     []imap.UID
}

// parseAnswer reads a status response with a tag of APPEND. RFC 9051 7.1.
func parseAnswer(line []byte) (a answer, err error) {
	text := string(bytes.TrimRight(line, "\r\n"))
	if text[:1] == "+" {
		return answer{more: true}, nil
	}
	tag, rest, _ := strings.Cut(text, " ")
	if a.tag, err = strconv.Atoi(tag[1:]); err != nil {
		return a, fmt.Errorf("%w: the tag %q", ErrProtocol, cut(tag))
	}
	status, rest, _ := strings.Cut(rest, " ")
	var code, args string
	if inside, ok := strings.CutPrefix(rest, "["); ok {
		if inside, after, ok := strings.Cut(inside, "]"); ok {
			code, args, _ = strings.Cut(inside, " ")
			rest = strings.TrimSpace(after)
		}
	}
	code = strings.ToUpper(code)
	switch status = strings.ToUpper(status); status {
	case "OK":
	case "NO", "BAD":
		a.err = &imap.Error{Type: imap.StatusResponseType(status), Code: imap.ResponseCode(code), Text: rest}
		return a, nil
	default:
		return a, fmt.Errorf("%w: the status %q", ErrProtocol, cut(status))
	}
	if code == "APPENDUID" {
		validity, set, _ := strings.Cut(args, " ")
		v, err := strconv.ParseUint(validity, 10, 32)
		if err == nil {
			a.validity = uint32(v)
			a.uids, err = parseUIDs(set)
		}
		if err != nil {
			return a, fmt.Errorf("%w: APPENDUID %q", ErrProtocol, cut(args))
		}
	}
	return a, nil
}

// parseUIDs reads a uid-set in its order, of no more messages than are put together.
func parseUIDs(set string) (uids []imap.UID, err error) {
	for part := range strings.SplitSeq(set, ",") {
		from, to, span := strings.Cut(part, ":")
		a, err := strconv.ParseUint(from, 10, 32)
		if err != nil {
			return nil, err
		}
		b := a
		if span {
			if b, err = strconv.ParseUint(to, 10, 32); err != nil {
				return nil, err
			}
		}
		a, b = min(a, b), max(a, b) // RFC 4315 2: an order that means nothing
		if a == 0 || b-a >= maxBatch || len(uids)+int(b-a) >= maxBatch {
			return nil, strconv.ErrRange
		}
		for uid := a; uid <= b; uid++ {
			uids = append(uids, imap.UID(uid))
		}
	}
	return uids, nil
}

package autodiscover

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
)

const (
	pathXML  = "/autodiscover/autodiscover.xml"
	pathJSON = "/autodiscover/autodiscover.json"
)

// jsonURL is where Autodiscover v2 tells of an address.
func jsonURL(origin, address string) string {
	return origin + pathJSON + "?Email=" + url.QueryEscape(address) + "&Protocol=ActiveSync"
}

// parseJSON reads an answer of Autodiscover v2.
func parseJSON(r io.Reader) (*answer, error) {
	doc, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAutodiscover, err)
	}
	if len(doc) > maxAnswer {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrNoAutodiscover, maxAnswer)
	}
	var v struct{ Protocol, URL, ErrorCode, ErrorMessage string }
	if err := json.Unmarshal(doc, &v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAutodiscover, err)
	}
	a := &answer{}
	switch {
	case v.ErrorCode != "" || v.ErrorMessage != "":
		a.err = &AnswerError{Code: short(v.ErrorCode), Message: short(v.ErrorMessage)}
	case strings.EqualFold(v.Protocol, "ActiveSync") && v.URL != "":
		a.servers = []Server{{Type: typeMobileSync, URL: clean(v.URL)}}
	default:
		return nil, fmt.Errorf("%w: neither a URL of ActiveSync nor an error", ErrNoAutodiscover)
	}
	return a, nil
}

// short keeps of a text what a line can show.
func short(s string) string {
	s = clean(s)
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

package autodiscover

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

const (
	nsRequest  = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006"
	nsResponse = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006" // MS-ASCMD 2.2.3.1
)

// The bounds of an answer.
const (
	maxAnswer  = 256 << 10 // bytes
	maxDepth   = 16
	maxTokens  = 1 << 14
	maxValue   = 4 << 10 // bytes of one value
	maxServers = 32
)

// Server is what an answer says of a server of the mailbox. MS-ASCMD 2.2.3.164.
type Server struct {
	Type       string // MobileSync, or CertEnroll for where client certificates are to be had; 2.2.3.186.1
	URL        string
	Name       string // of MobileSync the URL once more; 2.2.3.120.1
	ServerData string // of CertEnroll the name of the certificate's template; 2.2.3.165
}

// answer is what was read of an XML or JSON answer.
type answer struct {
	culture, displayName, address string
	servers                       []Server
	redirectAddress, redirectURL  string
	err                           *AnswerError
}

// request is the document that asks for a mailbox. MS-ASCMD 2.2.1.1.
func request(address string) ([]byte, error) {
	type query struct {
		EMailAddress             string
		AcceptableResponseSchema string
	}
	doc, err := xml.Marshal(struct {
		XMLName xml.Name
		Request query
	}{xml.Name{Space: nsRequest, Local: "Autodiscover"}, query{address, nsResponse}})
	return append([]byte(xml.Header), doc...), err
}

// parseXML reads an answer. Namespaces are not looked at: servers, and the specification's own examples, have them wrong.
// Elements that are not known are passed over.
func parseXML(r io.Reader) (*answer, error) {
	p := parser{answer: &answer{}}
	lr := &io.LimitedReader{R: r, N: maxAnswer + 1}
	d := xml.NewDecoder(lr)
	for range maxTokens {
		t, err := d.Token()
		switch {
		case lr.N <= 0:
			return nil, fmt.Errorf("%w: more than %d bytes", ErrNoAutodiscover, maxAnswer)
		case err == io.EOF && p.root:
			return p.answer, nil
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrNoAutodiscover, err)
		}
		if err := p.token(t); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoAutodiscover, err)
		}
	}
	return nil, fmt.Errorf("%w: more than %d parts", ErrNoAutodiscover, maxTokens)
}

// parser walks through the tokens of an answer.
type parser struct {
	*answer
	root    bool // it was there
	at      []string
	text    bytes.Buffer
	current Server
}

var errDeep = errors.New("too deep, or a value too long")

func (p *parser) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		if len(p.at) == 0 && t.Name.Local != "Autodiscover" {
			return fmt.Errorf("the root element is %.40q", t.Name.Local)
		}
		p.root = true
		if p.at = append(p.at, t.Name.Local); len(p.at) > maxDepth {
			return errDeep
		}
		p.text.Reset()
		p.begin(t.Attr)
	case xml.EndElement:
		path := strings.Join(p.at, "/")
		if path == atServer && len(p.servers) < maxServers {
			p.servers = append(p.servers, p.current)
		}
		p.value(path, clean(p.text.String()))
		p.at = p.at[:len(p.at)-1]
		p.text.Reset()
	case xml.CharData:
		if p.text.Len()+len(t) > maxValue {
			return errDeep
		}
		p.text.Write(t)
	}
	return nil
}

const (
	atResponse = "Autodiscover/Response/"
	atServer   = atResponse + "Action/Settings/Server"
)

// begin makes room for what repeats, and takes the attributes.
func (p *parser) begin(attrs []xml.Attr) {
	switch strings.Join(p.at, "/") {
	case atServer:
		p.current = Server{}
	case atResponse + "Action/Error":
		p.err = &AnswerError{}
	case atResponse + "Error": // 2.2.3.63
		p.err = &AnswerError{}
		for _, a := range attrs {
			switch a.Name.Local {
			case "Time":
				p.err.Time = short(a.Value)
			case "Id":
				p.err.ID = short(a.Value)
			}
		}
	}
}

func (p *parser) value(path, v string) {
	rest, ok := strings.CutPrefix(path, atResponse)
	if !ok || v == "" {
		return
	}
	if name, ok := strings.CutPrefix(rest, "Action/Settings/Server/"); ok {
		p.server(name, v)
		return
	}
	if name, ok := strings.CutPrefix(strings.TrimPrefix(rest, "Action/"), "Error/"); ok {
		p.failure(name, v)
		return
	}
	switch rest {
	case "Culture":
		p.culture = v
	case "User/DisplayName":
		p.displayName = v
	case "User/EMailAddress":
		p.address = v
	case "Action/Redirect", "Account/RedirectAddr":
		p.redirectAddress = v
	case "Account/RedirectUrl": // MS-OXDSCLI: of a server that answers in Outlook's schema
		p.redirectURL = v
	}
}

func (p *parser) server(name, v string) {
	switch name {
	case "Type":
		p.current.Type = v
	case "Url":
		p.current.URL = v
	case "Name":
		p.current.Name = v
	case "ServerData":
		p.current.ServerData = v
	}
}

func (p *parser) failure(name, v string) {
	switch name {
	case "ErrorCode":
		p.err.Code = short(v)
	case "Status":
		p.err.Status = short(v)
	case "Message":
		p.err.Message = short(v)
	case "DebugData":
		p.err.DebugData = short(v)
	}
}

// clean takes off what surrounds a value, and what no value has: the specification's examples break URLs over lines.
func clean(s string) string {
	s = strings.TrimSpace(s)
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

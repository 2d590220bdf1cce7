package easserver

import (
	"encoding/json"
	stdxml "encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// The namespaces of Autodiscover. MS-ASCMD 2.2.1.1, 2.2.3.1.
const (
	nsAutodiscover    = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
	nsMobileSync      = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
	nsMobileSyncQuery = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006"
)

const (
	autodiscoverXML  = "/autodiscover/autodiscover.xml"
	autodiscoverJSON = "/autodiscover/autodiscover.json"

	maxAutodiscover = 64 << 10 // bytes of a request

	errorInvalidRequest = 600 // MS-ASCMD 2.2.3.64
	errorNoProvider     = 601
)

func isAutodiscover(r *http.Request, path string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(r.URL.Path), path)
	return ok && (rest == "" || rest[0] == '/')
}

// serviceURL is the endpoint that Autodiscover names.
func (s *Server) serviceURL(r *http.Request) string {
	if s.cfg.URL != "" {
		return s.cfg.URL
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + "/Microsoft-Server-ActiveSync"
}

// answerJSON is Autodiscover v2, which wants no credentials:
// /autodiscover/autodiscover.json/v1.0/ADDRESS?Protocol=ActiveSync, or ?Email=ADDRESS.
func (s *Server) answerJSON(w http.ResponseWriter, r *http.Request) {
	address := r.URL.Query().Get("Email")
	if last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]; address == "" && strings.Contains(last, "@") {
		address = last
	}
	answer := func(code int, v map[string]string) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(v) // the client may have left
	}
	switch protocol := r.URL.Query().Get("Protocol"); {
	case r.Method != http.MethodGet:
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
	case !strings.EqualFold(protocol, "ActiveSync"):
		answer(http.StatusBadRequest, map[string]string{"ErrorCode": "InvalidProtocol", "ErrorMessage": "the protocol is ActiveSync, not " + protocol})
	case s.store.User(address) == nil:
		answer(http.StatusNotFound, map[string]string{"ErrorCode": "UserNotFound", "ErrorMessage": "there is no such mailbox"})
	default:
		answer(http.StatusOK, map[string]string{"Protocol": "ActiveSync", "Url": s.serviceURL(r)})
	}
}

// discoverQuery is the request of Autodiscover. MS-ASCMD 2.2.1.1.
type discoverQuery struct {
	XMLName stdxml.Name
	Request []struct {
		EMailAddress             []string
		AcceptableResponseSchema []string
	}
}

// autodiscover is the command Autodiscover, which is plain XML at a place of its own. MS-ASCMD 2.2.1.1.
func (x *exchange) autodiscover(login string) {
	x.request = &Request{Command: "Autodiscover", User: login, Query: x.http.URL.Query(), Header: x.http.Header}
	if x.cfg.OnRequest != nil {
		if h := x.cfg.OnRequest(x.request); h != nil {
			h.ServeHTTP(x.w, x.http)
			return
		}
	}
	q, err := x.discoverQuery()
	switch {
	case err != nil:
		x.violation("MS-ASCMD 2.2.1.1", err.Error())
		x.discoverError(errorInvalidRequest, "Invalid Request")
		return
	case strings.TrimSpace(q.Request[0].AcceptableResponseSchema[0]) != nsMobileSync:
		x.violation("MS-ASCMD 2.2.3.1", "AcceptableResponseSchema is "+q.Request[0].AcceptableResponseSchema[0])
		x.discoverError(errorNoProvider, "Provider is not available")
		return
	}
	address := strings.TrimSpace(q.Request[0].EMailAddress[0])
	user := x.server.store.User(login)
	if user == nil || x.server.store.User(address) != user {
		x.discoverAnswer(address, "", discoverAction{Error: &discoverFailure{Status: 2, Message: "there is no such mailbox", DebugData: "MailUser"}})
		return
	}
	url := x.server.serviceURL(x.http)
	x.discoverAnswer(user.Address(), user.Name(), discoverAction{Settings: &discoverSettings{
		Server: []discoverServer{{Type: "MobileSync", URL: url, Name: url}}, // 2.2.3.120.1: the Name is the URL
	}})
}

// discoverQuery reads the request and refuses what the specification does not have.
func (x *exchange) discoverQuery() (q discoverQuery, err error) {
	if x.http.Method != http.MethodPost {
		return q, errors.New("the method is " + x.http.Method)
	}
	if kind, _, _ := mime.ParseMediaType(x.http.Header.Get("Content-Type")); kind != "text/xml" {
		return q, errors.New("Content-Type is " + kind)
	}
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.http.Body, maxAutodiscover))
	if err != nil {
		return q, err
	}
	if err := checkQuery(body); err != nil {
		return q, err
	}
	if err := stdxml.Unmarshal(body, &q); err != nil {
		return q, err
	}
	if len(q.Request) != 1 { // 2.2.3.150.1
		return q, fmt.Errorf("%d Requests", len(q.Request))
	}
	if r := q.Request[0]; len(r.EMailAddress) != 1 || len(r.AcceptableResponseSchema) != 1 {
		return q, fmt.Errorf("%d EMailAddresses and %d AcceptableResponseSchemas", len(r.EMailAddress), len(r.AcceptableResponseSchema))
	}
	return q, nil
}

// checkQuery holds the elements of a request against those that there are, where they may be.
func checkQuery(body []byte) error {
	places := []string{
		"Autodiscover", "Autodiscover/Request", "Autodiscover/Request/EMailAddress", "Autodiscover/Request/AcceptableResponseSchema",
	}
	d := stdxml.NewDecoder(strings.NewReader(string(body)))
	var at []string
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case stdxml.StartElement:
			at = append(at, t.Name.Local)
			if place := strings.Join(at, "/"); t.Name.Space != nsMobileSyncQuery || !slices.Contains(places, place) {
				return fmt.Errorf("element %s of %q", place, t.Name.Space)
			}
		case stdxml.EndElement:
			at = at[:len(at)-1]
		case stdxml.Directive:
			return errors.New("a document type")
		}
	}
}

type discoverResponse struct {
	XMLName  stdxml.Name
	Response any
}

type discoverUser struct {
	DisplayName  string `xml:",omitempty"`
	EMailAddress string
}

type discoverAction struct {
	Settings *discoverSettings `xml:",omitempty"`
	Error    *discoverFailure  `xml:",omitempty"`
}

type discoverSettings struct{ Server []discoverServer }

type discoverServer struct {
	Type string
	URL  string `xml:"Url"`
	Name string
}

type discoverFailure struct {
	Status    int
	Message   string
	DebugData string
}

func (x *exchange) discoverAnswer(address, name string, a discoverAction) {
	x.writeDiscovered(struct {
		XMLName stdxml.Name
		Culture string
		User    discoverUser
		Action  discoverAction
	}{stdxml.Name{Space: nsMobileSync, Local: "Response"}, "en:us", discoverUser{name, address}, a})
}

// discoverError is an error of what carries the command, outside of its namespace. MS-ASCMD 2.2.3.63.
func (x *exchange) discoverError(code int, message string) {
	type failure struct {
		Time      string `xml:",attr"`
		ID        uint32 `xml:"Id,attr"`
		ErrorCode int
		Message   string
		DebugData string
	}
	x.writeDiscovered(struct {
		XMLName stdxml.Name
		Error   failure
	}{
		stdxml.Name{Space: nsAutodiscover, Local: "Response"},
		failure{Time: x.cfg.Now().UTC().Format("15:04:05.0000000"), ID: 1, ErrorCode: code, Message: message},
	})
}

func (x *exchange) writeDiscovered(response any) {
	doc, err := stdxml.Marshal(discoverResponse{stdxml.Name{Space: nsAutodiscover, Local: "Autodiscover"}, response})
	if err != nil {
		http.Error(x.w, err.Error(), http.StatusInternalServerError)
		return
	}
	x.w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = x.w.Write(append([]byte(stdxml.Header), doc...)) // the client may have left
}

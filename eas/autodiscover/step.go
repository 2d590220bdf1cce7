package autodiscover

import "time"

// Method is a way to find a server.
type Method string

const (
	MethodJSON     Method = "json"     // Autodiscover v2
	MethodXML      Method = "xml"      // MS-ASCMD 2.2.1.1
	MethodRedirect Method = "redirect" // where plain HTTP leads to; MS-OXDISCO
	MethodSRV      Method = "srv"      // the record of DNS; MS-OXDISCO
)

// Outcome is what came of a step.
type Outcome string

const (
	Found      Outcome = "found"      // To is the URL of the server
	Redirected Outcome = "redirected" // To is a URL, host or address to go on with
	Challenged Outcome = "challenged" // the server wants credentials
	Nothing    Outcome = "nothing"    // there is no Autodiscover; Err says what there is
	Refused    Outcome = "refused"    // what the answer leads to, or the host itself, is not confirmed or not safe; Err says which
	Failed     Outcome = "failed"     // Err says why
)

// Step is something that a search did: a request, a look into the DNS, or that it left out a host.
type Step struct {
	Method      Method
	Address     string // of the mailbox, which a redirect may have changed
	URL         string // that was asked, or the name that was looked up
	Credentials bool   // the request had them
	HTTPStatus  int    // 0 = no answer
	Duration    time.Duration
	Outcome     Outcome
	To          string
	Err         error
}

package eas

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// ResolveRequest asks who some names mean: in the server's directory, and in the user's contacts.
type ResolveRequest struct {
	To              []string             // names or addresses, at most 100 of at most 256 characters. MS-ASCMD 2.2.3.183
	Certificates    CertificateRetrieval // 2.2.3.22
	MaxCertificates *int                 // of the whole answer, 0 to 9999; nil = the server's limit. 2.2.3.101
	MaxAmbiguous    *int                 // suggestions for a name that several have, 0 to 9999; nil = the server's limit. 2.2.3.100
	// Start and End ask for the availability between them, from 14.0 on: at least 30 minutes. Zero = not asked for. 2.2.3.16
	Start, End time.Time
	Pictures   *PictureOptions // from 14.1 on; nil = none
}

// CertificateRetrieval says which form of a recipient's S/MIME certificates is wanted. MS-ASCMD 2.2.3.22.
type CertificateRetrieval int

const (
	CertificatesNone CertificateRetrieval = 0 // as 1 in the protocol
	CertificatesFull CertificateRetrieval = 2
	CertificatesMini CertificateRetrieval = 3
)

// Resolved tells who a name means.
type Resolved struct {
	To string
	// Err is nil when the name means one recipient, or a *StatusError: 2 Recipients are suggestions, 3 they are some of the
	// suggestions, 4 nobody has this name; or a *ResponseError for values that do not parse.
	Err        error
	Count      int // of recipients, those that are not listed included
	Recipients []Recipient
}

// RecipientType tells where a recipient was found. MS-ASCMD 2.2.3.186.5.
type RecipientType int

const (
	RecipientGAL     RecipientType = 1 // the server's directory
	RecipientContact RecipientType = 2 // the user's contacts
)

// Recipient is a person or a distribution list. MS-ASCMD 2.2.3.145.
type Recipient struct {
	Type         RecipientType          `wbxml:"ResolveRecipients:Type"`         // 2.2.3.186.5
	DisplayName  string                 `wbxml:"ResolveRecipients:DisplayName"`  // 2.2.3.49.6
	EmailAddress string                 `wbxml:"ResolveRecipients:EmailAddress"` // 2.2.3.55.2
	Availability *Availability          // nil if not asked for, or not said because the name means several
	Certificates *RecipientCertificates // nil if not asked for, or not said
	Picture      *Picture               // nil if not asked for
}

// RecipientCertificates are a recipient's S/MIME certificates. MS-ASCMD 2.2.3.23.1.
type RecipientCertificates struct {
	Err          error    // a *StatusError: 7 there is no valid one, 8 there are more than MaxCertificates, and Count were left out
	Count        int      // valid certificates that were found
	Members      int      // of a distribution list
	Certificates [][]byte // X.509, DER
	Mini         []byte   // with CertificatesMini
}

// Limits of a ResolveRecipients request. MS-ASCMD 3.1.5.10, 2.2.3.183, 2.2.3.100.
const (
	maxResolved      = 100
	maxResolvedName  = 256
	maxResolvedCount = 9999
)

// ResolveRecipients asks who some names mean; the answers come in the order of the names. MS-ASCMD 2.2.1.15. QUIRK(SOGo 5.8): the
// answer is empty unless availability is asked for; names that nobody has are left out, and so are certificates.
func (c *Client) ResolveRecipients(ctx context.Context, q ResolveRequest) ([]Resolved, error) {
	doc, err := c.resolveDocument(&q)
	if err != nil {
		return nil, fmt.Errorf("ResolveRecipients: %w", err)
	}
	answer, err := c.call(ctx, command{name: "ResolveRecipients", doc: doc}, func(e *wbxml.Element) error {
		return status("ResolveRecipients", "ResolveRecipients", number(e, wbxml.ResolveRecipientsStatus))
	})
	if answer, err = answered("ResolveRecipients", answer, err); err != nil {
		return nil, err
	}
	var all []Resolved
	for response := range answer.All(wbxml.ResolveRecipientsResponse) {
		all = append(all, q.read(response))
	}
	return all, nil
}

// resolveDocument builds the request. MS-ASCMD 2.2.3.152, 2.2.3.125.4.
func (c *Client) resolveDocument(q *ResolveRequest) (*wbxml.Element, error) {
	doc := wbxml.E(wbxml.ResolveRecipientsResolveRecipients)
	if n := len(q.To); n == 0 || n > maxResolved {
		return nil, fmt.Errorf("%d names in one request: 1 to %d may be", n, maxResolved)
	}
	for _, to := range q.To {
		if n := utf8.RuneCountInString(to); n == 0 || n > maxResolvedName {
			return nil, fmt.Errorf("a name of %d characters: 1 to %d may be", n, maxResolvedName)
		}
		doc.Append(wbxml.T(wbxml.ResolveRecipientsTo, to))
	}
	options := wbxml.E(wbxml.ResolveRecipientsOptions)
	if q.Certificates != CertificatesNone {
		options.Append(wbxml.T(wbxml.ResolveRecipientsCertificateRetrieval, strconv.Itoa(int(q.Certificates))))
	}
	for _, limit := range []struct {
		tag wbxml.Tag
		n   *int
	}{{wbxml.ResolveRecipientsMaxCertificates, q.MaxCertificates}, {wbxml.ResolveRecipientsMaxAmbiguousRecipients, q.MaxAmbiguous}} {
		switch {
		case limit.n == nil:
		case *limit.n < 0 || *limit.n > maxResolvedCount:
			return nil, fmt.Errorf("%s of %d: 0 to %d may be", limit.tag.Name(), *limit.n, maxResolvedCount)
		default:
			options.Append(wbxml.T(limit.tag, strconv.Itoa(*limit.n)))
		}
	}
	if err := c.resolveMore(q, &options); err != nil {
		return nil, err
	}
	if len(options.Children) > 0 {
		doc.Append(options)
	}
	return &doc, nil
}

// resolveMore appends what newer versions can be asked for.
func (c *Client) resolveMore(q *ResolveRequest, options *wbxml.Element) error {
	if !q.Start.IsZero() || !q.End.IsZero() {
		if err := c.needs("Availability", Version140); err != nil {
			return err
		}
		if q.Start.IsZero() || q.End.Before(q.Start.Add(freeBusyInterval)) { // MS-ASCMD 2.2.3.61.1
			return errors.New("availability: a time to start and one at least 30 minutes later are needed")
		}
		options.Append(wbxml.E(wbxml.ResolveRecipientsAvailability,
			wbxml.T(wbxml.ResolveRecipientsStartTime, q.Start.UTC().Format(wbxml.DateTime)), wbxml.T(wbxml.ResolveRecipientsEndTime, q.End.UTC().Format(wbxml.DateTime))))
	}
	if q.Pictures == nil {
		return nil
	}
	if err := c.needs("Picture", Version141); err != nil {
		return err
	}
	picture, err := q.Pictures.element(wbxml.ResolveRecipientsPicture, wbxml.ResolveRecipientsMaxSize, wbxml.ResolveRecipientsMaxPictures)
	options.Append(picture)
	return err
}

func (q *ResolveRequest) read(response *wbxml.Element) Resolved {
	r := Resolved{
		To: response.Value(wbxml.ResolveRecipientsTo), Count: max(number(response, wbxml.ResolveRecipientsRecipientCount), 0),
		Err: status("ResolveRecipients", "Response", number(response, wbxml.ResolveRecipientsStatus)),
	}
	for e := range response.All(wbxml.ResolveRecipientsRecipient) {
		recipient, err := q.recipient(e)
		if r.Err == nil {
			r.Err = err
		}
		r.Recipients = append(r.Recipients, recipient)
	}
	return r
}

func (q *ResolveRequest) recipient(e *wbxml.Element) (Recipient, error) {
	var v struct {
		Recipient
		Certificates *struct {
			Status  *int     `wbxml:"ResolveRecipients:Status"`
			Count   int      `wbxml:"ResolveRecipients:CertificateCount"`
			Members int      `wbxml:"ResolveRecipients:RecipientCount"`
			Full    [][]byte `wbxml:"ResolveRecipients:Certificate"`
			Mini    []byte   `wbxml:"ResolveRecipients:MiniCertificate"`
		} `wbxml:"ResolveRecipients:Certificates"`
		Picture *struct {
			Status *int   `wbxml:"ResolveRecipients:Status"`
			Data   []byte `wbxml:"ResolveRecipients:Data"`
		} `wbxml:"ResolveRecipients:Picture"`
	}
	err := wbxml.Decode(e, &v)
	r := v.Recipient
	if k := v.Certificates; k != nil {
		r.Certificates = &RecipientCertificates{status("ResolveRecipients", "Certificates", Or(k.Status, absent)), k.Count, k.Members, k.Full, k.Mini}
	}
	if p := v.Picture; p != nil {
		r.Picture = &Picture{p.Data, status("ResolveRecipients", "Picture", Or(p.Status, absent))}
	}
	if a := e.Child(wbxml.ResolveRecipientsAvailability); a != nil {
		r.Availability = q.availability(a)
	}
	return r, inAnswer("ResolveRecipients", err)
}

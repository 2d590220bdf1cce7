package eas

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// CertificateCheck asks the server whether certificates are good for signing mail.
type CertificateCheck struct {
	Certificates [][]byte // X.509, DER: 1 to 100 that somebody signed with
	Chain        [][]byte // those between them and the ones that the server trusts. MS-ASCMD 2.2.3.20
	CheckCRL     bool     // a revocation status that cannot be found out is a failure. 2.2.3.26
}

const maxCertificates = 100 // MS-ASCMD 3.1.5.10

// ValidateCert asks whether certificates are good. MS-ASCMD 2.2.1.22. There is an error for each certificate, in their order: nil,
// or why it is not good, a *StatusError or several joined.
func (c *Client) ValidateCert(ctx context.Context, q CertificateCheck) ([]error, error) {
	if n := len(q.Certificates); n == 0 || n > maxCertificates {
		return nil, fmt.Errorf("ValidateCert: %d certificates in one request: 1 to %d may be", n, maxCertificates)
	}
	doc := wbxml.E(wbxml.ValidateCertValidateCert) // 2.2.3.195
	if len(q.Chain) > 0 {
		doc.Append(certificates(wbxml.ValidateCertCertificateChain, q.Chain))
	}
	doc.Append(certificates(wbxml.ValidateCertCertificates, q.Certificates))
	if q.CheckCRL {
		doc.Append(wbxml.T(wbxml.ValidateCertCheckCRL, "1"))
	}
	answer, err := c.call(ctx, command{name: "ValidateCert", doc: &doc}, func(e *wbxml.Element) error {
		return status("ValidateCert", "ValidateCert", number(e, wbxml.ValidateCertStatus))
	})
	if answer, err = answered("ValidateCert", answer, err); err != nil {
		return nil, err
	}
	var all []error
	for e := range answer.All(wbxml.ValidateCertCertificate) {
		all = append(all, certificateErr(e))
	}
	if len(all) != len(q.Certificates) {
		return nil, &ResponseError{Command: "ValidateCert", Err: fmt.Errorf("it is about %d certificates of %d", len(all), len(q.Certificates))}
	}
	return all, nil
}

func certificates(tag wbxml.Tag, all [][]byte) wbxml.Element {
	e := wbxml.E(tag)
	for _, der := range all {
		e.Append(wbxml.T(wbxml.ValidateCertCertificate, base64.StdEncoding.EncodeToString(der)))
	}
	return e
}

// certificateErr reads a Certificate of the answer, which may have several statuses.
func certificateErr(e *wbxml.Element) error {
	var errs []error
	for s := range e.All(wbxml.ValidateCertStatus) {
		errs = append(errs, status("ValidateCert", "Certificate", atoi(s.Text)))
	}
	switch len(errs) {
	case 0:
		return status("ValidateCert", "Certificate", absent)
	case 1:
		return errs[0]
	}
	return errors.Join(errs...)
}

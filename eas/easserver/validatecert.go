package easserver

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxCertificates is the limit of MS-ASCMD 3.1.5.10.
const maxCertificates = 100

// validateCert answers ValidateCert. MS-ASCMD 2.2.1.22.
func (x *exchange) validateCert() {
	err := x.protocol.wellFormed(x.doc)
	if crl := x.doc.Child(wbxml.ValidateCertCheckCRL); crl != nil && err == nil {
		_, err = number(crl, 0, 1)
	}
	certificates := x.doc.Child(wbxml.ValidateCertCertificates)
	if err == nil && len(certificates.Children) > maxCertificates {
		err = fmt.Errorf("%d certificates", len(certificates.Children))
	}
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.195", err.Error())
		x.status(2)
		return
	}
	intermediates := x509.NewCertPool()
	if chain := x.doc.Child(wbxml.ValidateCertCertificateChain); chain != nil {
		for c := range chain.All(wbxml.ValidateCertCertificate) {
			if cert, err := parseCertificate(c); err == nil {
				intermediates.AddCert(cert)
			}
		}
	}
	answer := wbxml.E(wbxml.ValidateCertValidateCert, wbxml.T(wbxml.ValidateCertStatus, "1"))
	for c := range certificates.All(wbxml.ValidateCertCertificate) {
		status := x.certificateStatus(c, intermediates)
		answer.Append(wbxml.E(wbxml.ValidateCertCertificate, wbxml.T(wbxml.ValidateCertStatus, strconv.Itoa(status))))
	}
	x.reply(answer)
}

func parseCertificate(e *wbxml.Element) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(e.Text), ""))
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// certificateStatus checks a certificate for signing mail. MS-ASCMD 2.2.3.177.18.
func (x *exchange) certificateStatus(e *wbxml.Element, intermediates *x509.CertPool) int {
	cert, err := parseCertificate(e)
	if err != nil {
		return 10
	}
	_, err = cert.Verify(x509.VerifyOptions{
		Intermediates: intermediates, CurrentTime: x.cfg.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	})
	var invalid x509.CertificateInvalidError
	var untrusted x509.UnknownAuthorityError
	switch {
	case err == nil:
		return 1
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return 7
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return 6
	case errors.As(err, &untrusted):
		return 4
	}
	return 3
}

package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/eas/auth"
)

// The values of --auth.
const (
	authAuto  = "auto"
	authBasic = "basic"
	authNTLM  = "ntlm"
	authOAuth = "oauth"
	authCert  = "cert"
)

func authWays() []string { return []string{authAuto, authBasic, authNTLM, authOAuth, authCert} }

// kind is what a credential is made of.
type kind string

const (
	withPassword    kind = "password"
	withToken       kind = "token file"
	withCertificate kind = "client certificate"
)

// signing is what all mailboxes of a run have in common.
type signing struct {
	way   string           // of --auth; "" is auto
	cert  *tls.Certificate // nil = none
	files map[string]*auth.TokenFile
}

func signingOf(ctx *cli.Context, c *console) (s signing, err error) {
	if s.way, err = wordOf(ctx, "auth", "way", authWays()...); err != nil {
		return s, err
	}
	certFile, keyFile := ctx.String("client-cert"), ctx.String("client-key")
	switch {
	case certFile == "" && (keyFile != "" || ctx.String("client-cert-password-file") != ""):
		return s, usage("--client-key or --client-cert-password-file without --client-cert", "name the file of the certificate")
	case certFile == "" && s.way == authCert:
		return s, usage("--auth cert: no certificate", "name its file with --client-cert: PEM, with --client-key, or PKCS#12")
	case certFile == "":
		return s, nil
	case s.way != authAuto && s.way != authCert:
		return s, usage(fmt.Sprintf("--client-cert together with --auth %s", s.way), "a certificate is shown alone: --auth cert")
	}
	cert, err := clientCertificate(ctx, c, certFile, keyFile)
	if err != nil {
		return s, err
	}
	s.cert = &cert
	return s, nil
}

// certPasswordVariable holds the password of a PKCS#12 file that no flag names a file for.
const certPasswordVariable = "AIRLIFT_CLIENT_CERT_PASSWORD"

func clientCertificate(ctx *cli.Context, c *console, certFile, keyFile string) (tls.Certificate, error) {
	from := passwordSource{file: ctx.String("client-cert-password-file")}
	if from.file == "" && os.Getenv(certPasswordVariable) != "" {
		from.env = certPasswordVariable
	}
	password, err := from.read(ctx.Context, c)
	if err != nil {
		return tls.Certificate{}, err
	}
	cert, err := auth.LoadKeyPair(certFile, keyFile, password)
	if err != nil {
		return cert, usage(err.Error(), "a certificate and its key are PEM files, --client-cert and --client-key, or one PKCS#12 file whose password is in --client-cert-password-file or "+certPasswordVariable)
	}
	if keyFile == "" {
		keyFile = certFile
	}
	warnReadable(c, "private key", keyFile)
	if end := cert.Leaf.NotAfter; now().After(end) {
		c.warn(fmt.Sprintf("client certificate: %s is past its end, %s", certFile, end.Format(time.DateOnly)), "")
	}
	return cert, nil
}

// warnReadable tells of a secret that everybody on this machine can read.
func warnReadable(c *console, what, file string) {
	info, err := os.Stat(file)
	if err == nil && runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0 {
		c.warn(fmt.Sprintf("%s: %s can be read by everybody on this machine", what, file), "chmod 600 "+file)
	}
}

// kindOf tells what an account signs in with.
func (s signing) kindOf(a account) (kind, error) {
	var given []kind
	if s.cert != nil {
		given = append(given, withCertificate)
	}
	if a.tokenFile != "" {
		given = append(given, withToken)
	}
	if a.password.named() {
		given = append(given, withPassword)
	}
	switch s.way {
	case authCert:
		return withCertificate, nil
	case authOAuth:
		if a.tokenFile == "" {
			return "", usage("--auth oauth: no token file for "+a.mailbox, "get one with airlift login, and name it with --token-file")
		}
		return withToken, nil
	case authBasic, authNTLM:
		if a.tokenFile != "" {
			return "", usage(fmt.Sprintf("--auth %s: %s has a token file", s.way, a.mailbox), "a token is for --auth oauth, or auto")
		}
		return withPassword, nil
	}
	switch len(given) {
	case 0:
		return withPassword, nil
	case 1:
		return given[0], nil
	}
	return "", usage(fmt.Sprintf("%s: both a %s and a %s", a.mailbox, given[0], given[1]), "--auth says which: "+strings.Join(authWays()[1:], ", "))
}

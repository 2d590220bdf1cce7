package eas_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
)

// refuse answers every request with a status and headers.
func refuse(code int, headers ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	})
}

// TestPasswordExpired: 457 is a matter of credentials, and says where to set a new password. MS-ASHTTP 3.1.5.2.4.
func TestPasswordExpired(t *testing.T) {
	for url, hint := range map[string]string{
		"https://portal.example/ChangePassword": "set a new one at https://portal.example/ChangePassword",
		"http://portal.example/ChangePassword":  "give it to airlift",
		"javascript:alert(1)":                   "give it to airlift",
		"https://u:p@portal.example/":           "give it to airlift",
		"":                                      "give it to airlift",
	} {
		err := folderSync(t, connect(t, refuse(457, "X-MS-Credential-Service-Url", url), nil))
		var he *eas.HTTPError
		if !errors.Is(err, eas.ErrUnauthorized) || !errors.Is(err, eas.ErrPasswordExpired) || errors.Is(err, eas.ErrBlocked) || !errors.As(err, &he) {
			t.Fatalf("%v", err)
		}
		if he.PasswordURL != url || !strings.HasSuffix(he.Hint(), hint) {
			t.Errorf("%q: %q, %s", url, he.PasswordURL, he.Hint())
		}
	}
}

// TestHints: what a person can do stands with the codes that ask for it, and with no others.
func TestHints(t *testing.T) {
	for code, want := range map[int]string{456: "ask the administrator", 507: "mailbox is full", 401: "", 403: "", 404: "", 503: ""} {
		err := folderSync(t, connect(t, refuse(code), nil))
		var he *eas.HTTPError
		if !errors.As(err, &he) || !strings.Contains(he.Hint(), want) || (want == "") != (he.Hint() == "") {
			t.Errorf("%d: %q", code, he.Hint())
		}
	}
}

// TestMoved: the URL of a 451 is one that a client may use, or none. The first is the example of MS-ASHTTP 3.1.5.2.2.
func TestMoved(t *testing.T) {
	for location, want := range map[string]string{
		"https://mail.contoso.com/Microsoft-Server-ActiveSync": "https://mail.contoso.com/Microsoft-Server-ActiveSync",
		"https://mail.contoso.com":                             "https://mail.contoso.com/Microsoft-Server-ActiveSync",
		"mail.contoso.com":                                     "https://mail.contoso.com/Microsoft-Server-ActiveSync",
		"https://mail.contoso.com/x?Cmd=Sync":                  "https://mail.contoso.com/x",
		"http://mail.contoso.com/":                             "",
		"http://127.0.0.1/":                                    "",
		"https://alice:secret@mail.contoso.com/":               "",
		"file:///etc/passwd":                                   "",
		"https:///nohost":                                      "",
		"":                                                     "",
	} {
		err := folderSync(t, connect(t, refuse(451, "X-MS-Location", location), nil))
		var he *eas.HTTPError
		if !errors.Is(err, eas.ErrRedirect) || !errors.As(err, &he) || he.Moved() != want {
			t.Errorf("%q: %q, %v", location, he.Moved(), err)
		}
	}
	err := folderSync(t, connect(t, refuse(302, "Location", "https://mail.contoso.com/"), nil))
	if he := (*eas.HTTPError)(nil); !errors.As(err, &he) || he.Moved() != "" {
		t.Errorf("a 302 is no 451: %v", err)
	}
}

// upgraded serves a FolderSync answer with headers.
func upgraded(t *testing.T, headers ...string) http.Handler {
	doc := parse(t, folderAnswer)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		_, _ = w.Write(doc)
	})
}

func TestUpgraded(t *testing.T) {
	h := upgraded(t, "X-MS-RP", "12.1,14.0, 14.1", "MS-ASProtocolVersions", "12.1,14.0,14.1")
	_, err := connect(t, h, nil).FolderSync(t.Context(), "k0")
	var up *eas.UpgradedError
	if !errors.Is(err, eas.ErrUpgraded) || !errors.As(err, &up) || up.Command != "FolderSync" || len(up.Versions) != 3 || up.Versions[2] != eas.Version141 {
		t.Errorf("%v", err)
	}
	if err := folderSync(t, connect(t, h, nil)); err != nil {
		t.Errorf("with key 0 it may be ignored (MS-ASHTTP 3.1.5.1): %v", err)
	}
	if _, err := connect(t, h, func(c *eas.Config) { c.IgnoreUpgrade = true }).FolderSync(t.Context(), "k0"); err != nil {
		t.Errorf("ignored: %v", err)
	}
	// QUIRK(SOGo 5.8): MS-ASProtocolVersions is in every answer.
	if _, err := connect(t, upgraded(t, "MS-ASProtocolVersions", "14.1"), nil).FolderSync(t.Context(), "k0"); err != nil {
		t.Errorf("without X-MS-RP: %v", err)
	}
	_, err = connect(t, h, nil).Sync(t.Context(), eas.SyncRequest{Key: "0", CollectionID: "c"})
	if !errors.Is(err, eas.ErrUpgraded) {
		t.Errorf("key 0 of a folder is not that of the hierarchy: %v", err)
	}
	long := upgraded(t, "X-MS-RP", strings.Repeat("14.1,", 1000))
	_, err = connect(t, long, nil).FolderSync(t.Context(), "k0")
	if !errors.As(err, &up) || len(up.Versions) > 32 {
		t.Errorf("%d versions", len(up.Versions))
	}
}

func TestPasswordExpires(t *testing.T) {
	for name, want := range map[string]int{"X-MS-Credential-Expire": 13, "X-MS-Credentials-Expire": 13, "X-Other": -1} {
		c := connect(t, upgraded(t, name, "13"), nil)
		if n := c.PasswordExpires(); n != -1 {
			t.Errorf("before any answer: %d", n)
		}
		if err := folderSync(t, c); err != nil || c.PasswordExpires() != want {
			t.Errorf("%s: %d, %v", name, c.PasswordExpires(), err)
		}
	}
	for _, v := range []string{"-3", "soon", "99999999999999999999"} {
		if n := eas.PasswordDays(http.Header{"X-Ms-Credential-Expire": {v}}); n != -1 {
			t.Errorf("%s: %d", v, n)
		}
	}
}

// TestHTTPVersions: HTTP/2 where the server has it, and HTTP/1.1 for who asks for it.
func TestHTTPVersions(t *testing.T) {
	var got []string
	doc := parse(t, folderAnswer)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Proto)
		_, _ = w.Write(doc)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for want, transport := range map[string]*http.Transport{"HTTP/2.0": eas.NewTransport(), "HTTP/1.1": eas.NewHTTP1Transport()} {
		got = nil
		transport.TLSClientConfig.RootCAs = roots
		c, err := eas.New(eas.Config{URL: s.URL, User: "u", DeviceID: "d", Version: "14.1", Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		if err := folderSync(t, c); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, %v", want, got, err)
		}
		transport.CloseIdleConnections()
	}
}

package eas_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
)

func TestNewRefuses(t *testing.T) {
	good := eas.Config{URL: "mail.example", User: "u", DeviceID: "d1"}
	for name, change := range map[string]func(*eas.Config){
		"no server":            func(c *eas.Config) { c.URL = "" },
		"no user":              func(c *eas.Config) { c.User = "" },
		"no device":            func(c *eas.Config) { c.DeviceID = "" },
		"device with a dash":   func(c *eas.Config) { c.DeviceID = "a-b" },
		"device of 33":         func(c *eas.Config) { c.DeviceID = eas.DeviceID(strings.Repeat("a", 33)) },
		"device type":          func(c *eas.Config) { c.DeviceType = "a&b" },
		"plain HTTP":           func(c *eas.Config) { c.URL = "http://mail.example/" },
		"credentials in it":    func(c *eas.Config) { c.URL = "https://u:secret@mail.example/" },
		"another scheme":       func(c *eas.Config) { c.URL = "ftp://mail.example/" },
		"no URL":               func(c *eas.Config) { c.URL = "https://u:secret@mail.example:port/" },
		"version of no number": func(c *eas.Config) { c.Version = "latest" },
	} {
		cfg := good
		change(&cfg)
		if _, err := eas.New(cfg); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, change := range []func(*eas.Config){
		func(*eas.Config) {},
		func(c *eas.Config) { c.URL, c.AllowHTTP = "http://mail.example/", true },
		func(c *eas.Config) { c.URL = "http://[::1]:8880" },
	} {
		cfg := good
		change(&cfg)
		if _, err := eas.New(cfg); err != nil {
			t.Error(err)
		}
	}
}

func TestVersionCompare(t *testing.T) {
	all := eas.Versions()
	for i, v := range all {
		for j, w := range all {
			if got := v.Compare(w); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s to %s: %d", v, w, got)
			}
		}
	}
	if eas.Version("10.5").Compare("2.5") <= 0 || eas.Version("").AtLeast("2.5") {
		t.Error("numbers are not compared as numbers")
	}
}

func TestConnect(t *testing.T) {
	for _, tc := range []struct {
		listed, configured, want string
		settings                 bool
	}{
		{"2.0,2.1,2.5,12.0,12.1,14.0,14.1,16.0,16.1", "", "16.1", true},
		{"2.5, 12.0", "", "12.0", true},
		{"1.0,2.0,2.5", "", "2.5", false},
		{"14.1", "2.5", "2.5", false},
		{"1.0", "", "", false},
	} {
		var commands []string
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "OPTIONS" {
				w.Header().Set("MS-ASProtocolVersions", tc.listed)
				w.Header().Set("MS-ASProtocolCommands", "Sync,Settings")
				return
			}
			commands = append(commands, r.URL.Query().Get("Cmd")+" "+r.Header.Get("MS-ASProtocolVersion"))
			w.WriteHeader(500) // it does not matter to a client whether a server wants to know its model
		})
		c := connect(t, h, func(c *eas.Config) { c.Version = eas.Version(tc.configured) })
		_, err := c.Connect(t.Context())
		if (err == nil) != (tc.want != "") || string(c.Version()) != tc.want {
			t.Errorf("%s: %s, %v", tc.listed, c.Version(), err)
		}
		if want := "Settings " + tc.want; (len(commands) == 1 && commands[0] == want) != tc.settings {
			t.Errorf("%s: %q", tc.listed, commands)
		}
	}
	c := connect(t, answer(nil), func(c *eas.Config) { c.Version = "" })
	if _, err := c.FolderSync(t.Context(), "0"); err == nil || !strings.Contains(err.Error(), "Connect comes first") {
		t.Error(err)
	}
	c = connect(t, answer([]byte("<html>It works!</html>")), nil)
	if _, err := c.Connect(t.Context()); err == nil || !strings.Contains(err.Error(), "no EAS server") {
		t.Error(err)
	}
}

func TestStatusErrors(t *testing.T) {
	for _, tc := range []struct {
		e    eas.StatusError
		want string
	}{
		{eas.StatusError{Command: "Sync", Element: "Collection", Code: 3}, "Sync: Collection: status 3 (invalid synchronization key)"},
		{eas.StatusError{Command: "FolderSync", Element: "FolderSync", Code: 9}, "FolderSync: status 9 (invalid synchronization key)"},
		{eas.StatusError{Command: "Provision", Element: "Policy", Code: 3}, "Provision: Policy: status 3 (unknown policy type)"},
		{eas.StatusError{Command: "Provision", Element: "Provision", Code: 3}, "Provision: status 3 (server error)"},
		{eas.StatusError{Command: "Sync", Code: 129}, "Sync: status 129 (device is blocked for this user)"},
		{eas.StatusError{Command: "Sync", Code: 99}, "Sync: status 99 (unknown status)"},
	} {
		if got := tc.e.Error(); got != tc.want {
			t.Errorf("%s, want %s", got, tc.want)
		}
	}
}

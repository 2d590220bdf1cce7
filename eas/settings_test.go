package eas_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
)

// served makes a client of an easserver that refuses what the specifications forbid, and fails the test if there was any.
func served(t *testing.T, v eas.Version, cfg easserver.Config, store *easserver.Store, change func(*eas.Config)) *eas.Client {
	t.Helper()
	base := eas.NewTransport()
	t.Cleanup(base.CloseIdleConnections)
	url := easservertest.Start(t, cfg, store)
	c := eas.Config{
		URL: url, User: "alice", DeviceID: "dev1", Version: v, SpoolDir: t.TempDir(),
		Transport: auth.Basic{Origin: url, User: "alice", Password: easservertest.Password, Base: base},
	}
	if change != nil {
		change(&c)
	}
	client, err := eas.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestRecordedSettings(t *testing.T) {
	rec, c := replay(t, "settings-userinfo-v14.1", eas.Version141)
	got, err := c.Settings(t.Context(), eas.SettingsRequest{User: true})
	if err != nil {
		t.Fatal(err)
	}
	rec.same()
	want := &eas.SettingsResponse{User: &eas.UserInformation{Accounts: []eas.Account{{UserDisplayName: "Dave Example", Addresses: []string{}, PrimaryAddress: "dave@lab.example"}}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}

	rec, c = replay(t, "settings-deviceinfo-v14.1", eas.Version141)
	got, err = c.Settings(t.Context(), eas.SettingsRequest{Device: &eas.DeviceInformation{Model: "lab", FriendlyName: "x", OS: "linux", UserAgent: "probe/1"}})
	if err != nil || !errors.Is(got.DeviceErr, errors.ErrUnsupported) { // the server says success and nothing of the property
		t.Errorf("%+v, %v", got, err)
	}
	rec.same()

	rec, c = replay(t, "settings-oof-v14.1", eas.Version141) // the server does not have it
	got, err = c.Settings(t.Context(), eas.SettingsRequest{GetOof: eas.OofText})
	if err != nil || got.Oof != nil || !errors.Is(got.OofErr, errors.ErrUnsupported) {
		t.Errorf("%+v, %v", got, err)
	}
	rec.same()
}

// TestSettings sets and gets all that there is, in every version that has it.
func TestSettings(t *testing.T) {
	start := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	for _, v := range eas.Versions()[1:] {
		store := easserver.NewStore()
		user := store.AddUser("alice")
		other := eas.Account{ID: "7", Name: "Club", UserDisplayName: "Al", SendDisabled: true, Addresses: []string{"al@club.example", "a@club.example"}, PrimaryAddress: "al@club.example"}
		user.AddAccount(other)
		templates := []eas.RightsTemplate{{ID: "t1", Name: "Confidential", Description: "Nobody may forward it"}, {ID: "t2", Name: "Open"}}
		c := served(t, v, easserver.Config{RightsTemplates: templates}, store, nil)
		modern := v.AtLeast(eas.Version141)
		oof := &eas.Oof{
			State: eas.OofTimed, Start: start, End: start.Add(72 * time.Hour),
			Internal:      &eas.OofMessage{Enabled: true, Reply: "Gone fishing ☃"},
			ExternalKnown: &eas.OofMessage{Reply: "Away", Format: eas.OofText},
		}
		got, err := c.Settings(t.Context(), eas.SettingsRequest{
			Device: &eas.DeviceInformation{
				Model: "m", IMEI: "i", FriendlyName: "f", OS: "o", OSLanguage: "de", PhoneNumber: "1", UserAgent: "ua", EnableOutboundSMS: new(false), MobileOperator: "op",
			},
			DevicePassword: new("1234"), SetOof: oof, User: true, Rights: modern,
		})
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		primary := eas.Account{Addresses: []string{"alice@example.com"}}
		want := &eas.SettingsResponse{User: &eas.UserInformation{Accounts: []eas.Account{primary}}}
		if modern {
			primary.UserDisplayName, primary.PrimaryAddress = "Alice Example", "alice@example.com"
			want.User.Accounts = []eas.Account{primary, other}
			want.Rights = templates
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		var told []string
		device := user.Devices()[0]
		for _, e := range device.Information {
			told = append(told, e.Tag.Name()+" "+e.Text)
		}
		all := []string{"Model m", "IMEI i", "FriendlyName f", "OS o", "OSLanguage de", "PhoneNumber 1", "UserAgent ua", "EnableOutboundSMS 0", "MobileOperator op"}
		switch v {
		case eas.Version120:
			all = all[:6]
		case eas.Version121:
			all = all[:7]
		}
		if d := cmp.Diff(all, told); d != "" || device.Password != "1234" {
			t.Errorf("%s: password %q, %s", v, device.Password, d)
		}

		got, err = c.Settings(t.Context(), eas.SettingsRequest{DevicePassword: new(""), GetOof: eas.OofText})
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		oof.Internal.Format, oof.ExternalUnknown = eas.OofText, &eas.OofMessage{}
		if d := cmp.Diff(&eas.SettingsResponse{Oof: oof}, got); d != "" || user.Devices()[0].Password != "" {
			t.Errorf("%s: %s", v, d)
		}
		// What a request does not name stays.
		if _, err = c.Settings(t.Context(), eas.SettingsRequest{SetOof: &eas.Oof{State: eas.OofGlobal, ExternalKnown: &eas.OofMessage{Enabled: true, Reply: "<p>Away</p>", Format: eas.OofHTML}}}); err != nil {
			t.Fatal(err)
		}
		got, err = c.Settings(t.Context(), eas.SettingsRequest{GetOof: eas.OofHTML})
		if err != nil || got.Oof.State != eas.OofGlobal || !got.Oof.Start.IsZero() || !strings.Contains(got.Oof.Internal.Reply, "Gone fishing ☃") ||
			*got.Oof.ExternalKnown != (eas.OofMessage{Enabled: true, Reply: "<p>Away</p>", Format: eas.OofHTML}) {
			t.Errorf("%s: %+v, %v", v, got, err)
		}
	}
}

// TestSettingsRefused has what the client does not send, and what a server denies.
func TestSettingsRefused(t *testing.T) {
	store := easserver.NewStore()
	store.AddUser("alice")
	c := served(t, eas.Version140, easserver.Config{NoPasswordRecovery: true}, store, nil)
	at := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	long := strings.Repeat("ü", 1025)
	for name, q := range map[string]eas.SettingsRequest{
		"nothing":         {},
		"rights in 14.0":  {Rights: true},
		"set and get":     {SetOof: &eas.Oof{}, GetOof: eas.OofText},
		"no times":        {SetOof: &eas.Oof{State: eas.OofTimed}},
		"times backwards": {SetOof: &eas.Oof{State: eas.OofTimed, Start: at, End: at}},
		"idle times":      {SetOof: &eas.Oof{State: eas.OofGlobal, Start: at, End: at.Add(1)}},
		"unknown state":   {SetOof: &eas.Oof{State: 3}},
		"long password":   {DevicePassword: new(long[:512])},
		"long model":      {Device: &eas.DeviceInformation{Model: long}},
	} {
		if got, err := c.Settings(t.Context(), q); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got, err := c.Settings(t.Context(), eas.SettingsRequest{DevicePassword: new("x"), User: true})
	var st *eas.StatusError
	if err != nil || got.UserErr != nil || !errors.As(got.DevicePasswordErr, &st) || *st != (eas.StatusError{Command: "Settings", Element: "DevicePassword", Code: 7}) || st.Hint() == "" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := connect(t, http.NotFoundHandler(), func(c *eas.Config) { c.Version = eas.Version25 }).Settings(t.Context(), eas.SettingsRequest{User: true}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("in 2.5: %v", err)
	}
}

// TestSettingsTrace: what a trace shows has no password.
func TestSettingsTrace(t *testing.T) {
	store := easserver.NewStore()
	store.AddUser("alice")
	store.AddDocument(easserver.Document{LinkID: "x", UserName: "alice", Password: "another"})
	var seen string
	c := served(t, eas.Version141, easserver.Config{}, store, func(c *eas.Config) {
		c.TraceXML = true
		c.Trace = func(x eas.Exchange) { seen += string(x.RequestXML) }
	})
	if _, err := c.Settings(t.Context(), eas.SettingsRequest{DevicePassword: new("s3\ncret")}); err != nil {
		t.Fatal(err)
	}
	var st *eas.StatusError
	library := eas.DocumentSearch{Link: "x", UserName: "alice", Password: "<s3cret>"}
	if _, err := c.SearchDocuments(t.Context(), library); !errors.As(err, &st) || st.Code != 14 {
		t.Fatal(err)
	}
	if strings.Contains(seen, "cret") || strings.Count(seen, "<Password>-</Password>") != 2 {
		t.Error(seen)
	}
	seen = ""
	if _, err := c.Settings(t.Context(), eas.SettingsRequest{DevicePassword: new(""), User: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(seen, "<Password/>") || !strings.Contains(seen, "<UserInformation>") {
		t.Errorf("a password that is cleared hides what follows it: %s", seen)
	}
}

// TestPolicyTrace: a setting whose name begins like that of a password hides nothing of a policy.
func TestPolicyTrace(t *testing.T) {
	store := easserver.NewStore()
	store.AddUser("alice")
	var seen string
	c := served(t, eas.Version141, easserver.Config{Policy: &easserver.Policy{Settings: wholePolicy(t).Children}}, store, func(c *eas.Config) {
		c.TraceXML = true
		c.Trace = func(x eas.Exchange) { seen += string(x.ResponseXML) }
	})
	if _, err := c.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(seen, "<PasswordRecoveryEnabled>1</PasswordRecoveryEnabled>") || !strings.Contains(seen, "<ApprovedApplicationList") {
		t.Error(seen)
	}
}

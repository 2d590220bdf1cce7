package eas_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// wholePolicy has all elements of MS-ASPROV 2.2.2.28 in the order of its schema, each with a value that says which it is.
func wholePolicy(t *testing.T) *wbxml.Element {
	t.Helper()
	xml, err := os.ReadFile("testdata/policy.xml")
	if err != nil {
		t.Fatal(err)
	}
	return element(t, string(xml))
}

func wholeSettings() eas.PolicySettings {
	yes, no := new(true), new(false)
	return eas.PolicySettings{
		DevicePasswordEnabled: yes, AlphanumericDevicePasswordRequired: yes, PasswordRecoveryEnabled: yes, RequireStorageCardEncryption: yes,
		AttachmentsEnabled: yes, MinDevicePasswordLength: new(6), MaxInactivityTimeDeviceLock: new(900), MaxDevicePasswordFailedAttempts: new(8),
		MaxAttachmentSize: new(int64(4000000000)), AllowSimpleDevicePassword: no, DevicePasswordExpiration: new(90), DevicePasswordHistory: new(5),
		AllowStorageCard: no, AllowCamera: no, RequireDeviceEncryption: yes, AllowUnsignedApplications: no, AllowUnsignedInstallationPackages: no,
		MinDevicePasswordComplexCharacters: new(3), AllowWiFi: yes, AllowTextMessaging: yes, AllowPOPIMAPEmail: no,
		AllowBluetooth: new(eas.BluetoothHandsFree), AllowIrDA: no, RequireManualSyncWhenRoaming: yes, AllowDesktopSync: no,
		MaxCalendarAgeFilter: new(eas.FilterSixMonths), AllowHTMLEmail: yes, MaxEmailAgeFilter: new(eas.FilterOneMonth),
		MaxEmailBodyTruncationSize: new(-1), MaxEmailHTMLBodyTruncationSize: new(0), RequireSignedSMIMEMessages: no, RequireEncryptedSMIMEMessages: no,
		RequireSignedSMIMEAlgorithm: new(1), RequireEncryptionSMIMEAlgorithm: new(4), AllowSMIMEEncryptionAlgorithmNegotiation: new(2),
		AllowSMIMESoftCerts: yes, AllowBrowser: yes, AllowConsumerEmail: no, AllowRemoteDesktop: no, AllowInternetSharing: no,
		UnapprovedInROMApplications: []string{"a.exe", "b.exe"}, ApprovedApplications: []string{},
	}
}

// policySeen makes a client that keeps the policy that it is told of and says c of it.
func policySeen(seen *[]*eas.Policy, c eas.Compliance) func(*eas.Config) {
	return func(cfg *eas.Config) {
		cfg.Policy = func(_ context.Context, p *eas.Policy) (eas.Compliance, error) {
			*seen = append(*seen, p)
			return c, nil
		}
	}
}

// TestPolicy: the caller is told of every element that there is, in every version, and what it says reaches the server.
func TestPolicy(t *testing.T) {
	settings := wholeSettings()
	for i := range reflect.TypeOf(settings).NumField() {
		if reflect.ValueOf(settings).Field(i).IsNil() {
			t.Errorf("the test leaves %s out", reflect.TypeOf(settings).Field(i).Name)
		}
	}
	doc := wholePolicy(t)
	for _, v := range versionsFrom(eas.Version120, eas.Version161) {
		p := newPeer(t, easserver.Config{Policy: &easserver.Policy{Settings: doc.Children}})
		var seen []*eas.Policy
		c, _ := p.client(t, v, policySeen(&seen, eas.PolicyPartly)) // by FolderSync
		if c.PolicyKey() == "" || len(seen) != 1 {
			t.Fatalf("%s: key %q, %d policies", v, c.PolicyKey(), len(seen))
		}
		want := &eas.Policy{Type: "MS-EAS-Provisioning-WBXML", Settings: settings, Document: doc}
		if d := cmp.Diff(want, seen[0], cmp.AllowUnexported()); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		device := p.alice.Devices()[0]
		if device.Compliance != "2" || v.AtLeast(eas.Version141) != (len(device.Information) > 0) {
			t.Errorf("%s: the server was told %q and %v", v, device.Compliance, device.Information)
		}
	}
}

// TestPolicyWAP: in 2.5 the policy is a document in a document.
func TestPolicyWAP(t *testing.T) {
	p := newPeer(t, easserver.Config{Policy: &easserver.Policy{Settings: wholePolicy(t).Children}})
	var seen []*eas.Policy
	if c, _ := p.client(t, eas.Version25, policySeen(&seen, eas.PolicyApplied)); c.PolicyKey() == "" || len(seen) != 1 {
		t.Fatalf("key %q, %d policies", c.PolicyKey(), len(seen))
	}
	const lassd = `HKLM\Comm\Security\Policy\LASSD`
	want := &eas.Policy{
		Type: "MS-WAP-Provisioning-XML",
		Settings: eas.PolicySettings{
			DevicePasswordEnabled: new(true), MaxInactivityTimeDeviceLock: new(900), MaxDevicePasswordFailedAttempts: new(8), MinDevicePasswordLength: new(6),
			AlphanumericDevicePasswordRequired: new(true),
		},
		WAP: []eas.WAPParm{
			{[]string{"SecurityPolicy"}, "4131", "0"},
			{[]string{"Registry", lassd + `\AE\{50C13377-C66D-400C-889E-C316FC4AB374}`}, "AEFrequencyType", "1"},
			{[]string{"Registry", lassd + `\AE\{50C13377-C66D-400C-889E-C316FC4AB374}`}, "AEFrequencyValue", "15"},
			{[]string{"Registry", lassd}, "DeviceWipeThreshold", "8"},
			{[]string{"Registry", lassd}, "CodewordFrequency", "0"},
			{[]string{"Registry", lassd + `\LAP\lap_pw`}, "MinimumPasswordLength", "6"},
			{[]string{"Registry", lassd + `\LAP\lap_pw`}, "PasswordComplexity", "0"},
		},
	}
	if d := cmp.Diff(want, seen[0]); d != "" {
		t.Error(d)
	}
}

// policyAnswer serves a policy with this Data to the first request, and a key to the second.
func policyAnswer(t *testing.T, kind, data string) http.Handler {
	n := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 1 {
			data = ""
		}
		_, _ = w.Write(parse(t, fmt.Sprintf(`<Provision xmlns="Provision"><Status>1</Status><Policies><Policy><PolicyType>other</PolicyType><Status>3</Status></Policy>`+
			`<Policy><PolicyType>%s</PolicyType><Status>1</Status><PolicyKey>%d</PolicyKey>%s</Policy></Policies></Provision>`, kind, n, data)))
	})
}

// TestPolicyOdd has settings that are taken back, that nobody knows and that make no sense, and documents that are none.
func TestPolicyOdd(t *testing.T) {
	deep := strings.Repeat("&lt;x&gt;", 17) + strings.Repeat("&lt;/x&gt;", 17)
	for _, tc := range []struct {
		name, data string
		v          eas.Version
		settings   eas.PolicySettings
		unknown    []string
		wap        int
	}{
		{name: "taken back", data: "<Data><EASProvisionDoc><AllowCamera/><MaxAttachmentSize/><AllowWiFi>0</AllowWiFi></EASProvisionDoc></Data>", settings: eas.PolicySettings{AllowWiFi: new(false)}},
		{name: "unknown", data: "<Data><EASProvisionDoc><DocumentBrowseEnabled>1</DocumentBrowseEnabled><Sync xmlns=\"AirSync\"/><AllowCamera>maybe</AllowCamera><AllowWiFi>1</AllowWiFi></EASProvisionDoc></Data>", settings: eas.PolicySettings{AllowWiFi: new(true)}, unknown: []string{"DocumentBrowseEnabled", "Sync", "AllowCamera"}},
		{name: "no document", data: "<Data>text</Data>", unknown: []string{"Data"}},
		{name: "no data"},
		{name: "no lock", v: eas.Version25, data: `<Data>&lt;a&gt;&lt;parm name="AEFrequencyType" value="0"/&gt;&lt;parm name="AEFrequencyValue" value="5"/&gt;&lt;parm name="PasswordComplexity" value="2"/&gt;&lt;parm name="4131" value="x"/&gt;&lt;/a&gt;</Data>`, settings: eas.PolicySettings{AlphanumericDevicePasswordRequired: new(false)}, wap: 4},
		{name: "cut off", v: eas.Version25, data: `<Data>&lt;a&gt;&lt;parm name="4131" value="0"/&gt;</Data>`, unknown: []string{"Data"}},
		{name: "too deep", v: eas.Version25, data: "<Data>" + deep + "</Data>", unknown: []string{"Data"}},
		{name: "too long", v: eas.Version25, data: "<Data>" + strings.Repeat(" ", 256<<10) + "x</Data>", unknown: []string{"Data"}},
	} {
		kind := "MS-EAS-Provisioning-WBXML"
		if tc.v == eas.Version25 {
			kind = "MS-WAP-Provisioning-XML"
		}
		var seen []*eas.Policy
		c := connect(t, policyAnswer(t, kind, tc.data), func(c *eas.Config) {
			if tc.v != "" {
				c.Version = tc.v
			}
			policySeen(&seen, eas.PolicyApplied)(c)
		})
		if key, err := c.Provision(t.Context()); err != nil || key != "2" {
			t.Errorf("%s: %q, %v", tc.name, key, err)
			continue
		}
		var unknown []string
		for _, e := range seen[0].Unknown {
			unknown = append(unknown, e.Tag.Name())
		}
		if d := cmp.Diff(tc.settings, seen[0].Settings) + cmp.Diff(tc.unknown, unknown); d != "" || len(seen[0].WAP) != tc.wap {
			t.Errorf("%s: %d parameters, %s", tc.name, len(seen[0].WAP), d)
		}
	}
}

// TestPolicyOtherKind: SOGo 5.8 says in 2.5 that there is no policy of the kind that only later versions have.
func TestPolicyOtherKind(t *testing.T) {
	const form = `<Provision xmlns="Provision"><Status>1</Status><Policies>%s</Policies></Provision>`
	for policies, want := range map[string]string{
		`<Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType><Status>2</Status></Policy>`: "0 <nil>",
		`<Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType><Status>4</Status></Policy>`: " Policy 4",
		`<Policy><PolicyType>MS-WAP-Provisioning-XML</PolicyType><Status>1</Status></Policy>`:   " Provision: malformed answer: neither a policy key nor a reason",
		``: " Provision: malformed answer: neither a policy key nor a reason",
	} {
		c := connect(t, answer(parse(t, fmt.Sprintf(form, policies))), func(c *eas.Config) { c.Version = eas.Version25 })
		key, err := c.Provision(t.Context())
		if got := string(key) + " " + code(err); got != want {
			t.Errorf("%s: %s, want %s", policies, got, want)
		}
	}
}

// TestCompliance: a server that wants all of its policy does not let those in who say less, and hears nothing from those who
// cannot tell.
func TestCompliance(t *testing.T) {
	for _, v := range []eas.Version{eas.Version121, eas.Version141, eas.Version161} {
		for _, tc := range []struct {
			says   eas.Compliance
			policy easserver.Policy
			in     bool
			code   int // of the status from 14.0 on; HTTP 403 before
		}{
			{eas.PolicyApplied, easserver.Policy{Whole: true}, true, 0},
			{eas.PolicyPartly, easserver.Policy{}, true, 0},
			{eas.PolicyPartly, easserver.Policy{Whole: true}, false, 139},
			{eas.PolicyIgnored, easserver.Policy{}, false, 139},
			{eas.PolicyManaged, easserver.Policy{Managed: true}, true, 0},
			{eas.PolicyManaged, easserver.Policy{}, false, 145},
		} {
			store := easserver.NewStore()
			user := store.AddUser("alice")
			var seen []*eas.Policy
			c := served(t, v, easserver.Config{Policy: &tc.policy}, store, policySeen(&seen, tc.says))
			_, err := c.FolderSync(t.Context(), eas.InitialKey)
			if (err == nil) != tc.in || user.Devices()[0].Compliance != fmt.Sprint(int(tc.says)) {
				t.Errorf("%s %s: %v", v, tc.says, err)
			}
			var st *eas.StatusError
			if !tc.in && (!errors.Is(err, eas.ErrBlocked) || v.AtLeast(eas.Version140) && (!errors.As(err, &st) || st.Code != tc.code)) {
				t.Errorf("%s %s: %v", v, tc.says, err)
			}
		}
	}
	cannot := errors.New("ask the owner of this machine")
	for name, hook := range map[string]func(context.Context, *eas.Policy) (eas.Compliance, error){
		cannot.Error():                        func(context.Context, *eas.Policy) (eas.Compliance, error) { return 0, cannot },
		"compliance 0 cannot be acknowledged": func(context.Context, *eas.Policy) (eas.Compliance, error) { return 0, nil },
	} {
		store := easserver.NewStore()
		user := store.AddUser("alice")
		c := served(t, eas.Version161, easserver.Config{Policy: &easserver.Policy{}}, store, func(c *eas.Config) { c.Policy = hook })
		_, err := c.FolderSync(t.Context(), eas.InitialKey)
		if err == nil || err.Error() != "Provision: "+name || user.Devices()[0].Compliance != "" || c.PolicyKey() != "" {
			t.Errorf("%s: %v, the server was told %q", name, err, user.Devices()[0].Compliance)
		}
	}
	// A server that says nothing but gives no key.
	c := connect(t, policyAnswer(t, "MS-EAS-Provisioning-WBXML", ""), nil)
	if _, err := c.Provision(t.Context()); err != nil {
		t.Error(err)
	}
	silent := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(parse(t, `<Provision xmlns="Provision"><Status>1</Status><Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType><Status>1</Status></Policy></Policies></Provision>`))
	}
	first := policyAnswer(t, "MS-EAS-Provisioning-WBXML", "<Data><EASProvisionDoc/></Data>")
	n := 0
	c = connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			first.ServeHTTP(w, r)
			return
		}
		silent(w, r)
	}), policySeen(new([]*eas.Policy), eas.PolicyIgnored))
	if _, err := c.Provision(t.Context()); !errors.Is(err, eas.ErrBlocked) || !strings.Contains(err.Error(), "policy not applied") {
		t.Error(err)
	}
}

// TestKeyRequired: a server that wants a key of everybody says 141 to a device that never had one, which is cured by Provision.
func TestKeyRequired(t *testing.T) {
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{Policy: &easserver.Policy{KeyRequired: true}})
		if c, _ := p.client(t, v, nil); c.PolicyKey() == "" {
			t.Errorf("%s: no key", v)
		}
	}
	always := answer(parse(t, `<FolderSync xmlns="FolderHierarchy"><Status>141</Status></FolderSync>`))
	c := connect(t, always, func(c *eas.Config) { c.PolicyKey = "1" })
	if err := folderSync(t, c); !errors.Is(err, eas.ErrBlocked) {
		t.Error(err)
	}
}

// TestWipe: the caller is told once which wipe it is, however many requests meet it, the server is told what the caller says, and
// nothing is sent after that.
func TestWipe(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, accountOnly := range []bool{false, true} {
			for _, done := range []bool{false, true} {
				if accountOnly && v != eas.Version161 {
					continue
				}
				var requests atomic.Int32
				p := newPeer(t, easserver.Config{OnRequest: func(*easserver.Request) http.Handler { requests.Add(1); return nil }})
				var told []eas.RemoteWipeError
				c, key := p.client(t, v, func(c *eas.Config) {
					c.Wipe = func(_ context.Context, w *eas.RemoteWipeError) bool {
						told = append(told, *w)
						return done
					}
				})
				p.alice.RemoteWipe(p.alice.Devices()[0].ID, accountOnly)
				atOnce := 4
				if done {
					atOnce = 1 // a request that is on its way is answered when the server has heard that all is done
				}
				var g errgroup.Group
				for range atOnce {
					g.Go(func() error {
						var wipe *eas.RemoteWipeError
						if _, err := c.FolderSync(t.Context(), key); !errors.As(err, &wipe) || !errors.Is(err, eas.ErrRemoteWipe) || *wipe != (eas.RemoteWipeError{AccountOnly: accountOnly, Acknowledged: true}) {
							return fmt.Errorf("%w, %+v", err, wipe)
						}
						return nil
					})
				}
				if err := g.Wait(); err != nil {
					t.Errorf("%s: %v", v, err)
				}
				if d := cmp.Diff([]eas.RemoteWipeError{{AccountOnly: accountOnly}}, told); d != "" || p.alice.Devices()[0].Wiped != done {
					t.Errorf("%s: wiped %v, %s", v, p.alice.Devices()[0].Wiped, d)
				}
				before := requests.Load()
				if _, err := c.Provision(t.Context()); !errors.Is(err, eas.ErrRemoteWipe) || requests.Load() != before {
					t.Errorf("%s: after that: %v, %d requests", v, err, requests.Load()-before)
				}
				if _, err := c.GetItemEstimate(t.Context(), []eas.EstimateRequest{{CollectionID: "1", Key: "1"}}); !errors.Is(err, eas.ErrRemoteWipe) || requests.Load() != before {
					t.Errorf("%s: after that: %v, %d requests", v, err, requests.Load()-before)
				}
			}
		}
	}
}

// TestWipeLeft: without Config.Wipe the caller acknowledges.
func TestWipeLeft(t *testing.T) {
	p := newPeer(t, easserver.Config{})
	c, key := p.client(t, eas.Version161, nil)
	p.alice.RemoteWipe(p.alice.Devices()[0].ID, true)
	_, err := c.FolderSync(t.Context(), key)
	var wipe *eas.RemoteWipeError
	if !errors.As(err, &wipe) || *wipe != (eas.RemoteWipeError{AccountOnly: true}) || p.alice.Devices()[0].Wiped {
		t.Fatalf("%+v, %v", wipe, err)
	}
	for _, done := range []bool{false, true} {
		if err := c.AcknowledgeRemoteWipe(t.Context(), wipe, done); err != nil || p.alice.Devices()[0].Wiped != done {
			t.Errorf("%v: %v", done, err)
		}
	}
}

// TestWipeAcknowledgementLost: the caller has been asked and the server could not be told.
func TestWipeAcknowledgementLost(t *testing.T) {
	n := 0
	c := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n++; n {
		case 1:
			_, _ = w.Write(parse(t, `<FolderSync xmlns="FolderHierarchy"><Status>140</Status></FolderSync>`))
		case 2:
			_, _ = w.Write(parse(t, `<Provision xmlns="Provision"><Status>1</Status><RemoteWipe/></Provision>`))
		default:
			w.WriteHeader(http.StatusBadGateway)
		}
	}), func(c *eas.Config) { c.Wipe = func(context.Context, *eas.RemoteWipeError) bool { return true } })
	err := folderSync(t, c)
	var wipe *eas.RemoteWipeError
	var he *eas.HTTPError
	if !errors.As(err, &wipe) || wipe.Acknowledged || !errors.As(err, &he) || he.Code != 502 {
		t.Errorf("%+v: %v", wipe, err)
	}
}

// FuzzPolicy: whatever a policy is, it is told and acknowledged, or an error.
func FuzzPolicy(f *testing.F) {
	f.Add(true, `<wap-provisioningdoc><characteristic type="SecurityPolicy"><parm name="4131" value="0"/></characteristic></wap-provisioningdoc>`)
	f.Add(false, "AllowCamera")
	f.Fuzz(func(t *testing.T, wap bool, data string) {
		kind, version, tag := "MS-EAS-Provisioning-WBXML", eas.Version141, wbxml.ProvisionDevicePasswordEnabled
		content := wbxml.E(wbxml.ProvisionData, wbxml.E(wbxml.ProvisionEASProvisionDoc, wbxml.T(tag, data), wbxml.T(wbxml.ProvisionMaxAttachmentSize, data)))
		if wap {
			kind, version, content = "MS-WAP-Provisioning-XML", eas.Version25, wbxml.T(wbxml.ProvisionData, data)
		}
		doc, err := wbxml.Marshal(&wbxml.Element{Tag: wbxml.ProvisionProvision, Children: []wbxml.Element{wbxml.E(wbxml.ProvisionPolicies, wbxml.E(wbxml.ProvisionPolicy,
			wbxml.T(wbxml.ProvisionPolicyType, kind), wbxml.T(wbxml.ProvisionPolicyKey, "1"), content))}})
		if err != nil {
			return // a text that WBXML cannot hold
		}
		var seen []*eas.Policy
		cfg := eas.Config{URL: "mail.example", User: "u", DeviceID: "d", Version: version, Transport: canned(doc)}
		policySeen(&seen, eas.PolicyApplied)(&cfg)
		c, err := eas.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Provision(t.Context()); err != nil || len(seen) != 1 {
			t.Fatalf("%v, %d policies", err, len(seen))
		}
		if p := seen[0]; wap && len(p.WAP) > 0 && len(p.Unknown) > 0 {
			t.Fatalf("%+v", p)
		}
	})
}

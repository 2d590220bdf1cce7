package easserver

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// provisionDoc asks for the policy, in 14.1, or acknowledges it.
func provisionDoc(acknowledgement ...wbxml.Element) wbxml.Element {
	policy := wbxml.E(wbxml.ProvisionPolicy, wbxml.T(wbxml.ProvisionPolicyType, policyTypeWBXML))
	policy.Append(acknowledgement...)
	e := wbxml.E(wbxml.ProvisionProvision)
	if len(acknowledgement) == 0 {
		e.Append(deviceInformation(wbxml.T(wbxml.SettingsModel, "test")))
	}
	e.Append(wbxml.E(wbxml.ProvisionPolicies, policy))
	return e
}

func deviceInformation(set ...wbxml.Element) wbxml.Element {
	return wbxml.E(wbxml.SettingsDeviceInformation, wbxml.E(wbxml.SettingsSet, set...))
}

func acknowledged(key, status string) []wbxml.Element {
	return []wbxml.Element{wbxml.T(wbxml.ProvisionPolicyKey, key), wbxml.T(wbxml.ProvisionStatus, status)}
}

func TestProvision(t *testing.T) {
	store, inbox := inboxOf(0)
	policy := &Policy{Settings: []wbxml.Element{wbxml.T(wbxml.ProvisionDevicePasswordEnabled, "1"), wbxml.T(wbxml.ProvisionMinDevicePasswordLength, "6")}}
	c := newClient(t, Config{Policy: policy}, store)
	hierarchy := func() string { return c.folderSync("0").Value(wbxml.FolderHierarchyStatus) }
	if got := hierarchy(); got != "142" {
		t.Errorf("without a key: status %s", got)
	}
	c.version = "12.1"
	if w := c.post("FolderSync", mustMarshal(t, wbxml.E(wbxml.FolderHierarchyFolderSync, wbxml.T(wbxml.FolderHierarchySyncKey, "0"))), contentTypeWBXML); w.Code != 449 {
		t.Errorf("12.1 without a key: HTTP %d", w.Code)
	}
	c.version = "14.1"
	phase := func(doc wbxml.Element) (status string, p *wbxml.Element) {
		e := c.do("Provision", doc)
		return e.Value(wbxml.ProvisionStatus), e.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy)
	}
	status, p := phase(provisionDoc())
	doc := p.Child(wbxml.ProvisionData).Child(wbxml.ProvisionEASProvisionDoc)
	if diff := cmp.Diff(policy.Settings, doc.Children); status != "1" || diff != "" {
		t.Errorf("the policy: status %s, %s", status, diff)
	}
	temporary := p.Value(wbxml.ProvisionPolicyKey)
	c.policyKey = temporary
	if got := hierarchy(); got != "144" {
		t.Errorf("with the temporary key: status %s", got)
	}
	if _, p := phase(provisionDoc(acknowledged("1", "1")...)); p.Value(wbxml.ProvisionStatus) != "5" {
		t.Errorf("another key is acknowledged: %s", p.AppendXML(nil))
	}
	c.policyKey = "1"
	if _, p := phase(provisionDoc(acknowledged(temporary, "1")...)); p.Value(wbxml.ProvisionStatus) != "5" {
		t.Errorf("another key is shown: %s", p.AppendXML(nil))
	}
	c.policyKey = temporary
	_, p = phase(provisionDoc(acknowledged(temporary, "1")...))
	c.policyKey = p.Value(wbxml.ProvisionPolicyKey)
	if c.policyKey == "" || c.policyKey == temporary || p.Has(wbxml.ProvisionData) {
		t.Errorf("the acknowledgement is answered with %s", p.AppendXML(nil))
	}
	if got := hierarchy(); got != "1" {
		t.Errorf("with the key: status %s", got)
	}
	key := c.policyKey
	c.policyKey = "0"
	unknown := wbxml.E(wbxml.ProvisionPolicies, wbxml.E(wbxml.ProvisionPolicy, wbxml.T(wbxml.ProvisionPolicyType, "x")))
	if _, p := phase(wbxml.E(wbxml.ProvisionProvision, deviceInformation(wbxml.T(wbxml.SettingsModel, "test")), unknown)); p.Value(wbxml.ProvisionStatus) != "3" {
		t.Errorf("an unknown type of policy: %s", p.AppendXML(nil))
	}
	if status, p := phase(wbxml.E(wbxml.ProvisionProvision)); status != "1" || p != nil {
		t.Errorf("a question for a wipe: status %s", status)
	}
	c.policyKey = key

	// A wipe is asked for with every command until it is acknowledged.
	store.User("alice").RemoteWipe(c.device, false)
	if got := hierarchy(); got != "140" {
		t.Errorf("a device to wipe: status %s", got)
	}
	if e := c.do("Ping", pingDoc("60", inbox.ID())); e.Value(wbxml.PingStatus) != "140" {
		t.Errorf("a Ping of a device to wipe: %s", e.AppendXML(nil))
	}
	if e := c.do("Provision", wbxml.E(wbxml.ProvisionProvision)); !e.Has(wbxml.ProvisionRemoteWipe) {
		t.Errorf("the wipe: %s", e.AppendXML(nil))
	}
	answer := func(status string) *wbxml.Element {
		return c.do("Provision", wbxml.E(wbxml.ProvisionProvision, wbxml.E(wbxml.ProvisionRemoteWipe, wbxml.T(wbxml.ProvisionStatus, status))))
	}
	if e := answer("2"); e.Value(wbxml.ProvisionStatus) != "2" || !e.Has(wbxml.ProvisionRemoteWipe) || store.User("alice").Devices()[0].Wiped {
		t.Errorf("a wipe that failed: %s", e.AppendXML(nil))
	}
	if e := answer("1"); e.Value(wbxml.ProvisionStatus) != "1" || e.Has(wbxml.ProvisionRemoteWipe) || !store.User("alice").Devices()[0].Wiped {
		t.Errorf("the acknowledgement is lost: %s", e.AppendXML(nil))
	}
	if got := hierarchy(); got != "144" {
		t.Errorf("the key of a wiped device: status %s", got)
	}
	c.strict()
}

// TestPolicyAnswerFits sends a policy with all that there is through the schemas, in the versions that these describe.
func TestPolicyAnswerFits(t *testing.T) {
	xml, err := os.ReadFile(filepath.Join("..", "testdata", "policy.xml"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := wbxml.ParseXML(bytes.NewReader(xml), wbxml.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"14.0", "14.1", "16.0", "16.1"} {
		store, _ := inboxOf(0)
		c := newClient(t, Config{Policy: &Policy{Settings: doc.Children}}, store)
		c.version = version
		ask := provisionDoc()
		if version == "14.0" {
			ask.Children = ask.Children[1:]
		}
		got := c.do("Provision", ask).Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy).Child(wbxml.ProvisionData)
		if diff := cmp.Diff(doc.Children, got.Child(wbxml.ProvisionEASProvisionDoc).Children); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
		c.strict()
	}
}

// TestForbiddenProvision sends what MS-ASPROV forbids and wants the status of the whole, or of the policy, and a report.
func TestForbiddenProvision(t *testing.T) {
	model := wbxml.T(wbxml.SettingsModel, "x")
	whole := func(e ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.ProvisionProvision, e...) }
	ask := wbxml.E(wbxml.ProvisionPolicies, wbxml.E(wbxml.ProvisionPolicy, wbxml.T(wbxml.ProvisionPolicyType, policyTypeWBXML)))
	wipe := func(tag wbxml.Tag) wbxml.Element { return whole(wbxml.E(tag, wbxml.T(wbxml.ProvisionStatus, "1"))) }
	status, key := wbxml.T(wbxml.ProvisionStatus, "1"), wbxml.T(wbxml.ProvisionPolicyKey, "1")
	for _, c := range []struct {
		name, version, key, want string
		doc                      wbxml.Element
	}{
		{"no device information in 14.1", "14.1", "0", "165 ", whole(ask)},
		{"device information in 14.0", "14.0", "0", "2 ", whole(deviceInformation(model), ask)},
		{"device information without a model", "14.1", "0", "1 2", whole(deviceInformation(), ask)},
		{"device information alone", "14.1", "0", "2 ", whole(deviceInformation(model))},
		{"device information in an acknowledgement", "14.1", "1", "2 ", whole(deviceInformation(model), provisionDoc(key, status).Children[0])},
		{"the key behind the status", "14.1", "1", "1 2", provisionDoc(status, key)},
		{"another key with the question", "14.1", "7", "1 2", provisionDoc()},
		{"no type", "14.1", "0", "2 ", whole(wbxml.E(wbxml.ProvisionPolicies, wbxml.E(wbxml.ProvisionPolicy)))},
		{"no policy", "14.1", "0", "2 ", whole(wbxml.E(wbxml.ProvisionPolicies))},
		{"a wipe without a status", "14.1", "0", "2 ", whole(wbxml.E(wbxml.ProvisionRemoteWipe))},
		{"a wipe that nobody asked for", "14.1", "0", "2 ", wipe(wbxml.ProvisionRemoteWipe)},
		{"a wipe of the account in 14.1", "14.1", "0", "2 ", wipe(wbxml.ProvisionAccountOnlyRemoteWipe)},
		{"something else", "14.1", "0", "2 ", whole(wbxml.Empty(wbxml.ProvisionData))},
	} {
		store, _ := inboxOf(0)
		cl := newClient(t, Config{}, store)
		cl.version, cl.policyKey = c.version, c.key
		e := cl.do("Provision", c.doc)
		got := e.Value(wbxml.ProvisionStatus) + " " + e.Value(wbxml.ProvisionPolicies, wbxml.ProvisionPolicy, wbxml.ProvisionStatus)
		if got != c.want && e.Value(wbxml.SettingsDeviceInformation, wbxml.SettingsStatus) != "2" || len(cl.violations) != 1 {
			t.Errorf("%s: status %s and %d reports, want %s and 1", c.name, got, len(cl.violations), c.want)
		}
	}
}

func mustMarshal(t *testing.T, e wbxml.Element) []byte {
	t.Helper()
	b, err := wbxml.Marshal(&e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTooManyDevices(t *testing.T) {
	store, _ := inboxOf(0)
	c := newClient(t, Config{MaxDevices: 1}, store)
	c.folderSync("0")
	c.device = "dev2"
	if got := c.folderSync("0").Value(wbxml.FolderHierarchyStatus); got != "177" {
		t.Errorf("status %s", got)
	}
	store.User("alice").RemoveDevice("dev1")
	if got := c.folderSync("0").Value(wbxml.FolderHierarchyStatus); got != "1" {
		t.Errorf("after another was removed: status %s", got)
	}
}

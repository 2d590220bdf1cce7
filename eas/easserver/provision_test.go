package easserver

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

func provisionDoc(policy ...wbxml.Element) wbxml.Element {
	e := wbxml.E(wbxml.ProvisionPolicy, wbxml.T(wbxml.ProvisionPolicyType, policyTypeWBXML))
	e.Append(policy...)
	return wbxml.E(wbxml.ProvisionProvision, wbxml.E(wbxml.ProvisionPolicies, e))
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
	if _, p := phase(provisionDoc(wbxml.T(wbxml.ProvisionPolicyKey, "1"), wbxml.T(wbxml.ProvisionStatus, "1"))); p.Value(wbxml.ProvisionStatus) != "5" {
		t.Errorf("another key is acknowledged: %s", p.AppendXML(nil))
	}
	_, p = phase(provisionDoc(wbxml.T(wbxml.ProvisionPolicyKey, temporary), wbxml.T(wbxml.ProvisionStatus, "1")))
	c.policyKey = p.Value(wbxml.ProvisionPolicyKey)
	if c.policyKey == "" || c.policyKey == temporary || p.Has(wbxml.ProvisionData) {
		t.Errorf("the acknowledgement is answered with %s", p.AppendXML(nil))
	}
	if got := hierarchy(); got != "1" {
		t.Errorf("with the key: status %s", got)
	}
	if _, p := phase(wbxml.E(wbxml.ProvisionProvision, wbxml.E(wbxml.ProvisionPolicies, wbxml.E(wbxml.ProvisionPolicy, wbxml.T(wbxml.ProvisionPolicyType, "x"))))); p.Value(wbxml.ProvisionStatus) != "3" {
		t.Errorf("an unknown type of policy: %s", p.AppendXML(nil))
	}
	c.strict()

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
	if store.User("alice").Devices()[0].Wiped {
		t.Error("wiped before it was acknowledged")
	}
	c.do("Provision", wbxml.E(wbxml.ProvisionProvision, wbxml.E(wbxml.ProvisionRemoteWipe, wbxml.T(wbxml.ProvisionStatus, "1"))))
	if !store.User("alice").Devices()[0].Wiped {
		t.Error("the acknowledgement is lost")
	}
	if got := hierarchy(); got != "144" {
		t.Errorf("the key of a wiped device: status %s", got)
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

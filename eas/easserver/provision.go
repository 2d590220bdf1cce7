package easserver

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

const (
	policyTypeWBXML = "MS-EAS-Provisioning-WBXML"
	policyTypeWAP   = "MS-WAP-Provisioning-XML" // before 12.0

	// needProvisioning is the HTTP status of MS-ASPROV 3.1.5.1.
	needProvisioning = 449
)

// provisioned checks that the device shows the key of the policy.
func (x *exchange) provisioned() bool {
	x.user.mu.Lock()
	wiping := x.device.wipe.pending()
	key := x.device.policyKey
	x.user.mu.Unlock()
	shown := x.query.policyKey
	switch {
	case wiping:
		return x.fail(140, needProvisioning)
	case x.cfg.Policy == nil || key != "" && shown == key:
		return true
	case shown == "" && x.cfg.Policy.KeyRequired:
		return x.fail(141, needProvisioning)
	case shown == "" || shown == "0":
		return x.fail(142, needProvisioning)
	}
	return x.fail(144, needProvisioning)
}

// provision answers Provision. MS-ASPROV 3.2.5.1.
func (x *exchange) provision() {
	if err := x.protocol.wellFormed(x.doc); err != nil {
		x.violation("MS-ASPROV 2.2.2.44", err.Error())
		x.status(2)
		return
	}
	x.user.mu.Lock()
	answer, refused := x.provisionLocked()
	x.user.mu.Unlock()
	if refused != 0 {
		x.fail(refused, 403) // MS-ASCMD 2.2.2
		return
	}
	x.reply(answer)
}

// provisionLocked returns the answer, or the status that refuses the device.
func (x *exchange) provisionLocked() (answer wbxml.Element, refused int) {
	d := x.device
	answer = wbxml.E(wbxml.ProvisionProvision)
	add := func(status string, more ...wbxml.Element) {
		answer.Append(wbxml.T(wbxml.ProvisionStatus, status))
		answer.Append(more...)
	}
	if acknowledged := wipeAcknowledged(x.doc); acknowledged != "" {
		x.wipeAnswer(add, acknowledged)
		return answer, 0
	}
	if !x.doc.Has(wbxml.ProvisionPolicies) {
		switch {
		case d.wipe.pending():
			add("1", d.wipe.directive())
		case len(x.doc.Children) > 0:
			add(strconv.Itoa(x.bad("MS-ASPROV 3.1.5.1", "a Provision of device information alone")))
		default:
			add("1")
		}
		return answer, 0
	}
	policy := x.doc.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy)
	initial := !policy.Has(wbxml.ProvisionStatus)
	if info := x.doc.Child(wbxml.SettingsDeviceInformation); info != nil {
		if !initial {
			add(strconv.Itoa(x.bad("MS-ASPROV 2.2.2.53", "DeviceInformation in an acknowledgement")))
			return answer, 0
		}
		status := x.deviceInformation(info)
		if status == 1 && !info.Child(wbxml.SettingsSet).Has(wbxml.SettingsModel) {
			status = x.bad("MS-ASPROV 2.2.2.53", "DeviceInformation without Model")
		}
		answer.Append(wbxml.E(wbxml.SettingsDeviceInformation, wbxml.T(wbxml.SettingsStatus, strconv.Itoa(status))))
	} else if initial && x.protocol >= 141 {
		x.violation("MS-ASPROV 2.2.2.53", "no DeviceInformation")
		return answer, 165
	}
	if initial && x.query.policyKey != "" && x.query.policyKey != "0" {
		x.violation("MS-ASPROV 3.1.5.1.1", "the policy key is not reset to 0")
	}
	if d.wipe.pending() {
		add("1", d.wipe.directive())
		return answer, 0
	}
	element, refused := x.policy(policy, initial)
	add("1", wbxml.E(wbxml.ProvisionPolicies, element))
	return answer, refused
}

// policy answers the request for the policy, or the acknowledgement of it.
func (x *exchange) policy(asked *wbxml.Element, initial bool) (answer wbxml.Element, refused int) {
	d := x.device
	typ := asked.Value(wbxml.ProvisionPolicyType)
	with := func(status int, more ...wbxml.Element) wbxml.Element {
		e := wbxml.E(wbxml.ProvisionPolicy, wbxml.T(wbxml.ProvisionPolicyType, typ), wbxml.T(wbxml.ProvisionStatus, strconv.Itoa(status)))
		e.Append(more...)
		return e
	}
	key := asked.Value(wbxml.ProvisionPolicyKey)
	switch {
	case typ != policyTypeWBXML && (typ != policyTypeWAP || x.protocol >= 120):
		return with(3), 0
	case !initial && asked.Children[len(asked.Children)-1].Tag == wbxml.ProvisionPolicyKey: // MS-ASPROV 2.2.2.41
		return with(x.bad("MS-ASPROV 2.2.2.41", "PolicyKey behind Status")), 0
	case x.cfg.Policy == nil:
		d.policyDemand = 0
		return with(2), 0
	case initial:
		d.temporaryKey = newPolicyKey()
		data := wbxml.E(wbxml.ProvisionData, wbxml.E(wbxml.ProvisionEASProvisionDoc, slices.Clone(x.cfg.Policy.Settings)...))
		if typ == policyTypeWAP {
			data = wbxml.T(wbxml.ProvisionData, x.cfg.Policy.wap())
		}
		return with(1, wbxml.T(wbxml.ProvisionPolicyKey, d.temporaryKey), data), 0
	case key == "" || key != d.temporaryKey || x.query.policyKey != key: // MS-ASPROV 3.2.5.1.2.1
		return with(5), 0
	}
	// Only a device that applied the policy gets the key.
	d.temporaryKey, d.policyKey = "", ""
	if d.compliance = asked.Value(wbxml.ProvisionStatus); !x.cfg.Policy.bears(d.compliance) {
		if d.compliance == "4" {
			return answer, 145
		}
		return answer, 139
	}
	d.policyKey, d.policyDemand = newPolicyKey(), 0
	return with(1, wbxml.T(wbxml.ProvisionPolicyKey, d.policyKey)), 0
}

// bears tells whether a device may synchronize that says so of the policy. MS-ASPROV
// 2.2.2.54.1.
func (p *Policy) bears(compliance string) bool {
	return compliance == "1" || compliance == "2" && !p.Whole || compliance == "4" && p.Managed
}

// newPolicyKey returns a number that a client sends back, as a 32 bit value in the
// base64 form of the query; never 0, which means "no key".
func newPolicyKey() string {
	var b [4]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		if n := binary.LittleEndian.Uint32(b[:]); n != 0 {
			return strconv.FormatUint(uint64(n), 10)
		}
	}
}

// wap returns the policy as the document of protocol version 2.5, with the settings
// that it has. MS-ASPROV 2.2.2.24.2.
func (p *Policy) wap() string {
	value := func(tag wbxml.Tag) int {
		n, _ := strconv.Atoi(itemValue(p.Settings, tag)) // what is not there is 0
		return n
	}
	parm := func(name string, n int) string { return fmt.Sprintf(`<parm name="%s" value="%d"/>`, name, n) }
	const registry = `HKLM\Comm\Security\Policy\LASSD`
	idle := value(wbxml.ProvisionMaxInactivityTimeDeviceLock) / 60
	return `<wap-provisioningdoc><characteristic type="SecurityPolicy">` + parm("4131", 1-value(wbxml.ProvisionDevicePasswordEnabled)) +
		`</characteristic><characteristic type="Registry"><characteristic type="` + registry + `\AE\{50C13377-C66D-400C-889E-C316FC4AB374}">` +
		parm("AEFrequencyType", min(idle, 1)) + parm("AEFrequencyValue", idle) +
		`</characteristic><characteristic type="` + registry + `">` + parm("DeviceWipeThreshold", value(wbxml.ProvisionMaxDevicePasswordFailedAttempts)) +
		parm("CodewordFrequency", 0) + `</characteristic><characteristic type="` + registry + `\LAP\lap_pw">` +
		parm("MinimumPasswordLength", value(wbxml.ProvisionMinDevicePasswordLength)) +
		parm("PasswordComplexity", 2-2*value(wbxml.ProvisionAlphanumericDevicePasswordRequired)) +
		`</characteristic></characteristic></wap-provisioningdoc>`
}

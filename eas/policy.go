package eas

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Policy is what a server demands of a device before it may synchronize.
type Policy struct {
	Type     string // PolicyType: "MS-EAS-Provisioning-WBXML", or in 2.5 "MS-WAP-Provisioning-XML"
	Settings PolicySettings
	// Unknown are the settings that have no field in Settings, and those whose values make no sense there; or the whole of
	// the Data, when it is no document of its type.
	Unknown []wbxml.Element
	// Document is all that came, EASProvisionDoc; nil in 2.5, where WAP is.
	Document *wbxml.Element
	WAP      []WAPParm
}

// PolicySettings are the settings of a policy. MS-ASPROV 2.2.2.28. nil says that the policy has no such setting, or none any
// more: a server then sends an empty element (3.2.5.1.1). Settings for features that the client does not have count as in force
// (3.1.5.1.1). What says "password" is about that of the device, and means nothing unless DevicePasswordEnabled is true.
type PolicySettings struct {
	DevicePasswordEnabled                    *bool            `wbxml:"Provision:DevicePasswordEnabled"`                    // 2.2.2.25
	AlphanumericDevicePasswordRequired       *bool            `wbxml:"Provision:AlphanumericDevicePasswordRequired"`       // 2.2.2.20
	PasswordRecoveryEnabled                  *bool            `wbxml:"Provision:PasswordRecoveryEnabled"`                  // 2.2.2.39: Settings may store the password
	RequireStorageCardEncryption             *bool            `wbxml:"Provision:RequireStorageCardEncryption"`             // 2.2.2.52
	AttachmentsEnabled                       *bool            `wbxml:"Provision:AttachmentsEnabled"`                       // 2.2.2.23: they may be downloaded
	MinDevicePasswordLength                  *int             `wbxml:"Provision:MinDevicePasswordLength"`                  // 2.2.2.38: 1 to 16 characters; 1 = any
	MaxInactivityTimeDeviceLock              *int             `wbxml:"Provision:MaxInactivityTimeDeviceLock"`              // 2.2.2.36: seconds; from 9999 on, none
	MaxDevicePasswordFailedAttempts          *int             `wbxml:"Provision:MaxDevicePasswordFailedAttempts"`          // 2.2.2.32: 4 to 16
	MaxAttachmentSize                        *int64           `wbxml:"Provision:MaxAttachmentSize"`                        // 2.2.2.30: bytes
	AllowSimpleDevicePassword                *bool            `wbxml:"Provision:AllowSimpleDevicePassword"`                // 2.2.2.12
	DevicePasswordExpiration                 *int             `wbxml:"Provision:DevicePasswordExpiration"`                 // 2.2.2.26: days; 0 = never
	DevicePasswordHistory                    *int             `wbxml:"Provision:DevicePasswordHistory"`                    // 2.2.2.27: how many old ones may not come again
	AllowStorageCard                         *bool            `wbxml:"Provision:AllowStorageCard"`                         // 2.2.2.15
	AllowCamera                              *bool            `wbxml:"Provision:AllowCamera"`                              // 2.2.2.4
	RequireDeviceEncryption                  *bool            `wbxml:"Provision:RequireDeviceEncryption"`                  // 2.2.2.46: of all that came from the server
	AllowUnsignedApplications                *bool            `wbxml:"Provision:AllowUnsignedApplications"`                // 2.2.2.17
	AllowUnsignedInstallationPackages        *bool            `wbxml:"Provision:AllowUnsignedInstallationPackages"`        // 2.2.2.18
	MinDevicePasswordComplexCharacters       *int             `wbxml:"Provision:MinDevicePasswordComplexCharacters"`       // 2.2.2.37: groups of characters, 1 to 4
	AllowWiFi                                *bool            `wbxml:"Provision:AllowWiFi"`                                // 2.2.2.19
	AllowTextMessaging                       *bool            `wbxml:"Provision:AllowTextMessaging"`                       // 2.2.2.16
	AllowPOPIMAPEmail                        *bool            `wbxml:"Provision:AllowPOPIMAPEmail"`                        // 2.2.2.10
	AllowBluetooth                           *PolicyBluetooth `wbxml:"Provision:AllowBluetooth"`                           // 2.2.2.2
	AllowIrDA                                *bool            `wbxml:"Provision:AllowIrDA"`                                // 2.2.2.9
	RequireManualSyncWhenRoaming             *bool            `wbxml:"Provision:RequireManualSyncWhenRoaming"`             // 2.2.2.49
	AllowDesktopSync                         *bool            `wbxml:"Provision:AllowDesktopSync"`                         // 2.2.2.6
	MaxCalendarAgeFilter                     *FilterType      `wbxml:"Provision:MaxCalendarAgeFilter"`                     // 2.2.2.31: the widest filter for calendars
	AllowHTMLEmail                           *bool            `wbxml:"Provision:AllowHTMLEmail"`                           // 2.2.2.7
	MaxEmailAgeFilter                        *FilterType      `wbxml:"Provision:MaxEmailAgeFilter"`                        // 2.2.2.33: the widest filter for mail
	MaxEmailBodyTruncationSize               *int             `wbxml:"Provision:MaxEmailBodyTruncationSize"`               // 2.2.2.34: -1 = whole, 0 = headers only; no unit is specified
	MaxEmailHTMLBodyTruncationSize           *int             `wbxml:"Provision:MaxEmailHTMLBodyTruncationSize"`           // 2.2.2.35: as above
	RequireSignedSMIMEMessages               *bool            `wbxml:"Provision:RequireSignedSMIMEMessages"`               // 2.2.2.51
	RequireEncryptedSMIMEMessages            *bool            `wbxml:"Provision:RequireEncryptedSMIMEMessages"`            // 2.2.2.47
	RequireSignedSMIMEAlgorithm              *int             `wbxml:"Provision:RequireSignedSMIMEAlgorithm"`              // 2.2.2.50: 0 SHA1, 1 MD5
	RequireEncryptionSMIMEAlgorithm          *int             `wbxml:"Provision:RequireEncryptionSMIMEAlgorithm"`          // 2.2.2.48: 0 TripleDES, 1 DES, 2 to 4 RC2 of 128, 64, 40 bits
	AllowSMIMEEncryptionAlgorithmNegotiation *int             `wbxml:"Provision:AllowSMIMEEncryptionAlgorithmNegotiation"` // 2.2.2.13: 0 no, 1 a strong one, 2 any
	AllowSMIMESoftCerts                      *bool            `wbxml:"Provision:AllowSMIMESoftCerts"`                      // 2.2.2.14
	AllowBrowser                             *bool            `wbxml:"Provision:AllowBrowser"`                             // 2.2.2.3
	AllowConsumerEmail                       *bool            `wbxml:"Provision:AllowConsumerEmail"`                       // 2.2.2.5
	AllowRemoteDesktop                       *bool            `wbxml:"Provision:AllowRemoteDesktop"`                       // 2.2.2.11
	AllowInternetSharing                     *bool            `wbxml:"Provision:AllowInternetSharing"`                     // 2.2.2.8
	// Lists: nil = the policy has none; without entries, it has one of nothing.
	UnapprovedInROMApplications []string `wbxml:"Provision:UnapprovedInROMApplicationList>Provision:ApplicationName"` // 2.2.2.55: programs that may not run
	ApprovedApplications        []string `wbxml:"Provision:ApprovedApplicationList>Provision:Hash"`                   // 2.2.2.22: SHA-1 of the only ones that may
}

// PolicyBluetooth says what Bluetooth may be used for. MS-ASPROV 2.2.2.2.
type PolicyBluetooth int

const (
	BluetoothDisabled  PolicyBluetooth = 0
	BluetoothHandsFree PolicyBluetooth = 1
	BluetoothAllowed   PolicyBluetooth = 2
)

// Compliance is what the server is told of a policy. MS-ASPROV 2.2.2.54.1.
type Compliance int

const (
	PolicyApplied Compliance = 1 // all of it is in force
	PolicyPartly  Compliance = 2 // not all; but at least a password is needed to use the device
	PolicyIgnored Compliance = 3 // nothing of it
	PolicyManaged Compliance = 4 // somebody else manages the device
)

func (c Compliance) String() string {
	switch c {
	case PolicyApplied:
		return "applied"
	case PolicyPartly:
		return "applied in part"
	case PolicyIgnored:
		return "not applied"
	case PolicyManaged:
		return "managed by others"
	}
	return "compliance " + strconv.Itoa(int(c))
}

// readPolicy reads a Policy of an answer. What makes no sense is kept among the unknown settings.
func readPolicy(e *wbxml.Element) *Policy {
	p := &Policy{Type: e.Value(wbxml.ProvisionPolicyType)}
	data := e.Child(wbxml.ProvisionData)
	switch {
	case data == nil:
		return p
	case p.Type == policyWAP:
		p.readWAP(data)
		return p
	case !data.Has(wbxml.ProvisionEASProvisionDoc):
		p.Unknown = append(p.Unknown, *data)
		return p
	}
	p.Document = data.Child(wbxml.ProvisionEASProvisionDoc)
	for _, setting := range p.Document.Children {
		list := setting.Tag == wbxml.ProvisionUnapprovedInROMApplicationList || setting.Tag == wbxml.ProvisionApprovedApplicationList
		if setting.Text == "" && !list && policyTags[setting.Tag] {
			continue // an empty element takes a setting back
		}
		one := wbxml.E(p.Document.Tag, setting)
		if !policyTags[setting.Tag] || wbxml.Decode(&one, &p.Settings) != nil {
			p.Unknown = append(p.Unknown, setting)
		}
	}
	return p
}

// policyTags are the settings that PolicySettings has a field for.
var policyTags = func() map[wbxml.Tag]bool {
	tags := map[wbxml.Tag]bool{wbxml.ProvisionUnapprovedInROMApplicationList: true, wbxml.ProvisionApprovedApplicationList: true}
	for tag := wbxml.ProvisionDevicePasswordEnabled; tag <= wbxml.ProvisionAllowInternetSharing; tag++ {
		tags[tag] = tag != wbxml.ProvisionDocumentBrowseEnabled // of no specification
	}
	return tags
}()

// decide asks the caller how far the policy is in force.
func (c *Client) decide(ctx context.Context, p *Policy) (Compliance, error) {
	if c.cfg.Policy == nil {
		return PolicyApplied, nil
	}
	compliance, err := c.cfg.Policy(ctx, p)
	if err != nil {
		return 0, fmt.Errorf("Provision: %w", err)
	}
	if !slices.Contains([]Compliance{PolicyApplied, PolicyPartly, PolicyIgnored, PolicyManaged}, compliance) {
		return 0, fmt.Errorf("Provision: %s cannot be acknowledged", compliance)
	}
	return compliance, nil
}

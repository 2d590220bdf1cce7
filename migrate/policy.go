package migrate

import (
	"context"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Stance is what airlift makes of a setting of a server's policy.
type Stance string

// The stances. A setting that is not obeyed makes the server be told that the policy is in force in part only.
const (
	StanceNothing Stance = "asks for nothing" // by its value
	StanceNone    Stance = "does not apply"   // to a program that has no such thing, which counts as in force: MS-ASPROV 3.1.5.1.1
	StanceYours   Stance = "left to you"      // who runs airlift has to see to it: airlift cannot
	StanceNot     Stance = "not obeyed"
)

// PolicyAnswer is a setting of a policy, and what airlift does about it.
type PolicyAnswer struct {
	Setting string `json:"setting"`
	Value   string `json:"value"`
	Stance  Stance `json:"stance"`
	Why     string `json:"why,omitempty"`
}

// AnswerPolicy tells of every setting of a policy what airlift does about it, in the policy's order.
func AnswerPolicy(p *eas.Policy) (answers []PolicyAnswer) {
	for _, parm := range p.WAP {
		a := PolicyAnswer{Setting: parm.Name, Value: parm.Value, Stance: StanceNot, Why: whyUnknown}
		if slices.Contains(wapLocks, parm.Name) {
			a.Stance, a.Why = StanceYours, whyLock
		}
		answers = append(answers, a)
	}
	if p.Document == nil {
		for _, e := range p.Unknown {
			answers = append(answers, PolicyAnswer{Setting: e.Tag.Name(), Stance: StanceNot, Why: whyUnknown})
		}
		return answers
	}
	locked := p.Settings.DevicePasswordEnabled == nil || *p.Settings.DevicePasswordEnabled // without it the others say nothing: 2.2.2.25
	for _, e := range p.Document.Children {
		if len(e.Children) == 0 && e.Text == "" {
			continue // it takes a setting back: 3.2.5.1.1
		}
		answers = append(answers, answerSetting(e, locked))
	}
	return answers
}

const (
	whyUnknown = "a setting that is not known here"
	whyLock    = "there is no screen to lock: guard the account that airlift runs under"
	whyDisk    = "encrypt the disk that archive and checkpoints are on; --encrypt-to does it for the archive"
	whyNoMail  = "airlift sends no mail"
	whyWhole   = "items are archived whole"
	whyAll     = "items are archived whatever their age, but for what --since and --before leave out"
	whyNoPart  = "airlift has no such thing and does nothing with it"
)

// wapLocks are the parameters of 2.5 that are about the lock of a device. MS-ASPROV 2.2.2.24.2.
var wapLocks = []string{"4131", "AEFrequencyType", "AEFrequencyValue", "DeviceWipeThreshold", "CodewordFrequency", "MinimumPasswordLength", "PasswordComplexity"}

// answerSetting is about one child of EASProvisionDoc. MS-ASPROV 2.2.2.28.
func answerSetting(e wbxml.Element, locked bool) PolicyAnswer {
	a := PolicyAnswer{Setting: e.Tag.Name(), Value: policyValue(e), Stance: StanceNot, Why: whyUnknown}
	say := func(stance Stance, why string) PolicyAnswer {
		a.Stance, a.Why = stance, why
		return a
	}
	unless := func(asksNothing bool, stance Stance, why string) PolicyAnswer {
		if asksNothing {
			return say(StanceNothing, "")
		}
		return say(stance, why)
	}
	switch e.Tag {
	case wbxml.ProvisionDevicePasswordEnabled, wbxml.ProvisionAlphanumericDevicePasswordRequired, wbxml.ProvisionPasswordRecoveryEnabled:
		return unless(e.Text == "0" || !locked, StanceYours, whyLock)
	case wbxml.ProvisionAllowSimpleDevicePassword:
		return unless(e.Text == "1" || !locked, StanceYours, whyLock)
	case wbxml.ProvisionMinDevicePasswordLength, wbxml.ProvisionMaxInactivityTimeDeviceLock, wbxml.ProvisionMaxDevicePasswordFailedAttempts,
		wbxml.ProvisionDevicePasswordExpiration, wbxml.ProvisionDevicePasswordHistory, wbxml.ProvisionMinDevicePasswordComplexCharacters:
		return unless(e.Text == "0" || !locked, StanceYours, whyLock)
	case wbxml.ProvisionRequireDeviceEncryption, wbxml.ProvisionRequireStorageCardEncryption:
		return unless(e.Text == "0", StanceYours, whyDisk)
	case wbxml.ProvisionAttachmentsEnabled, wbxml.ProvisionAllowHTMLEmail:
		return unless(e.Text == "1", StanceNot, whyWhole)
	case wbxml.ProvisionMaxAttachmentSize:
		return say(StanceNot, whyWhole)
	case wbxml.ProvisionMaxEmailBodyTruncationSize, wbxml.ProvisionMaxEmailHTMLBodyTruncationSize:
		return unless(e.Text == "-1", StanceNot, whyWhole)
	case wbxml.ProvisionMaxCalendarAgeFilter, wbxml.ProvisionMaxEmailAgeFilter:
		return unless(e.Text == "0", StanceNot, whyAll)
	case wbxml.ProvisionRequireSignedSMIMEMessages, wbxml.ProvisionRequireEncryptedSMIMEMessages, wbxml.ProvisionRequireSignedSMIMEAlgorithm,
		wbxml.ProvisionRequireEncryptionSMIMEAlgorithm, wbxml.ProvisionAllowSMIMEEncryptionAlgorithmNegotiation, wbxml.ProvisionAllowSMIMESoftCerts:
		return say(StanceNone, whyNoMail)
	case wbxml.ProvisionAllowStorageCard, wbxml.ProvisionAllowCamera, wbxml.ProvisionAllowUnsignedApplications,
		wbxml.ProvisionAllowUnsignedInstallationPackages, wbxml.ProvisionAllowWiFi, wbxml.ProvisionAllowTextMessaging,
		wbxml.ProvisionAllowPOPIMAPEmail, wbxml.ProvisionAllowBluetooth, wbxml.ProvisionAllowIrDA, wbxml.ProvisionRequireManualSyncWhenRoaming,
		wbxml.ProvisionAllowDesktopSync, wbxml.ProvisionAllowBrowser, wbxml.ProvisionAllowConsumerEmail, wbxml.ProvisionAllowRemoteDesktop,
		wbxml.ProvisionAllowInternetSharing, wbxml.ProvisionUnapprovedInROMApplicationList, wbxml.ProvisionApprovedApplicationList:
		return say(StanceNone, whyNoPart)
	}
	return a
}

// maxPolicyValue bounds what is shown of a value.
const maxPolicyValue = 80

func policyValue(e wbxml.Element) string {
	var values []string
	for _, c := range e.Children {
		values = append(values, c.Text)
	}
	v := e.Text + strings.Join(values, ", ")
	if len(v) > maxPolicyValue {
		v = strings.ToValidUTF8(v[:maxPolicyValue], "") + "…"
	}
	return v
}

// comply is what a server is told of its policy: the truth.
func comply(answers []PolicyAnswer) (eas.Compliance, []string) {
	var not []string
	for _, a := range answers {
		if a.Stance == StanceNot {
			not = append(not, a.Setting)
		}
	}
	if len(not) > 0 {
		return eas.PolicyPartly, not
	}
	return eas.PolicyApplied, nil
}

// answerPolicy acknowledges a policy, and tells what of it is not obeyed.
func (m *mailboxRun) answerPolicy(_ context.Context, p *eas.Policy) (eas.Compliance, error) {
	compliance, not := comply(AnswerPolicy(p))
	if len(not) > 0 {
		m.emit(Event{
			Event: EventWarning, Mailbox: m.mb.Address,
			Message: "the server is told that its policy is in force in part only; not obeyed: " + strings.Join(not, ", "),
			Hint:    "airlift probe tells of every setting what is done about it",
		})
	}
	return compliance, nil
}

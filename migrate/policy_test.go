package migrate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestAnswersAreComplete: of every setting that the specification has, something is known.
func TestAnswersAreComplete(t *testing.T) {
	p := &eas.Policy{Document: &wbxml.Element{}}
	for tag := wbxml.ProvisionDevicePasswordEnabled; tag <= wbxml.ProvisionAllowInternetSharing; tag++ {
		if tag != wbxml.ProvisionDocumentBrowseEnabled { // of no specification
			p.Document.Append(wbxml.T(tag, "7"))
		}
	}
	p.Document.Append(wbxml.E(wbxml.ProvisionApprovedApplicationList, wbxml.T(wbxml.ProvisionHash, "aa"), wbxml.T(wbxml.ProvisionHash, "bb")))
	answers := AnswerPolicy(p)
	if len(answers) < 38 {
		t.Errorf("%d answers", len(answers))
	}
	for _, a := range answers {
		if a.Why == whyUnknown || a.Stance == "" {
			t.Errorf("%+v", a)
		}
	}
	if a := answers[len(answers)-1]; a.Value != "aa, bb" || a.Stance != StanceNone {
		t.Errorf("%+v", a)
	}
}

func TestAnswerPolicy(t *testing.T) {
	doc := func(settings ...wbxml.Element) *eas.Policy {
		e := wbxml.E(wbxml.ProvisionEASProvisionDoc, settings...)
		return &eas.Policy{Document: &e}
	}
	off := doc(wbxml.T(wbxml.ProvisionDevicePasswordEnabled, "0"), wbxml.T(wbxml.ProvisionMinDevicePasswordLength, "4"))
	off.Settings.DevicePasswordEnabled = new(bool)
	for name, c := range map[string]struct {
		policy *eas.Policy
		want   []Stance
		told   eas.Compliance
	}{
		"nothing":     {doc(), nil, eas.PolicyApplied},
		"taken back":  {doc(wbxml.Empty(wbxml.ProvisionMaxAttachmentSize)), nil, eas.PolicyApplied},
		"password":    {doc(wbxml.T(wbxml.ProvisionDevicePasswordEnabled, "1"), wbxml.T(wbxml.ProvisionMinDevicePasswordLength, "4")), []Stance{StanceYours, StanceYours}, eas.PolicyApplied},
		"no password": {off, []Stance{StanceNothing, StanceNothing}, eas.PolicyApplied},
		"all mail":    {doc(wbxml.T(wbxml.ProvisionMaxEmailAgeFilter, "0"), wbxml.T(wbxml.ProvisionMaxEmailBodyTruncationSize, "-1")), []Stance{StanceNothing, StanceNothing}, eas.PolicyApplied},
		"some mail":   {doc(wbxml.T(wbxml.ProvisionAllowCamera, "0"), wbxml.T(wbxml.ProvisionMaxEmailAgeFilter, "3")), []Stance{StanceNone, StanceNot}, eas.PolicyPartly},
		"unknown":     {doc(wbxml.T(wbxml.ProvisionDocumentBrowseEnabled, "1")), []Stance{StanceNot}, eas.PolicyPartly},
		"2.5":         {&eas.Policy{WAP: []eas.WAPParm{{Name: "4131", Value: "0"}, {Name: "9999", Value: "x"}}}, []Stance{StanceYours, StanceNot}, eas.PolicyPartly},
	} {
		t.Run(name, func(t *testing.T) {
			answers := AnswerPolicy(c.policy)
			var got []Stance
			for _, a := range answers {
				got = append(got, a.Stance)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if told, not := comply(answers); told != c.told || (told == eas.PolicyPartly) != (len(not) > 0) {
				t.Errorf("told %s, not obeyed %v", told, not)
			}
		})
	}
}

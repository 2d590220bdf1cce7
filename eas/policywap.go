package eas

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// WAPParm is a parameter of the XML document that is the policy in 2.5. MS-ASPROV 2.2.2.24.2.
type WAPParm struct {
	Path        []string // the types of the characteristics around it
	Name, Value string
}

const (
	maxWAP      = 256 << 10 // bytes of the document
	maxWAPDepth = 16
)

// wapSettings are the parameters that say what settings of later versions say. MS-ASPROV 2.2.2.24.2; the others are only kept.
var wapSettings = map[string]func(*PolicySettings, int){
	"4131": func(s *PolicySettings, n int) { s.DevicePasswordEnabled = new(n == 0) }, // 1 = no password is needed
	"AEFrequencyValue": func(s *PolicySettings, n int) { // minutes
		s.MaxInactivityTimeDeviceLock = new(n * 60)
	},
	"DeviceWipeThreshold":   func(s *PolicySettings, n int) { s.MaxDevicePasswordFailedAttempts = new(n) },
	"MinimumPasswordLength": func(s *PolicySettings, n int) { s.MinDevicePasswordLength = new(n) },
	"PasswordComplexity":    func(s *PolicySettings, n int) { s.AlphanumericDevicePasswordRequired = new(n == 0) }, // 1 = digits, 2 = either
}

func (p *Policy) readWAP(data *wbxml.Element) {
	if len(data.Text) > maxWAP || p.parseWAP(xml.NewDecoder(strings.NewReader(data.Text))) != nil {
		p.WAP, p.Unknown = nil, []wbxml.Element{*data}
		return
	}
	for _, parm := range p.WAP {
		set := wapSettings[parm.Name]
		if n, err := strconv.Atoi(parm.Value); set != nil && err == nil && n >= 0 && n < 1<<20 {
			set(&p.Settings, n)
		}
	}
	for _, parm := range p.WAP {
		if parm.Name == "AEFrequencyType" && parm.Value == "0" { // there is no such time, whatever it is
			p.Settings.MaxInactivityTimeDeviceLock = nil
		}
	}
}

// parseWAP reads the parameters, one after the other.
func (p *Policy) parseWAP(d *xml.Decoder) error {
	var path []string
	depth := 0
	for {
		token, err := d.Token()
		switch {
		case err == io.EOF && depth == 0:
			return nil
		case err != nil:
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxWAPDepth {
				return errors.New("its elements are too deep")
			}
			switch t.Name.Local {
			case "characteristic":
				path = append(path, attribute(t, "type"))
			case "parm":
				p.WAP = append(p.WAP, WAPParm{append([]string(nil), path...), attribute(t, "name"), attribute(t, "value")})
			}
		case xml.EndElement:
			depth--
			if t.Name.Local == "characteristic" {
				path = path[:len(path)-1]
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

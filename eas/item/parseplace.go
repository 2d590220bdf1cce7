package item

import (
	"encoding/base64"
	"mime"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// place takes where an event is: a string up to protocol 14.1, a container from 16.0
// on (MS-ASAIRS 2.2.2.28).
func (e eventReading) place(b *built) {
	name := strings.ReplaceAll(e.words("LOCATION"), "\n", " ")
	geo := e.take("GEO")
	parts := built{}
	parts.text(wbxml.AirSyncBaseDisplayName, name)
	for _, tag := range [...]wbxml.Tag{
		wbxml.AirSyncBaseAnnotation, wbxml.AirSyncBaseStreet, wbxml.AirSyncBaseCity, wbxml.AirSyncBaseState,
		wbxml.AirSyncBaseCountry, wbxml.AirSyncBasePostalCode, wbxml.AirSyncBaseLocationUri,
	} {
		parts.text(tag, e.extra(tag))
	}
	if geo != nil {
		// Some writers escape the semicolon.
		lat, long, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(geo.value), `\;`, ";"), ";")
		if isDegrees(lat, 90) && isDegrees(long, 180) {
			parts.text(wbxml.AirSyncBaseLatitude, lat)
			parts.text(wbxml.AirSyncBaseLongitude, long)
		} else {
			e.lose("GEO", geo.value, "not a place on earth")
		}
	}
	if e.version >= 16 {
		if len(parts) > 0 {
			b.add(wbxml.E(wbxml.AirSyncBaseLocation, parts...))
		}
		return
	}
	b.text(wbxml.CalendarLocation, name)
	for _, p := range parts {
		switch p.Tag {
		case wbxml.AirSyncBaseDisplayName:
		case wbxml.AirSyncBaseLatitude:
			e.lose("GEO", geo.value, "not before protocol 16.0")
		case wbxml.AirSyncBaseLongitude:
		default:
			e.lose("X-EAS-"+strings.ToUpper(p.Tag.Name()), p.Text, "not before protocol 16.0")
		}
	}
}

// maxFiles bounds the files of an event, which are in the request itself.
const maxFiles = 100

// files takes ATTACH. Requests add files from 16.0 on (MS-ASAIRS 2.2.2.2), with
// their bytes: a link is none.
func (e eventReading) files(b *built) {
	all := wbxml.E(wbxml.AirSyncBaseAttachments)
	for _, l := range e.takeAll("ATTACH") {
		name := firstOf(l.param("FILENAME"), l.param("X-FILENAME"), l.param("X-LABEL"), l.param("X-APPLE-FILENAME"))
		if !strings.EqualFold(l.param("ENCODING"), "BASE64") {
			e.lose("ATTACH", l.value, "a link is no file")
			continue
		}
		if e.version < 16 {
			e.lose("ATTACH", name, "no files before protocol 16.0")
			continue
		}
		content, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(l.value), ""))
		if err != nil || len(all.Children) == maxFiles {
			e.lose("ATTACH", name, "no base64, or more than "+strconv.Itoa(maxFiles))
			continue
		}
		kind := mediaType(l.param("FMTTYPE"))
		number := strconv.Itoa(len(all.Children) + 1)
		if name == "" {
			name = "attachment" + number
			if suffixes, err := mime.ExtensionsByType(kind); err == nil && len(suffixes) > 0 {
				name += suffixes[0]
			}
		}
		file := built{wbxml.T(wbxml.AirSyncBaseClientId, number), wbxml.T(wbxml.AirSyncBaseMethod, "1")}
		file.text(wbxml.AirSyncBaseContentType, kind)
		file.add(wbxml.B(wbxml.AirSyncBaseContent, content), wbxml.T(wbxml.AirSyncBaseDisplayName, name))
		all.Append(wbxml.E(wbxml.AirSyncBaseAdd, file...))
	}
	if len(all.Children) > 0 {
		b.add(all)
	}
}

package item

import (
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// location writes the place of an event: a string in protocols to 14.1 (MS-ASCAL
// 2.2.2.27), a container in later ones (MS-ASAIRS 2.2.2.28).
func (c component) location(v view) {
	e := v.first(wbxml.AirSyncBaseLocation, wbxml.CalendarLocation)
	if e == nil {
		return
	}
	if e.Tag == wbxml.CalendarLocation {
		c.add("LOCATION", strings.TrimSpace(e.Text))
		return
	}
	place := viewOf(e)
	var parts []string
	for _, tag := range [...]wbxml.Tag{
		wbxml.AirSyncBaseStreet, wbxml.AirSyncBasePostalCode, wbxml.AirSyncBaseCity,
		wbxml.AirSyncBaseState, wbxml.AirSyncBaseCountry,
	} {
		if s := place.value(tag); s != "" {
			parts = append(parts, s)
		}
	}
	if name := place.value(wbxml.AirSyncBaseDisplayName); name != "" {
		c.add("LOCATION", name)
	} else {
		c.add("LOCATION", strings.Join(parts, ", "))
	}
	lat, long := place.value(wbxml.AirSyncBaseLatitude), place.value(wbxml.AirSyncBaseLongitude)
	if isDegrees(lat, 90) && isDegrees(long, 180) {
		c.add("GEO", lat+";"+long)
	}
	place.extra(c.add, wbxml.AirSyncBaseStreet, wbxml.AirSyncBasePostalCode, wbxml.AirSyncBaseCity, wbxml.AirSyncBaseState,
		wbxml.AirSyncBaseCountry, wbxml.AirSyncBaseAnnotation, wbxml.AirSyncBaseLocationUri)
}

// isDegrees tells whether s is a FLOAT (RFC 5545 3.3.7) from -limit to limit.
func isDegrees(s string, limit float64) bool {
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && strings.Trim(s, "+-.0123456789") == "" && -limit <= f && f <= limit
}

package item

import (
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // 450 kB: a host without a tz database must name a zone as others do
)

// windowsZone is a time zone of Windows and its place in the tz database.
type windowsZone struct{ name, place string }

// placeNamed returns the place of the tz database that a TZID names: by its own
// name, by that of Windows, or by one at the end of a path, as libical and
// Mozilla make them ("/mozilla.org/20050126_1/Europe/Paris").
func placeNamed(id string) (*time.Location, bool) {
	const longest = 80 // bytes
	id = strings.Trim(strings.TrimSpace(id), `"`)
	if id == "" || len(id) > longest || id == "Local" {
		return nil, false
	}
	for _, w := range windowsZones {
		if w.name == id {
			id = w.place
			break
		}
	}
	for name := id; ; {
		if loc, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
			return loc, true
		}
		var more bool
		if _, name, more = strings.Cut(name, "/"); !more {
			return nil, false
		}
	}
}

// windowsName is the name that Windows has for a place, "" if it has none of its own.
func windowsName(place string) string {
	for _, w := range windowsZones {
		if w.place == place {
			return w.name
		}
	}
	return ""
}

// place returns the name of the tz database that fits the zone from one year to
// another, "" if none does. A zone that has the name of a place, or of a zone of
// Windows, is that place or none: whoever named it knew where it is. The rules must
// agree in any case, since a reader that knows the name does not look at the
// VTIMEZONE.
func (z *zone) place(from, to int) string {
	if z.stdName != "" {
		for _, w := range windowsZones {
			if w.name == z.stdName {
				return z.ifAgrees(w.place, from, to)
			}
		}
		if strings.Contains(z.stdName, "/") {
			return z.ifAgrees(z.stdName, from, to)
		}
	}
	for i, loc := range windowsPlaces() {
		if loc != nil && agree(z, location{loc}, from, to) {
			return windowsZones[i].place
		}
	}
	return ""
}

// windowsPlaces are the places of windowsZones, nil for one that the tz database does not have. They are read once: a
// zone without a name is held against all of them.
var windowsPlaces = sync.OnceValue(func() []*time.Location {
	places := make([]*time.Location, len(windowsZones))
	for i, w := range windowsZones {
		if loc, err := time.LoadLocation(w.place); err == nil {
			places[i] = loc
		}
	}
	return places
})

// idFor is the TZID of the zone in an event: the place, or else its own name, which
// must not be that of a place with other rules.
func (z *zone) idFor(from, to int) string {
	place := z.place(from, to)
	if place == "" && strings.Contains(z.stdName, "/") {
		nameless := *z
		nameless.stdName = ""
		return nameless.name()
	}
	return firstOf(place, z.id)
}

func (z *zone) ifAgrees(place string, from, to int) string {
	loc, err := time.LoadLocation(place)
	if err != nil || !agree(z, location{loc}, from, to) {
		return ""
	}
	return place
}

// agree tells whether two clocks show the same from the beginning of a year to the
// end of another. They are compared every few days, and at the changes of the
// first one.
func agree(z *zone, c clock, from, to int) bool {
	same := func(t time.Time) bool { return z.offset(t) == c.offset(t) }
	for year := from; year <= to; year++ {
		end := time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC)
		for t := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); t.Before(end); t = t.AddDate(0, 0, 5) {
			if !same(t) {
				return false
			}
		}
		for _, change := range [...]struct {
			change
			before int
		}{{z.toDST, z.std}, {z.toStd, z.dst}} {
			wall, happens := change.at(year)
			at := wall.Add(-time.Duration(change.before) * time.Second)
			if happens && (!same(at) || !same(at.Add(-time.Second))) {
				return false
			}
		}
	}
	return true
}

package item

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"
	"unicode/utf16"
)

// makeZone describes a clock as EAS does, by the changes that it makes in a year. A
// clock that makes other changes than one to daylight time and one back has the
// offset that it has at an instant, for good.
func makeZone(c clock, at time.Time) *zone {
	year := wallAt(c, at).Year()
	z := &zone{std: c.offset(at)}
	z.dst = z.std
	if changes := changesIn(c, year); len(changes) == 2 && changes[0].from == changes[1].to && changes[0].to == changes[1].from {
		toDST, toStd := changes[0], changes[1]
		if toDST.to < toDST.from {
			toDST, toStd = toStd, toDST
		}
		z.std, z.dst = toStd.to, toDST.to
		z.toDST, z.toStd = changeOf(c, toDST), changeOf(c, toStd)
	}
	return z
}

// changesIn returns the changes of a clock in a year of its own time.
func changesIn(c clock, year int) (changes shifts) {
	const step = 24 * time.Hour
	begin := instant(c, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
	end := instant(c, time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC))
	for t := begin; t.Before(end); t = t.Add(step) {
		from, to := c.offset(t), c.offset(t.Add(step))
		if from == to {
			continue
		}
		low, high := t, t.Add(step) // the offset is from at low, and not at high
		for high.Sub(low) > time.Second {
			if mid := low.Add(high.Sub(low) / 2).Truncate(time.Second); c.offset(mid) == from {
				low = mid
			} else {
				high = mid
			}
		}
		changes = append(changes, shift{high, from, to})
	}
	return changes
}

// changeOf says on which weekday of which month a change is. The last week of a month
// is sometimes the fourth: the years around tell which is meant.
func changeOf(c clock, s shift) change {
	wall := s.at.Add(time.Duration(s.from) * time.Second)
	made := change{
		month: wall.Month(), weekday: wall.Weekday(), day: (wall.Day()-1)/7 + 1,
		hour: wall.Hour(), minute: wall.Minute(), sec: wall.Second(),
	}
	if wall.AddDate(0, 0, 7).Month() == wall.Month() {
		return made
	}
	last := made
	last.day = 5
	fits := func(ch change) (years int) {
		for year := wall.Year() - 4; year <= wall.Year()+8; year++ {
			at, _ := ch.at(year)
			t := at.Add(-time.Duration(s.from) * time.Second)
			if c.offset(t) == s.to && c.offset(t.Add(-time.Second)) == s.from {
				years++
			}
		}
		return years
	}
	if made.day == 5 || fits(last) >= fits(made) {
		return last
	}
	return made
}

// blob writes the structure of MS-ASDTYPE 2.7.4 in base64; nil is UTC.
func (z *zone) blob() string {
	b := make([]byte, zoneSize)
	if z != nil {
		binary.LittleEndian.PutUint32(b, uint32(int32(-z.std/60)))
		putZoneName(b[4:68], z.stdName)
		z.toStd.put(b[68:84])
		putZoneName(b[88:152], z.dstName)
		z.toDST.put(b[152:168])
		binary.LittleEndian.PutUint32(b[168:], uint32(int32((z.std-z.dst)/60)))
	}
	return base64.StdEncoding.EncodeToString(b)
}

func (c change) put(b []byte) {
	for i, word := range [...]int{c.year, int(c.month), int(c.weekday), c.day, c.hour, c.minute, c.sec} {
		binary.LittleEndian.PutUint16(b[2*i:], uint16(word))
	}
}

// putZoneName writes as much of a name as there is room for, and a zero.
func putZoneName(b []byte, name string) {
	units := utf16.Encode([]rune(name))
	units = units[:min(len(units), len(b)/2-1)]
	if n := len(units); n > 0 && utf16.IsSurrogate(rune(units[n-1])) && units[n-1] < 0xDC00 {
		units = units[:n-1]
	}
	for i, u := range slices.All(units) {
		binary.LittleEndian.PutUint16(b[2*i:], u)
	}
}

// zoneOf returns the zone of a moment as EAS describes it, with the name that
// Windows has for it, or else its own; nil is UTC.
func zoneOf(m moment) *zone {
	if m.clock == nil || m.isZero() {
		return nil
	}
	if n, ok := m.clock.(named); ok {
		if z, ok := n.clock.(*zone); ok { // as it was kept
			return z
		}
	}
	z := makeZone(m.clock, m.utc())
	if id := clockName(m.clock); id != "" {
		z.stdName = id
		if loc, known := placeNamed(id); known && agree(z, location{loc}, m.wall.Year(), m.wall.Year()) {
			z.stdName = firstOf(windowsName(loc.String()), loc.String())
		}
	}
	if z.std == 0 && z.dst == 0 && z.toDST.month == 0 {
		return nil
	}
	return z
}

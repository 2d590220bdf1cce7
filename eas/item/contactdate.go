package item

import (
	"strings"
	"time"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// noYear stands for no year in the dates of a contact.
//
// QUIRK(iOS): it is a leap year of which nobody alive was born.
const noYear = 1604

// omitYear is the parameter of a date in 3.0 that says of which year it has none.
const omitYear = "X-APPLE-OMIT-YEAR"

// dates writes BDAY and ANNIVERSARY: RFC 6350 6.2.5, 6.2.6. 3.0 has no
// anniversary, and no date without a year.
func (c card) dates(v view) {
	for _, d := range [...]struct {
		name, name3 string
		tag         wbxml.Tag
	}{
		{vcard.FieldBirthday, vcard.FieldBirthday, wbxml.ContactsBirthday},
		{vcard.FieldAnniversary, "X-MS-ANNIVERSARY", wbxml.ContactsAnniversary},
	} {
		day, ok := contactDay(v.value(d.tag))
		switch {
		case !ok:
		case c.old && day.Year() == noYear:
			c.add(d.name3, day.Format(time.DateOnly), param{omitYear, day.Format("2006")})
		case c.old:
			c.add(d.name3, day.Format(time.DateOnly))
		case day.Year() == noYear:
			c.add(d.name, day.Format("--0102"))
		default:
			c.add(d.name, day.Format(dateForm))
		}
	}
}

// contactDay returns the day of a birthday or anniversary: that which is written.
// Its time means nothing, in whatever zone, so that it is the same day everywhere:
// MS-ASCNTC 2.2.2.3, 2.2.2.6.
func contactDay(s string) (day time.Time, ok bool) {
	if _, ok = parseTime(s); !ok {
		return time.Time{}, false
	}
	if i := strings.IndexAny(s, "Tt "); i > 0 {
		s = s[:i]
	}
	return parseTime(s)
}

// contactTime is the time that the dates of a contact have: at no longitude is it
// another day then (MS-ASCNTC 2.2.2.6).
const contactTime = "T11:59:00.000Z"

// dates reads the birthday and the anniversary, for which there are many names.
func (r *cardReader) dates() {
	r.date(wbxml.ContactsBirthday, vcard.FieldBirthday)
	r.date(wbxml.ContactsAnniversary, vcard.FieldAnniversary, "X-MS-ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY",
		"X-KADDRESSBOOK-X-ANNIVERSARY")
	for _, f := range r.fields("X-ABDATE") {
		if r.labeled(f, "anniversary") {
			r.setDate(wbxml.ContactsAnniversary, "X-ABDATE", f)
			r.takeLabel(f)
		}
	}
}

func (r *cardReader) date(tag wbxml.Tag, names ...string) {
	for _, name := range names {
		for _, f := range r.fields(name) {
			r.setDate(tag, name, f)
		}
	}
}

func (r *cardReader) setDate(tag wbxml.Tag, name string, f *vcard.Field) {
	day, exact, ok := cardDay(fieldText(f))
	if ok && f.Params.Get(omitYear) == day.Format("2006") {
		day = time.Date(noYear, day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
	}
	s := day.Format(time.DateOnly) + contactTime
	switch {
	case fieldText(f) == "":
	case !ok:
		r.lose(name, f, "not a day of a month")
	case !r.set(tag, s) && r.value(tag) != s:
		r.lose(name, f, "a contact has one "+tag.Name())
	case !exact:
		r.lose(name, f, "kept without its time")
	default:
		r.take(f)
	}
}

// cardDay reads the day of a date, date-time or date without a year: RFC 6350
// 4.3.1, RFC 2426 3.1.5. It is exact if there was no time that says more.
func cardDay(s string) (day time.Time, exact, ok bool) {
	date, clock, _ := strings.Cut(strings.ToUpper(s), "T")
	if rest, found := strings.CutPrefix(date, "--"); found {
		date = "1604" + strings.ReplaceAll(rest, "-", "")
	}
	day, ok = parseTime(date)
	return day, strings.Trim(clock, "0:.Z") == "", ok
}

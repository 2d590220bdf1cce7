package item

import (
	"strings"
	"time"
)

// parseTime reads a date of any form of MS-ASDTYPE: dateTime with or without
// fraction (2.3), Compact DateTime (2.7.5) and dates without a time, which are
// midnight. All are UTC unless they carry an offset.
//
// The years at both ends of the range are no dates: 0001 and 9999 are where
// servers built on .NET put "none" and "never".
func parseTime(s string) (time.Time, bool) {
	p := timeParser{rest: strings.TrimSpace(s)}
	year := p.digits(4)
	p.skip("-")
	month := p.digits(2)
	p.skip("-")
	day := p.digits(2)
	var hour, minute, second, nano, offset int
	if p.rest != "" && p.one("Tt ") {
		hour = p.digits(2)
		p.skip(":")
		minute = p.digits(2)
		p.skip(":")
		second = p.digits(2)
		nano = p.fraction()
		offset = p.offset()
	}
	if p.bad || p.rest != "" || year < 2 || year > 9998 || month < 1 || month > 12 || day < 1 ||
		hour > 24 || minute > 59 || second > 60 || hour == 24 && minute+second+nano > 0 {
		return time.Time{}, false
	}
	if day > time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second-offset, nano, time.UTC), true
}

type timeParser struct {
	rest string
	bad  bool
}

func (p *timeParser) digits(n int) (v int) {
	if len(p.rest) < n {
		p.bad = true
		return 0
	}
	for i := range n {
		c := p.rest[i] - '0'
		if c > 9 {
			p.bad = true
			return 0
		}
		v = 10*v + int(c)
	}
	p.rest = p.rest[n:]
	return v
}

func (p *timeParser) skip(sep string) { p.rest = strings.TrimPrefix(p.rest, sep) }

// one takes one character of a set.
func (p *timeParser) one(set string) bool {
	if p.rest == "" || strings.IndexByte(set, p.rest[0]) < 0 {
		p.bad = true
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// fraction takes the decimals of a second, in nanoseconds.
func (p *timeParser) fraction() (nano int) {
	if !strings.HasPrefix(p.rest, ".") {
		return 0
	}
	unit := int(time.Second)
	for p.rest = p.rest[1:]; p.rest != "" && p.rest[0]-'0' <= 9; p.rest = p.rest[1:] {
		unit /= 10
		nano += unit * int(p.rest[0]-'0')
	}
	return nano
}

// offset takes Z, ±hh:mm or nothing, in seconds east of UTC.
func (p *timeParser) offset() int {
	if p.rest == "" {
		return 0
	}
	sign := p.rest[0]
	if !p.one("Zz+-") || sign == 'Z' || sign == 'z' {
		return 0
	}
	hours := p.digits(2)
	p.skip(":")
	east := 60 * (60*hours + p.digits(2))
	if sign == '-' {
		return -east
	}
	return east
}

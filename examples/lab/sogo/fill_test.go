//go:build interop

package sogo

import (
	"bytes"
	"math/rand/v2"
	"net/mail"
	"regexp"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// flagSets are what the messages of a source are marked with, in turn.
var flagSets = [][]imap.Flag{
	{imap.FlagSeen},
	nil,
	{imap.FlagSeen, imap.FlagFlagged},
	{imap.FlagFlagged},
	{imap.FlagSeen, imap.FlagAnswered},
	{imap.FlagSeen, imap.FlagForwarded},
	{imap.FlagSeen, "$label1"},
	{imap.FlagSeen, "urgent", imap.FlagFlagged},
}

// fill puts messages into folders in turn, with flags and internal dates of every kind. A message with a date was received at that date.
func (m *mailbox) fill(messages [][]byte, folders ...string) {
	m.t.Helper()
	rnd := rand.New(rand.NewPCG(uint64(len(messages)), 0))
	there := m.folders()
	for _, folder := range folders {
		if !slices.Contains(there, folder) {
			m.create(folder)
			there = append(there, folder)
		}
	}
	for i, raw := range messages {
		date := time.Date(1999+i%27, time.Month(1+rnd.IntN(12)), 1+rnd.IntN(28), rnd.IntN(24), rnd.IntN(60), rnd.IntN(60), 0, time.UTC)
		raw = bytes.Replace(raw, []byte("\r\nDate: "+letterDate), []byte("\r\nDate: "+date.Format(time.RFC1123Z)), 1)
		m.add(folders[i%len(folders)], raw, dateOr(raw, date), flagSets[i%len(flagSets)]...)
	}
}

// plainDate is a date whose zone is a number: what others say is read otherwise by each.
var plainDate = regexp.MustCompile(`(19[7-9]\d|20\d\d) \d\d:\d\d(:\d\d)? [+-]\d{4}( \(\w+\))?$`)

// dateOf is the date in a message's header; zero: there is none, or no plain one.
func dateOf(raw []byte) time.Time {
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	text := field(head, "Date")
	at, err := mail.ParseDate(text)
	if err != nil || !plainDate.MatchString(text) {
		return time.Time{}
	}
	return at.UTC()
}

// dateOr is the date of a message's header, or the given one.
func dateOr(raw []byte, otherwise time.Time) time.Time {
	if at := dateOf(raw); !at.IsZero() {
		return at
	}
	return otherwise
}

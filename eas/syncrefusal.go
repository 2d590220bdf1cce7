package eas

import (
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// syncRefusal is the Status of a whole Sync, with the Limit that follows two of them. MS-ASCMD 2.2.3.97.
type syncRefusal struct {
	status error
	code   int
	limit  int
}

const badWait, tooManyFolders = 14, 15

// read reads the element that d stands in. Its error ends the answer; the two that have a Limit wait for it.
func (s *syncRefusal) read(d *wbxml.Decoder, tag wbxml.Tag) error {
	if tag == wbxml.AirSyncLimit {
		s.limit = atoi(d.Text())
		return nil
	}
	s.code, s.status = readStatus(d, "Sync", "Sync")
	if s.code == badWait || s.code == tooManyFolders {
		return nil
	}
	return s.status
}

func (s *syncRefusal) err(unit time.Duration) error {
	return waitLimit(s.status, s.code == tooManyFolders, s.limit, unit)
}

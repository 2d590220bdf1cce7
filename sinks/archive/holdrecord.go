package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

const (
	holdsDir  = "holds/"
	clearHold = "airlift-hold"
	holdKind  = "hold" // what a hold record's value is called in it
)

// HoldAction is what a hold record does.
type HoldAction string

// The actions.
const (
	HoldSet     HoldAction = "set"     // the matter holds the mailboxes from now on
	HoldRelease HoldAction = "release" // it holds them no more
)

// A HoldRecord tells of one change of what is under legal hold. Matter, Mailboxes, By and Reason are not in clear.
type HoldRecord struct {
	Hold          int        `json:"hold"` // consecutive from 1
	Archive       string     `json:"archive"`
	ArchiveSHA256 string     `json:"archive_sha256"`
	Prev          string     `json:"prev"` // hex SHA-256 of the object of the one before, "" of the first
	Time          time.Time  `json:"time"`
	Action        HoldAction `json:"action"`
	MatterHash    string     `json:"matter_hash"` // Archive.MatterHash of the matter
	Dirs          []string   `json:"dirs"`        // Archive.MailboxDir of the mailboxes, sorted

	Matter    string   `json:"matter,omitempty"`    // the case, as its people call it
	Mailboxes []string `json:"mailboxes,omitempty"` // the addresses, in the order of Dirs
	By        string   `json:"by,omitempty"`        // who asked for it, as the caller said
	Reason    string   `json:"reason,omitempty"`
}

// HoldRef names the newest hold record that the writer of a run record had read.
type HoldRef struct {
	Name   string `json:"name"` // the last part of the object's name
	SHA256 string `json:"sha256"`
}

func clearedHold(r HoldRecord) HoldRecord {
	r.Matter, r.Mailboxes, r.By, r.Reason = "", nil, "", ""
	return r
}

func (l layout) hold(n int) string { return holdsDir + fmt.Sprintf("%08d", n) + l.ext(runExt) }

// holdNumber returns the number of a hold record by the name of its object; 0 = it is none.
func (l layout) holdNumber(name string) int {
	base, ok := strings.CutPrefix(name, holdsDir)
	if !ok {
		return 0
	}
	return number(base, l.ext(runExt))
}

// MatterHash returns what names a matter where its name is not told: half of a hash of the archive's id and the name, as the
// directory of a mailbox in an encrypted archive. It is no secret either.
func (a *Archive) MatterHash(matter string) string {
	sum := sha256.Sum256([]byte("airlift matter\x00" + a.head.ID + "\x00" + matter))
	return hex.EncodeToString(sum[:16])
}

// holdLink is a hold record with its place in the chain.
type holdLink struct {
	HoldRecord
	sum string // hex SHA-256 of its object
}

// holdsAfter reads the hold records that follow one, oldest first; the zero link: all of them. One that is missing or does not
// follow from the one before is sinks.ErrCorrupt: what is to be held is not known then. A record that no identity opens is
// read as far as it is in clear.
func (a *Archive) holdsAfter(ctx context.Context, last holdLink) iter.Seq2[holdLink, error] {
	return func(yield func(holdLink, error) bool) {
		after := ""
		if last.Hold > 0 {
			after = a.names.hold(last.Hold)
		}
		names, err := a.holdNames(ctx, after)
		if err != nil {
			yield(holdLink{}, err)
			return
		}
		for batch := range slices.Chunk(names, 64) {
			links, errs := make([]holdLink, len(batch)), make([]error, len(batch))
			atOnce(len(batch), func(i int) { links[i], errs[i] = a.readHold(ctx, batch[i]) })
			for i, name := range batch {
				err := a.followsHold(name, last, links[i], errs[i])
				if !yield(links[i], err) || err != nil {
					return
				}
				last = links[i]
			}
		}
	}
}

// followsHold returns what is wrong with the record of that name, which was read with err, as the one after last.
func (a *Archive) followsHold(name string, last, next holdLink, err error) error {
	n := a.names.holdNumber(name)
	switch {
	case err != nil && (!errors.Is(err, ErrSealed) || next.Hold != n):
		return err
	case n != last.Hold+1:
		return fmt.Errorf("%s: it is missing before %s: %w", a.names.hold(last.Hold+1), path.Base(name), sinks.ErrCorrupt)
	case next.Prev != last.sum:
		return fmt.Errorf("%s: it was written after another one than %s: %w", name, path.Base(a.names.hold(last.Hold)), sinks.ErrCorrupt)
	}
	return nil
}

// holdNames lists the hold records, oldest first.
func (a *Archive) holdNames(ctx context.Context, after string) (names []string, err error) {
	for o, err := range a.bucket.List(ctx, holdsDir, after) {
		if err != nil {
			return nil, err
		}
		if a.names.holdNumber(o.Name) > 0 { // a stray object is for Verify to name
			names = append(names, o.Name)
		}
	}
	return names, nil
}

// readHold reads a hold record. With an error the record may be there as far as it is in clear, if it belongs there.
func (a *Archive) readHold(ctx context.Context, name string) (holdLink, error) {
	data, err := readSmall(ctx, a.bucket, name)
	if err != nil {
		return holdLink{}, err
	}
	sum := sha256.Sum256(data)
	l := holdLink{sum: hex.EncodeToString(sum[:])}
	if a.crypt == nil {
		if err = parseFramed(holdKind, data, &l.HoldRecord); err != nil {
			l.HoldRecord = HoldRecord{} // as far as it was parsed
		}
	} else {
		l.HoldRecord, err = a.unsealHold(ctx, name, data)
	}
	if err == nil {
		if err = a.checkHold(name, l.HoldRecord); err != nil {
			l.HoldRecord = HoldRecord{}
		}
	}
	if err != nil {
		return l, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}

// unsealHold parses a hold record of an encrypted archive. With an identity its two parts must agree.
func (a *Archive) unsealHold(ctx context.Context, name string, data []byte) (HoldRecord, error) {
	inside, raw, sealed := a.unseal(ctx, name, clearHold, data)
	if raw == nil {
		return HoldRecord{}, sealed
	}
	var shown, r HoldRecord
	if err := json.Unmarshal(raw, &shown); err != nil {
		return HoldRecord{}, fmt.Errorf("in clear: %w: %w", sinks.ErrCorrupt, err)
	}
	if !reflect.DeepEqual(clearedHold(shown), shown) {
		return HoldRecord{}, fmt.Errorf("in clear: it tells too much: %w", sinks.ErrCorrupt)
	}
	if err := a.checkHold(name, shown); err != nil {
		return HoldRecord{}, fmt.Errorf("in clear: %w", err)
	}
	if sealed != nil || a.sealed() {
		return shown, sealed
	}
	if err := parseFramed(holdKind, inside, &r); err != nil {
		return shown, err
	}
	if r.Matter == "" || !reflect.DeepEqual(clearedHold(r), shown) {
		return shown, fmt.Errorf("its part in clear is not what the record says: %w", sinks.ErrCorrupt)
	}
	return r, nil
}

var matterHash = regexp.MustCompile(`^[0-9a-f]{32}$`)

// checkHold holds a record against its place and itself.
func (a *Archive) checkHold(name string, r HoldRecord) error {
	bad := func(why string) error { return fmt.Errorf("%s: %w", why, sinks.ErrCorrupt) }
	switch {
	case a.names.hold(r.Hold) != name || r.Archive != a.head.ID:
		return bad(fmt.Sprintf("it is hold record %d of archive %s", r.Hold, r.Archive))
	case r.Action != HoldSet && r.Action != HoldRelease:
		return bad(fmt.Sprintf("action %q", r.Action))
	case !matterHash.MatchString(r.MatterHash) || len(r.Dirs) == 0:
		return bad("no matter, or no mailbox")
	case a.crypt == nil && r.Matter == "":
		return bad("no matter's name")
	}
	for i, dir := range r.Dirs {
		if err := a.names.checkMailboxDir(dir); err != nil {
			return err
		}
		if i > 0 && dir <= r.Dirs[i-1] {
			return bad("its mailboxes are not in order")
		}
	}
	if r.Matter == "" {
		return nil // it is what is in clear
	}
	dirs := make([]string, len(r.Mailboxes))
	for i, m := range r.Mailboxes {
		dirs[i] = a.MailboxDir(m)
	}
	if r.MatterHash != a.MatterHash(r.Matter) || !slices.Equal(r.Dirs, dirs) {
		return bad("the hash of its matter or the directories of its mailboxes are others'")
	}
	return nil
}

// Holds yields the hold records of an archive, oldest first. Without an identity those of an encrypted archive have no
// matter's name, mailboxes, By and Reason. sinks.ErrCorrupt: one is damaged, missing, or not the one that was there.
func (a *Archive) Holds(ctx context.Context) iter.Seq2[HoldRecord, error] {
	return func(yield func(HoldRecord, error) bool) {
		for l, err := range a.holdsAfter(ctx, holdLink{}) {
			if !yield(l.HoldRecord, err) || err != nil {
				return
			}
		}
	}
}

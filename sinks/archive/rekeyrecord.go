package archive

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

const (
	rekeysDir  = "rekeys/"
	clearRekey = "airlift-rekey"

	maxRekeyLine = 1 << 20
)

// A RekeyRecord tells of one change of an archive's recipients. By and Unopened are not in clear.
type RekeyRecord struct {
	Rekey         int       `json:"rekey"` // consecutive from 1
	Archive       string    `json:"archive"`
	ArchiveSHA256 string    `json:"archive_sha256"`
	Prev          string    `json:"prev"` // hex SHA-256 of the object of the one before, "" of the first
	Time          time.Time `json:"time"`
	Added         []string  `json:"added"`
	Removed       []string  `json:"removed"`
	Recipients    []string  `json:"recipients"` // from now on
	Keys          int       `json:"keys"`       // how many objects the recipients can open by it

	By       string   `json:"by,omitempty"`       // who asked for it, as the caller said
	Unopened []string `json:"unopened,omitempty"` // objects that the identity did not open: they are damaged, or others'
}

// RekeyRef names the newest change of recipients that the writer of a run record knew.
type RekeyRef struct {
	Name         string `json:"name"`          // the last part of the object's name
	HeaderSHA256 string `json:"header_sha256"` // of its age header
}

// rekeyKey is one line behind the record.
type rekeyKey struct {
	Object string `json:"object"`
	Key    []byte `json:"key"` // the file key of the age format, 16 bytes
}

func clearedRekey(r RekeyRecord) RekeyRecord {
	r.By, r.Unopened = "", nil
	return r
}

func (l layout) rekey(n int) string { return rekeysDir + fmt.Sprintf("%08d", n) + l.ext(runExt) }

// rekeyNumber returns the number of a change of recipients by the name of its object; 0 = it is none.
func (l layout) rekeyNumber(name string) int {
	base, ok := strings.CutPrefix(name, rekeysDir)
	if !ok || !l.encrypted() {
		return 0
	}
	return number(base, l.ext(runExt))
}

// rekeyNames lists the changes of recipients, oldest first.
func (a *Archive) rekeyNames(ctx context.Context) (names []string, err error) {
	for o, err := range a.bucket.List(ctx, rekeysDir, "") {
		if err != nil {
			return nil, err
		}
		if a.names.rekeyNumber(o.Name) > 0 {
			names = append(names, o.Name)
		}
	}
	return names, nil
}

// parseClearRekey parses what is in clear of the object of that name.
func (a *Archive) parseClearRekey(name string, raw []byte) (r RekeyRecord, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("%s: in clear: %w: %w", name, sinks.ErrCorrupt, err)
	}
	if a.names.rekey(r.Rekey) != name || r.Archive != a.head.ID || r.By != "" || r.Unopened != nil {
		return r, fmt.Errorf("%s: in clear: it is change %d of archive %s, or tells too much: %w", name, r.Rekey, r.Archive, sinks.ErrCorrupt)
	}
	return r, nil
}

// newestRekey makes the recipients of the last change those of the archive.
func (a *Archive) newestRekey(ctx context.Context) error {
	names, err := a.rekeyNames(ctx)
	if err != nil || len(names) == 0 {
		return err
	}
	name := names[len(names)-1]
	s, err := a.openSealed(ctx, name, clearRekey)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := a.parseClearRekey(name, s.shown)
	if err != nil {
		return err
	}
	if a.crypt.to, err = parseRecipients(r.Recipients); err != nil {
		return fmt.Errorf("%s: %w: %w", name, sinks.ErrCorrupt, err)
	}
	a.crypt.rekey = s.rekeyRef()
	return nil
}

func (s *sealedObject) rekeyRef() *RekeyRef {
	sum := sha256.Sum256(s.head[:s.header])
	return &RekeyRef{Name: strings.TrimPrefix(s.name, rekeysDir), HeaderSHA256: hex.EncodeToString(sum[:])}
}

// Rekeys yields the changes of an archive's recipients, oldest first. Without an identity By and Unopened are empty.
func (a *Archive) Rekeys(ctx context.Context) iter.Seq2[RekeyRecord, error] {
	return func(yield func(RekeyRecord, error) bool) {
		names, err := a.rekeyNames(ctx)
		if err != nil {
			yield(RekeyRecord{}, err)
			return
		}
		for _, name := range names {
			r, err := a.readRekey(ctx, name)
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (a *Archive) readRekey(ctx context.Context, name string) (RekeyRecord, error) {
	s, err := a.openSealed(ctx, name, clearRekey)
	if err != nil {
		return RekeyRecord{}, err
	}
	defer s.Close()
	shown, err := a.parseClearRekey(name, s.shown)
	if err != nil || a.sealed() {
		return shown, err
	}
	id, err := a.identity(ctx, s)
	if err != nil {
		return RekeyRecord{}, err
	}
	var r RekeyRecord
	err = s.scanRekey(id, shown, func(full RekeyRecord) { r = full }, nil)
	return r, err
}

// scanRekey reads what is inside a change of recipients: the record, which must say what is in clear, and the keys, if there
// is somebody to take them.
func (s *sealedObject) scanRekey(id age.Identity, shown RekeyRecord, record func(RekeyRecord), key func(rekeyKey)) error {
	o, err := s.open(id)
	if err != nil {
		return err
	}
	bad := func(why error) error { return fmt.Errorf("%s: %w", s.name, corrupt("keys", why)) }
	in := bufio.NewReaderSize(io.NewSectionReader(o, 0, o.Size()), maxRekeyLine)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return bad(err)
	}
	var r RekeyRecord
	if err := json.Unmarshal(line, &r); err != nil {
		return bad(err)
	}
	if !reflect.DeepEqual(clearedRekey(r), shown) {
		return bad(errors.New("its part in clear is not what the record says"))
	}
	record(r)
	for n := 0; key != nil; n++ {
		line, err := in.ReadSlice('\n')
		if err == io.EOF && len(line) == 0 && n == r.Keys {
			return nil
		}
		var k rekeyKey
		if err == nil {
			err = json.Unmarshal(line, &k)
		}
		if err == nil && (len(k.Key) != fileKeySize || sinks.CheckName(k.Object) != nil) {
			err = errors.New("no key of an object")
		}
		if err != nil {
			return bad(err)
		}
		key(k)
	}
	return nil
}

// changed returns a set of recipients after a change.
func changed(before, add, remove []string) []string {
	after := slices.DeleteFunc(slices.Clone(before), func(s string) bool { return slices.Contains(remove, s) })
	after = append(after, add...)
	slices.Sort(after)
	return slices.Compact(after)
}

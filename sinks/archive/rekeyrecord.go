package archive

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

const (
	rekeysDir  = "rekeys/"
	clearRekey = "airlift-rekey"
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

	SignedBy ed25519.PublicKey `json:"signed_by"` // named by the change before, or by archive.json
	NextKey  ed25519.PublicKey `json:"next_key"`  // signs the next change; its seed is inside

	// InsideSHA256 and KeysSHA256 are in hex, of the line inside that follows the record, and of all lines behind that.
	InsideSHA256 string `json:"inside_sha256"`
	KeysSHA256   string `json:"keys_sha256"`

	By       string   `json:"by,omitempty"`       // who asked for it, as the caller said
	Unopened []string `json:"unopened,omitempty"` // objects that the identity did not open: they are damaged, or others'
}

// RekeyRef names the newest change of recipients that the writer of a run record knew.
type RekeyRef struct {
	Name         string `json:"name"`          // the last part of the object's name
	HeaderSHA256 string `json:"header_sha256"` // of its age header
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
		if a.names.rekeyNumber(o.Name) == 0 {
			continue // a stray object is for Verify to name
		}
		if names = append(names, o.Name); len(names) > maxRekeys {
			return nil, fmt.Errorf("%s: more than %d changes of recipients: %w", rekeysDir, maxRekeys, sinks.ErrCorrupt)
		}
	}
	return names, nil
}

// parseRekey parses the signed form of the change in the object of that name. The signature is for a rekeyChain to verify.
func (a *Archive) parseRekey(name string, raw []byte) (r signedRekey, err error) {
	if r.value, r.signature, err = cutSigned(raw); err == nil {
		err = json.Unmarshal(r.value, &r.RekeyRecord)
	}
	if err == nil && (len(r.SignedBy) != ed25519.PublicKeySize || len(r.NextKey) != ed25519.PublicKeySize) {
		err = fmt.Errorf("keys of %d and %d bytes", len(r.SignedBy), len(r.NextKey))
	}
	if err == nil && (a.names.rekey(r.Rekey) != name || r.Archive != a.head.ID || r.By != "" || r.Unopened != nil) {
		err = fmt.Errorf("it is change %d of archive %s, or tells too much", r.Rekey, r.Archive)
	}
	if err != nil {
		return signedRekey{}, fmt.Errorf("%s: in clear: %w: %w", name, sinks.ErrCorrupt, err)
	}
	return r, nil
}

func (s *sealedObject) rekeyRef() *RekeyRef {
	sum := sha256.Sum256(s.head[:s.header])
	return &RekeyRef{Name: strings.TrimPrefix(s.name, rekeysDir), HeaderSHA256: hex.EncodeToString(sum[:])}
}

// Rekeys yields the changes of an archive's recipients, oldest first, and ends with ErrCorrupt at one that is not signed as it
// must be. Without an identity By and Unopened are empty.
func (a *Archive) Rekeys(ctx context.Context) iter.Seq2[RekeyRecord, error] {
	return func(yield func(RekeyRecord, error) bool) {
		if a.crypt == nil {
			return
		}
		names, err := a.rekeyNames(ctx)
		if err != nil {
			yield(RekeyRecord{}, err)
			return
		}
		c := a.newChain()
		for _, name := range names {
			r, err := a.readRekey(ctx, name, &c)
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (a *Archive) readRekey(ctx context.Context, name string, c *rekeyChain) (r RekeyRecord, err error) {
	s, err := a.openSealed(ctx, name, clearRekey)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	signed, err := a.parseRekey(name, s.shown)
	if err == nil {
		err = c.follow(name, &signed)
	}
	if r = signed.RekeyRecord; err != nil || a.sealed() {
		return r, err
	}
	inside, err := a.insideOf(ctx, s, nil)
	if err != nil {
		return RekeyRecord{}, err
	}
	r.By, r.Unopened = inside.By, inside.Unopened
	return r, nil
}

// changed returns a set of recipients after a change.
func changed(before, add, remove []string) []string {
	after := slices.DeleteFunc(slices.Clone(before), func(s string) bool { return slices.Contains(remove, s) })
	after = append(after, add...)
	slices.Sort(after)
	return slices.Compact(after)
}

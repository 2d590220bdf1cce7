package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path"
)

// runs verifies the run records of a mailbox, and gathers what they say of the segments.
func (v *verifier) runs(ctx context.Context, m *mailboxCheck) error {
	sums := make(map[string]string) // by name of the record
	var names []string
	for o, err := range v.a.bucket.List(ctx, mailboxesDir+m.dir+"/"+runsDir, "") {
		if err != nil {
			return err
		}
		if v.a.names.isRun(o.Name) {
			names = append(names, o.Name)
		}
	}
	records := make(map[string]*RunRecord)
	for _, name := range names {
		r, data, err := v.a.readRun(ctx, "", name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if data != nil {
			sum := sha256.Sum256(data)
			sums[path.Base(name)] = hex.EncodeToString(sum[:])
		}
		if err != nil {
			v.broken(name, err)
			v.headOf(name, r)
			continue
		}
		records[name] = r
	}
	// A run is named by when it began, and another one may have ended within it: the record before may sort after.
	for _, name := range names {
		if r := records[name]; r != nil {
			v.run(m, name, r, sums)
		}
	}
	return nil
}

// run verifies one record whose bytes are what they say, against those before it and archive.json.
func (v *verifier) run(m *mailboxCheck, name string, r *RunRecord, sums map[string]string) {
	v.headOf(name, r)
	v.rekeyOf(name, r)
	v.holdOf(name, r)
	if p := r.Previous; p != nil {
		if sum, ok := sums[p.Name]; !ok {
			v.problem(path.Dir(name)+"/"+p.Name, "", "it is missing; %s was written after it", name)
		} else if sum != p.SHA256 {
			v.problem(path.Dir(name)+"/"+p.Name, "", "it is not the one that %s was written after: SHA-256 %s", name, p.SHA256)
		}
	}
	m.ledgersOf(r)
	for _, s := range r.Segments {
		if before, ok := m.recorded[s.Name]; ok && before.Segment != s {
			v.problem(name, "", "it says of %s what %s does not say", s.Name, before.run)
		}
		m.recorded[s.Name] = recorded{Segment: s, run: path.Base(name)}
	}
}

// headOf verifies archive.json against a record, if there is one. Where the archive's id is damaged no name in an encrypted
// archive is what it must be, and that is why.
func (v *verifier) headOf(name string, r *RunRecord) {
	if r != nil {
		v.headSaid(name, r.Archive, r.ArchiveSHA256)
	}
}

// headSaid verifies archive.json against what an object says of it.
func (v *verifier) headSaid(name, id, sum string) {
	if !v.headBad && (id != v.a.head.ID || sum != v.headSum) {
		v.headBad = true
		v.problem(headName, "", "it is not the one of %s: SHA-256 %s", name, sum)
	}
}

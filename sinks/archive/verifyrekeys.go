package archive

import (
	"context"
	"path"
	"slices"
)

// rekeys verifies the changes of recipients: their numbers, their chain, and that each follows from the one before.
func (v *verifier) rekeys(ctx context.Context) error {
	v.rekeyHeads = make(map[string]string)
	if v.a.crypt == nil {
		return nil
	}
	names, err := v.a.rekeyNames(ctx)
	if err != nil {
		return err
	}
	recipients := v.a.head.Encrypted.Recipients
	sum := ""
	for i, name := range names {
		if v.a.names.rekeyNumber(name) != i+1 {
			v.problem(v.a.names.rekey(i+1), "", "it is missing before %s", name)
			return nil
		}
		r, err := v.rekey(ctx, name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			v.problem(name, "", "%v", err)
		case r.Prev != sum && i > 0:
			v.problem(names[i-1], "", "it is not the one that %s was made after: SHA-256 %s", name, r.Prev)
		case !slices.Equal(r.Recipients, changed(recipients, r.Added, r.Removed)):
			v.problem(name, "", "its recipients do not follow from those before it")
		}
		if r.Recipients != nil {
			recipients = r.Recipients
		}
		if _, sum, err = v.a.digest(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// rekey reads all of a change of recipients. With an error the record may be there as far as it is in clear.
func (v *verifier) rekey(ctx context.Context, name string) (RekeyRecord, error) {
	s, err := v.a.openSealed(ctx, name, clearRekey)
	if err != nil {
		return RekeyRecord{}, err
	}
	defer s.Close()
	ref := s.rekeyRef()
	v.rekeyHeads[ref.Name] = ref.HeaderSHA256
	shown, err := v.a.parseClearRekey(name, s.shown)
	if err != nil || v.a.sealed() {
		return shown, err
	}
	id, err := v.a.identity(ctx, s)
	if err != nil {
		return shown, err
	}
	return shown, s.scanRekey(id, shown, func(RekeyRecord) {}, func(rekeyKey) {})
}

// rekeyOf verifies that the change of recipients is there which a run record names.
func (v *verifier) rekeyOf(name string, r *RunRecord) {
	if r.Rekey == nil {
		return
	}
	object := rekeysDir + r.Rekey.Name
	if sum, ok := v.rekeyHeads[r.Rekey.Name]; !ok {
		v.problem(object, "", "it is missing, or cannot be read; %s was written after it", path.Base(name))
	} else if sum != r.Rekey.HeaderSHA256 {
		v.problem(object, "", "it is not the one that %s was written after", path.Base(name))
	}
}

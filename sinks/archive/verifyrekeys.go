package archive

import (
	"context"
	"path"
)

// rekeys verifies the changes of recipients: their numbers, their signatures, their chain, and that each follows from the one
// before. With an identity what is inside is held against what is signed of it.
func (v *verifier) rekeys(ctx context.Context) error {
	v.rekeyHeads = make(map[string]string)
	if v.a.crypt == nil {
		return nil
	}
	names, err := v.a.rekeyNames(ctx)
	if err != nil {
		return err
	}
	c := v.a.newChain()
	sum := ""
	for i, name := range names {
		if v.a.names.rekeyNumber(name) != i+1 {
			v.problem(v.a.names.rekey(i+1), "", "it is missing before %s", name)
			return nil
		}
		r, err := v.rekey(ctx, name, &c)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			v.broken(name, err)
		}
		if r != nil && i > 0 && r.Prev != sum {
			v.problem(names[i-1], "", "it is not the one that %s was made after: SHA-256 %s", name, r.Prev)
		}
		if _, sum, err = v.a.digest(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// rekey reads all of a change of recipients. With an error its record may be there, if it is signed as it must be.
func (v *verifier) rekey(ctx context.Context, name string, c *rekeyChain) (*RekeyRecord, error) {
	s, err := v.a.openSealed(ctx, name, clearRekey)
	if err != nil {
		c.skip()
		return nil, err
	}
	defer s.Close()
	ref := s.rekeyRef()
	v.rekeyHeads[ref.Name] = ref.HeaderSHA256
	r, err := v.a.parseRekey(name, s.shown)
	if err == nil {
		err = c.follow(name, &r)
	}
	if err != nil {
		c.skip()
		return nil, err
	}
	if !v.a.sealed() {
		_, err = v.a.insideOf(ctx, s, func(rekeyKey) {})
	}
	return &r.RekeyRecord, err
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

package archive

import (
	"context"
	"path"
)

// holds verifies the hold records: their numbers, their chain, and that each changes what those before it say.
func (v *verifier) holds(ctx context.Context) error {
	v.holdSums = make(map[string]string)
	names, err := v.a.holdNames(ctx, "")
	if err != nil {
		return err
	}
	state, sum := (&HoldState{}).clone(), ""
	for i, name := range names {
		if v.a.names.holdNumber(name) != i+1 {
			v.problem(v.a.names.hold(i+1), "", "it is missing before %s", path.Base(name))
			return nil
		}
		l, err := v.a.readHold(ctx, name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			v.broken(name, err)
		case l.Prev != sum && i == 0:
			v.problem(name, "", "it says that there was one before it: SHA-256 %s", l.Prev)
		case l.Prev != sum:
			v.problem(names[i-1], "", "it is not the one that %s was written after: SHA-256 %s", path.Base(name), l.Prev)
		}
		if l.Hold > 0 {
			v.headSaid(name, l.Archive, l.ArchiveSHA256)
		}
		if state != nil && (l.Hold == 0 || !state.apply(l)) {
			if l.Hold > 0 {
				v.problem(name, "", "it does not follow from those before it: what it changes was so already")
			}
			state = nil // of those after it this cannot be told
		}
		if sum = l.sum; sum != "" {
			v.holdSums[path.Base(name)] = sum
		}
	}
	return nil
}

// holdOf verifies that the hold record is there which a run record names.
func (v *verifier) holdOf(name string, r *RunRecord) {
	if r.Hold == nil {
		return
	}
	object := holdsDir + r.Hold.Name
	if sum, ok := v.holdSums[r.Hold.Name]; !ok {
		v.problem(object, "", "it is missing, or cannot be read; %s was written after it", path.Base(name))
	} else if sum != r.Hold.SHA256 {
		v.problem(object, "", "it is not the one that %s was written after", path.Base(name))
	}
}

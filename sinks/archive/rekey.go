package archive

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// maxUnopened bounds the list of objects in a record; the rest is for Verify to name.
const maxUnopened = 1000

// Rekey changes to whom an encrypted archive is encrypted. It writes one object below rekeys/, which is never changed, and
// rewrites nothing: the record of the change in clear, and inside it, encrypted to the new recipients, the file keys of all
// objects that are there, if a recipient is added. So an added recipient reads what was written before, too. One that is there
// already may be added again, which gives it what a run wrote to former recipients while an earlier change was made.
//
// Only a recipient can make a change, to remove one too, since the record is signed with a key whose seed only the recipients
// can open: without an identity of one of them it is ErrSealed. The record names the key that signs the next change, a fresh
// one, whose seed is encrypted to the new recipients; so whom this change removes cannot sign that one. Who writes to the
// archive follows the signatures from archive.json on, and needs no identity for it.
//
// What is written later goes to the new recipients once the archive is opened again: by this program, and by every other.
// Of two that change the recipients at once one does, and the other gets sinks.ErrFenced.
//
// To remove a recipient closes nothing that was open to it. The removed key still opens every object that was written to it,
// for whoever has a copy of the key and can read the bucket: it is only kept from what is written from now on. If the key was
// stolen, what can be done is to keep its thief from the bucket, or to archive the mailboxes anew into another one.
//
// What the signatures do not protect against is in the documentation of the package.
func (a *Archive) Rekey(ctx context.Context, add, remove []string) (RekeyRecord, error) {
	r, err := a.changeRecipients(ctx, add, remove)
	if err != nil {
		return RekeyRecord{}, fmt.Errorf("rekey: %w", err)
	}
	return r, nil
}

func (a *Archive) changeRecipients(ctx context.Context, add, remove []string) (r RekeyRecord, err error) {
	if a.crypt == nil {
		return r, fmt.Errorf("the archive was made without encryption: %w", ErrEncryption)
	}
	if a.crypt.unknown != nil {
		return r, a.crypt.unknown
	}
	by, err := a.signer(ctx)
	if err != nil {
		return r, err
	}
	r = RekeyRecord{Archive: a.head.ID, ArchiveSHA256: a.sum, Time: time.Now().UTC().Truncate(time.Second), By: strings.ToValidUTF8(a.crypt.by, "\uFFFD")}
	to, err := a.newRecipients(&r, add, remove)
	if err != nil {
		return r, err
	}
	names, err := a.rekeyNames(ctx)
	if err != nil {
		return r, err
	}
	r.Rekey = 1
	if n := len(names); n >= maxRekeys {
		return r, fmt.Errorf("the recipients were changed %d times, and cannot be once more", n)
	} else if n > 0 {
		last := names[n-1]
		if ref := a.crypt.rekey; ref == nil || rekeysDir+ref.Name != last {
			return r, fmt.Errorf("%s was made since the archive was opened: %w", last, sinks.ErrFenced)
		}
		r.Rekey = a.names.rekeyNumber(last) + 1
		if _, r.Prev, err = a.digest(ctx, last); err != nil {
			return r, err
		}
	} else if a.crypt.rekey != nil {
		return r, fmt.Errorf("%s%s is gone: %w", rekeysDir, a.crypt.rekey.Name, sinks.ErrCorrupt)
	}
	keys := a.crypt.spools.open()
	defer func() { err = errors.Join(err, keys.close()) }()
	lines := newDigestWriter(keys)
	if len(r.Added) > 0 {
		if err := a.gatherKeys(ctx, &r, lines); err != nil {
			return r, err
		}
	}
	r.KeysSHA256 = lines.sum()
	return a.writeRekey(ctx, r, by, to, keys)
}

// newRecipients parses a change and fills in what of it belongs into the record.
func (a *Archive) newRecipients(r *RekeyRecord, add, remove []string) (to recipientSet, err error) {
	for _, list := range []struct {
		from []string
		to   *[]string
	}{{add, &r.Added}, {remove, &r.Removed}} {
		*list.to = []string{}
		for _, s := range list.from {
			name, _, err := parseRecipient(s)
			if err != nil {
				return to, err
			}
			*list.to = append(*list.to, name)
		}
	}
	for _, s := range r.Removed {
		if !slices.Contains(a.crypt.to.names, s) {
			return to, fmt.Errorf("%q is no recipient of it", s)
		}
		if slices.Contains(r.Added, s) {
			return to, fmt.Errorf("%q is to be added and removed", s)
		}
	}
	if len(r.Added)+len(r.Removed) == 0 {
		return to, errors.New("no recipient to add or to remove")
	}
	to, err = parseRecipients(changed(a.crypt.to.names, r.Added, r.Removed))
	r.Recipients = to.names
	return to, err
}

// gatherKeys writes the file keys of all objects, one a line.
func (a *Archive) gatherKeys(ctx context.Context, r *RekeyRecord, keys io.Writer) error {
	var batch []string
	flush := func() error {
		err := a.gatherBatch(ctx, r, keys, batch)
		batch = batch[:0]
		return err
	}
	for o, err := range a.bucket.List(ctx, "", "") {
		if err != nil {
			return err
		}
		if a.kindOf(o.Name) == "" {
			continue // a stray object is for Verify to name
		}
		if batch = append(batch, o.Name); len(batch) == 64 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if r.Keys == 0 && len(r.Unopened) > 0 {
		return fmt.Errorf("none of the objects can be opened: %w", ErrSealed)
	}
	return nil
}

// kindOf returns what an object has in clear, by its name; "" = it is none of an encrypted archive.
func (a *Archive) kindOf(name string) string {
	part := strings.Split(name, "/")
	switch {
	case a.names.rekeyNumber(name) > 0:
		return clearRekey
	case a.names.holdNumber(name) > 0:
		return clearHold
	case len(part) == 5 && part[0]+"/" == mailboxesDir && part[2]+"/" == foldersDir && a.names.seq(part[4]) > 0:
		return clearPage
	case len(part) == 4 && part[0]+"/" == mailboxesDir && part[2]+"/" == runsDir && a.names.isRun(name):
		return clearRun
	}
	return ""
}

// gatherBatch opens some objects at once: each costs a request.
func (a *Archive) gatherBatch(ctx context.Context, r *RekeyRecord, keys io.Writer, names []string) error {
	found, errs := make([][]byte, len(names)), make([]error, len(names))
	atOnce(len(names), func(i int) {
		s, err := a.openSealed(ctx, names[i], a.kindOf(names[i]))
		if err == nil {
			found[i], err = a.fileKey(ctx, s)
			err = errors.Join(err, s.Close())
		}
		errs[i] = err
	})
	for i, name := range names {
		switch err := errs[i]; {
		case errors.Is(err, sinks.ErrCorrupt), errors.Is(err, ErrSealed), errors.Is(err, sinks.ErrFormat):
			if len(r.Unopened) < maxUnopened {
				r.Unopened = append(r.Unopened, name)
			}
			continue
		case err != nil:
			return err
		}
		var line bytes.Buffer
		if err := writeLine(&line, rekeyKey{Object: name, Key: found[i]}); err != nil {
			return err
		}
		if _, err := keys.Write(line.Bytes()); err != nil {
			return err
		}
		r.Keys++
	}
	return nil
}

// writeRekey signs a change of recipients, and writes it, encrypted to the new ones.
func (a *Archive) writeRekey(ctx context.Context, r RekeyRecord, by ed25519.PrivateKey, to recipientSet, keys *spool) (RekeyRecord, error) {
	next, seed, err := ed25519.GenerateKey(nil)
	if err != nil {
		return r, err
	}
	inside, sum, err := rekeyInside{By: r.By, Unopened: r.Unopened, Seed: seed.Seed()}.encode()
	if err != nil {
		return r, err
	}
	r.SignedBy, r.NextKey, r.InsideSHA256 = by.Public().(ed25519.PublicKey), next, sum
	shown, err := r.sign(by)
	if err == nil && len(shown) > maxRekeyLine {
		err = fmt.Errorf("its record is %d bytes, and may be %d", len(shown), maxRekeyLine)
	}
	if err != nil {
		return r, err
	}
	stanza, err := a.codec.newStanza(clearRekey, shown)
	if err != nil {
		return r, err
	}
	lines, err := keys.reader()
	if err != nil {
		return r, err
	}
	name := a.names.rekey(r.Rekey)
	up, err := a.bucket.Create(ctx, name)
	if err != nil {
		return r, err
	}
	out := newDigestWriter(up)
	if err := to.seal(out, stanza, io.MultiReader(bytes.NewReader(shown), bytes.NewReader(inside), lines)); err != nil {
		return r, errors.Join(err, up.Abort())
	}
	// The change is made here, if no other one was made meanwhile.
	if err := up.Commit(ctx); err != nil {
		return r, a.look(ctx, sinks.Segment{Name: name, Size: out.size, SHA256: out.sum()}, err)
	}
	return r, nil
}

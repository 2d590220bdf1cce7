package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/airlift-eas/airlift/eas/auth/replace"
	"github.com/airlift-eas/airlift/eas/twoway"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// files are the .vcf files of a directory, one contact each: a twoway.Local. The name of a file is the ID of its contact.
type files string

const suffix = ".vcf"

// maxCard is how large a file may be, in bytes.
const maxCard = 1 << 20

func (dir files) Items(context.Context) iter.Seq2[twoway.Item, error] {
	return func(yield func(twoway.Item, error) bool) {
		entries, err := os.ReadDir(string(dir))
		if err != nil {
			yield(twoway.Item{}, err)
			return
		}
		for _, e := range entries {
			id, ok := strings.CutSuffix(e.Name(), suffix)
			if !ok || id == "" || !e.Type().IsRegular() {
				continue
			}
			c, err := dir.read(id)
			if !yield(twoway.Item{ID: id, Properties: c.properties()}, err) || err != nil {
				return
			}
		}
	}
}

func (dir files) Put(_ context.Context, item twoway.Item) (*wbxml.Element, error) {
	c, err := dir.read(item.ID) // for what the server knows nothing of
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	c.set(item.Properties)
	err = replace.Write(dir.path(item.ID), 0o600, func(w io.Writer) error {
		_, err := w.Write(c.text())
		return err
	})
	return c.properties(), err
}

// Delete is durable with the state, which is saved in the same directory.
func (dir files) Delete(_ context.Context, id string) error {
	if err := os.Remove(dir.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (dir files) path(id string) string { return filepath.Join(string(dir), id+suffix) }

func (dir files) read(id string) (card, error) {
	name := dir.path(id)
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxCard {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxCard)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return parse(string(text)), nil
}

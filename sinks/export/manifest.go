package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"github.com/airlift-eas/airlift/sinks/archive"
)

// ManifestName is the file that says what was written.
const ManifestName = "export.jsonl"

// manifestVersion is the first line's number.
const manifestVersion = 1

// head is the first line of a manifest.
type head struct {
	Export  int    `json:"export"`
	Archive string `json:"archive"` // its id
	Format  Format `json:"format"`
}

// Line is a line of the manifest: a file, or an item in one.
type Line struct {
	Path string `json:"path,omitempty"` // of a file, "/" between its parts; "" = it is an item's line
	In   string `json:"in,omitempty"`   // of an item: the path of the file that it is in

	ID     string `json:"id,omitempty"`     // of the item that it is; "" = it is not one item
	Beside string `json:"beside,omitempty"` // of a file that belongs to an item: the item's id
	Size   int64  `json:"size"`             // bytes, of an item its own
	SHA256 string `json:"sha256"`           // hex, of these bytes

	Mailbox  string     `json:"mailbox,omitempty"`
	Folder   string     `json:"folder,omitempty"` // its display path
	Received *time.Time `json:"received,omitempty"`
	Read     *bool      `json:"read,omitempty"`
	Flag     string     `json:"flag,omitempty"`

	Items int    `json:"items,omitempty"` // in the file
	Of    string `json:"of,omitempty"`    // hash of what a file of several items was made of: the same makes the same file
}

// itemLine is what a line says of an item.
func itemLine(item *archive.Item) Line {
	return Line{ID: item.ID, Size: item.Size, SHA256: item.SHA256, Received: item.Received, Read: item.Read, Flag: item.Flag}
}

// lastLine is the last one of a manifest.
type lastLine struct {
	Summary *Summary `json:"summary"`
}

func encodeLine(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

const maxManifestLine = 1 << 20

// ReadManifest yields what the manifest of an export says of files and of items in them. fs.ErrNotExist: there is none.
// ErrForeign: it is no manifest.
func ReadManifest(dir string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for l, err := range readManifest(os.DirFS(dir), ManifestName) {
			if l.Path+l.In == "" && err == nil {
				if l.Export > manifestVersion {
					yield(l.Line, fmt.Errorf("%s is of version %d, this program knows %d: %w", ManifestName, l.Export, manifestVersion, ErrForeign))
					return
				}
				continue // the first line, or the last one
			}
			if !yield(l.Line, err) {
				return
			}
		}
	}
}

// readManifest reads a manifest as far as it was written. fs.ErrNotExist: there is none.
func readManifest(files fs.FS, name string) iter.Seq2[manifestLine, error] {
	return func(yield func(manifestLine, error) bool) {
		f, err := files.Open(name)
		if err != nil {
			yield(manifestLine{}, err)
			return
		}
		defer f.Close()
		lines := bufio.NewReaderSize(f, maxManifestLine)
		for {
			text, err := lines.ReadSlice('\n')
			if err == io.EOF {
				return // what has no end was being written when its writer died
			}
			var l manifestLine
			if err == nil {
				err = json.Unmarshal(text, &l)
			}
			if err != nil {
				yield(l, fmt.Errorf("%s: %w: %w", name, ErrForeign, err))
				return
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (t *tree) readManifest(name string) iter.Seq2[manifestLine, error] {
	return readManifest(t.root.FS(), name)
}

// manifestLine is any line.
type manifestLine struct {
	head
	Line
}

// belongs returns an error if a manifest is of another export. One that has no line yet, or is not there, is of any.
func (t *tree) belongs(name string) (found bool, err error) {
	for l, err := range t.readManifest(name) {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		switch {
		case err != nil:
			return false, err
		case l.Export != manifestVersion:
			return false, fmt.Errorf("%s is of version %d, this program knows %d: %w", name, l.Export, manifestVersion, ErrForeign)
		case l.Archive != t.head.Archive:
			return false, fmt.Errorf("%s is of another archive: %w", name, ErrForeign)
		case l.Format != t.head.Format:
			return false, fmt.Errorf("%s is of format %s: %w", name, l.Format, ErrForeign)
		}
		return true, nil
	}
	return false, nil
}

package crashtest

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// stored is what the archive says of an item that is live.
type stored struct {
	folder string // the identity
	server string // the ServerId
	path   string
	class  string
	sha256 string
	read   bool
	bytes  []byte
	xml    string // the lossless form
}

// line is what is wanted of a line of a manifest: the first has the fields of the page, the others those of an event.
type line struct {
	Page              int
	Folder, Class     string
	Prev              string
	Op                string
	ID                string
	ServerID          string `json:"server_id"`
	Name, SHA256      string
	Read              *bool
	Also              []struct{ Name string }
	KeyBefore, Reason string
}

// mailboxReader reads a mailbox of an archive with nothing but the formats that it is made of.
type mailboxReader struct {
	live     map[string]*stored // by id
	versions map[string]string  // folder, ServerId and hash of every stored version -> segment
}

// readMailbox returns what is live in a mailbox of the archive at root.
func readMailbox(root, address string) (map[string]*stored, error) {
	box := filepath.Join(root, "mailboxes", address)
	r := &mailboxReader{live: map[string]*stored{}, versions: map[string]string{}}
	folders, err := os.ReadDir(filepath.Join(box, "folders"))
	if err != nil {
		return nil, err
	}
	paths, err := pathsOf(filepath.Join(box, "runs"))
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		if err := r.folder(filepath.Join(box, "folders", f.Name()), paths[f.Name()]); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	return r.live, nil
}

// pathsOf reads from the newest run record what the folders are called, by their directories.
func pathsOf(runs string) (map[string]string, error) {
	entries, err := os.ReadDir(runs)
	if err != nil || len(entries) == 0 {
		return nil, errors.Join(err, errors.New("no run record"))
	}
	b, err := os.ReadFile(filepath.Join(runs, entries[len(entries)-1].Name()))
	if err != nil {
		return nil, err
	}
	var record struct {
		Run struct {
			Folders []struct{ Dir, Path string }
		}
	}
	paths := map[string]string{}
	err = json.Unmarshal(b, &record)
	for _, f := range record.Run.Folders {
		paths[f.Dir] = f.Path
	}
	return paths, err
}

// folder reads the segments of a folder.
func (r *mailboxReader) folder(dir, path string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	prev := ""
	for i, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		files, manifest, err := unpack(b)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
		head := manifest[0]
		if head.Page != i+1 || e.Name() != fmt.Sprintf("%08d.tar.zst", i+1) || head.Prev != prev {
			return fmt.Errorf("%s: page %d after %q, want %d after %q", e.Name(), head.Page, head.Prev, i+1, prev)
		}
		prev = sum(b)
		for _, ev := range manifest[1:] {
			if err := r.event(&head, &ev, path, files, e.Name()); err != nil {
				return fmt.Errorf("%s: %w", e.Name(), err)
			}
		}
	}
	return nil
}

func (r *mailboxReader) event(page, ev *line, path string, files map[string][]byte, segment string) error {
	it := r.live[ev.ID]
	switch ev.Op {
	case "resync":
		return nil
	case "delete", "soft-delete":
		if it == nil {
			return fmt.Errorf("%s deletes what is not there: %s", segment, ev.ID)
		}
		delete(r.live, ev.ID)
		return nil
	case "add":
		if it != nil {
			return fmt.Errorf("%s was added before", ev.ID)
		}
		it = &stored{folder: page.Folder, server: ev.ServerID, path: path, class: page.Class}
		r.live[ev.ID] = it
	case "change":
		if it == nil {
			return fmt.Errorf("a change of %s, which is not there", ev.ID)
		}
	default:
		return fmt.Errorf("op %s of %s: %s", ev.Op, ev.ServerID, ev.Reason)
	}
	if ev.Read != nil {
		it.read = *ev.Read
	}
	if ev.Name == "" {
		return nil
	}
	if it.bytes = files[ev.Name]; it.bytes == nil || sum(it.bytes) != ev.SHA256 {
		return fmt.Errorf("%s: its bytes are not there", ev.Name)
	}
	it.sha256 = ev.SHA256
	for _, also := range ev.Also {
		it.xml = string(files[also.Name])
	}
	version := page.Folder + " " + ev.ServerID + " " + sum(append(slices.Clone(it.bytes), it.xml...))
	if first := r.versions[version]; first != "" {
		return fmt.Errorf("%s was stored in %s already", ev.Name, first)
	}
	r.versions[version] = segment
	return nil
}

// unpack returns the files of a segment and the lines of its manifest.
func unpack(b []byte) (files map[string][]byte, manifest []line, err error) {
	z, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return nil, nil, err
	}
	defer z.Close()
	files = map[string][]byte{}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		content, err := io.ReadAll(t)
		if err != nil {
			return nil, nil, err
		}
		if !strings.HasPrefix(h.Name, ".airlift/") {
			files[h.Name] = content
			continue
		}
		for d := json.NewDecoder(bytes.NewReader(content)); d.More(); {
			var l line
			if err := d.Decode(&l); err != nil {
				return nil, nil, err
			}
			manifest = append(manifest, l)
		}
	}
	if len(manifest) == 0 {
		return nil, nil, errors.New("no manifest")
	}
	return files, manifest, nil
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

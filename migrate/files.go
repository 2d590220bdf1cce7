package migrate

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/sinks"
)

// maxFiles bounds the files of one item. Exchange allows 250 attachments.
const maxFiles = 1000

// withFiles is an event, or another item that is no message, whose files are still to be fetched: they do not come with
// it, as those of a message do.
type withFiles struct {
	event    sinks.Event
	files    []item.Attachment
	contents []sinks.Content // besides the files
}

// fetchFiles fetches the files of an item, and stores the item with them.
func (p *pageWriter) fetchFiles(ctx context.Context, mu *sync.Mutex, it *withFiles) (err error) {
	var blobs []*eas.Blob
	defer func() {
		for _, b := range blobs {
			err = errors.Join(err, b.Close())
		}
	}()
	var problem error
	if len(it.files) > maxFiles {
		problem = fmt.Errorf("%d files: at most %d are taken", len(it.files), maxFiles)
		it.files = nil
	}
	contents := it.contents
	for n, file := range it.files {
		blob, err := p.fetchFile(ctx, file.FileReference)
		if err != nil {
			if a := judge(err).action; ctx.Err() != nil || a == actMailbox || a == actRun {
				mu.Lock() // a part may be committed now
				defer mu.Unlock()
				return p.f.fail(Source, err)
			}
			problem = fmt.Errorf("file %q: %w", file.Name, err)
			break
		}
		blobs = append(blobs, blob)
		contents = append(contents, sinks.Content{Ext: fileExt(n+1, file.Name), Size: blob.Size(), Open: blob.Open})
	}
	mu.Lock()
	defer mu.Unlock()
	if problem != nil {
		err = p.quarantine(ctx, eas.ServerID(it.event.ServerID), problem, contents...)
	} else {
		var known *checkpoints.Item
		if known, err = p.lookupLive(ctx, eas.ServerID(it.event.ServerID)); err == nil {
			err = p.store(ctx, known, it.event, contents...)
		}
	}
	if err != nil {
		return err
	}
	return p.split(ctx)
}

// fetchFile fetches the file that a reference names. The caller closes it.
func (p *pageWriter) fetchFile(ctx context.Context, reference string) (blob *eas.Blob, err error) {
	err = p.f.m.retry(ctx, p.f.cp.Path, func() error {
		err := p.f.m.fetch(ctx, p.from.client, "file", []eas.Fetch{{FileReference: reference}}, func(res *eas.FetchResult) error {
			if res.Err == nil && blob == nil && res.Data != nil {
				res.Data.Keep()
				blob = res.Data
			}
			return res.Err
		})
		switch {
		case err == nil && blob == nil:
			return errors.New("ItemOperations: the answer does not hold the file")
		case err != nil && blob != nil:
			_ = blob.Close() // the error says what went wrong
			blob = nil
		}
		return err
	})
	return blob, err
}

var plainExt = regexp.MustCompile(`^\.[a-z0-9]{1,12}$`)

// fileExt makes the extension by which the n-th file of an item is stored beside it. Its whole name is in the item.
func fileExt(n int, name string) string {
	ext := strings.ToLower(path.Ext(name))
	if !plainExt.MatchString(ext) {
		ext = ".file"
	}
	return fmt.Sprintf(".%d%s", n, ext)
}

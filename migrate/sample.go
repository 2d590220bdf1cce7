package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/fidelity"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Bounds of a sample.
const (
	defaultSample   = 25
	sampleFolders   = 4  // that a sample is taken of
	samplePages     = 20 // of a folder, in each version
	sampleSearching = 4  // how many times as many messages are read of a folder, at the most
)

// Served is a message of a sample as one version serves it.
type Served struct {
	Size   int64
	SHA256 string
	Report fidelity.Report
	Whole  bool // it came as MIME, and not cut short
	Apart  bool // its ciphertext is an attachment, that can be fetched
}

// sampled is a message that is compared, by what its header says: servers give other ids to other devices, and some another date of
// receipt each time that they are asked.
type sampled struct {
	folder, subject, from, id string
	date                      time.Time
}

// key is how a message is known again in other versions: by its Message-ID, if it has one. It is not ok for one that nothing
// tells from others.
func (m sampled) key() (key sampled, ok bool) {
	if m.id != "" {
		return sampled{folder: m.folder, id: m.id}, true
	}
	return m, m.subject != "" && (m.from != "" || !m.date.IsZero())
}

// sampler reads the same messages in one version after the other.
type sampler struct {
	looker
	m     *mailboxRun
	sel   Selection
	most  int
	plain int // of order: messages that nothing can be verified of
	order []sampled
	known map[sampled]int // place in order, by key
}

// read reads the sample in a version, as a device of its own. The first version that shows messages decides which they are.
func (s *sampler) read(ctx context.Context, v eas.Version) (device string, served map[int]Served, err error) {
	cfg := s.m.clientConfig()
	cfg.Version, cfg.IgnoreUpgrade = v, true
	cfg.DeviceID = eas.DeviceID(deviceID("fidelity "+string(v), cfg.URL, s.m.mb.Address))
	client, err := eas.New(cfg)
	if err != nil {
		return "", nil, err
	}
	device = string(cfg.DeviceID)
	if _, err := client.Connect(ctx); err != nil {
		return device, nil, err
	}
	t := newTree(s.m.mb.Address, nil, func(_, id string) string { return id })
	changes, err := client.FolderSync(ctx, "0")
	if err != nil {
		return device, nil, err
	}
	t.apply(changes)
	var folders []*node
	for _, n := range t.sorted() {
		if class, ok := eas.FolderType(n.Type).Class(); ok && class == eas.ClassEmail && s.sel.folder(n.Path, class) && n.Type != int(eas.FolderDrafts) {
			folders = append(folders, n)
		}
	}
	slices.SortStableFunc(folders, func(a, b *node) int { return cmp.Compare(rankOf(a.Type), rankOf(b.Type)) })
	served = map[int]Served{}
	if len(s.order) > 0 {
		for _, n := range folders {
			r := folderReader{client: client, node: n, key: eas.InitialKey, looking: true}
			if err := s.folder(ctx, &r, s.in(n.Path), served); err != nil {
				return device, served, err
			}
		}
		return device, served, nil
	}
	return device, served, s.begin(ctx, client, folders, served)
}

// begin decides which messages are compared: of each of the first folders as many, and where they have fewer, of all the more.
func (s *sampler) begin(ctx context.Context, client *eas.Client, folders []*node, served map[int]Served) error {
	var open []*folderReader
	for _, n := range folders {
		open = append(open, &folderReader{client: client, node: n, key: eas.InitialKey})
	}
	for len(open) > 0 && len(s.order) < s.most {
		now := open[:min(len(open), sampleFolders)]
		for i, r := range now {
			rest := s.most - len(s.order)
			if err := s.folder(ctx, r, (rest+len(now)-i-1)/(len(now)-i), served); err != nil {
				return err
			}
		}
		open = slices.DeleteFunc(open, func(r *folderReader) bool { return r.done })
	}
	return nil
}

// rankOf has the Inbox first, where mail from others is.
func rankOf(typ int) int {
	switch eas.FolderType(typ) {
	case eas.FolderInbox:
		return 0
	case eas.FolderUserMail:
		return 1
	}
	return 2
}

// in counts the messages of the sample that are in a folder.
func (s *sampler) in(folder string) (n int) {
	for _, m := range s.order {
		if m.folder == folder {
			n++
		}
	}
	return n
}

// folderReader is a folder that is being read.
type folderReader struct {
	client  *eas.Client
	node    *node
	key     eas.SyncKey
	looking bool // for messages that are known
	pages   int
	seen    int
	done    bool
}

// folder reads on in a folder until as many messages were found, or looked for long enough.
func (s *sampler) folder(ctx context.Context, r *folderReader, quota int, served map[int]Served) error {
	for found := 0; found < quota && !r.done; {
		page, err := r.client.Sync(ctx, eas.SyncRequest{
			Key: r.key, CollectionID: eas.CollectionID(r.node.ServerID), Class: eas.ClassEmail, WindowSize: min(quota-found, maxWindow),
			Options: eas.ArchiveOptions(eas.ClassEmail, r.client.Version()),
		})
		if err != nil {
			return fmt.Errorf("%s: %w", r.node.Path, err)
		}
		items, got, err := s.page(page, r, quota-found, served)
		page.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", r.node.Path, err)
		}
		r.pages, r.seen, found = r.pages+1, r.seen+items, found+got
		r.done = page.Empty || r.key != eas.InitialKey && !page.MoreAvailable || r.pages == samplePages || r.seen >= sampleSearching*s.most
		r.key = page.Key
	}
	return nil
}

// page takes what a page shows of the sample, or for it.
func (s *sampler) page(page *eas.SyncPage, from *folderReader, most int, served map[int]Served) (items, got int, err error) {
	for cmd, err := range page.Commands() {
		if err != nil {
			return items, got, err
		}
		if cmd.Item == nil || cmd.Op == eas.OpDelete || cmd.Op == eas.OpSoftDelete {
			continue
		}
		items++
		m, r, err := s.message(from.node.Path, cmd.Item)
		if err != nil {
			return items, got, err
		}
		key, ok := m.key()
		if !ok {
			continue
		}
		at, ok := s.known[key]
		if !ok && !from.looking && got < most && s.wants(r) {
			at, ok = len(s.order), true
			s.known[key] = at
			s.order = append(s.order, m)
		}
		if _, twice := served[at]; ok && !twice {
			served[at] = r
			got++
		}
	}
	return items, got, nil
}

// wants tells whether a message may be one of the sample: at most half of it are messages that nothing can be verified of.
func (s *sampler) wants(r Served) bool {
	if len(r.Report.DKIM) > 0 || r.Report.Signed != "" || r.Report.Sealed != "" {
		return true
	}
	s.plain++
	return s.plain <= (s.most+1)/2
}

// message looks at a message.
func (s *sampler) message(folder string, it *eas.Item) (sampled, Served, error) {
	var r Served
	var head []byte
	if b := it.Body; b != nil && b.Data != nil && b.Type == eas.BodyMIME {
		head = headOf(b.Data)
		report, err := s.look(b.Data)
		if err != nil {
			return sampled{}, r, err
		}
		r = Served{Size: b.Data.Size(), SHA256: hexSum(b.Data), Report: report, Whole: !b.Truncated}
		_, r.Apart = ciphertextOf(it)
		r.Apart = r.Apart && report.Hollow
	}
	sum := item.Summarize(string(eas.ClassEmail), &wbxml.Element{Tag: wbxml.AirSyncApplicationData}, head)
	return sampled{folder: folder, subject: sum.Subject, from: sum.From, id: sum.MessageID, date: sum.Date}, r, nil
}

// fatal tells errors that end the whole comparison from those of one version.
func fatal(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, eas.ErrUnauthorized) || errors.Is(err, eas.ErrBlocked) || errors.Is(err, eas.ErrRemoteWipe)
}

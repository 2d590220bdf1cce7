package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
)

// auditor enumerates folders a second time, under a device partnership of its own: what the first enumeration skipped
// for good, because a key was shown too often or got lost, one from key 0 shows, and the first one's key stays as it is.
type auditor struct {
	m      *mailboxRun
	client *eas.Client
	ids    map[string]eas.CollectionID // identity of a folder -> its id under this device
}

// auditing returns the mailbox's auditor, which is made when it is first needed.
func (m *mailboxRun) auditing(ctx context.Context) (*auditor, error) {
	m.auditLock.Lock()
	defer m.auditLock.Unlock()
	if m.auditor == nil {
		a, err := m.newAuditor(ctx)
		if err != nil {
			return nil, fmt.Errorf("audit device: %w", err)
		}
		m.auditor = a
	}
	return m.auditor, nil
}

func (m *mailboxRun) newAuditor(ctx context.Context) (*auditor, error) {
	cfg := m.clientConfig()
	cfg.DeviceID = eas.DeviceID(deviceID("audit of "+m.Job, cmp.Or(m.where.named, cfg.URL), m.mb.Address)) // the same when the mailbox moved
	cfg.Version, cfg.PolicyKey = m.client.Version(), ""
	client, err := eas.New(cfg)
	if err != nil {
		return nil, err
	}
	if err := m.sayHello(ctx, client); err != nil {
		return nil, err
	}
	changes, err := m.askFolders(ctx, client, eas.InitialKey)
	if err != nil {
		return nil, err
	}
	tree := newTree(m.mb.Address, nil, func(_, id string) string { return id })
	tree.apply(changes)
	return &auditor{m: m, client: client, ids: tree.idsOf(m.folders)}, nil
}

// idsOf finds the folders of another device in the tree: by id, path and type, or where ids are given to each device anew
// (Z-Push 2.7) by path and type, if only one folder has them.
func (t *tree) idsOf(folders []*folderRun) map[string]eas.CollectionID {
	type place struct {
		path string
		typ  int
	}
	at := map[place][]eas.CollectionID{}
	for id, n := range t.byID {
		p := place{n.Path, n.Type}
		at[p] = append(at[p], id)
	}
	ids := map[string]eas.CollectionID{}
	for _, f := range folders {
		p := place{f.cp.Path, f.cp.Type}
		if n := t.byID[eas.CollectionID(f.cp.ServerID)]; n != nil && n.Path == p.path && n.Type == p.typ {
			ids[f.cp.ID] = eas.CollectionID(n.ServerID)
		} else if same := at[p]; len(same) == 1 {
			ids[f.cp.ID] = same[0]
		}
	}
	return ids
}

// listed is an item as a listing shows it.
type listed struct {
	id      eas.ServerID
	key     string // what of its fingerprint identifies it
	subject string
}

// identify tells an item by what a listing shows of it.
func identify(class string, it *eas.Item) listed {
	s := item.Summarize(class, it.Properties, nil)
	key, _ := item.SplitFingerprint(item.Fingerprint(class, s, 0))
	return listed{key: key, subject: s.Subject}
}

// maxListings is how often an enumeration begins again without coming further than before, until it is given up.
const maxListings = 3

// errListingEnded says that an enumeration cannot go on with its key.
var errListingEnded = errors.New("the enumeration begins again")

// list enumerates a folder from key 0, into a matcher. One that broke off begins again.
func (a *auditor) list(ctx context.Context, f *folderRun, to *matcher) error {
	id, ok := a.ids[f.cp.ID]
	if !ok {
		return fmt.Errorf("the audit device is not shown this folder: %w", eas.ErrNoCollection)
	}
	best, fruitless := 0, 0
	for {
		err := a.listOnce(ctx, f, id, to)
		if !errors.Is(err, errListingEnded) {
			return err
		}
		if fruitless++; to.listed > best {
			best, fruitless = to.listed, 0
		}
		if fruitless >= maxListings {
			return err
		}
	}
}

func (a *auditor) listOnce(ctx context.Context, f *folderRun, id eas.CollectionID, to *matcher) error {
	class := eas.Class(f.cp.Class)
	key, empty, most, idle := eas.InitialKey, 0, 0, 0
	for first := true; ; first = false {
		n, next, more, err := a.page(ctx, f, eas.SyncRequest{
			Key: key, CollectionID: id, Class: class, WindowSize: f.m.Window, Options: eas.HeadersOnly(class, a.client.Version()),
		}, to)
		if err != nil {
			return err
		}
		switch {
		case first:
			to.begin(a.estimate(ctx, id, class, next))
		case to.listed > most:
			empty, idle, most = 0, 0, to.listed
		case n > 0:
			if idle += n; idle > idleCommands(to.listed+max(to.estimate, 0), f.m.Window) {
				return fmt.Errorf("the server listed nothing new %d times in a row", idle)
			}
			empty = 0
		case !more && next != key && to.listed < to.estimate && !a.m.countsTheDeleted(f):
			return fmt.Errorf("%w: it ended with %d items of %d, and a new key", errListingEnded, to.listed, to.estimate)
		case !more:
			return nil
		default:
			if empty++; empty > maxEmptyPages {
				return fmt.Errorf("%d pages in a row announced more items and held none", empty)
			}
		}
		key = next
	}
}

// page reads one page of a listing. A key whose answer got lost is not shown again: what it shows then may be another page, or
// none (SOGo 5.8), which only an enumeration from the beginning makes good. One that was refused unread is.
func (a *auditor) page(ctx context.Context, f *folderRun, q eas.SyncRequest, to *matcher) (n int, next eas.SyncKey, more bool, err error) {
	for try := 1; ; try++ {
		n, next, more, err = a.pageOnce(ctx, f.cp.Class, q, to)
		if err == nil {
			return n, next, more, nil
		}
		v := judge(err)
		if ctx.Err() != nil || v.action != actRetry && v.action != actResync || try >= maxTries {
			return 0, "", false, err
		}
		if werr := a.m.pause(ctx, f.cp.Path, try, v, err); werr != nil {
			return 0, "", false, werr
		}
		// QUIRK(SOGo 5.8): a good key is at times refused with status 3.
		doubtful := v.action == actResync && try == 1
		if q.Key != eas.InitialKey && !v.refused && !doubtful {
			return 0, "", false, fmt.Errorf("%w: %w", errListingEnded, err)
		}
	}
}

func (a *auditor) pageOnce(ctx context.Context, class string, q eas.SyncRequest, to *matcher) (n int, next eas.SyncKey, more bool, err error) {
	turn, err := a.m.governor.turn(ctx, "Sync of the audit")
	if err != nil {
		return 0, "", false, err
	}
	defer func() { turn.done(err) }()
	page, err := a.client.Sync(ctx, q)
	if err != nil {
		return 0, "", false, err
	}
	turn.answered()
	defer page.Close()
	for cmd, err := range page.Commands() {
		if err != nil {
			return 0, "", false, err
		}
		n++
		if cmd.Item == nil {
			to.gone(cmd.ServerID)
			continue
		}
		l := identify(class, cmd.Item)
		l.id = cmd.ServerID
		to.add(l)
	}
	return n, page.Key, page.MoreAvailable, nil
}

// estimate asks what the key has to bring, which with a first key is the whole folder.
func (a *auditor) estimate(ctx context.Context, id eas.CollectionID, class eas.Class, key eas.SyncKey) int {
	var ests []eas.Estimate
	err := a.m.retry(ctx, "", func() (err error) {
		ests, err = a.m.estimates(ctx, a.client, []eas.EstimateRequest{{Key: key, CollectionID: id, Class: class}})
		return err
	})
	if err != nil || len(ests) != 1 || ests[0].Err != nil {
		return -1
	}
	return ests[0].Count
}

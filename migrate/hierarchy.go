package migrate

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// maxFolderDepth bounds the climb from a folder to the root: a server could answer a circle.
const maxFolderDepth = 64

// hierarchy brings the stored folder tree up to date with the server's and makes a folderRun of every folder that the
// run takes. Folders are stored before the hierarchy key, so that a crash between the two only repeats changes that
// are idempotent.
func (m *mailboxRun) hierarchy(ctx context.Context) error {
	tree, err := m.knownTree(ctx)
	if err != nil {
		return err
	}
	if err := m.updateTree(ctx, tree); err != nil {
		return err
	}
	m.takeFolders(tree, func(*node) bool { return true })
	return nil
}

// knownTree is the folder tree as it is stored.
func (m *mailboxRun) knownTree(ctx context.Context) (*tree, error) {
	known, err := m.Checkpoints.Folders(ctx, m.key)
	if err != nil {
		return nil, m.fail(State, err)
	}
	return newTree(m.mb.Address, known, m.Sink.Place), nil
}

// updateTree takes over what changed of the tree on the server, and stores it.
func (m *mailboxRun) updateTree(ctx context.Context, tree *tree) error {
	changes, err := m.folderSync(ctx, tree)
	if err != nil {
		return m.fail(Source, err)
	}
	tree.apply(changes)
	for _, f := range tree.changed() {
		if err := m.renumber(ctx, f); err != nil {
			return m.fail(State, err)
		}
		if err := m.Checkpoints.SaveFolder(ctx, m.key, f.Folder); err != nil {
			return m.fail(State, err)
		}
	}
	m.state.HierarchyKey = string(changes.Key)
	if err := m.saveState(ctx); err != nil {
		return m.fail(State, err)
	}
	return nil
}

// renumber takes a folder that the server gave another id back to key 0 before the id is stored: its key belongs to the
// former one, and to show it with the new one could skip everything.
func (m *mailboxRun) renumber(ctx context.Context, n *node) error {
	if n.idBefore == "" || n.SyncKey == "" && n.Seq == 0 {
		return nil
	}
	m.emit(Event{Event: EventResync, Mailbox: m.mb.Address, Folder: n.Path, Message: "the server gave the folder another id"})
	return m.startOver(ctx, &n.Folder)
}

// startOver takes a folder that no run works on back to key 0. Its ledger stays, for the pass that follows.
func (m *mailboxRun) startOver(ctx context.Context, f *checkpoints.Folder) error {
	m.stats.add(func(s *Summary) { s.Resyncs++ })
	c := checkpoints.Commit{
		FolderKey: checkpoints.FolderKey{Key: m.key, Folder: f.ID}, After: checkpoints.Position{Seq: f.Seq, SyncKey: f.SyncKey},
		Now: checkpoints.Position{Seq: f.Seq, SyncKey: string(eas.InitialKey)}, Last: f.Last, Options: f.Options, Resync: true, Pass: f.Pass,
	}
	if err := m.Checkpoints.Commit(ctx, c); err != nil {
		return err
	}
	f.SyncKey, f.Resync, f.Asked = c.Now.SyncKey, true, 0
	return nil
}

// folderSync asks for the changes of the tree. A key that the server no longer knows (status 9) starts over: then what
// the answer does not name is gone.
func (m *mailboxRun) folderSync(ctx context.Context, tree *tree) (*eas.FolderChanges, error) {
	key := cmp.Or(eas.SyncKey(m.state.HierarchyKey), eas.InitialKey)
	changes, err := m.askFolders(ctx, m.client, key)
	var st *eas.StatusError
	if errors.As(err, &st) && st.Command == "FolderSync" && key != eas.InitialKey {
		m.emit(Event{Event: EventResync, Mailbox: m.mb.Address, Message: "folder hierarchy: " + err.Error()})
		key = eas.InitialKey
		changes, err = m.askFolders(ctx, m.client, key)
	}
	if err != nil {
		return nil, err
	}
	if key == eas.InitialKey {
		tree.restart()
		m.renewed = m.state.HierarchyKey != ""
	}
	return changes, nil
}

// errNoFolders says that a full listing is empty. To believe it would be to note that everything was deleted, or to end well with
// nothing: there is no mailbox without folders.
var errNoFolders = errors.New("it lists no folder at all")

func (m *mailboxRun) askFolders(ctx context.Context, client *eas.Client, key eas.SyncKey) (changes *eas.FolderChanges, err error) {
	err = m.retry(ctx, "", func() error {
		return m.governor.ask(ctx, "FolderSync", func() (err error) {
			if changes, err = client.FolderSync(ctx, key); err == nil && key == eas.InitialKey && len(changes.Add) == 0 {
				return &eas.ResponseError{Command: "FolderSync", Err: errNoFolders}
			}
			return err
		})
	})
	return changes, err
}

// takeFolders makes the list of folders to read: wanted, of a class that the run takes, selected, and known or new.
func (m *mailboxRun) takeFolders(t *tree, wanted func(*node) bool) {
	for _, f := range t.sorted() {
		if !wanted(f) {
			continue
		}
		class, ok := eas.FolderType(f.Type).Class()
		if !ok {
			if !f.Gone && eas.FolderType(f.Type) == eas.FolderUnknown {
				m.emit(Event{Event: EventWarning, Mailbox: m.mb.Address, Folder: f.Path, Message: "the server does not say what this folder holds: it is not read"})
			}
			continue // Journal and the recipient cache do not sync either
		}
		if f.Class == "" {
			f.Class = string(class)
		}
		if !m.Select.folder(f.Path, eas.Class(f.Class)) {
			continue
		}
		m.folders = append(m.folders, newFolderRun(m, f.Folder, f.was))
	}
	fresh := 0
	for _, f := range m.folders {
		if _, ok := m.told[f.cp.ID]; !ok {
			fresh++
		}
	}
	m.counted += fresh
	m.stats.add(func(s *Summary) { s.Folders += fresh })
}

// tree is the folder hierarchy of one mailbox.
type tree struct {
	mailbox string
	byID    map[eas.CollectionID]*node
	ids     map[string]bool // identities taken
	whole   bool            // the next answer names every folder
	place   func(path, id string) string
}

type node struct {
	checkpoints.Folder
	dirty bool
	seen  bool
	was   string // path before this run, if it is another now

	idBefore string // its id before this run, if it is another now
}

func newTree(mailbox string, known []checkpoints.Folder, place func(path, id string) string) *tree {
	t := &tree{mailbox: mailbox, place: place, byID: map[eas.CollectionID]*node{}, ids: map[string]bool{}}
	for _, f := range known {
		t.ids[f.ID] = true
		// A folder that is gone gives way to a living one with its id.
		if old := t.byID[eas.CollectionID(f.ServerID)]; old == nil || old.Gone {
			t.byID[eas.CollectionID(f.ServerID)] = &node{Folder: f, seen: !f.Gone}
		}
	}
	return t
}

// restart forgets what the server said before: a full listing follows.
func (t *tree) restart() {
	t.whole = true
	for _, n := range t.byID {
		n.seen = false
	}
}

// apply takes over a FolderSync answer.
func (t *tree) apply(c *eas.FolderChanges) {
	if t.whole {
		t.rematch(c.Add)
		t.whole = false
	}
	for _, f := range slices.Concat(c.Add, c.Update) {
		t.put(f)
	}
	for _, id := range c.Delete {
		if n := t.byID[id]; n != nil {
			n.seen = false
		}
	}
	for _, n := range t.byID {
		if n.Gone == n.seen {
			n.Gone, n.dirty = !n.seen, true
		}
	}
	for _, n := range t.byID {
		if p := t.path(n); p != n.Path {
			if n.Path != "" && n.Dir != "" {
				n.was = n.Path
			}
			n.Path, n.dirty = p, true
		}
		if n.Dir == "" {
			n.Dir = t.place(n.Path, n.ID)
		}
	}
}

// rematch finds the folders again that a full listing names by other ids: by path and type, where only one is meant.
// Z-Push 2.7 gives out new ids when a partnership was lost.
func (t *tree) rematch(all []eas.Folder) {
	other := newTree(t.mailbox, nil, t.place)
	for _, f := range all {
		other.put(f)
	}
	type place struct {
		path string
		typ  int
	}
	lost, found := map[place][]*node{}, map[place][]*node{}
	for id, n := range t.byID {
		if other.byID[id] == nil && !n.Gone {
			p := place{n.Path, n.Type}
			lost[p] = append(lost[p], n)
		}
	}
	for id, n := range other.byID {
		if t.byID[id] == nil {
			p := place{other.path(n), n.Type}
			found[p] = append(found[p], n)
		}
	}
	for p, was := range lost {
		if is := found[p]; len(was) == 1 && len(is) == 1 {
			n := was[0]
			delete(t.byID, eas.CollectionID(n.ServerID))
			n.idBefore, n.ServerID, n.dirty = n.ServerID, is[0].ServerID, true
			t.byID[eas.CollectionID(n.ServerID)] = n
		}
	}
}

// identity gives a new folder the name by which the archive knows it for ever.
func (t *tree) identity(serverID string) string {
	id := sinks.FolderID(t.mailbox, serverID, func(id string) bool { return t.ids[id] })
	t.ids[id] = true
	return id
}

func (t *tree) put(f eas.Folder) {
	n := t.byID[f.ID]
	if n == nil {
		n = &node{Folder: checkpoints.Folder{ID: t.identity(string(f.ID)), ServerID: string(f.ID), Estimate: -1, Gone: true}}
		t.byID[f.ID] = n
	}
	n.seen = true
	if n.Name != f.Name || n.ParentID != string(f.ParentID) || n.Type != int(f.Type) {
		n.Name, n.ParentID, n.Type, n.dirty = f.Name, string(f.ParentID), int(f.Type), true
	}
}

// path joins the display names from the root down.
func (t *tree) path(n *node) string {
	names := []string{n.Name}
	for up := t.byID[eas.CollectionID(n.ParentID)]; up != nil && len(names) < maxFolderDepth; up = t.byID[eas.CollectionID(up.ParentID)] {
		names = append(names, up.Name)
	}
	slices.Reverse(names)
	return sinks.JoinPath(names...)
}

func (t *tree) changed() []*node {
	return slices.DeleteFunc(t.sorted(), func(n *node) bool { return !n.dirty })
}

// sorted lists the folders by path, the large mail folders' parents first, so that runs are alike.
func (t *tree) sorted() []*node {
	var all []*node
	for _, n := range t.byID {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *node) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return strings.Compare(a.ServerID, b.ServerID)
	})
	return all
}

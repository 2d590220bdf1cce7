package eas_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
)

func TestRecordedFolderCommands(t *testing.T) {
	const arch = "mail%2FArch1795365019%20%26AOk-"
	rec, c := replay(t, "foldercreate-v14.1", eas.Version141)
	id, key, err := c.FolderCreate(t.Context(), "vm_5eb_30b34e16_15", eas.Folder{Name: "Arch1795365019 é/ü", Type: eas.FolderUserMail})
	if err != nil || id != "mail%2F3adc09229b18036b8f01000083ecc375" || key != "vm_5f0_30b34f2a_c" {
		t.Error(id, key, err)
	}
	rec.same()
	rec, c = replay(t, "folderupdate-v14.1", eas.Version141)
	key, err = c.FolderUpdate(t.Context(), "vm_5f0_30b34f2a_e", eas.Folder{ID: arch, ParentID: "0", Name: "Renamed1795365020"})
	if err != nil || key != "vm_5f0_30b34f2a_f" {
		t.Error(key, err)
	}
	rec.same()
	rec, c = replay(t, "folderdelete-v14.1", eas.Version141)
	key, err = c.FolderDelete(t.Context(), "vm_5f0_30b34f2a_e", arch)
	if err != nil || key != "vm_5f0_30b34f2a_10" {
		t.Error(key, err)
	}
	rec.same()
	rec, c = replay(t, "err-foldercreate-exists", eas.Version141)
	var he *eas.HTTPError
	if _, _, err = c.FolderCreate(t.Context(), "vm_5f0_30b34f2a_d", eas.Folder{Name: "Trash", Type: eas.FolderUserMail}); !errors.As(err, &he) || he.Code != 500 {
		t.Error(err)
	}
	rec.same()
}

// TestFolderCommands makes, moves, renames and deletes folders in every version; FolderSync with the last key has nothing to add.
func TestFolderCommands(t *testing.T) {
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{})
		c, k0 := p.client(t, v, nil)
		box, k1, err := c.FolderCreate(t.Context(), k0, eas.Folder{Name: "Größe", Type: eas.FolderUserMail})
		if err != nil {
			t.Fatal(v, err)
		}
		sub, k2, err := c.FolderCreate(t.Context(), k1, eas.Folder{ParentID: box, Name: "sub", Type: eas.FolderUserContacts})
		if err != nil {
			t.Fatal(v, err)
		}
		_, _, exists := c.FolderCreate(t.Context(), k2, eas.Folder{ParentID: box, Name: "sub", Type: eas.FolderUserMail})
		_, _, orphan := c.FolderCreate(t.Context(), k2, eas.Folder{ParentID: "99", Name: "x", Type: eas.FolderUserMail})
		_, inbox := c.FolderDelete(t.Context(), k2, p.alice.Folder("Inbox").ID())
		_, missing := c.FolderUpdate(t.Context(), k2, eas.Folder{ID: "99", Name: "x"})
		_, wrong := c.FolderDelete(t.Context(), "nonsense", sub)
		if d := cmp.Diff([]int{2, 5, 3, 4, 9}, codes(exists, orphan, inbox, missing, wrong)); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		k3, err := c.FolderUpdate(t.Context(), k2, eas.Folder{ID: sub, Name: "out"})
		if err != nil {
			t.Fatal(v, err)
		}
		if f := p.alice.Folder("out"); f == nil || f.ID() != sub || f.Type() != eas.FolderUserContacts {
			t.Errorf("%s: %+v", v, f)
		}
		k4, err := c.FolderDelete(t.Context(), k3, box)
		if err != nil || p.alice.Folder("Größe") != nil {
			t.Error(v, err)
		}
		tree, err := c.FolderSync(t.Context(), k4)
		if err != nil || len(tree.Add)+len(tree.Update)+len(tree.Delete) != 0 {
			t.Errorf("%s: its own changes come back: %+v %v", v, tree, err)
		}
	}
}

func TestFolderCommandsRefused(t *testing.T) {
	c := connect(t, answer(parse(t, `<FolderCreate xmlns="FolderHierarchy"><Status>1</Status></FolderCreate>`)), nil)
	for _, name := range []string{"", strings.Repeat("ü", 257)} {
		if _, _, err := c.FolderCreate(t.Context(), "1", eas.Folder{Name: name, Type: eas.FolderUserMail}); err == nil || errors.As(err, new(*eas.ResponseError)) {
			t.Errorf("name %q: %v", name, err)
		}
		if _, err := c.FolderUpdate(t.Context(), "1", eas.Folder{ID: "1", Name: name}); err == nil || errors.As(err, new(*eas.ResponseError)) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	if _, _, err := c.FolderCreate(t.Context(), "1", eas.Folder{Name: strings.Repeat("ü", 256), Type: eas.FolderUserMail}); !errors.As(err, new(*eas.ResponseError)) {
		t.Errorf("an answer without a key: %v", err)
	}
	c = connect(t, answer(parse(t, `<FolderCreate xmlns="FolderHierarchy"><Status>1</Status><SyncKey>2</SyncKey></FolderCreate>`)), nil)
	if id, _, err := c.FolderCreate(t.Context(), "1", eas.Folder{Name: "x", Type: eas.FolderUserMail}); err == nil {
		t.Errorf("a folder without an id: %q", id)
	}
}

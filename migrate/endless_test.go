package migrate_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
)

// ends must be done with a server that never is.
func (l *lab) ends(o migrate.Options) (migrate.Summary, error) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	sum, err := migrate.Run(ctx, o)
	if ctx.Err() != nil {
		l.t.Fatal("the run does not end")
	}
	return sum, err
}

// syncAnswer is an answer to Sync by a server of no sense.
func syncAnswer(key string, commands []wbxml.Element, more bool) func(q *wbxml.Element) http.Handler {
	return func(q *wbxml.Element) http.Handler {
		c := wbxml.E(wbxml.AirSyncCollection, wbxml.T(wbxml.AirSyncSyncKey, key),
			wbxml.T(wbxml.AirSyncCollectionId, q.Value(wbxml.AirSyncCollections, wbxml.AirSyncCollection, wbxml.AirSyncCollectionId)),
			wbxml.T(wbxml.AirSyncStatus, "1"))
		if more {
			c.Append(wbxml.T(wbxml.AirSyncMoreAvailable, ""))
		}
		if len(commands) > 0 {
			c.Append(wbxml.E(wbxml.AirSyncCommands, commands...))
		}
		doc := wbxml.E(wbxml.AirSyncSync, wbxml.E(wbxml.AirSyncCollections, c))
		return answer(&doc)
	}
}

// answer answers a request with a document.
func answer(doc *wbxml.Element) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.ms-sync.wbxml")
		enc := wbxml.NewEncoder(w)
		enc.Element(doc)
		_ = enc.Close() // a client that is gone fails its own test
	})
}

// TestEndlessServer: a server whose answers lead nowhere fails its folders, and is not asked for ever.
func TestEndlessServer(t *testing.T) {
	contact := wbxml.E(wbxml.AirSyncAdd, wbxml.T(wbxml.AirSyncServerId, "1:1"),
		wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.ContactsFirstName, "Zoë")))
	for name, test := range map[string]struct {
		first, next func(*wbxml.Element) http.Handler
		says        string
		looked      string // of a plan
	}{
		"the first key leads to itself": {first: syncAnswer("0", nil, false), says: "first key", looked: "first key"},
		"the same page for ever": {
			first: syncAnswer("1", nil, false), next: syncAnswer("1", []wbxml.Element{contact}, true), says: "nothing new", looked: "no new one",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
				if r.Command != "Sync" || r.Document == nil {
					return nil
				}
				if r.Document.Value(wbxml.AirSyncCollections, wbxml.AirSyncCollection, wbxml.AirSyncSyncKey) == "0" {
					return test.first(r.Document)
				}
				return test.next(r.Document)
			}}, "alice")
			o := l.options("alice")
			o.Select.Classes = []eas.Class{eas.ClassContacts}
			sum, err := l.ends(o)
			if sum.Result != migrate.ResultFailed || err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%+v, %v", sum, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if p, err := migrate.LookAtSizes(ctx, o.Mailboxes[0], o.Select); ctx.Err() != nil || err == nil || !strings.Contains(err.Error(), test.looked) {
				t.Errorf("its sizes: %+v, %v", p, err)
			}
		})
	}
}

// TestRestlessServer: a server that has another change each time it is asked is left at some time, with what it had.
func TestRestlessServer(t *testing.T) {
	var l *lab
	var asked atomic.Int32
	l = newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if r.Command == "Sync" {
			contacts := folderOf(l.store.User("alice"), eas.FolderContacts)
			if err := contacts.Change(idsOf(contacts)[0], func(it *easserver.Item) {
				it.Properties = []wbxml.Element{wbxml.T(wbxml.ContactsFirstName, fmt.Sprint("Zoë ", asked.Add(1)))}
			}); err != nil {
				t.Error(err)
			}
		}
		return nil
	}}, "alice")
	o := l.options("alice")
	o.Select.Classes = []eas.Class{eas.ClassContacts}
	if sum, err := l.ends(o); err != nil || sum.ItemsStored != 1 || sum.ItemsChanged < 10 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestEndlessAudit: nor does an enumeration go on for ever, and what it cannot tell stays as it was.
func TestEndlessAudit(t *testing.T) {
	contact := wbxml.E(wbxml.AirSyncAdd, wbxml.T(wbxml.AirSyncServerId, "1:1"),
		wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.ContactsFirstName, "Zoë")))
	var own atomic.Value
	l := newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if r.Command != "Sync" || r.Document == nil || own.CompareAndSwap(nil, r.DeviceID) || own.Load() == r.DeviceID ||
			r.Document.Value(wbxml.AirSyncCollections, wbxml.AirSyncCollection, wbxml.AirSyncSyncKey) == "0" {
			return nil
		}
		return syncAnswer("1", []wbxml.Element{contact}, true)(r.Document)
	}}, "alice")
	o := l.options("alice")
	o.Select.Classes, o.Audit = []eas.Class{eas.ClassContacts}, migrate.AuditAlways
	if sum, err := l.ends(o); err != nil || sum.ItemsStored != 1 || sum.ItemsDeleted != 0 || sum.Result != migrate.ResultOK {
		t.Errorf("%+v, %v", sum, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.ContainsFunc(l.events, func(e migrate.Event) bool { return strings.Contains(e.Message, "could not be audited") }) {
		t.Error("nobody is told that the audit came to nothing")
	}
}

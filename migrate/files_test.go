package migrate_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
)

// fileServer answers the requests for the files of events, which the embedded server has none of.
type fileServer map[string]string

func (s fileServer) answer(r *easserver.Request) http.Handler {
	if r.Command != "ItemOperations" {
		return nil
	}
	ref := r.Document.Child(wbxml.ItemOperationsFetch).Value(wbxml.AirSyncBaseFileReference)
	if ref == "" {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetch := wbxml.E(wbxml.ItemOperationsFetch)
		if data, ok := s[ref]; ok {
			fetch.Append(wbxml.T(wbxml.ItemOperationsStatus, "1"), wbxml.T(wbxml.AirSyncBaseFileReference, ref),
				wbxml.E(wbxml.ItemOperationsProperties, wbxml.T(wbxml.AirSyncBaseContentType, "application/pdf"),
					wbxml.T(wbxml.ItemOperationsData, base64.StdEncoding.EncodeToString([]byte(data)))))
		} else {
			fetch.Append(wbxml.T(wbxml.ItemOperationsStatus, "15"), wbxml.T(wbxml.AirSyncBaseFileReference, ref))
		}
		answerFetch(w, fetch)
	})
}

// answerFetch writes the answer to an ItemOperations.
func answerFetch(w http.ResponseWriter, fetch wbxml.Element) {
	doc := wbxml.E(wbxml.ItemOperationsItemOperations, wbxml.T(wbxml.ItemOperationsStatus, "1"), wbxml.E(wbxml.ItemOperationsResponse, fetch))
	answer(&doc).ServeHTTP(w, nil)
}

func eventWithFiles(refs ...string) easserver.Item {
	files := wbxml.E(wbxml.AirSyncBaseAttachments)
	for _, ref := range refs {
		files.Append(wbxml.E(wbxml.AirSyncBaseAttachment, wbxml.T(wbxml.AirSyncBaseDisplayName, ref+".PDF"),
			wbxml.T(wbxml.AirSyncBaseFileReference, ref), wbxml.T(wbxml.AirSyncBaseMethod, "1"), wbxml.T(wbxml.AirSyncBaseEstimatedDataSize, "10")))
	}
	return easserver.Item{Properties: []wbxml.Element{
		wbxml.T(wbxml.CalendarSubject, "With files"), wbxml.T(wbxml.CalendarStartTime, "20240301T100000Z"),
		wbxml.T(wbxml.CalendarEndTime, "20240301T110000Z"), wbxml.T(wbxml.CalendarUID, "uid-"+refs[0]), files,
	}}
}

// TestFilesOfEvents stores the files of an event beside it. An event with a file that the server does not give is set
// aside with what came of it, and the run says so.
func TestFilesOfEvents(t *testing.T) {
	content := fileServer{"agenda": "%PDF agenda", "map": strings.Repeat("%PDF map\x00", 40_000)}
	l := newLab(t, easserver.Config{Versions: []string{"16.1"}, OnRequest: content.answer}, "alice")
	calendar := folderOf(l.store.User("alice"), eas.FolderCalendar)
	calendar.Add(eventWithFiles("agenda", "map"))
	l.run(l.options("alice"))

	found := false
	a := l.archive()
	for it, err := range a.Items(t.Context(), "alice@example.com", time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if it.Subject != "With files" {
			continue
		}
		found = true
		got := map[string]string{}
		for _, e := range it.Also {
			r, err := a.OpenEntry(t.Context(), it.Segment, e)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err = errors.Join(err, r.Close()); err != nil {
				t.Fatal(err)
			}
			got[e.Name[strings.Index(e.Name, "."):]] = string(b)
		}
		if got[".1.pdf"] != content["agenda"] || got[".2.pdf"] != content["map"] || !strings.Contains(got[".eas.xml"], "agenda.PDF") {
			t.Errorf("stored beside the event: %.300q", got)
		}
	}
	if !found {
		t.Fatal("the event is not in the archive")
	}

	calendar.Add(eventWithFiles("lost"))
	sum, err := migrate.Run(context.Background(), l.options("alice"))
	if err != nil || sum.Result != migrate.ResultPartial || sum.ItemsQuarantined != 1 {
		t.Fatalf("a file that is not to be had: %v, %+v", err, sum)
	}
	content["lost"] = "found again"
	if sum := l.run(l.options("alice")); sum.ItemsStored != 1 || sum.ItemsQuarantined != 0 {
		t.Fatalf("the quarantined event was not fetched again: %+v", sum)
	}
	l.check("alice")
}

package s3

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVersionPages: versions and delete markers come as two lists, a name's versions on two pages, and some are of no
// object.
func TestVersionPages(t *testing.T) {
	version := func(element, key, id string, second int, latest bool) string {
		return fmt.Sprintf(`<%s><Key>%s</Key><VersionId>%s</VersionId><IsLatest>%v</IsLatest><LastModified>2024-03-01T10:00:%02dZ</LastModified><Size>7</Size></%[1]s>`,
			element, key, id, latest, second)
	}
	s := newStore(t)
	b := s.open(s.serve())
	var asked []string
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		q := r.URL.Query()
		asked = append(asked, q.Get("prefix")+" "+q.Get("key-marker")+" "+q.Get("version-id-marker"))
		if q.Get("key-marker") == "" {
			fmt.Fprint(w, `<ListVersionsResult><Name>b</Name><IsTruncated>true</IsTruncated><NextKeyMarker>p/m/b</NextKeyMarker><NextVersionIdMarker>b2</NextVersionIdMarker>`,
				version("Version", "p/m/", "x", 9, true), version("Version", "p/m/a", "a1", 1, false), version("DeleteMarker", "p/m/a", "a2", 2, false),
				version("Version", "p/m/a", "a3", 2, true), version("Version", "p/m/b", "b2", 5, false), version("DeleteMarker", "p/m/b", "b3", 5, true),
				`</ListVersionsResult>`)
			return
		}
		fmt.Fprint(w, `<ListVersionsResult><Name>b</Name>`, version("Version", "p/m/b", "b1", 4, false), version("Version", "p/m/c", "null", 1, true), `</ListVersionsResult>`)
	})
	var got []string
	for v, err := range b.Versions(t.Context(), "m/") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %d %v %v", v.Name, v.ID, v.Size, v.Current, v.Deleted))
	}
	want := []string{
		"m/a a3 7 true false", "m/a a2 0 false true", "m/a a1 7 false false",
		"m/b b3 0 true true", "m/b b2 7 false false", "m/b b1 7 false false", "m/c null 7 true false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"p/m/  ", "p/m/ p/m/b b2"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestVersionsDisorder: of a listing that goes back nobody can say which versions are of one object.
func TestVersionsDisorder(t *testing.T) {
	for name, marker := range map[string]string{"going on": "p/z", "going back": "p/a"} {
		s := newStore(t)
		b := s.open(s.serve())
		s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
			key, next := "p/b", `<IsTruncated>true</IsTruncated><NextKeyMarker>`+marker+`</NextKeyMarker>`
			if r.URL.Query().Get("key-marker") != "" {
				key, next = "p/a", ""
			}
			fmt.Fprintf(w, `<ListVersionsResult><Name>b</Name>%s<Version><Key>%s</Key><VersionId>1</VersionId><IsLatest>true</IsLatest></Version></ListVersionsResult>`, next, key)
		})
		var last error
		for _, err := range b.Versions(t.Context(), "") {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), `s3://b/p: list versions: the store answered "a" after "b"`) {
			t.Errorf("%s: %v", name, last)
		}
	}
}

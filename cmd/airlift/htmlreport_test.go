package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// readPage reads a page as a browser would, but for its scripts: the cells of all tables, row by row, the whole text, and what
// a page that needs no network and obeys nobody cannot have.
func readPage(t *testing.T, page []byte) (rows [][]string, text string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	allowed := strings.Fields("html head meta title style body h1 h2 h3 p span dl div dt dd table thead tbody tr th td ol li br")
	var all strings.Builder
	in := ""
	for {
		token, err := d.Token()
		if err == io.EOF {
			return rows, all.String()
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, page)
		}
		switch x := token.(type) {
		case xml.StartElement:
			if in = x.Name.Local; !slices.Contains(allowed, in) {
				t.Errorf("there is an element %s", in)
			}
			for _, a := range x.Attr {
				if !slices.Contains([]string{"class", "lang", "charset", "name", "content", "http-equiv"}, a.Name.Local) {
					t.Errorf("there is an attribute %s on %s", a.Name.Local, in)
				}
			}
			switch in {
			case "tr":
				rows = append(rows, nil)
			case "td", "th":
				rows[len(rows)-1] = append(rows[len(rows)-1], "")
			}
		case xml.EndElement:
			in = ""
		case xml.CharData:
			switch in {
			case "td", "th":
				last := rows[len(rows)-1]
				last[len(last)-1] += string(x)
			case "style":
				if strings.Contains(string(x), "url(") || strings.Contains(string(x), "@import") {
					t.Errorf("the style fetches something:\n%s", x)
				}
			}
			all.Write(x)
		}
	}
}

// reportServer has a mailbox whose names and contents come from somebody who means harm, and another one.
func reportServer(t *testing.T, wrap func(http.Handler) http.Handler) string {
	store := easserver.NewStore()
	message := []byte("From: bob@example.org\r\nSubject: <script>alert(1)</script>\r\n\r\nHello.\r\n")
	for _, name := range []string{"alice@example.com", "bob@example.com"} {
		user := store.AddUser(name)
		user.Folder("Inbox").AddMessage(message)
		user.AddFolder(`<img src=x onerror="alert(1)">`+"\u202egpj", eas.FolderUserMail).AddMessage(message)
	}
	peer := easserver.New(easserver.Config{Password: "secret"}, store)
	t.Cleanup(peer.Close)
	server := httptest.NewServer(wrap(peer))
	t.Cleanup(server.Close)
	return server.URL
}

// archived runs the engine as the verb does, and returns what it printed and its exit code.
func archived(t *testing.T, url, dir string, o migrate.Options, out outputs, passwords map[string]string) (string, int) {
	t.Helper()
	for _, name := range []string{"alice@example.com", "bob@example.com"} {
		if passwords[name] == "" {
			continue
		}
		m, err := connection{}.mailbox(account{mailbox: name, user: name, server: url})
		if err != nil {
			t.Fatal(err)
		}
		new(connection).signIn(&m, credential{user: name, password: passwords[name]})
		o.Mailboxes = append(o.Mailboxes, m)
	}
	o.Backoff = time.Millisecond
	var said bytes.Buffer
	c := &console{out: &said, err: io.Discard}
	err := archiveTo(t.Context(), c, slog.New(slog.DiscardHandler), dirPlace(filepath.Join(dir, "archive")), filepath.Join(dir, "state"), o, out, migrate.Run)
	var code ended
	if err != nil && !errors.As(err, &code) {
		t.Fatal(err)
	}
	return said.String(), int(code)
}

// TestReport holds the page of a run against what the run printed: with items that cannot be had, a mailbox that cannot be
// read, and names that a browser would obey.
func TestReport(t *testing.T) {
	url := reportServer(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("Cmd") == "ItemOperations" {
				http.Error(w, "<b>broken</b>", http.StatusInternalServerError)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	dir := t.TempDir()
	file := filepath.Join(dir, "out", "report.html")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	passwords := map[string]string{"alice@example.com": "secret", "bob@example.com": "wrong"}
	// The second run has no news of the items, and its page lists them all the same.
	for range 2 {
		printed, code := archived(t, url, dir, migrate.Options{Bodies: migrate.BodiesFetch}, outputs{report: file}, passwords)
		if code != exitSource {
			t.Fatalf("exit code %d\n%s", code, printed)
		}
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, text := readPage(t, page)

		var want [][]string // the columns have two spaces or more between them
		for line := range strings.Lines(printed) {
			cells := strings.FieldsFunc(strings.ReplaceAll(strings.TrimSpace(line), "  ", "\x00"), func(r rune) bool { return r == 0 })
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			if len(cells) == 9 {
				want = append(want, cells)
			}
		}
		if len(want) < 3 || len(rows) < len(want) {
			t.Fatalf("%d rows in the page of what was printed as\n%s", len(rows), printed)
		}
		if diff := cmp.Diff(want, rows[:len(want)]); diff != "" {
			t.Errorf("the page differs from what was printed (-printed +page):\n%s", diff)
		}
		rest := rows[len(want):]
		if len(rest) != 3 || rest[0][3] != "REASON" {
			t.Fatalf("quarantined: %q, want two items", rest)
		}
		for _, item := range rest[1:] {
			if item[0] != "alice@example.com" || !strings.Contains(item[3], "HTTP 500") {
				t.Errorf("quarantined: %q", item)
			}
		}
		for _, words := range []string{
			"The source refused the credentials. (exit code 12)", "<img src=x onerror=\"alert(1)\">\ufffdgpj", url, "airlift " + versionString(),
			"bob@example.com: source: ", "Hint: ",
		} {
			if !strings.Contains(text, words) {
				t.Errorf("the page lacks %q", words)
			}
		}
		if bytes.Contains(page, []byte("<img")) || bytes.ContainsRune(page, '\u202e') || bytes.Contains(page, []byte("wrong")) {
			t.Errorf("the page holds what it should not:\n%s", page)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("beside the page there is something: %v, %v", entries, err)
	}
}

// TestOutputsLost takes the directory away that a run was to write to at its end. Such a run does not end with 0, and says so;
// what it archived is there.
func TestOutputsLost(t *testing.T) {
	for _, lost := range []string{"report", "metrics"} {
		t.Run(lost, func(t *testing.T) {
			dir := t.TempDir()
			out := filepath.Join(dir, "out")
			url := reportServer(t, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_ = os.RemoveAll(out)
					next.ServeHTTP(w, r)
				})
			})
			if err := os.Mkdir(out, 0o700); err != nil {
				t.Fatal(err)
			}
			o := outputs{report: filepath.Join(out, "report.html"), metrics: metricsPlace{file: filepath.Join(dir, "airlift.prom")}}
			if lost == "metrics" {
				o = outputs{report: filepath.Join(dir, "report.html"), metrics: metricsPlace{file: filepath.Join(out, "airlift.prom")}}
			}
			printed, code := archived(t, url, dir, migrate.Options{}, o, map[string]string{"alice@example.com": "secret"})
			if code != exitFailed || !strings.Contains(printed, "failed: 2 items in ") {
				t.Errorf("exit code %d\n%s", code, printed)
			}
			if lost == "metrics" {
				return
			}
			b, err := os.ReadFile(o.metrics.file)
			if err != nil {
				t.Fatal(err)
			}
			if got := series(t, string(b)); got["airlift_run_exit_code"] != 1 || got["airlift_items_stored_total"] != 2 {
				t.Errorf("the metrics say\n%s", b)
			}
		})
	}
}

//go:build interop

package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestInterop runs the program for two directories, and so brings a contact from one to the other, through a real server: the
// lab of examples/lab/sogo.
func TestInterop(t *testing.T) {
	env, err := os.ReadFile(filepath.Join(home(), "lab.env"))
	if err != nil {
		t.Fatalf("no lab: %v\nstart it with examples/lab/sogo/up.sh", err)
	}
	_, rest, _ := strings.Cut(string(env), "LAB_EAS=")
	url, _, _ := strings.Cut(rest, "\n")
	here, there := t.TempDir(), t.TempDir()
	sync := func(dirs ...string) {
		t.Helper()
		for _, dir := range dirs {
			var out strings.Builder
			if err := run(t.Context(), &out, url, "heidi", "secret-heidi", dir); err != nil {
				t.Fatalf("%v\n%s", err, &out)
			}
		}
	}
	find := func(dir, text string) (found []string) {
		t.Helper()
		cards, err := filepath.Glob(filepath.Join(dir, "*.vcf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cards {
			content, err := os.ReadFile(c)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(content), text) {
				found = append(found, c)
			}
		}
		return found
	}
	name := fmt.Sprintf("Ada %d", time.Now().UnixNano())
	card := filepath.Join(here, "ada.vcf")
	text := "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:" + name + "\r\nN:" + name + ";;;;\r\nTITLE:Countess\r\nEND:VCARD\r\n"
	if err := os.WriteFile(card, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sync(here, there)
	got := find(there, name)
	if len(got) != 1 {
		t.Fatalf("%v", got)
	}
	content, err := os.ReadFile(got[0])
	if err != nil || !strings.Contains(string(content), "TITLE:Countess") {
		t.Fatalf("%s, %v", content, err)
	}
	if err := os.WriteFile(got[0], []byte(strings.Replace(string(content), "Countess", "Mathematician", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	sync(there, here)
	if len(find(here, "TITLE:Mathematician")) != 1 || len(find(here, name)) != 1 {
		t.Errorf("%v, of %v", find(here, "TITLE:Mathematician"), find(here, name))
	}
	if err := os.Remove(card); err != nil {
		t.Fatal(err)
	}
	sync(here, there)
	if got := find(there, name); len(got) != 0 {
		t.Errorf("%v is still there", got)
	}
}

// home is where up.sh made the lab.
func home() string {
	return cmp.Or(os.Getenv("AIRLIFT_LAB"), filepath.Join(os.TempDir(), "airlift-lab"))
}

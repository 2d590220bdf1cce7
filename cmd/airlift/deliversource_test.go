package main

import "testing"

func TestExtOf(t *testing.T) {
	for name, want := range map[string]string{
		"Personal Calendar/2026-03-02_Termin 40_27a8ef44-1-7.ics":     ".ics",
		"Personal Calendar/2026-03-02_Termin 40_27a8ef44-2-3.eas.xml": ".eas.xml", // a later version of 27a8ef44-1-7
		"Inbox/2024-01-01_a_b.c_5c009d81-1-1.eml":                     ".eml",
	} {
		if got := extOf(name); got != want {
			t.Errorf("%s: extension %q, want %q", name, got, want)
		}
	}
}

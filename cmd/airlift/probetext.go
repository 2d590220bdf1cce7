package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/migrate"
)

func probeText(p *migrate.Probe) string {
	var versions []string
	for _, v := range p.Info.Versions {
		versions = append(versions, string(v))
	}
	policy := "none wanted"
	if p.Policy {
		policy = p.Told.String()
	}
	about := [][]string{
		{"server", p.Server},
		{"product", p.Info.Product},
		{"versions", strings.Join(versions, " ")},
		{"would speak", p.EAS},
		{"commands", strings.Join(p.Info.Commands, " ")},
		{"policy", policy},
		{"device", p.Device},
		{"took", secondsText(p.Duration.Seconds())},
	}
	if text := passwordText(p.PasswordDays); text != "" {
		about = append(about, []string{"password", text})
	}
	return fmt.Sprintf("%s\n\n%s\n\n%s%s\n\n%s", p.Mailbox, table(nil, about), policyTable(p), foldersTable(p), outlook(p))
}

// policyTable tells of each setting of the server's policy what airlift does about it.
func policyTable(p *migrate.Probe) string {
	if len(p.Settings) == 0 {
		return ""
	}
	var rows [][]string
	for _, s := range p.Settings {
		does := string(s.Stance)
		if s.Why != "" {
			does += ": " + s.Why
		}
		rows = append(rows, []string{oneLine(s.Setting), oneLine(s.Value), does})
	}
	return table([]string{"POLICY", "VALUE", "WHAT AIRLIFT DOES ABOUT IT"}, rows) + "\n\n"
}

func foldersTable(p *migrate.Probe) string {
	var rows [][]string
	for _, f := range p.Folders {
		class, items, read := f.Class, "no count", "yes"
		if f.Items >= 0 {
			items = strconv.Itoa(f.Items)
		}
		switch {
		case class == "":
			class, items, read = "-", "-", fmt.Sprintf("no: folders of type %d do not sync", f.Type)
		case !f.Selected:
			read = "no: not selected"
		}
		rows = append(rows, []string{f.Path, class, items, read})
	}
	return table([]string{"FOLDER", "CLASS", "ITEMS#", "WOULD BE READ"}, rows)
}

// outlook says what an archive from here will and will not hold.
func outlook(p *migrate.Probe) string {
	items, folders, unsaid, apart, unselected := 0, 0, 0, 0, 0
	for _, f := range p.Folders {
		switch {
		case f.Class == "":
			apart++
		case !f.Selected:
			unselected++
		default:
			folders++
			items += max(f.Items, 0)
			if f.Items < 0 {
				unsaid++
			}
		}
	}
	will := []string{
		fmt.Sprintf("%s in %s", count(items, "item", "items"), count(folders, "folder", "folders")),
		"mail as the bytes that the server serves, which need not be the bytes that arrived",
		"contacts, events, tasks and notes as files of today, and every property that the server sends beside them",
	}
	wont := []string{"rules, permissions, signatures and settings: the protocol does not show them"}
	if apart > 0 {
		wont = append(wont, count(apart, "folder", "folders")+" of types that do not sync")
	}
	if unselected > 0 {
		wont = append(wont, count(unselected, "folder", "folders")+" that the flags leave out")
	}
	s := "an archive from here will hold\n  " + strings.Join(will, "\n  ") + "\nand will not hold\n  " + strings.Join(wont, "\n  ")
	if unsaid > 0 {
		s += "\nthe server gives no count of " + count(unsaid, "folder", "folders") + ": there completeness cannot be shown"
	}
	return s
}

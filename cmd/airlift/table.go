package main

import (
	"strings"

	"github.com/rivo/uniseg"
)

// table lines up cells in columns by their width on the screen, under titles if there are any. A column whose title
// ends in "#" holds numbers: it is set flush right, and the mark is not shown.
func table(titles []string, rows [][]string) string {
	var numeric [16]bool
	var width [16]int
	all := rows
	if len(titles) > 0 {
		head := make([]string, len(titles))
		for i, t := range titles {
			head[i], numeric[i] = strings.CutSuffix(t, "#")
		}
		all = append([][]string{head}, rows...)
	}
	for _, row := range all {
		for i, cell := range row {
			width[i] = max(width[i], uniseg.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			pad := strings.Repeat(" ", width[i]-uniseg.StringWidth(cell))
			if numeric[i] {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
)

// versionsText is the table of what the versions make of the same messages, and which is the best.
func versionsText(p *migrate.FidelityProbe) string {
	n := strconv.Itoa
	var rows [][]string
	var problems strings.Builder
	for _, v := range p.Versions {
		listed := "yes"
		if !v.Listed {
			listed = "no"
		}
		rows = append(rows, []string{
			string(v.Version), listed, n(v.Messages), n(v.Whole), n(v.Same), n(v.Found.DKIMPass), n(v.Found.DKIMFail), n(v.Found.SignedOK),
			n(v.Found.SignedBroken), n(v.Found.StructureWrong), n(v.Apart), n(v.Received),
		})
		if v.Err != nil {
			fmt.Fprintf(&problems, "%s: %s\n", v.Version, oneLine(v.Err.Error()))
		}
	}
	best := "-"
	if p.Best != "" {
		best = string(p.Best)
	}
	titles := []string{
		"VERSION", "LISTED", "MESSAGES#", "WHOLE#", "AS " + best + "#", "DKIM OK#", "WRONG#", "SIGNED OK#", "BROKEN#", "MISSHAPEN#", "APART#", "RECEIVED#",
	}
	text := fmt.Sprintf("%s: the same messages in each version of the protocol, %s of them\n\n%s\n\n", p.Mailbox, n(len(p.Messages)), table(titles, rows)) + problems.String()
	if p.Best == "" {
		return text + p.Why
	}
	text += fmt.Sprintf("recommended: %s: %s\nairlift archive --eas-version %s", p.Best, p.Why, p.Best)
	if p.Without != "" {
		text += fmt.Sprintf("\n%s does not have: %s", p.Best, p.Without)
	}
	return text
}

// versionLine and recommendationLine are what --json says of a comparison.
type versionLine struct {
	Event    string           `json:"event"`
	Time     time.Time        `json:"time"`
	Mailbox  string           `json:"mailbox"`
	Version  eas.Version      `json:"version"`
	Listed   bool             `json:"listed"`
	Device   string           `json:"device"`
	Problem  string           `json:"problem,omitempty"`
	Messages int              `json:"messages"`
	Whole    int              `json:"whole"`
	Same     int              `json:"same"` // the same bytes as the recommended version
	Proven   int              `json:"proven"`
	Apart    int              `json:"ciphertext_apart"`
	Received int              `json:"received_fields"`
	Bytes    int64            `json:"bytes"`
	Fidelity migrate.Fidelity `json:"fidelity"`
}

type recommendationLine struct {
	Event   string      `json:"event"`
	Time    time.Time   `json:"time"`
	Mailbox string      `json:"mailbox"`
	Version eas.Version `json:"version"` // "" = none served a message
	Why     string      `json:"why"`
	Without string      `json:"without,omitempty"` // what newer versions have
	Seconds float64     `json:"seconds"`
}

func (c *console) emitComparison(p *migrate.FidelityProbe) {
	for _, v := range p.Versions {
		l := versionLine{
			Event: "version", Time: now(), Mailbox: p.Mailbox, Version: v.Version, Listed: v.Listed, Device: v.Device, Messages: v.Messages,
			Whole: v.Whole, Same: v.Same, Proven: v.Proven, Apart: v.Apart, Received: v.Received, Bytes: v.Bytes, Fidelity: v.Found,
		}
		if v.Err != nil {
			l.Problem = v.Err.Error()
		}
		c.emit(l)
	}
	c.emit(recommendationLine{
		Event: "recommendation", Time: now(), Mailbox: p.Mailbox, Version: p.Best, Why: p.Why, Without: p.Without, Seconds: p.Duration.Seconds(),
	})
}

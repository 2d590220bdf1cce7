package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
)

// traceLines bounds what --verbose shows of one document. The client has cut long values before.
const traceLines = 60

// traced makes the console show the exchanges of a mailbox when --verbose is given.
func (c *console) traced(m *migrate.Mailbox) {
	if !c.verbose {
		return
	}
	m.Client.TraceXML = true
	m.Client.Trace = func(x eas.Exchange) { c.write(c.err, printable(exchangeText(m.Address, x))) }
}

func exchangeText(mailbox string, x eas.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "--> %s %s %d bytes\n%s", mailbox, x.Command, x.RequestBytes, cutLines(x.RequestXML))
	fmt.Fprintf(&b, "<-- %s %s", mailbox, x.Command)
	if x.HTTPStatus > 0 {
		fmt.Fprintf(&b, " HTTP %d", x.HTTPStatus)
	}
	fmt.Fprintf(&b, " %d bytes, first byte after %s, %s in all", x.ResponseBytes, x.Wait.Round(time.Millisecond), x.Duration.Round(time.Millisecond))
	if x.Err != nil {
		fmt.Fprintf(&b, ", %s", x.Err)
	}
	fmt.Fprintf(&b, "\n%s", cutLines(x.ResponseXML))
	return b.String()
}

func cutLines(doc []byte) string {
	lines := bytes.SplitAfter(bytes.TrimSpace(doc), []byte("\n"))
	var b strings.Builder
	for i, l := range lines {
		if i == traceLines {
			fmt.Fprintf(&b, "    … %s more\n", count(len(lines)-i, "line", "lines"))
			return b.String()
		}
		if len(bytes.TrimSpace(l)) > 0 {
			fmt.Fprintf(&b, "    %s\n", bytes.TrimRight(l, "\r\n"))
		}
	}
	return b.String()
}

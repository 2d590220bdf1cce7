package main

import (
	"fmt"
	"time"

	"github.com/airlift-eas/airlift/eas/autodiscover"
	"github.com/airlift-eas/airlift/migrate"
)

// stepText tells one step of a search in a line.
func stepText(s autodiscover.Step) string {
	how := ""
	if s.Credentials {
		how = " with credentials"
	}
	return fmt.Sprintf("%s%s: %s", s.URL, how, outcomeText(s))
}

func outcomeText(s autodiscover.Step) string {
	switch {
	case s.Outcome == autodiscover.Found:
		return "the server is " + s.To
	case s.Outcome == autodiscover.Redirected:
		return "leads to " + s.To
	case s.Outcome == autodiscover.Challenged:
		return "wants credentials"
	case s.Err != nil:
		return s.Err.Error()
	}
	return string(s.Outcome)
}

func methodText(m autodiscover.Method) string {
	switch m {
	case autodiscover.MethodJSON:
		return "JSON"
	case autodiscover.MethodXML:
		return "XML"
	case autodiscover.MethodRedirect:
		return "redirect"
	case autodiscover.MethodSRV:
		return "SRV record"
	}
	return string(m)
}

// stepsTable shows a search.
func stepsTable(steps []autodiscover.Step) string {
	var rows [][]string
	for _, s := range steps {
		credentials := "no"
		if s.Credentials {
			credentials = "yes"
		}
		rows = append(rows, []string{methodText(s.Method), s.URL, credentials, outcomeText(s)})
	}
	return table([]string{"WAY", "ASKED", "CREDENTIALS", "WHAT CAME OF IT"}, rows)
}

// stepLine is what --json says of a step.
type stepLine struct {
	Event       string               `json:"event"`
	Time        time.Time            `json:"time"`
	Mailbox     string               `json:"mailbox"`
	Method      autodiscover.Method  `json:"method"`
	Address     string               `json:"address"`
	URL         string               `json:"url"`
	Credentials bool                 `json:"credentials"`
	HTTPStatus  int                  `json:"http_status,omitempty"`
	Outcome     autodiscover.Outcome `json:"outcome"`
	To          string               `json:"to,omitempty"`
	Message     string               `json:"message,omitempty"`
	Seconds     float64              `json:"seconds"`
}

// showSearches says for each mailbox how its server was looked for, whether it was found or not.
func (c *console) showSearches(mailboxes []migrate.Mailbox) {
	for _, m := range mailboxes {
		l, ok := m.Locator.(*locator)
		if !ok || len(l.steps) == 0 {
			continue
		}
		if !c.json {
			c.result("%s\n\n%s\n", m.Address, stepsTable(l.steps))
			continue
		}
		for _, s := range l.steps {
			line := stepLine{
				Event: "autodiscover", Time: now(), Mailbox: m.Address, Method: s.Method, Address: s.Address, URL: s.URL, Credentials: s.Credentials,
				HTTPStatus: s.HTTPStatus, Outcome: s.Outcome, To: s.To, Seconds: s.Duration.Seconds(),
			}
			if s.Err != nil {
				line.Message = s.Err.Error()
			}
			c.emit(line)
		}
	}
}

// passwordText says when a password expires, "" if nobody said so.
func passwordText(days int) string {
	switch {
	case days < 0:
		return ""
	case days == 0:
		return "expires in less than a day"
	}
	return "expires in " + count(days, "day", "days")
}

package easdst

import (
	"fmt"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

func (o MailOutcome) String() string {
	switch o {
	case MailStored:
		return "stored"
	case MailStoredAndBroke:
		return "stored, and the connection broke"
	case MailStoredAsDraft:
		return "stored as a draft"
	case MailRefused:
		return "refused"
	case MailGutted:
		return "stored without most of it"
	case MailLost:
		return "said to be stored, and not there"
	case MailUnseen:
		return "not known, for the connection broke"
	}
	return "not tried"
}

// String says what the server does, and what that means, in sentences.
func (m MailTrial) String() string {
	var b strings.Builder
	say := func(format string, a ...any) { fmt.Fprintf(&b, format+" ", a...) }
	switch m.Outcome {
	case MailStored:
		say("With EAS %s the server stores a message that is added, once.", m.Version)
	case MailStoredAndBroke:
		say("With EAS %s the server stores a message that is added, and then the connection breaks before the answer (%v).", m.Version, m.Err)
		if m.Copies > 1 {
			say("Sent a second time it is there %d times: whoever tries again doubles it. So messages go one by one, and what came of each is looked up before it is sent again.", m.Copies)
		} else {
			say("Sent a second time it is there once.")
		}
	case MailStoredAsDraft:
		say("With EAS %s the server stores a message that is added as a draft that was not sent.", m.Version)
	case MailRefused:
		say("With EAS %s the server refuses a message that is added (%v).", m.Version, m.Err)
		if status(m.Err) == 6 {
			say("So the protocol has it.")
		}
	case MailGutted:
		say("With EAS %s the server stores next to nothing of a message that is added: no text and no file of it is there.", m.Version)
	case MailLost:
		say("With EAS %s the server says that it stored a message that is added, and does not have it.", m.Version)
	case MailUnseen:
		say("With EAS %s the connection breaks when a message is added (%v), and the message is not seen: it may be there, and every try may add one more.", m.Version, m.Err)
	default:
		return "It was not tried what the server does with a message that is added."
	}
	if !m.Kept() {
		say("No mail is put here by EAS: put it by IMAP.")
	} else {
		m.sayKept(say)
	}
	if len(m.Left) > 0 {
		say("Of the trial this is left: %s.", strings.Join(m.Left, "; "))
	}
	return strings.TrimSpace(b.String())
}

// sayKept says how much of a message is kept.
func (m MailTrial) sayKept(say func(string, ...any)) {
	bytesOnly := func(s string) string { s, _, _ = strings.Cut(s, ","); return s }
	altered := map[string]sinks.Alteration{}
	for _, a := range m.Altered {
		name, _, _ := strings.Cut(a.Property, "/")
		altered[name] = a
	}
	for _, p := range []struct{ property, kept, lost string }{
		{"bytes", "Its bytes are kept.", "Its bytes are others (" + bytesOnly(altered["bytes"].Sent) + " became " + bytesOnly(altered["bytes"].Got) + "): signatures break, and what arrives is not the message that was sent."},
		{wbxml.EmailDateReceived.String(), "The date on which it was received is kept.", "The date on which it was received is lost: it becomes " + altered[wbxml.EmailDateReceived.String()].Got + "."},
		{wbxml.EmailRead.String(), "It stays read.", "It becomes unread."},
		{wbxml.EmailFlag.String(), "Its flag is kept.", "Its flag is not kept as it was."},
		{wbxml.EmailCategories.String(), "Its categories are kept.", "Its categories are lost."},
	} {
		a, is := altered[p.property]
		switch {
		case !is:
			say("%s", p.kept)
		case a.Why != "" && p.property == "bytes":
			say("Its bytes are kept but for line ends: %s.", a.Why)
		case strings.Contains(a.Property, "/"):
			say("It stays flagged, and of what the flag says %s is not kept.", a.Property[strings.LastIndexByte(a.Property, ':')+1:])
		case a.Why != "":
			say("%s Why: %s.", p.lost, a.Why)
		default:
			say("%s", p.lost)
		}
	}
	if m.NewMessageID {
		say("It gets another Message-ID.")
	}
	if !m.Version.AtLeast(eas.Version160) {
		say("Whether it counts as a draft that was not sent is not seen before EAS 16.0.")
	}
	if len(m.Altered) > 0 || m.Outcome != MailStored {
		say("By IMAP mail arrives as it is.")
	}
}

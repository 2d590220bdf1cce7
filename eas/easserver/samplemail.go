package easserver

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

var (
	sampleTopics = []string{
		"Lamp replacement", "Quarterly figures", "Lunch on Friday?", "Angebot für neue Fenster", "Verger: récolte d’automne", "会議の議事録", "Смета на ремонт",
		"Minutes of the meeting", "Draft contract", "Photos from the harbour", "Invoice", "Re-roofing the keeper’s cottage", "Tide tables", "Travel to Göteborg", "Welcome aboard",
	}
	sampleSentences = []string{
		"The new lamp arrived this morning and is already in the store room.", "Could you have a look at the figures before Thursday?",
		"Wir brauchen die Maße der Fenster im Erdgeschoß.", "La récolte a été excellente cette année.", "会議は金曜日の午後三時からです。", "Смета готова, пришлю её завтра.",
		"I have put the minutes into the usual folder.", "Please confirm the appointment by return.", "The paint will dry faster if it does not rain.",
		"Let me know if anything is unclear.", "There are three open questions, listed below.", "Thanks for your patience, and greetings to everybody!",
	}
)

// mail adds n messages to a folder, of a shape that changes from one to the next.
func (s *sampler) mail(f *Folder, n int) {
	for range n {
		s.count++
		s.clock = s.clock.Add(time.Duration(37+s.rand.IntN(600)) * time.Minute)
		it := Item{Message: &Content{Bytes: s.message(f.typ)}, Received: s.clock, Read: s.count%4 != 0}
		switch {
		case s.count%17 == 0:
			it.Flag = activeFlag()
		case s.count%13 == 0:
			it.Categories = []string{"Lighthouse", "Blue category"}
		}
		if s.count%11 == 0 {
			it.LastVerb, it.LastVerbAt = 1, s.clock.Add(time.Hour)
		}
		f.Add(it)
	}
}

func (s *sampler) message(folder eas.FolderType) []byte {
	person := s.rand.IntN(len(samplePeople))
	p := strings.Split(samplePeople[person], ";")
	them := fmt.Sprintf("%q <%s>", strings.TrimSpace(p[1]+" "+p[0]), sampleAddress(person))
	me := fmt.Sprintf("%q <%s>", s.user.displayName, s.user.address)
	from, to := them, me
	if folder == eas.FolderSentItems || folder == eas.FolderDrafts {
		from, to = me, them
	}
	id := fmt.Sprintf("<sample-%03d@example.org>", s.count)
	m := messageWriter{unique: fmt.Sprintf("sample-%03d", s.count)}
	m.header("From", from)
	m.header("To", to)
	reply := s.count%3 == 2 && s.last != ""
	if !reply {
		s.topic = s.pick(sampleTopics)
		s.last = id
		m.header("Subject", s.topic)
	} else {
		m.header("Subject", "Re: "+s.topic)
		m.header("In-Reply-To", s.last)
		m.header("References", s.last)
	}
	m.header("Date", s.clock.Format(time.RFC1123Z))
	m.header("Message-ID", id)
	if s.count%19 == 0 {
		m.header("Importance", "high")
	}
	m.header("MIME-Version", "1.0")
	s.body(&m)
	return m.bytes()
}

// body writes a body of one of the shapes that mail comes in.
func (s *sampler) body(m *messageWriter) {
	text := s.text(2 + s.rand.IntN(12))
	html := "<html><body><p>" + strings.ReplaceAll(text, "\r\n\r\n", "</p>\r\n<p>") + "</p></body></html>"
	switch s.count % 8 {
	case 0:
		m.body(text, html, nil)
	case 1:
		m.body(text, "", []file{{"Zeichnung Größe 3.pdf", "application/pdf", s.noise("%PDF-1.4\n", 2000+s.rand.IntN(30000))}})
	case 2:
		m.body("", html, []file{{"harbour.png", "image/png", s.noise("\x89PNG\r\n\x1a\n", 900+s.rand.IntN(9000))}, {"notes.txt", "text/plain", text}})
	case 3:
		if s.count%16 == 3 {
			m.invitation(text, s.invitation())
			return
		}
		m.body(text, "", []file{{"Fwd.eml", "message/rfc822", "From: fog@example.net\r\nTo: horn@example.net\r\nSubject: inner\r\n\r\n" + text}})
	default:
		m.body(text, "", nil)
	}
}

// text makes up n paragraphs.
func (s *sampler) text(n int) string {
	var paragraphs []string
	for range n {
		paragraphs = append(paragraphs, s.pick(sampleSentences)+" "+s.pick(sampleSentences))
	}
	return strings.Join(paragraphs, "\r\n\r\n") + "\r\n"
}

// noise returns bytes that do not compress, as those of most attachments.
func (s *sampler) noise(magic string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.rand.Uint32())
	}
	return magic + string(b)
}

func (s *sampler) invitation() string {
	day := s.clock.AddDate(0, 0, 10).Format("20060102")
	return strings.ReplaceAll(fmt.Sprintf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//sample//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:invitation-%03d@example.org\n"+
		"DTSTAMP:%sT080000Z\nDTSTART:%[2]sT130000Z\nDTEND:%[2]sT140000Z\nSUMMARY:Site visit\nLOCATION:Lighthouse\nORGANIZER;CN=Ann Smith:mailto:person12@example.org\n"+
		"ATTENDEE;CN=Alice;RSVP=TRUE:mailto:%s\nEND:VEVENT\nEND:VCALENDAR\n", s.count, day, s.user.address), "\n", "\r\n")
}

// invitation writes a body with a text and a calendar object as alternatives, RFC
// 6047 2.4.
func (m *messageWriter) invitation(text, calendar string) {
	b := m.boundary()
	fmt.Fprintf(&m.buf, "Content-Type: multipart/alternative; boundary=%q\r\n\r\n--%s\r\n", b, b)
	m.text("text/plain", text)
	fmt.Fprintf(&m.buf, "\r\n--%s\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n\r\n--%s--\r\n",
		b, base64.StdEncoding.EncodeToString([]byte(calendar)), b)
}

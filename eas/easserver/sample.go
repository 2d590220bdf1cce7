package easserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// Sample fills an empty mailbox with 300 items in nested folders, of all five classes:
// texts in several scripts, HTML, attachments, a message in a message, invitations, a
// thread, flags, and recurring events with exceptions. It is the same every time.
func (u *User) Sample() error {
	for _, f := range u.Folders() {
		if f.Len() > 0 {
			return errors.New("the mailbox is not empty")
		}
	}
	s := &sampler{user: u, rand: rand.New(rand.NewPCG(2025, 300)), clock: time.Date(2025, 1, 6, 7, 30, 0, 0, time.UTC)}
	for _, f := range []struct {
		path string
		n    int
	}{
		{"Inbox", 80},
		{"Inbox/Projects/Lighthouse", 30},
		{"Inbox/Projects/Orchard/Invoices", 25},
		{"Inbox/Newsletters", 20},
		{"Archive/2024", 15},
		{"Sent Items", 40},
		{"Drafts", 2},
		{"Deleted Items", 8},
	} {
		s.mail(u.AddFolder(f.path, eas.FolderUserMail), f.n)
	}
	s.contacts(u.Folder("Contacts"), samplePeople)
	s.contacts(u.AddFolder("Contacts/Suppliers", eas.FolderUserContacts), sampleSuppliers)
	s.events(u.Folder("Calendar"), 20)
	s.events(u.AddFolder("Calendar/Team", eas.FolderUserCalendar), 5)
	s.tasks(u.Folder("Tasks"), 10)
	s.notes(u.Folder("Notes"))
	return nil
}

// sampler makes up items. Its clock goes on from one to the next.
type sampler struct {
	user  *User
	rand  *rand.Rand
	clock time.Time
	count int
	last  string // Message-ID that the next reply refers to
	topic string
}

func (s *sampler) pick(list []string) string { return list[s.rand.IntN(len(list))] }

// samplePeople are `last;first;company;title`.
var samplePeople = []string{
	"Brontë;Charlotte;Haworth Press;Editor", "Čapek;Karel;RUR a.s.;Engineer", "Dvořák;Antonín;Nový svět;Conductor", "Łukasiewicz;Jan;Warsaw Logic;Analyst",
	"山田;太郎;山田商店;店長", "Ångström;Anders;Uppsala Optik;Physicist", "García;Lucía;Río Claro SL;Directora", "O'Neill;Siobhán;Harbour & Sons;Partner",
	"Παπαδόπουλος;Νίκος;Αιγαίο ΑΕ;Λογιστής", "Иванова;Ольга;Северный порт;Инженер", "Nguyễn;Minh;Sông Hồng;Designer", "Müller;Jörg;Müller & Söhne GmbH;Meister",
	"Smith;Ann;Lighthouse Ltd;Project manager", "Smith;Adam;Lighthouse Ltd;Economist", "van der Berg;Pieter;Dijk BV;Surveyor", "Østergaard;Søren;Havn A/S;Captain",
	"כהן;נועה;אורנים;אדריכלית", "الحسن;ليلى;النخيل;مهندسة", "김;민준;한강물산;과장", "李;小龙;长江贸易;经理",
	"Kovács;Ágnes;Tisza Kft.;Ügyvéd", "Şahin;Emre;Boğaz A.Ş.;Müdür", "Țepeș;Ioana;Carpați SRL;Consilier", "Õunapuu;Tõnu;Rannik OÜ;Programmeerija",
	"Jensen;Freja;Klit ApS;Gartner", "Rossi;Giulia;Orto Botanico;Botanica", "Dubois;Zoë;Verger SARL;Jardinière", "Silva;João;Pomar Lda;Agrónomo",
	"Fischer;Anna-Lena;Werft AG;Ingenieurin", "Lovelace;Ada;Engine Works;Programmer", "Turing;Alan;Bombe & Co;Mathematician", "Hopper;Grace;Compiler Inc.;Admiral",
	"Curie;Marie;Radium SA;Chimiste", "Gauß;Carl Friedrich;Sternwarte;Direktor", "Ramanujan;Srinivasa;Port Trust;Clerk",
}

var sampleSuppliers = []string{
	";Info;Paper & Ink Ltd;", ";Orders;Seeds Direct;", "Keller;Ruth;Keller Fenster AG;Verkauf", "Brown;Tim;Brown Haulage;Driver", "Costa;Inês;Cortiça SA;Vendas",
}

// contacts adds people by way of vCards.
func (s *sampler) contacts(f *Folder, people []string) {
	for i, person := range people {
		p := strings.Split(person, ";")
		card := fmt.Sprintf("BEGIN:VCARD\nVERSION:4.0\nN:%s;%s;;;\nFN:%s\nORG:%s\nTITLE:%s\nEMAIL:%s\nTEL;TYPE=work:+44 20 7946 %04d\n",
			p[0], p[1], strings.TrimSpace(p[1]+" "+p[0]), p[2], p[3], sampleAddress(i), 100+i)
		if i%2 == 0 {
			card += fmt.Sprintf("TEL;TYPE=cell:+44 7700 900%03d\nADR;TYPE=work:;;%d Quay Street\\, Floor 2;Bristol;;BS1 %dAA;United Kingdom\n", i, i+1, i%9+1)
		}
		if i%3 == 0 {
			card += fmt.Sprintf("BDAY:19%02d%02d%02d\nCATEGORIES:Friends,Chess club\n", 50+i, i%12+1, i%28+1)
		}
		if i%5 == 0 {
			card += "NOTE:Met at the harbour fair.\\nPrefers to be called in the morning ☎.\n"
		}
		parsed, err := parseCards(strings.NewReader(card + "END:VCARD\n"))
		if err != nil {
			panic("easserver: the sample is broken: " + err.Error())
		}
		for _, props := range parsed {
			f.Add(Item{Properties: props})
		}
	}
}

func sampleAddress(i int) string { return fmt.Sprintf("person%02d@example.org", i) }

// add adds what an iCalendar text says.
func (s *sampler) add(f *Folder, text string) {
	parsed, err := parseComponents(strings.NewReader(text))
	if err != nil {
		panic("easserver: the sample is broken: " + err.Error())
	}
	for _, it := range calendarItems(parsed) {
		f.Add(Item{Properties: it.props})
	}
}

// sampleEvents are iCalendar events, with %s for the day of their start.
var sampleEvents = []string{
	"DTSTART;TZID=Europe/London:%[1]sT093000\nDTEND;TZID=Europe/London:%[1]sT094500\nSUMMARY:Stand-up\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=60\n" +
		"EXDATE;TZID=Europe/London:%[2]sT093000\nORGANIZER;CN=Ann Smith:mailto:person12@example.org\nATTENDEE;CN=Alice;PARTSTAT=ACCEPTED:mailto:alice@example.com\n" +
		"ATTENDEE;CN=Jörg Müller;PARTSTAT=TENTATIVE;ROLE=OPT-PARTICIPANT:mailto:person11@example.org\n",
	"DTSTART;VALUE=DATE:%[1]s\nDTEND;VALUE=DATE:%[2]s\nSUMMARY:Holiday in the Algarve ☀\nTRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:OOF\nCLASS:PRIVATE\n",
	"DTSTART;TZID=Europe/Berlin:%[1]sT140000\nDURATION:PT90M\nSUMMARY:Planungsrunde Größe & Maße\nLOCATION:Besprechungsraum „Möwe“\nDESCRIPTION:Tagesordnung:\\n1. Maße\\n2. Größen\n" +
		"BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\n",
	"DTSTART:%[1]sT170000Z\nDTEND:%[1]sT180000Z\nSUMMARY:Board meeting\nRRULE:FREQ=MONTHLY;BYDAY=2TH;UNTIL=20261231T235959Z\nCATEGORIES:Board,Important\n",
	"DTSTART;VALUE=DATE:%[1]s\nSUMMARY:Anniversary of the lighthouse\nRRULE:FREQ=YEARLY\nTRANSP:TRANSPARENT\n",
}

func (s *sampler) events(f *Folder, n int) {
	for range n {
		s.count++
		day := time.Date(2025, 1, 13, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*s.rand.IntN(50))
		event := fmt.Sprintf(sampleEvents[s.count%len(sampleEvents)], day.Format("20060102"), day.AddDate(0, 0, 2).Format("20060102"))
		uid := fmt.Sprintf("UID:event-%03d@example.com\nDTSTAMP:20250106T080000Z\n", s.count)
		text := "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + uid + event + "END:VEVENT\n"
		if strings.Contains(event, "COUNT=60") { // one occurrence is moved to the afternoon
			moved := day.AddDate(0, 0, 1).Format("20060102")
			text += "BEGIN:VEVENT\n" + uid + fmt.Sprintf("RECURRENCE-ID;TZID=Europe/London:%[1]sT093000\nDTSTART;TZID=Europe/London:%[1]sT150000\n"+
				"DTEND;TZID=Europe/London:%[1]sT151500\nSUMMARY:Stand-up (moved)\n", moved) + "END:VEVENT\n"
		}
		s.add(f, text+"END:VCALENDAR\n")
	}
}

func (s *sampler) tasks(f *Folder, n int) {
	for i := range n {
		day := time.Date(2025, 2, 3+3*i, 0, 0, 0, 0, time.UTC).Format("20060102")
		task := fmt.Sprintf("SUMMARY:%s\nDTSTART:%[2]sT080000Z\nDUE:%[2]sT160000Z\nPRIORITY:%d\nDESCRIPTION:Step by step\\, no rush.\n",
			[]string{"Order paint", "Check the fog horn", "Bäume schneiden", "予算を確認する", "Renew the insurance"}[i%5], day, i%9+1)
		switch i % 3 {
		case 0:
			task += "STATUS:COMPLETED\nCOMPLETED:" + day + "T150000Z\n"
		case 1:
			task += "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=10\n"
		}
		s.add(f, "BEGIN:VCALENDAR\nBEGIN:VTODO\n"+task+"END:VTODO\nEND:VCALENDAR\n")
	}
}

func (s *sampler) notes(f *Folder) {
	for i, note := range []string{"Shopping list", "Ideas for the garden", "Wi-Fi at the cottage", "Książki do przeczytania", "Song lyrics ♪"} {
		s.add(f, fmt.Sprintf("BEGIN:VCALENDAR\nBEGIN:VJOURNAL\nSUMMARY:%s\nDTSTAMP:202501%02dT120000Z\nCATEGORIES:Home\nDESCRIPTION:%s\\n- one\\n- two\\n- three\n"+
			"END:VJOURNAL\nEND:VCALENDAR\n", note, 10+i, note))
	}
}

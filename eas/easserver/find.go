package easserver

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Statuses of Find. MS-ASCMD 2.2.3.177.2.
const (
	findInvalid   = 2
	findHierarchy = 3
	findFromZero  = 4
)

// guid is the form of a SearchId. MS-ASDTYPE 2.7.4.
var guid = regexp.MustCompile(`^\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?$`)

// findCommand answers Find, in the mailbox and in the directory. MS-ASCMD 2.2.1.2.
func (x *exchange) findCommand() {
	err := x.protocol.wellFormed(x.doc)
	var criterion *wbxml.Element
	if err == nil {
		criterion, err = findCriterion(x.doc)
	}
	from, to, rangeErr := searchRange(criterion.Value(wbxml.FindOptions, wbxml.FindRange))
	if err == nil {
		err = rangeErr
	}
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.69", err.Error())
		x.status(findInvalid)
		return
	}
	if !x.sameFind(x.doc.Value(wbxml.FindSearchId), from) {
		x.violation("MS-ASCMD 2.2.3.143.1", fmt.Sprintf("a search that begins at %d", from))
		x.findStatus(findFromZero)
		return
	}
	if criterion.Tag == wbxml.FindGalSearchCriterion {
		x.findPeople(criterion, from, to)
		return
	}
	x.findMails(criterion, from, to)
}

// findCriterion returns what is looked for.
func findCriterion(doc *wbxml.Element) (*wbxml.Element, error) {
	if id := doc.Value(wbxml.FindSearchId); !guid.MatchString(id) {
		return nil, fmt.Errorf("SearchId is %q", id)
	}
	execute := doc.Child(wbxml.FindExecuteSearch)
	if len(execute.Children) != 1 {
		return nil, fmt.Errorf("%d criteria", len(execute.Children))
	}
	c := &execute.Children[0]
	query, options := c.Child(wbxml.FindQuery), c.Child(wbxml.FindOptions)
	if c.Tag == wbxml.FindGalSearchCriterion {
		if len(query.Children) > 0 || query.Text == "" || options != nil && options.Has(wbxml.FindDeepTraversal) {
			return nil, fmt.Errorf("a search of people with %d elements, or deep", len(query.Children))
		}
		_, err := parsePictures(options.Child(wbxml.FindPicture), wbxml.FindMaxSize, wbxml.FindMaxPictures)
		return c, err
	}
	if query.Value(wbxml.AirSyncClass) != "Email" || query.Value(wbxml.FindFreeText) == "" || options != nil && options.Has(wbxml.FindPicture) {
		return nil, fmt.Errorf("a search of mail of class %q, for %q", query.Value(wbxml.AirSyncClass), query.Value(wbxml.FindFreeText))
	}
	return c, nil
}

// sameFind tells whether a range may be asked for: one that begins a search, or the
// next of the search before. MS-ASCMD 2.2.3.143.1.
func (x *exchange) sameFind(id string, from int) bool {
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	same := x.device.findID == id
	x.device.findID = id
	return same || from == 0
}

// findStatus answers with the status of the Response.
func (x *exchange) findStatus(status int) {
	x.reply(wbxml.E(wbxml.FindFind, wbxml.T(wbxml.FindStatus, "1"), wbxml.E(wbxml.FindResponse,
		wbxml.T(wbxml.ItemOperationsStore, "Mailbox"), wbxml.T(wbxml.FindStatus, strconv.Itoa(status)))))
}

// findAnswer writes the results from one to another of n; one writes a Result.
func (x *exchange) findAnswer(from, to, n int, one func(enc *wbxml.Encoder, i int)) {
	if to < 0 {
		to = from + maxResults - 1
	}
	to = min(to, from+maxResults-1, n-1)
	x.stream(func(enc *wbxml.Encoder) {
		enc.Start(wbxml.FindFind)
		enc.Text(wbxml.FindStatus, "1")
		enc.Start(wbxml.FindResponse)
		enc.Text(wbxml.ItemOperationsStore, "Mailbox")
		enc.Text(wbxml.FindStatus, "1")
		for i := from; i <= to; i++ {
			enc.Start(wbxml.FindResult)
			one(enc, i)
			enc.End()
		}
		if from <= to {
			enc.Text(wbxml.FindRange, fmt.Sprintf("%d-%d", from, to))
			enc.Text(wbxml.FindTotal, strconv.Itoa(n))
		}
		enc.End()
		enc.End()
	})
}

func (x *exchange) findPeople(criterion *wbxml.Element, from, to int) {
	pictures, _ := parsePictures(criterion.Child(wbxml.FindOptions).Child(wbxml.FindPicture), wbxml.FindMaxSize, wbxml.FindMaxPictures) // findCriterion has seen that it is right
	found := x.entries(criterion.Value(wbxml.FindQuery))
	x.findAnswer(from, to, len(found), func(enc *wbxml.Encoder, i int) {
		enc.Start(wbxml.FindProperties)
		writeEntry(enc, &found[i], pictures)
		enc.End()
	})
}

func (x *exchange) findMails(criterion *wbxml.Element, from, to int) {
	query, options := criterion.Child(wbxml.FindQuery), criterion.Child(wbxml.FindOptions)
	c := criteria{deep: options != nil && options.Has(wbxml.FindDeepTraversal), all: keywords(query.Value(wbxml.FindFreeText))}
	if folder := query.Child(wbxml.AirSyncCollectionId); folder != nil {
		x.user.mu.Lock()
		known := x.user.byID(folder.Text) != nil
		x.user.mu.Unlock()
		if !known {
			x.status(findHierarchy)
			return
		}
		c.all = append(c.all, func(h hit) bool { return c.inFolder(h.folder, []string{folder.Text}) })
	}
	found := x.hits(&c)
	x.findAnswer(from, to, len(found), func(enc *wbxml.Encoder, i int) { x.writeFound(enc, found[i]) })
}

// keywords are the conditions of a query in the keyword query language: words, which
// the message has, and the restrictions from, to, cc and subject. All must be met.
func keywords(query string) []func(hit) bool {
	all := []func(hit) bool{func(h hit) bool { return h.v.Message != nil }}
	for _, word := range strings.FieldsFunc(strings.ToLower(query), unicode.IsSpace) {
		where, what, restricted := strings.Cut(word, ":")
		if !restricted || !slices.Contains([]string{"from", "to", "cc", "subject"}, where) {
			where, what = "", word
		}
		all = append(all, func(h hit) bool {
			m := h.v.header()
			text := map[string]string{"from": m.from, "to": m.to, "cc": m.cc, "subject": m.subject}[where]
			if where == "" {
				text = h.v.searchText()
			}
			return strings.Contains(strings.ToLower(text), strings.Trim(what, `"`))
		})
	}
	return all
}

// writeFound writes what a Result shows of a message. MS-ASCMD 2.2.3.155.1.
func (x *exchange) writeFound(enc *wbxml.Encoder, h hit) {
	enc.Text(wbxml.AirSyncClass, "Email")
	enc.Text(wbxml.AirSyncServerId, x.device.shownItem(h.folder.serverID(h.v.num)))
	enc.Text(wbxml.AirSyncCollectionId, x.device.shown(h.folder.id))
	m, body := h.v.header(), h.v.Message.body()
	_, cc := addresses(m.cc)
	enc.Start(wbxml.FindProperties)
	defer enc.End()
	text := func(tag wbxml.Tag, s string) {
		if s != "" {
			enc.Text(tag, s)
		}
	}
	text(wbxml.EmailSubject, m.subject)
	enc.Text(wbxml.EmailDateReceived, h.v.Received.UTC().Format(wbxml.DateTime))
	text(wbxml.EmailDisplayTo, m.displayTo)
	text(wbxml.FindDisplayCc, cc)
	enc.Text(wbxml.EmailImportance, m.importance)
	enc.Text(wbxml.EmailRead, flagText(h.v.Read))
	enc.Text(wbxml.Email2IsDraft, flagText(h.folder.typ == eas.FolderDrafts))
	text(wbxml.FindPreview, cutRunes(body.plain(), 255))
	enc.Text(wbxml.FindHasAttachments, flagText(len(body.attachments) > 0))
	text(wbxml.EmailFrom, m.from)
}

package easserver

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// SetEntry says what the directory has of the user. What e leaves empty of the names
// and the address is what the user's name gives.
func (u *User) SetEntry(e eas.GALEntry) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.entry = e
}

// directoryEntry returns what the directory has of the user.
func (u *User) directoryEntry() eas.GALEntry {
	u.mu.Lock()
	defer u.mu.Unlock()
	e := u.entry
	first, last, _ := strings.Cut(u.displayName, " ")
	for to, s := range map[*string]string{
		&e.DisplayName: u.displayName, &e.Alias: u.name, &e.FirstName: first, &e.LastName: last, &e.EmailAddress: u.address,
	} {
		*to = cmp.Or(*to, s)
	}
	return e
}

// searchDirectory finds users of the store by their names and addresses.
func (x *exchange) searchDirectory(store *wbxml.Element, from, to int) {
	query := store.Child(wbxml.SearchQuery)
	o := store.Child(wbxml.SearchOptions)
	pictures, err := parsePictures(o.Child(wbxml.SearchPicture), wbxml.SearchMaxSize, wbxml.SearchMaxPictures)
	switch {
	case len(query.Children) > 0 || query.Text == "":
		err = fmt.Errorf("the Query of a GAL is a text")
	case o != nil && o.Has(wbxml.SearchUserName):
		err = fmt.Errorf("credentials that nobody asked for")
	}
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.125.5", err.Error())
		x.searchStatus(2)
		return
	}
	found := x.entries(query.Text)
	x.searchAnswer(from, to, len(found), maxResults, func(enc *wbxml.Encoder, i int) {
		enc.Start(wbxml.SearchProperties)
		writeEntry(enc, &found[i], pictures)
		enc.End()
	})
}

// entries finds people in the directory, in the order of their names.
func (x *exchange) entries(query string) []eas.GALEntry {
	var found []eas.GALEntry
	for _, u := range x.server.store.Users() {
		if u.matches(query) {
			found = append(found, u.directoryEntry())
		}
	}
	slices.SortStableFunc(found, func(a, b eas.GALEntry) int { return strings.Compare(a.DisplayName, b.DisplayName) })
	return found
}

// writeEntry writes the properties that are not empty.
func writeEntry(enc *wbxml.Encoder, e *eas.GALEntry, pictures *pictures) {
	writeFields(enc, *e)
	if pictures == nil {
		return
	}
	status, data := pictures.take(e.Picture)
	enc.Start(wbxml.GALPicture)
	enc.Text(wbxml.GALStatus, strconv.Itoa(status))
	if data != nil {
		enc.Text(wbxml.GALData, base64.StdEncoding.EncodeToString(data))
	}
	enc.End()
}

// matches tells whether a word of the name, or the address, begins with the query.
func (u *User) matches(query string) bool {
	query = strings.ToLower(strings.TrimSpace(query))
	if query == "" {
		return false
	}
	for _, word := range append(strings.Fields(u.displayName), u.displayName, u.address, u.name) {
		if strings.HasPrefix(strings.ToLower(word), query) {
			return true
		}
	}
	return false
}

// pictures are the limits for the photos of an answer.
type pictures struct {
	size, left int
}

// maxPicture is the most bytes of a photo. MS-ASCMD 2.2.3.105.
const maxPicture = 102400

// parsePictures reads a Picture of the options, nil if there is none.
func parsePictures(e *wbxml.Element, size, most wbxml.Tag) (*pictures, error) {
	if e == nil {
		return nil, nil
	}
	p := &pictures{maxPicture, maxResults}
	var err error
	if s := e.Child(size); s != nil {
		if p.size, err = number(s, 0, maxPicture); err != nil {
			return nil, err
		}
	}
	if m := e.Child(most); m != nil {
		p.left, err = number(m, 0, maxResults)
	}
	return p, err
}

// take returns the status of a photo, and the photo if it may be sent. MS-ASCMD
// 2.2.3.104.
func (p *pictures) take(photo *eas.Picture) (status int, data []byte) {
	switch {
	case photo == nil:
		return 173, nil
	case len(photo.Data) > p.size:
		return 174, nil
	case p.left == 0:
		return 175, nil
	}
	p.left--
	return 1, photo.Data
}

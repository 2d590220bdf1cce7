package item

import (
	"mime"
	"net/url"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Attachment is a file of an item, as the item lists it: MS-ASAIRS 2.2.2.7. Its
// bytes are fetched by its FileReference. What did not come is zero.
type Attachment struct {
	Name          string // DisplayName
	FileReference string
	ContentType   string // rarely there: the answer to the fetch has it
	ContentID     string // by which an HTML body names it, without angle brackets
	Size          int64  // EstimatedDataSize in bytes, a hint only
	Method        int    // 1 a file, 5 an e-mail message, 6 an OLE object: MS-ASAIRS 2.2.2.31.2
	Inline        bool   // shown inside the body
}

// Attachments lists the files of an item that are fetched by their FileReference,
// those of the changed occurrences of a series too. Each reference is listed once.
func Attachments(props []wbxml.Element) []Attachment {
	item := wbxml.Element{Children: props}
	listed := map[string]bool{}
	all := listAttachments(nil, listed, &item)
	for e := range item.Child(wbxml.CalendarExceptions).All(wbxml.CalendarException) {
		all = listAttachments(all, listed, e)
	}
	return all
}

func listAttachments(all []Attachment, listed map[string]bool, e *wbxml.Element) []Attachment {
	for child := range e.Child(wbxml.AirSyncBaseAttachments).All(wbxml.AirSyncBaseAttachment) {
		a := attachment(child)
		if a.FileReference != "" && !listed[a.FileReference] {
			listed[a.FileReference] = true
			all = append(all, a)
		}
	}
	return all
}

func attachment(e *wbxml.Element) Attachment {
	size, err := strconv.ParseInt(e.Value(wbxml.AirSyncBaseEstimatedDataSize), 10, 64)
	if err != nil || size < 0 {
		size = 0
	}
	method, err := strconv.ParseUint(e.Value(wbxml.AirSyncBaseMethod), 10, 31)
	if err != nil {
		method = 0
	}
	return Attachment{
		Name:          e.Value(wbxml.AirSyncBaseDisplayName),
		FileReference: e.Value(wbxml.AirSyncBaseFileReference),
		ContentType:   e.Value(wbxml.AirSyncBaseContentType),
		ContentID:     strings.Trim(e.Value(wbxml.AirSyncBaseContentId), "<>"),
		Size:          size,
		Method:        int(method),
		Inline:        holds(e.Child(wbxml.AirSyncBaseIsInline)),
	}
}

// attachments writes the files of an event: those that were stored as ATTACH (RFC
// 5545 3.8.1.1) with FILENAME (RFC 8607 4.3), of the others the name.
func (c component) attachments(v view, files map[string]File) {
	for e := range v.first(wbxml.AirSyncBaseAttachments).All(wbxml.AirSyncBaseAttachment) {
		a := attachment(e)
		file := files[a.FileReference]
		if file.Name == "" {
			c.add("X-EAS-ATTACHMENT", a.Name)
			continue
		}
		c.add("ATTACH", (&url.URL{Path: file.Name}).String(),
			param{"FILENAME", a.Name}, param{"FMTTYPE", mediaType(firstOf(file.ContentType, a.ContentType))})
	}
}

// mediaType is a content type without its parameters, "" if it is none.
func mediaType(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.Contains(kind, "/") {
		return ""
	}
	return kind
}

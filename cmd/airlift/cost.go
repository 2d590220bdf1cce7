package main

import (
	"fmt"

	"github.com/airlift-eas/airlift/sinks/s3"
)

// plan is what a run would ask a store for. It is an estimate: it takes each page for full and for one object, each listing
// for one answer but where the archive tells, and nothing for repeated. What changed or was deleted on the server nobody
// counts; it costs a page more in each folder where something did.
type plan struct {
	Puts   int64 `json:"put"`
	Gets   int64 `json:"get"`
	Heads  int64 `json:"head"`
	Lists  int64 `json:"list"`
	Others int64 `json:"other"`
	// BytesUp is of pages, with items as large as those of the archive are; null where that cannot tell.
	BytesUp *int64 `json:"bytes_up"`
	// Items are those that are not in the archive, Pages the segments in which they would come.
	Items     int `json:"items"`
	Pages     int `json:"pages"`
	Uncounted int `json:"uncounted_folders"` // of which the server gives no count

	goesOn bool // something is in the archive
}

func (p *plan) add(s s3.Stats) {
	p.Puts, p.Gets, p.Heads, p.Lists, p.Others = p.Puts+s.Puts, p.Gets+s.Gets, p.Heads+s.Heads, p.Lists+s.Lists, p.Others+s.Posts+s.Deletes
}

// String is the plan for people.
func (p *plan) String() string {
	text := "a run would store nothing that is new"
	if p.Items > 0 {
		text = fmt.Sprintf("a run would store %s in %s, ", count(p.Items, "item", "items"), count(p.Pages, "page", "pages"))
		if p.BytesUp == nil {
			text += "how many bytes the server does not say"
		} else {
			text += fmt.Sprintf("about %s if they are as large as those of the archive", bytesText(*p.BytesUp))
		}
	}
	if p.Uncounted > 0 {
		text += fmt.Sprintf("; %s more it does not count", count(p.Uncounted, "folder", "folders"))
	}
	text += fmt.Sprintf("\nthe store: about %d PUT, %d GET, %d HEAD, %d LIST, %d other", p.Puts, p.Gets, p.Heads, p.Lists, p.Others)
	if p.goesOn {
		text += "; what changed or was deleted on the server comes on top"
	}
	return text
}

package deliver

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/airlift-eas/airlift/sinks"
)

const email = "Email"

// marksOf is the hash of what of an item can change besides its bytes: what its server says of it, in an order of its own, and
// the other contents of what is no message.
func marksOf(class string, e *sinks.Event) string {
	categories := slices.Sorted(slices.Values(e.Categories))
	flag := e.Flag
	if flag == "none" {
		flag = ""
	}
	importance := e.Importance
	if importance == "normal" {
		importance = ""
	}
	var follow *sinks.FollowUp
	if flag != "" {
		follow = e.FollowUp
	}
	all := []any{e.Read != nil && *e.Read, flag, follow, slices.Compact(categories), importance, e.Verb}
	if class != email {
		for _, a := range e.Also {
			all = append(all, a.SHA256)
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		return "" // nothing of it can fail
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

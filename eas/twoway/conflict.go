package twoway

import (
	"context"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
)

// Rule says whose change stays.
type Rule int

const (
	// KeepBoth keeps the server's content in the item, and makes a new item of the program's, here and at the server. What one side
	// deleted and the other changed stays, as it was changed. There cannot be two of a message: the server's flags stay.
	KeepBoth Rule = iota
	// ServerWins takes over what the server has. MS-ASCMD 2.2.3.34.
	ServerWins
	// ClientWins sends what the program has, whatever the server has got.
	ClientWins
)

// Conflict is an item that both sides changed since they agreed on it.
type Conflict struct {
	ID     string
	Class  eas.Class
	Here   *Item // nil = deleted
	Server *Item // nil = deleted
}

// decide asks who wins.
func (r *run) decide(ctx context.Context, c Conflict) (Rule, error) {
	r.result.Conflicts++
	rule := r.f.Rule
	if r.f.Resolve != nil {
		var err error
		if rule, err = r.f.Resolve(ctx, c); err != nil {
			return 0, fmt.Errorf("conflict over %s: %w", c.ID, err)
		}
	}
	if rule != KeepBoth {
		return rule, nil
	}
	switch {
	case c.Server == nil:
		return ClientWins, nil
	case c.Here == nil || r.class == eas.ClassEmail && !r.drafts:
		return ServerWins, nil
	}
	return KeepBoth, nil
}

// conflict is what a request says of conflicts that the client cannot know of.
func (r *run) conflict() eas.Conflict {
	if r.f.Rule == ClientWins && r.f.Resolve == nil {
		return eas.ClientWins
	}
	return eas.ServerWins
}

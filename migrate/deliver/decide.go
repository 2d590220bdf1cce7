package deliver

import "github.com/airlift-eas/airlift/checkpoints"

// there is what the target holds of an item.
type there int

const (
	thereGone    there = iota // it is not there (any more)
	thereAsPut                // as it was put
	thereChanged              // somebody changed it since
)

// news is what the source has of an item that the target was not told.
type news int

const (
	newsNone news = iota
	newsMarks
	newsContents
)

// action is what is done with an item.
type action int

const (
	actNothing  action = iota
	actPut             // put it
	actMarks           // tell the target its marks
	actContents        // tell the target its contents and marks
	actBeside          // put it beside what the target has
	actTaken           // note that somebody took it
	actLeave           // leave it: it was changed at the target, and not in the source
	actConflict        // leave it: it was changed on both sides
	actRemove          // remove it
	actGone            // note that it is removed
	actForget          // forget the receipt
)

// rules are those of the options.
type rules struct {
	conflict Conflict
	deletes  bool
	again    bool
	// later is what is known of which side changed last: 1 = the source, -1 = the target, 0 = nothing.
	later int
}

// decide says what is done with an item that the source has. It is the table of the package's documentation.
func decide(state checkpoints.Delivery, n news, t there, r rules) action {
	switch state {
	case checkpoints.Placed:
		return decidePlaced(n, t, r)
	case checkpoints.Found:
		switch {
		case n != newsNone:
			return actPut // what is there is another's: what the source has now is looked for and put like any other
		case t == thereGone:
			return taken(r)
		}
		return actNothing
	case checkpoints.Taken:
		if !r.again {
			return actNothing
		}
	}
	return actPut // there is no receipt, or it was refused or removed
}

// taken says what is done with an item that somebody took.
func taken(r rules) action {
	if r.again {
		return actPut
	}
	return actTaken
}

func decidePlaced(n news, t there, r rules) action {
	switch {
	case t == thereGone:
		return taken(r)
	case n == newsNone && t == thereChanged:
		return actLeave
	case n == newsNone:
		return actNothing
	case t == thereChanged:
		switch {
		case r.conflict == ConflictBoth && n == newsContents:
			return actBeside
		case r.conflict == ConflictSource, r.conflict == ConflictNewer && r.later > 0:
		default:
			return actConflict
		}
	}
	if n == newsMarks {
		return actMarks
	}
	return actContents
}

// decideLeft says what is done with an item that left the source.
func decideLeft(state checkpoints.Delivery, t there, r rules) action {
	switch {
	case state == checkpoints.Removed:
		return actNothing
	case state != checkpoints.Placed:
		return actForget
	case !r.deletes:
		return actNothing
	case t == thereGone:
		return actGone
	case t == thereChanged:
		return actLeave
	}
	return actRemove
}

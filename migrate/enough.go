package migrate

import (
	"errors"
	"fmt"
)

// errFirstKey says that a page leads back to where every pass begins: to go on with it would be to begin for ever.
var errFirstKey = errors.New("the page leads to the first key")

// idleness is what a server sent since the last item that was not known, or that the pass had not shown.
type idleness struct {
	empty    int // pages in a row without commands
	last     int // pages in a row that announced no more, and had something all the same
	commands int
}

// idleCommands is how many commands in a row may tell of nothing but known items. A server may send everything again for reasons of its
// own, as SOGo 5.8 does when somebody marks all messages, and then once more; one that goes on does not come to an end.
func idleCommands(known, window int) int { return 2*known + maxEmptyPages*window }

// enough tells whether the folder is read to its end, after a page. A server that never comes to an end is left: with an error if
// it says itself that there is more, else with what it had.
func (f *folderRun) enough(got got, idle *idleness) (bool, error) {
	switch {
	case got.initial || got.fresh:
		*idle = idleness{}
		return false, nil
	case got.items == 0 && !got.more:
		return true, nil
	case got.items == 0:
		if idle.empty++; idle.empty > maxEmptyPages {
			return false, f.fail(Source, fmt.Errorf("%d pages in a row announced more items and held none", idle.empty))
		}
		return false, nil
	}
	idle.empty = 0
	idle.commands += got.items
	most := idleCommands(f.before+f.counts.Stored+max(f.primed, 0), f.window)
	if got.more {
		if idle.last = 0; idle.commands > most {
			return false, f.fail(Source, fmt.Errorf("the server sent nothing new %d times in a row, and announces more", idle.commands))
		}
		return false, nil
	}
	if idle.last++; idle.last > maxEmptyPages || idle.commands > most {
		f.warn(0, "the server has another change each time that it is asked: it is asked again by the next run")
		return true, nil
	}
	return false, nil
}

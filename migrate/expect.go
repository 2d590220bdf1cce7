package migrate

// Held is what is known of a folder from earlier runs.
type Held struct {
	Path  string // "" = it is not known: an encrypted archive does not tell it to everybody
	Class string
	Items int // of the server's, archived or left out by a rule
}

// Expected is what a run would store of a mailbox, as far as counts tell it. What changed or was deleted on the server no
// count tells: each folder where something did has a page more, at least.
type Expected struct {
	Folders   int // that a run would read
	Items     int // that the server counts, and that are not held
	Pages     int // in which these come, where the server fills each page
	Uncounted int // folders of which the server gives no count
}

// Expect holds the server's counts against what is held. window is that of Options. Folders are matched by path and class:
// the probe is another device than the run, and a server may name them otherwise to it.
func (p *Probe) Expect(held []Held, window int) Expected {
	if window <= 0 {
		window = defaultWindow
	}
	window = min(window, maxWindow)
	type place struct{ path, class string }
	before := map[place]int{}
	for _, h := range held {
		before[place{h.Path, h.Class}] += h.Items
	}
	var e Expected
	for _, f := range p.Folders {
		if !f.Selected {
			continue
		}
		e.Folders++
		if f.Items < 0 {
			e.Uncounted++
			continue
		}
		fresh := f.Items
		for _, at := range []place{{f.Path, f.Class}, {"", f.Class}} {
			known := min(before[at], fresh)
			before[at] -= known // where several folders may be meant, the rest is another's
			fresh -= known
		}
		e.Items += fresh
		e.Pages += (fresh + window - 1) / window
	}
	return e
}

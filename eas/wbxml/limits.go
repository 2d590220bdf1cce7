package wbxml

// Limits bounds what a document may cost its reader. A zero field takes the
// default; the zero Limits is safe for a hostile network.
type Limits struct {
	Depth    int   // open elements; default 64
	Name     int   // bytes of the string table, which holds names and strings; default 64 KiB
	Value    int64 // bytes of one value, streamed; default 4 GiB
	Memory   int64 // bytes that one Text or one Element tree may hold; default 64 MiB
	Elements int   // elements of one Element tree; default 1 << 20
	Document int64 // bytes of the document; default 64 GiB
}

func (l Limits) withDefaults() Limits {
	def := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	defInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	defInt(&l.Depth, 64)
	defInt(&l.Name, 64<<10)
	def(&l.Value, 4<<30)
	def(&l.Memory, 64<<20)
	defInt(&l.Elements, 1<<20)
	def(&l.Document, 64<<30)
	return l
}

// value returns one of the limits that a tree has.
func (l *Limits) value(limit string) int64 {
	if limit == "Elements" {
		return int64(l.Elements)
	}
	return l.Memory
}

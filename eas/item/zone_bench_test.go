package item

import "testing"

// BenchmarkZonePlace finds the place of a zone: one that Windows names, one without a name, and one that is no place's.
func BenchmarkZonePlace(b *testing.B) {
	nameless := romance
	nameless.stdName, nameless.dstName = "", ""
	odd := nameless
	odd.bias -= 7
	for name, info := range map[string]tzInfo{"named": romance, "nameless": nameless, "odd": odd} {
		z, ok := parseZone(info.blob())
		if !ok {
			b.Fatal(name)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				z.place(2026, 2027)
			}
		})
	}
}

package easserver

// bitset is a set of item numbers, one bit each: what a device has of a folder.
type bitset []uint64

func (b bitset) has(n uint32) bool {
	i := int(n / 64)
	return i < len(b) && b[i]&(1<<(n%64)) != 0
}

func (b *bitset) add(n uint32) {
	i := int(n / 64)
	for len(*b) <= i {
		*b = append(*b, 0)
	}
	(*b)[i] |= 1 << (n % 64)
}

func (b bitset) remove(n uint32) {
	if i := int(n / 64); i < len(b) {
		b[i] &^= 1 << (n % 64)
	}
}

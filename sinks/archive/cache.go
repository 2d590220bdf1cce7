package archive

import "github.com/airlift-eas/airlift/sinks"

// A Cache keeps bytes beside the archive for who reads it again: manifests, each as the compressed frame that it is in its
// segment, by what a listing tells of the segment. Package diskcache is one. Its methods may be called from many goroutines.
//
// A manifest that comes from a cache is held against its segment's name and its own counts as any other. That it is what the
// store has rests on the ETag; only [Archive.Verify], which reads no cache, holds the bytes against the chain.
type Cache interface {
	// Get returns what was put for that state of the object; nil if it is not there, or is not what was put.
	Get(o sinks.ObjectInfo) []byte
	// Put keeps data, as far as it can, in the place of what is there. It does not keep the slice.
	Put(o sinks.ObjectInfo, data []byte)
}

// remembered returns the manifest of a segment if the cache has it.
func (a *Archive) remembered(o sinks.ObjectInfo) (sinks.Committed, bool) {
	if a.cache == nil || o.ETag == "" {
		return sinks.Committed{}, false
	}
	packed := a.cache.Get(o)
	if packed == nil {
		return sinks.Committed{}, false
	}
	raw, err := a.codec.decodeWhole(packed, maxLast)
	if err != nil {
		return sinks.Committed{}, false
	}
	c, err := a.names.readManifest(sinks.Segment{Name: o.Name, Size: o.Size}, raw)
	return c, err == nil
}

// remember puts the manifest that was just read into the cache, if what was open is what the listing told of: it may have
// been replaced in between.
func (a *Archive) remember(o sinks.ObjectInfo, r *SegmentReader) {
	if a.cache == nil || o.ETag == "" || r.size != o.Size || r.have != len(r.table) {
		return
	}
	if tagged, ok := r.obj.(sinks.Tagged); ok && tagged.ETag() == o.ETag {
		a.cache.Put(o, r.packed)
	}
}

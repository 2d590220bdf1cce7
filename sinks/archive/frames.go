package archive

import (
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/airlift-eas/airlift/sinks"
)

const (
	frameSize = 1 << 20   // uncompressed bytes of a frame, at the most
	largeItem = 512 << 10 // an item of this size has frames of its own

	// Frames are collected in buffers of two sizes. Beyond the budget only the small ones are to be had: an archive
	// that many mailboxes write at once has smaller frames, and not more memory.
	smallBuffer  = 128 << 10
	bufferBudget = 64 << 20
)

// codec holds what all segments of an archive share: the compressor's state is by far the largest part of a writer,
// and is in use for some milliseconds a frame only.
type codec struct {
	enc    *zstd.Encoder
	dec    *zstd.Decoder
	budget atomic.Int64 // bytes of large buffers in use
	small  sync.Pool    // *buffer
	large  sync.Pool    // *buffer
	output sync.Pool    // *[]byte
}

func newCodec() (*codec, error) {
	parallel := min(runtime.GOMAXPROCS(0), 8)
	// Attachments are base64, which has no matches but a quarter less entropy than bytes: without entropy coding of
	// pure literals mixed mail is 1.18 times as large. Of mixed mail and of text alone Better saves another 0.2 and
	// 2 % for up to 1.4 times the CPU, Best 0.6 and 6 % for 12 and 5 times, and 64 MiB of memory. Fastest saves half
	// the CPU of text, and costs 4 %. A larger window is of no use in frames of this size.
	enc, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithAllLitEntropyCompression(true), zstd.WithEncoderCRC(true),
		zstd.WithWindowSize(frameSize), zstd.WithLowerEncoderMem(true), zstd.WithEncoderConcurrency(parallel))
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil,
		zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(maxLast), zstd.WithDecoderConcurrency(parallel))
	if err != nil {
		return nil, err
	}
	return &codec{
		enc: enc, dec: dec,
		small:  sync.Pool{New: func() any { return &buffer{b: make([]byte, 0, smallBuffer)} }},
		large:  sync.Pool{New: func() any { return &buffer{b: make([]byte, 0, frameSize), large: true} }},
		output: sync.Pool{New: func() any { return new([]byte) }},
	}, nil
}

// buffer collects a frame. Those of the pools never grow.
type buffer struct {
	b     []byte
	large bool
}

// grow returns a large buffer that holds what b holds, or false.
func (c *codec) grow(b *buffer) (*buffer, bool) {
	if b.large {
		return b, false
	}
	if c.budget.Add(frameSize) > bufferBudget {
		c.budget.Add(-frameSize)
		return b, false
	}
	large := c.large.Get().(*buffer)
	large.b = append(large.b[:0], b.b...)
	c.small.Put(b)
	return large, true
}

func (c *codec) release(b *buffer) {
	if b.large {
		c.budget.Add(-frameSize)
		c.large.Put(b)
	} else {
		c.small.Put(b)
	}
}

// decode decodes one frame into dst, which it replaces if it is too small.
func (c *codec) decode(f frame, compressed, dst []byte) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(compressed); err != nil {
		return nil, fmt.Errorf("frame at %d: %w: %w", f.at, sinks.ErrCorrupt, err)
	}
	if h.Skippable || !h.HasCheckSum || h.DictionaryID != 0 || !h.HasFCS || h.FrameContentSize != uint64(f.raw) ||
		binary.LittleEndian.Uint32(compressed[len(compressed)-4:]) != f.sum {
		return nil, fmt.Errorf("frame at %d: it is not the one of the seek table: %w", f.at, sinks.ErrCorrupt)
	}
	if int64(cap(dst)) < f.raw {
		dst = make([]byte, 0, f.raw)
	}
	raw, err := c.dec.DecodeAll(compressed, dst[:0:f.raw])
	if err != nil {
		return nil, fmt.Errorf("frame at %d: %w: %w", f.at, sinks.ErrCorrupt, err)
	}
	if int64(len(raw)) != f.raw {
		return nil, fmt.Errorf("frame at %d: %d uncompressed bytes, not %d: %w", f.at, len(raw), f.raw, sinks.ErrCorrupt)
	}
	return raw, nil
}

// decodeWhole decodes what is compressed as one frame that says its size, which may be limit.
func (c *codec) decodeWhole(compressed []byte, limit int64) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(compressed); err != nil || len(compressed) < 4 {
		return nil, fmt.Errorf("no zstd frame: %w", sinks.ErrCorrupt)
	}
	if !h.HasFCS || h.FrameContentSize > uint64(limit) {
		return nil, fmt.Errorf("a frame of more than %d bytes, or of no known size: %w", limit, sinks.ErrCorrupt)
	}
	sum := binary.LittleEndian.Uint32(compressed[len(compressed)-4:])
	return c.decode(frame{raw: int64(h.FrameContentSize), sum: sum}, compressed, nil)
}

// frameWriter compresses a stream in frames.
type frameWriter struct {
	c     *codec
	w     io.Writer
	buf   *buffer // of the frame in hand; nil: none is begun
	table seekTable
}

// offset returns how many uncompressed bytes were written.
func (w *frameWriter) offset() int64 { return w.table.raw() + int64(w.pending()) }

// pending returns how many bytes the frame in hand has.
func (w *frameWriter) pending() int {
	if w.buf == nil {
		return 0
	}
	return len(w.buf.b)
}

// reserve begins another frame if n more bytes do not fit into the one in hand.
func (w *frameWriter) reserve(n int64) error {
	if w.buf == nil || int64(w.pending())+n <= int64(cap(w.buf.b)) {
		return nil
	}
	if int64(w.pending())+n <= frameSize {
		var ok bool
		if w.buf, ok = w.c.grow(w.buf); ok {
			return nil
		}
	}
	return w.cut()
}

// space returns room in the frame in hand, in another one if that is full. What is put there counts once advance says
// so.
func (w *frameWriter) space() ([]byte, error) {
	if w.buf != nil && len(w.buf.b) == cap(w.buf.b) {
		var ok bool
		if w.buf, ok = w.c.grow(w.buf); !ok {
			if err := w.cut(); err != nil {
				return nil, err
			}
		}
	}
	if w.buf == nil {
		w.buf = w.c.small.Get().(*buffer)
		w.buf.b = w.buf.b[:0]
	}
	return w.buf.b[len(w.buf.b):cap(w.buf.b)], nil
}

func (w *frameWriter) advance(n int) { w.buf.b = w.buf.b[:len(w.buf.b)+n] }

func (w *frameWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		room, err := w.space()
		if err != nil {
			return len(p) - len(rest), err
		}
		n := copy(room, rest)
		w.advance(n)
		rest = rest[n:]
	}
	return len(p), nil
}

// cut ends the frame in hand, if one is begun.
func (w *frameWriter) cut() error {
	if w.pending() == 0 {
		return nil
	}
	err := w.frame(w.buf.b)
	w.release()
	return err
}

// frame writes a frame of its own.
func (w *frameWriter) frame(raw []byte) error {
	if len(w.table) == maxFrames {
		return fmt.Errorf("the page is too large: more than %d frames", maxFrames)
	}
	out := w.c.output.Get().(*[]byte)
	*out = w.c.enc.EncodeAll(raw, (*out)[:0])
	sum := binary.LittleEndian.Uint32((*out)[len(*out)-4:])
	w.table.add(frame{size: int64(len(*out)), raw: int64(len(raw)), sum: sum})
	_, err := w.w.Write(*out)
	if cap(*out) <= 2*frameSize { // a manifest's may be longer
		w.c.output.Put(out)
	}
	return err
}

// finish writes the seek table.
func (w *frameWriter) finish() error {
	if err := w.cut(); err != nil {
		return err
	}
	_, err := w.w.Write(w.table.encode())
	return err
}

// release gives the buffer back.
func (w *frameWriter) release() {
	if w.buf != nil {
		w.c.release(w.buf)
		w.buf = nil
	}
}

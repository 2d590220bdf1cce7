package archive

import "io"

// frameStream reads the uncompressed bytes of a segment.
type frameStream struct {
	codec *codec
	in    io.Reader // of the compressed ones
	table seekTable

	next       int // frame
	compressed []byte
	raw        []byte // the frame's buffer
	rest       []byte // of it, not yet read
	at         int64  // uncompressed bytes read
}

func (s *frameStream) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		if s.next == len(s.table) {
			return 0, io.EOF
		}
		if err := s.decode(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	s.at += int64(n)
	return n, nil
}

func (s *frameStream) decode() error {
	f := s.table[s.next]
	if int64(cap(s.compressed)) < f.size {
		s.compressed = make([]byte, f.size)
	}
	compressed := s.compressed[:f.size]
	if _, err := io.ReadFull(s.in, compressed); err != nil {
		return err
	}
	s.next++
	var err error
	if s.raw, err = s.codec.decode(f, compressed, s.raw); err != nil {
		return err
	}
	s.rest = s.raw
	return nil
}

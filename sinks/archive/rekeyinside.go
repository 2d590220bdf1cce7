package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

// maxRekeyLine bounds a line inside a change of recipients.
const maxRekeyLine = 1 << 20

// Inside a change of recipients are the signed record, just as it is in clear, a rekeyInside, and the rekeyKeys, each a line.

// rekeyInside is what only the recipients may know.
type rekeyInside struct {
	By       string   `json:"by,omitempty"`
	Unopened []string `json:"unopened,omitempty"`
	Seed     []byte   `json:"seed"` // of the key that signs the next change
}

// rekeyKey is one line of those behind.
type rekeyKey struct {
	Object string `json:"object"`
	Key    []byte `json:"key"` // the file key of the age format, 16 bytes
}

// encode returns the line and its hash.
func (i rekeyInside) encode() (line []byte, sum string, err error) {
	var b bytes.Buffer
	if err := writeLine(&b, i); err != nil {
		return nil, "", err
	}
	if b.Len() > maxRekeyLine {
		return nil, "", fmt.Errorf("what is not in clear of it is %d bytes, and may be %d", b.Len(), maxRekeyLine)
	}
	h := sha256.Sum256(b.Bytes())
	return b.Bytes(), hex.EncodeToString(h[:]), nil
}

// insideOf reads what is inside a change of recipients: all of it if there is somebody to take the keys, who must not believe
// them before this returns nil.
func (a *Archive) insideOf(ctx context.Context, s *sealedObject, key func(rekeyKey)) (inside rekeyInside, err error) {
	id, err := a.identity(ctx, s)
	if err != nil {
		return inside, err
	}
	return a.scanRekey(s, id, key)
}

// scanRekey is insideOf with an identity of the caller's.
func (a *Archive) scanRekey(s *sealedObject, id age.Identity, key func(rekeyKey)) (inside rekeyInside, err error) {
	r, err := a.parseRekey(s.name, s.shown)
	if err != nil {
		return inside, err
	}
	o, err := s.open(id)
	if err != nil {
		return inside, err
	}
	in := bufio.NewReaderSize(io.NewSectionReader(o, 0, o.Size()), maxRekeyLine)
	if err := inside.read(in, s.shown, r.InsideSHA256); err != nil {
		return rekeyInside{}, fmt.Errorf("%s: %w", s.name, corrupt("inside", err))
	}
	if key == nil {
		return inside, nil
	}
	if err := readRekeyKeys(in, &r.RekeyRecord, key); err != nil {
		return rekeyInside{}, fmt.Errorf("%s: %w", s.name, corrupt("keys", err))
	}
	return inside, nil
}

// read reads the two lines before the keys. Their hash and the record are signed.
func (i *rekeyInside) read(in *bufio.Reader, shown []byte, sum string) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.Equal(line, shown) {
		return errors.New("its part in clear is not what the record says")
	}
	if line, err = in.ReadSlice('\n'); err != nil {
		return err
	}
	if h := sha256.Sum256(line); hex.EncodeToString(h[:]) != sum {
		return errors.New("its SHA-256 is not the one that is signed")
	}
	return json.Unmarshal(line, i)
}

func readRekeyKeys(in *bufio.Reader, r *RekeyRecord, key func(rekeyKey)) error {
	sum := sha256.New()
	for n := 0; ; n++ {
		line, err := in.ReadSlice('\n')
		if err == io.EOF && len(line) == 0 {
			if n != r.Keys || hex.EncodeToString(sum.Sum(nil)) != r.KeysSHA256 {
				return fmt.Errorf("%d keys of %d, or their SHA-256 is not the one that is signed", n, r.Keys)
			}
			return nil
		}
		var k rekeyKey
		if err == nil {
			sum.Write(line)
			err = json.Unmarshal(line, &k)
		}
		if err == nil && (len(k.Key) != fileKeySize || sinks.CheckName(k.Object) != nil) {
			err = errors.New("no key of an object")
		}
		if err != nil {
			return err
		}
		key(k)
	}
}

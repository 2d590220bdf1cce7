package archive

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// Format is the number of the format that this package reads and writes.
const Format = 1

// An Archive is a set of segments and run records in a bucket. Its methods may be called from many goroutines.
type Archive struct {
	bucket sinks.Bucket
	codec  *codec
	head   head
	sum    string // hex SHA-256 of archive.json
	names  layout
	crypt  *crypt // nil: it is not encrypted
	cache  Cache  // nil: none, as in every encrypted archive

	heldNow holdCache
}

var _ sinks.Sink = (*Archive)(nil)

// head is archive.json.
type head struct {
	Format  int       `json:"format"`
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	// Encrypted says to whom; nil = it is not. It is never changed.
	Encrypted *encryption `json:"encrypted,omitempty"`
}

// Open is [OpenWith] the zero Options.
func Open(ctx context.Context, b sinks.Bucket) (*Archive, error) { return OpenWith(ctx, b, Options{}) }

// OpenWith opens the archive of a bucket. sinks.ErrNotExist: there is none. sinks.ErrFormat: there is one of another format.
// ErrEncryption: it is not encrypted to the recipients that were asked for.
func OpenWith(ctx context.Context, b sinks.Bucket, o Options) (*Archive, error) {
	data, err := readSmall(ctx, b, headName)
	if errors.Is(err, sinks.ErrNotExist) {
		return nil, fmt.Errorf("no archive: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	h, err := parseHead(data)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	c, err := newCodec()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	a := &Archive{bucket: b, codec: c, head: h, sum: hex.EncodeToString(sum[:])}
	if a.crypt, err = newCrypt(h, o); err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	if a.crypt == nil {
		a.cache = o.Cache
	} else if err := a.beginCrypt(ctx, o); err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	return a, nil
}

// Create is [CreateWith] the zero Options.
func Create(ctx context.Context, b sinks.Bucket) (*Archive, error) {
	return CreateWith(ctx, b, Options{})
}

// CreateWith opens the archive of a bucket, and makes one if the bucket is empty. A bucket that holds other things is
// refused: sinks.ErrFormat. Of several that create at once one does, and the others open what it made. With recipients
// the archive is made encrypted, and without it is not; one that is there stays what it is.
func CreateWith(ctx context.Context, b sinks.Bucket, o Options) (*Archive, error) {
	a, err := OpenWith(ctx, b, o)
	if !errors.Is(err, sinks.ErrNotExist) {
		return a, err
	}
	if err := Vacant(ctx, b); err != nil {
		// What is there may be the archive that another one has made meanwhile.
		if a, openErr := OpenWith(ctx, b, o); errors.Is(err, sinks.ErrFormat) && !errors.Is(openErr, sinks.ErrNotExist) {
			return a, openErr
		}
		return nil, err
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	now := time.Now().UTC().Truncate(time.Second)
	h := head{Format: Format, ID: hex.EncodeToString(id), Created: now}
	if len(o.Recipients) > 0 {
		set, err := parseRecipients(o.Recipients)
		if err != nil {
			return nil, fmt.Errorf("create archive: %w", err)
		}
		h.Encrypted = &encryption{Recipients: set.names}
		if h.Encrypted.Key, h.Encrypted.Seed, err = newSigningKey(set); err != nil {
			return nil, fmt.Errorf("create archive: %w", err)
		}
	}
	data, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	err = writeSmall(ctx, b, headName, append(data, '\n'))
	if a, openErr := OpenWith(ctx, b, o); openErr == nil {
		return a, nil // ours or another's, and ours also if only the answer got lost
	} else if err == nil || errors.Is(openErr, ErrEncryption) {
		return nil, openErr
	}
	return nil, fmt.Errorf("create archive: %w", err)
}

// Vacant returns an error if a bucket that has no archive is no place for one either: sinks.ErrFormat if it holds other things.
func Vacant(ctx context.Context, b sinks.Bucket) error {
	for there, err := range b.List(ctx, "", "") {
		if err != nil {
			return fmt.Errorf("create archive: %w", err)
		}
		return fmt.Errorf("create archive: it is no archive and not empty (%s): %w", there.Name, sinks.ErrFormat)
	}
	return nil
}

// ID returns the archive's identity, 32 hex digits. Copies of an archive share it.
func (a *Archive) ID() string { return a.head.ID }

// Created returns when the archive was made.
func (a *Archive) Created() time.Time { return a.head.Created }

func parseHead(data []byte) (head, error) {
	var h head
	if err := json.Unmarshal(data, &h); err != nil {
		return h, fmt.Errorf("%s: %w: %w", headName, sinks.ErrCorrupt, err)
	}
	if h.Format != Format {
		return h, fmt.Errorf("%s: format %d, this version knows %d: %w", headName, h.Format, Format, sinks.ErrFormat)
	}
	// A field that is not known may be what says that the archive is encrypted: then nothing else keeps mail from being
	// written for everyone to read.
	strict := json.NewDecoder(bytes.NewReader(data))
	strict.DisallowUnknownFields()
	if err := strict.Decode(new(head)); err != nil {
		return h, fmt.Errorf("%s: %w: %w", headName, sinks.ErrFormat, err)
	}
	if id, err := hex.DecodeString(h.ID); err != nil || len(id) != 16 || h.Created.IsZero() {
		return h, fmt.Errorf("%s: no id or time: %w", headName, sinks.ErrCorrupt)
	}
	if h.Encrypted != nil {
		if err := h.Encrypted.checkSigningKey(); err != nil {
			return h, fmt.Errorf("%s: %w", headName, err)
		}
	}
	return h, nil
}

// maxSmall bounds the objects that are read whole: archive.json and run records.
const maxSmall = 64 << 20

func readSmall(ctx context.Context, b sinks.Bucket, name string) ([]byte, error) {
	o, err := b.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	if o.Size() > maxSmall {
		return nil, fmt.Errorf("%s: %d bytes: %w", name, o.Size(), sinks.ErrCorrupt)
	}
	data, err := readRange(o, 0, o.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

func writeSmall(ctx context.Context, b sinks.Bucket, name string, data []byte) error {
	up, err := b.Create(ctx, name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(up, bytes.NewReader(data)); err != nil {
		return errors.Join(err, up.Abort())
	}
	return up.Commit(ctx)
}

package archive

import (
	"bytes"
	"errors"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// seeds returns a small segment, its uncompressed frames, and its manifest.
func seeds(f *testing.F) (object []byte, frames [][]byte, manifest []byte) {
	f.Helper()
	b := newMemory()
	a := create(f, b)
	w := begin(f, a, sinktest.NewPage(sinktest.Inbox, 1, ""))
	putBytes(f, w, sinktest.Mail(1).Event, ".eml", []byte("one"))
	putBytes(f, w, sinks.Event{Op: sinks.OpAdd, Subject: "Grüße"}, ".vcf", []byte("two"))
	end(f, w)
	r, err := a.OpenSegment(f.Context(), hostileName)
	if err != nil {
		f.Fatal(err)
	}
	defer r.Close()
	for i := range r.table {
		raw, err := r.frame(i)
		if err != nil {
			f.Fatal(err)
		}
		frames = append(frames, bytes.Clone(raw))
	}
	if _, manifest, err = lastEntry(frames[len(frames)-1]); err != nil {
		f.Fatal(err)
	}
	return b.objects[hostileName], frames, manifest
}

// FuzzSegment reads any bytes as a segment: an error, and no panic.
func FuzzSegment(f *testing.F) {
	object, _, _ := seeds(f)
	f.Add(object)
	f.Add(object[:len(object)-20])
	f.Fuzz(func(t *testing.T, object []byte) {
		if err := readAll(t, object); err != nil && !errors.Is(err, sinks.ErrCorrupt) {
			t.Errorf("%v is not ErrCorrupt", err)
		}
	})
}

// FuzzTar reads any bytes as what is inside the frames.
func FuzzTar(f *testing.F) {
	_, frames, _ := seeds(f)
	f.Add(bytes.Join(frames[:len(frames)-1], nil), frames[len(frames)-1])
	f.Add([]byte{}, sparse())
	f.Fuzz(func(t *testing.T, first, last []byte) {
		raw := [][]byte{first, last}
		if len(first) == 0 {
			raw = raw[1:]
		}
		if len(last) == 0 {
			return // no frame is empty
		}
		if err := readAll(t, framed(raw, nil, nil)); err != nil && !errors.Is(err, sinks.ErrCorrupt) {
			t.Errorf("%v is not ErrCorrupt", err)
		}
	})
}

// FuzzManifest parses any bytes. What can be parsed and is written again says the same.
func FuzzManifest(f *testing.F) {
	_, _, manifest := seeds(f)
	f.Add(manifest)
	f.Add([]byte("{\"counts\":{}}\n"))
	f.Add([]byte("{\"page\":1,\"counts\":{\"add\":1}}\n{\"op\":\"add\",\"categories\":[],\"received\":\"2024-01-01T00:00:00Z\"}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		page, key, events, err := parseManifest(b)
		if err != nil {
			if !errors.Is(err, sinks.ErrCorrupt) {
				t.Errorf("%v is not ErrCorrupt", err)
			}
			return
		}
		counts := make(map[sinks.Op]int)
		var again bytes.Buffer
		for _, e := range events {
			counts[e.Op]++
		}
		if err := writeLine(&again, newPageLine(page, key, counts)); err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if err := writeLine(&again, e); err != nil {
				t.Fatal(err)
			}
		}
		page2, key2, events2, err := parseManifest(again.Bytes())
		if err != nil || page2 != page || key2 != key || len(events2) != len(events) {
			t.Errorf("written again it is %+v %q, %d events, %v", page2, key2, len(events2), err)
		}
	})
}

// FuzzSeekTable reads any bytes as the end of an object. A table that is accepted covers the object exactly.
func FuzzSeekTable(f *testing.F) {
	object, _, _ := seeds(f)
	f.Add(object)
	f.Add(seekTable{}.encode())
	f.Add(seekTable{{size: 1, raw: 1}}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		table, _, err := readSeekTable(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if !errors.Is(err, sinks.ErrCorrupt) {
				t.Errorf("%v is not ErrCorrupt", err)
			}
			return
		}
		encoded := table.encode()
		if !bytes.HasSuffix(b, encoded) || table.size() != int64(len(b)-len(encoded)) {
			t.Errorf("a table of %d bytes in an object of %d is another one when it is written again", table.size(), len(b))
		}
		for i, fr := range table {
			if table.find(fr.rawAt) != i || table.find(fr.rawAt+fr.raw-1) != i {
				t.Errorf("frame %d is not found by what it holds", i)
			}
		}
	})
}

// FuzzRun parses any bytes as a run record. One is accepted only if it is, byte by byte, what was written.
func FuzzRun(f *testing.F) {
	good, err := encodeFramed(runKind, RunRecord{Run: sinktest.NewRun("run1")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(framedHead(runKind) + "{}" + framedMiddle + "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" + framedTail))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRun(b)
		if err != nil && !errors.Is(err, sinks.ErrCorrupt) {
			t.Errorf("%v is not ErrCorrupt", err)
		}
		if err == nil && r == nil {
			t.Error("no record and no error")
		}
	})
}

// FuzzRekey parses any bytes as the signed form of a change of recipients. What is accepted is what its signature is of.
func FuzzRekey(f *testing.F) {
	a := createWith(f, newMemory(), asOwner())
	by, err := a.signer(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	r := RekeyRecord{Rekey: 1, Archive: a.ID(), ArchiveSHA256: a.sum, Recipients: a.Recipients(), SignedBy: a.crypt.key, NextKey: a.crypt.key}
	good, err := r.sign(by)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(signedHead + "{}" + signedMiddle + signedTail))
	f.Add([]byte(signedHead + signedTail))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := a.parseRekey(a.names.rekey(1), data)
		if err != nil {
			if !errors.Is(err, sinks.ErrCorrupt) {
				t.Errorf("%v is not ErrCorrupt", err)
			}
			return
		}
		c := a.newChain()
		if err := c.follow("", &r); (err == nil) != bytes.Equal(data, good) {
			t.Errorf("%q: %v", data, err)
		}
	})
}

// FuzzHold puts any bytes in the place of a hold record. What is taken for one belongs there, and is written so.
func FuzzHold(f *testing.F) {
	b := newMemory()
	a := create(f, b)
	if _, err := a.Hold(f.Context(), HoldChange{Action: HoldSet, Matter: "m", Mailboxes: []string{heldOne, heldTwo}, Reason: "why"}); err != nil {
		f.Fatal(err)
	}
	name := a.names.hold(1)
	f.Add(b.objects[name])
	f.Add([]byte(framedHead(holdKind) + "{}" + framedMiddle + "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" + framedTail))
	f.Fuzz(func(t *testing.T, data []byte) {
		a := create(t, b.with(name, data))
		l, err := a.readHold(t.Context(), name)
		if err != nil {
			if !errors.Is(err, sinks.ErrCorrupt) || l.Hold != 0 {
				t.Errorf("%v is not ErrCorrupt, or there is a record: %+v", err, l)
			}
			return
		}
		if l.Hold != 1 || l.Archive != a.ID() || len(l.Dirs) == 0 || len(l.Dirs) != len(l.Mailboxes) || l.MatterHash != a.MatterHash(l.Matter) {
			t.Errorf("taken for a record: %+v", l)
		}
	})
}

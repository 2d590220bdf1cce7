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
	"iter"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/airlift-eas/airlift/sinks"
)

const (
	ledgersDir = "ledgers/"
	ledgerExt  = ".jsonl.zst"

	maxLedgerLine   = 1 << 20
	maxLedgerWindow = 8 << 20 // of its zstd frame
	smallLedger     = 8 << 20 // of this size it is read once, and held
)

var _ sinks.Bookkeeper = (*Archive)(nil)

// ledgerHead is the first line of a ledger; its rows follow, one a line, in the order of their ServerIDs.
type ledgerHead struct {
	Archive string `json:"archive"`
	Run     string `json:"run"`
	Dir     string `json:"dir"` // of the folder
	Seq     int    `json:"seq"`
	Last    string `json:"last"`
	Pass    int    `json:"pass"`
}

// ledger returns the name of the ledger of a folder as a run left it. It is not encrypted in any archive: it tells what the
// parts in clear of the pages tell.
func (l layout) ledger(mailbox, run, dir string) string {
	return l.mailboxPrefix(mailbox) + ledgersDir + run + "/" + dir + ledgerExt
}

// isLedger tells the name of a ledger by its parts.
func isLedger(part []string) bool {
	return len(part) == 5 && part[0]+"/" == mailboxesDir && part[2]+"/" == ledgersDir && strings.HasSuffix(part[4], ledgerExt)
}

// KeepLedger implements sinks.Bookkeeper.
func (a *Archive) KeepLedger(
	ctx context.Context, mailbox, dir, run string, l sinks.Ledger, rows iter.Seq2[sinks.Row, error],
) (sinks.Ledger, error) {
	l.Name = a.names.ledger(mailbox, run, dir)
	if err := a.writeLedger(ctx, ledgerHead{Archive: a.head.ID, Run: run, Dir: dir, Seq: l.Seq, Last: l.Last, Pass: l.Pass}, &l, rows); err != nil {
		return sinks.Ledger{}, fmt.Errorf("ledger of %s: %w", dir, err)
	}
	return l, nil
}

func (a *Archive) writeLedger(ctx context.Context, head ledgerHead, l *sinks.Ledger, rows iter.Seq2[sinks.Row, error]) error {
	if err := sinks.CheckName(l.Name); err != nil {
		return err
	}
	up, err := a.bucket.Create(ctx, l.Name)
	if err != nil {
		return err
	}
	out := newDigestWriter(up)
	if l.Rows, err = a.encodeLedger(out, head, rows); err != nil {
		return errors.Join(err, up.Abort())
	}
	l.Size, l.SHA256 = out.size, out.sum()
	if err := up.Commit(ctx); err != nil {
		return a.look(ctx, sinks.Segment{Name: l.Name, Size: l.Size, SHA256: l.SHA256}, err)
	}
	return nil
}

func (a *Archive) encodeLedger(w io.Writer, head ledgerHead, rows iter.Seq2[sinks.Row, error]) (n int, err error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderCRC(true), zstd.WithWindowSize(frameSize),
		zstd.WithLowerEncoderMem(true), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return 0, err
	}
	var line bytes.Buffer
	put := func(v any) error {
		line.Reset()
		if err := writeLine(&line, v); err != nil {
			return err
		}
		_, err := z.Write(line.Bytes())
		return err
	}
	err = put(head)
	for row, rowErr := range rows {
		if err = errors.Join(err, rowErr); err != nil {
			break
		}
		err = put(a.shownRow(row))
		n++
	}
	return n, errors.Join(err, z.Close())
}

// shownRow is what of a row anybody may read: in an encrypted archive a reason may name something.
func (a *Archive) shownRow(r sinks.Row) sinks.Row {
	if a.crypt != nil {
		r.Reason = ""
	}
	return r
}

// LedgerRows implements sinks.Bookkeeper. A large ledger is read twice: first its hash is compared.
func (a *Archive) LedgerRows(ctx context.Context, mailbox string, l sinks.Ledger) iter.Seq2[sinks.Row, error] {
	return a.ledgerRows(ctx, a.names.mailboxPrefix(mailbox)+ledgersDir, l)
}

// ledgerRows is LedgerRows of a ledger whose name must begin with prefix.
func (a *Archive) ledgerRows(ctx context.Context, prefix string, l sinks.Ledger) iter.Seq2[sinks.Row, error] {
	return func(yield func(sinks.Row, error) bool) {
		bad := func(err error) { yield(sinks.Row{}, fmt.Errorf("%s: %w", l.Name, err)) }
		if !strings.HasPrefix(l.Name, prefix) {
			bad(fmt.Errorf("it is not of the mailbox: %w", sinks.ErrCorrupt))
			return
		}
		o, err := a.bucket.Open(ctx, l.Name)
		if err != nil {
			bad(err)
			return
		}
		defer o.Close()
		if o.Size() <= smallLedger {
			data, err := readRange(o, 0, o.Size())
			if err != nil {
				bad(err)
				return
			}
			o = whole{bytes.NewReader(data)}
		}
		if err := sameLedger(o, l); err != nil {
			bad(err)
			return
		}
		for row, err := range a.decodeLedger(sequential(o), l) {
			if err != nil {
				bad(err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// sameLedger compares size and hash of a ledger with what a run record says of it.
func sameLedger(o sinks.Object, l sinks.Ledger) error {
	hash := sha256.New()
	if o.Size() == l.Size {
		if _, err := sequential(o).WriteTo(hash); err != nil {
			return err
		}
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); o.Size() != l.Size || sum != l.SHA256 {
		return fmt.Errorf("%d bytes, not the %d of SHA-256 %s: %w", o.Size(), l.Size, l.SHA256, sinks.ErrCorrupt)
	}
	return nil
}

// decodeLedger yields the rows of a ledger and holds its first line and its length against what is said of it.
func (a *Archive) decodeLedger(in io.Reader, l sinks.Ledger) iter.Seq2[sinks.Row, error] {
	return func(yield func(sinks.Row, error) bool) {
		bad := func(err error) { yield(sinks.Row{}, corrupt("ledger", err)) }
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxLedgerWindow))
		if err != nil {
			bad(err)
			return
		}
		defer z.Close()
		lines := bufio.NewReaderSize(z, maxLedgerLine)
		var h ledgerHead
		if line, err := lines.ReadSlice('\n'); err != nil {
			bad(err)
			return
		} else if err := json.Unmarshal(line, &h); err != nil {
			bad(err)
			return
		}
		if h != (ledgerHead{Archive: a.head.ID, Run: h.Run, Dir: h.Dir, Seq: l.Seq, Last: l.Last, Pass: l.Pass}) ||
			!strings.HasSuffix(l.Name, "/"+ledgersDir+h.Run+"/"+h.Dir+ledgerExt) {
			bad(fmt.Errorf("it says that it is of page %d of %s, run %s", h.Seq, h.Dir, h.Run))
			return
		}
		for n := 0; ; n++ {
			line, err := lines.ReadSlice('\n')
			if err == io.EOF && len(line) == 0 && n == l.Rows {
				return
			}
			var row sinks.Row
			if err == nil && n < l.Rows {
				err = json.Unmarshal(line, &row)
			} else if err == nil || err == io.EOF {
				err = fmt.Errorf("it has not the %d rows that it should have", l.Rows)
			}
			if err != nil {
				bad(err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// withLedgers gives the folders that a run kept no ledger of the ones that the record before names.
func withLedgers(folders []sinks.FolderState, before *RunRecord) []sinks.FolderState {
	folders = slices.Clone(folders)
	for i, f := range folders {
		if state := before.folder(f.Dir); f.Ledger == nil && state != nil {
			folders[i].Ledger = state.Ledger
		}
	}
	return folders
}

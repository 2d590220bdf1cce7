package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/export"
	"github.com/airlift-eas/airlift/sinks/importer"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// console is where a verb speaks: results go to out, everything else to err. Its methods may be called from many
// goroutines.
type console struct {
	in       *os.File
	out, err io.Writer
	terminal bool // somebody watches err on one

	json, quiet, verbose bool
	watching             bool // the run goes on for as long as it is let

	mu    sync.Mutex
	lost  error    // the first result that could not be written; nil = all were
	drawn int      // lines of the block that are on the screen
	block []string // redrawn below whatever is written
}

func newConsole(in, out, err *os.File) *console {
	return &console{in: in, out: out, err: err, terminal: term.IsTerminal(int(err.Fd()))}
}

// configure takes over the flags about output.
func (c *console) configure(ctx *cli.Context) {
	c.json, c.quiet, c.verbose = ctx.Bool("json"), ctx.Bool("quiet"), ctx.Bool("verbose")
}

// onScreen tells whether somebody watches the work on a terminal, and nothing else is written there all the time.
func (c *console) onScreen() bool { return c.terminal && !c.json && !c.quiet && !c.verbose }

// result writes to standard output.
func (c *console) result(format string, args ...any) {
	c.write(c.out, printable(fmt.Sprintf(format, args...))+"\n")
}

// say tells about the work.
func (c *console) say(format string, args ...any) {
	if !c.quiet {
		c.write(c.err, printable(fmt.Sprintf(format, args...))+"\n")
	}
}

// warn tells about something that an operator should know.
func (c *console) warn(msg, hint string) { c.problem("warning: "+msg, hint) }

// problem tells about something that is not as it should be, and what to do about it.
func (c *console) problem(msg, hint string) {
	s := ""
	if msg != "" {
		s = printable(msg) + "\n"
	}
	if hint != "" {
		s += "hint: " + printable(hint) + "\n"
	}
	c.write(c.err, s)
}

// failed tells why the program ends.
func (c *console) failed(err error) { c.problem("airlift: "+reasonOf(err), hintOf(err)) }

// reasonOf is why a verb did not come to its own end. Of an interrupt the context of a program says nothing that somebody wants to know.
func reasonOf(err error) string {
	if exitCode(err) == exitInterrupted {
		return "interrupted"
	}
	return err.Error()
}

// emit writes one line for programs.
func (c *console) emit(v any) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		c.problem("airlift: "+err.Error(), "")
		return
	}
	c.write(c.out, b.String())
}

// write puts text above the block, if there is one.
func (c *console) write(w io.Writer, s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	_, err := io.WriteString(w, s) // of what goes wrong with err there is no other place to say it
	if w == c.out && c.lost == nil {
		c.lost = err
	}
	c.redraw()
}

// resultsLost is why not every result was written, nil if all were. A listing that was cut short must not pass for a whole one.
func (c *console) resultsLost() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

// draw replaces the block of lines at the end of the terminal; none removes it.
func (c *console) draw(lines ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	c.block = lines
	c.redraw()
}

func (c *console) erase() {
	if c.drawn > 0 {
		fmt.Fprintf(c.err, "\x1b[%dA\x1b[J", c.drawn)
		c.drawn = 0
	}
}

func (c *console) redraw() {
	width, height := c.size()
	c.drawn = min(len(c.block), max(height-1, 0))
	for _, l := range c.block[len(c.block)-c.drawn:] {
		_, _ = io.WriteString(c.err, fit(printable(l), width-1)+"\n")
	}
}

func (c *console) size() (width, height int) {
	if f, ok := c.err.(*os.File); ok {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return 80, 24
}

// hintOf says what an operator can do about an error; "" if nothing.
func hintOf(err error) string {
	var delivery *deliveryError
	var own *hinted
	switch {
	case errors.As(err, &own):
		return own.Hint()
	case errors.As(err, &delivery):
		return delivery.Hint()
	case errors.Is(err, errNothing):
		return "the place is the one that airlift archive wrote to; the checkpoints of a directory are beside it, unless --state said otherwise"
	case errors.Is(err, migrate.ErrLimit):
		return "the same command goes on where this run ended"
	case errors.Is(err, s3.ErrCredentials):
		return "credentials of the store come from the environment (AWS_ACCESS_KEY_ID …), a profile (AWS_PROFILE), SSO or a role; they must be allowed s3:GetObject and s3:ListBucket, and to write s3:PutObject, s3:AbortMultipartUpload and s3:ListBucketMultipartUploads; for legal holds s3:PutObjectLegalHold, s3:GetBucketObjectLockConfiguration, and to release and to audit s3:GetObjectLegalHold, s3:GetObjectRetention and s3:ListBucketVersions"
	case errors.Is(err, s3.ErrCertificate):
		return "name the certificate of the store, or of its authority, with --s3-ca-cert"
	case errors.Is(err, sinks.ErrUnavailable):
		return "see that the store is up and --s3-endpoint is right; run the same command again later: it goes on where it stopped"
	case errors.Is(err, archive.ErrSealed):
		return "name the file of a private key with --identity"
	case errors.Is(err, export.ErrForeign):
		return "name a directory with --out that is empty or not there; one of an earlier export of the same archive in the same format is brought up to date"
	case errors.Is(err, importer.ErrExport):
		return "name the directory of one mailbox in it with --in"
	case errors.Is(err, archive.ErrRecipient) && !errors.Is(err, sinks.ErrCorrupt):
		return "a recipient is a public key: age1…, as age-keygen prints it, or the line of an ssh .pub file"
	case errors.Is(err, archive.ErrEncryption):
		return "an archive is made for its recipients once, by the first run; airlift rekey changes them later"
	case errors.Is(err, s3.ErrWeak):
		return "look with airlift probe --to; who knows the store accepts a weakness with --s3-accept-weak"
	case errors.Is(err, s3.ErrNoLock):
		return "object lock is enabled when a bucket is made; without it leave --s3-lock out, and hold nothing"
	case errors.Is(err, errNoHold):
		return "legal holds are for an archive in a bucket with object lock, s3://BUCKET/PREFIX; a copy of one in a directory is for reading"
	case errors.Is(err, archive.ErrNotHeld):
		return "see which matters hold what with airlift hold list --all"
	case errors.Is(err, s3.ErrRegion):
		return "name the bucket's region with --s3-region, or the store with --s3-endpoint"
	case errors.Is(err, migrate.ErrHasState):
		return "move the directory of the checkpoints away, or name another one with --state"
	}
	return migrate.Hint(err)
}

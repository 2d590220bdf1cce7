package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// mailboxRun is one mailbox in one run.
type mailboxRun struct {
	*run
	id       string // of the run record that names what is stored
	mb       Mailbox
	key      checkpoints.Key
	fresh    bool // the mailbox has not been read before
	state    checkpoints.Mailbox
	client   *eas.Client
	moves    *moveLog
	governor *governor
	started  time.Time
	where    whereabouts
	folders  []*folderRun
	renewed  bool                         // the server had forgotten what it had told of the folder tree
	counted  int                          // of the folders, those that the summary did not count before
	earlier  map[string]sinks.FolderState // by identity: what this run did to folders before it began again
	history  map[string]sinks.FolderState // by their places: what the last run left; nil unless the checkpoints were lost

	// What makes it a round of a watch, which follows others: see watcher.
	brief bool               // news are read; what takes longer is left to a round that reads everything
	again bool               // another round was before: what fails for now will be tried once more
	told  map[string]figures // by folder: what of the summary earlier rounds have told; nil = there is no earlier one
	upTo  map[string]bool    // folders whose pages earlier rounds have adopted and named

	countsChanges bool // the server's estimates are of what a key has still to bring

	auditLock sync.Mutex
	auditor   *auditor // nil until it is needed

	mu       sync.Mutex
	segments []sinks.Segment // committed or adopted, for the run record
}

// mailbox reads one mailbox and writes its run record, whatever the outcome. No other run has the mailbox meanwhile.
func (r *run) mailbox(ctx context.Context, mb Mailbox) (err error) {
	m := r.newMailboxRun(mb)
	unlock, err := r.Checkpoints.Lock(ctx, m.key)
	if err != nil {
		err = m.fail(State, err)
		r.emitProblem(mb.Address, "", err)
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	err = m.read(ctx)
	wiped := errors.Is(err, eas.ErrRemoteWipe)
	if wiped {
		err = errors.Join(err, m.stateForWipe(ctx))
	}
	result, states := m.outcome(ctx, err)
	if m.client != nil || wiped {
		err = errors.Join(err, m.record(ctx, result, err, states))
	}
	if wiped {
		err = errors.Join(err, m.wiped(ctx, err))
	}
	if err != nil && ctx.Err() == nil { // an interruption is the run's to tell
		r.emitProblem(m.mb.Address, "", err)
	}
	if err == nil && len(m.folders) == 0 {
		// Balanced it is, and mostly a mistake: a name that was written wrong would be told by nothing else.
		r.emit(Event{Event: EventWarning, Mailbox: mb.Address, Message: "nothing was read: no folder is selected", Hint: "--folder, --exclude-folder and --class leave none of its folders; airlift probe lists them"})
	}
	r.stats.add(func(s *Summary) { s.Result = worse(s.Result, result) })
	r.emit(Event{Event: EventMailboxEnd, Mailbox: mb.Address, Result: string(result), Folders: len(m.folders)})
	return err
}

func (r *run) newMailboxRun(mb Mailbox) *mailboxRun {
	return &mailboxRun{
		run: r, id: r.id, mb: mb, started: r.Now(),
		key:      checkpoints.Key{Job: r.Job, Mailbox: mb.Address},
		governor: r.governor(mb.Client.URL), where: whereabouts{named: mb.Client.URL}, moves: &moveLog{},
	}
}

// outcome tells how the folders ended, and with them the mailbox.
func (m *mailboxRun) outcome(ctx context.Context, err error) (Result, []sinks.FolderState) {
	var states []sinks.FolderState
	result := ResultOK
	for _, f := range m.folders {
		states = append(states, f.report())
		result = worse(result, f.result())
	}
	switch {
	case ctx.Err() != nil, errors.Is(err, context.Canceled):
		result = ResultInterrupted
	case err != nil:
		result = ResultFailed
	}
	return result, states
}

// read does the work of a mailbox: connect, read the folder tree, drain the folders, compare the counts.
func (m *mailboxRun) read(ctx context.Context) error {
	if err := m.load(ctx); err != nil {
		return m.fail(State, err)
	}
	return m.following(ctx, m.pass)
}

// pass does the work at one server.
func (m *mailboxRun) pass(ctx context.Context) error {
	if err := m.connect(ctx); err != nil {
		return m.fail(Source, err)
	}
	m.emit(Event{Event: EventMailboxStart, Mailbox: m.mb.Address, Server: m.state.Server, EAS: m.state.EAS, Device: m.state.DeviceID})
	if err := m.hierarchy(ctx); err != nil {
		return err
	}
	return m.drainAll(ctx)
}

// load takes the mailbox's checkpoint, or makes one. A mailbox that the checkpoints do not know but the sink does lost
// its state: its folders are made again from the archive, under the same DeviceID.
func (m *mailboxRun) load(ctx context.Context) error {
	st, err := m.Checkpoints.Mailbox(ctx, m.key)
	switch {
	case err == nil && st.DeviceID != "":
		m.state = st
		if err := m.home(ctx); err != nil {
			return m.fail(Source, err)
		}
		return nil
	case err != nil && !errors.Is(err, checkpoints.ErrNotFound):
		return err
	}
	m.fresh = true
	if err := m.home(ctx); err != nil {
		return m.fail(Source, err)
	}
	m.state = checkpoints.Mailbox{
		Key: m.key, Server: m.mb.Client.URL, Named: m.where.named, User: m.mb.Client.User,
		DeviceID: deviceID(m.Job, m.mb.Client.URL, m.mb.Address), EAS: string(m.mb.Client.Version),
	}
	return m.adoptMailbox(ctx)
}

// deviceID derives the device partnership from what outlives a lost state directory.
func deviceID(job, server, mailbox string) string {
	host := server
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		host = u.Host
	}
	h := sha256.Sum256([]byte(job + "\x00" + strings.ToLower(host) + "\x00" + strings.ToLower(mailbox)))
	return "AIRLIFT" + strings.ToUpper(hex.EncodeToString(h[:12]))
}

// connect makes the client and negotiates, keeping the version that the stored keys were made with while the server
// still has it.
func (m *mailboxRun) connect(ctx context.Context) error {
	cfg := m.clientConfig()
	cfg.DeviceID = eas.DeviceID(m.state.DeviceID)
	cfg.PolicyKey = eas.PolicyKey(m.state.PolicyKey)
	switch {
	case m.state.EAS != "" && (m.state.HierarchyKey != "" || m.mb.BestVersion):
		cfg.Version = eas.Version(m.state.EAS)
	case m.mb.BestVersion:
		v, err := m.bestVersion(ctx)
		if err != nil {
			return err
		}
		cfg.Version = v
	}
	client, err := eas.New(cfg)
	if err != nil {
		return err
	}
	m.client = client
	if err := m.sayHello(ctx, client); err != nil {
		m.client = nil
		return err
	}
	return m.saveState(ctx)
}

// sayHello negotiates what every session needs.
func (m *mailboxRun) sayHello(ctx context.Context, client *eas.Client) error {
	return m.retry(ctx, "", func() error {
		return m.governor.ask(ctx, "Connect", func() error {
			_, err := client.Connect(ctx)
			return err
		})
	})
}

// clientConfig is the mailbox's, with the requests counted.
func (m *mailboxRun) clientConfig() eas.Config {
	cfg := m.mb.Client
	trace := cfg.Trace
	cfg.Trace = func(x eas.Exchange) {
		m.stats.exchange(x)
		if trace != nil {
			trace(x)
		}
	}
	if cfg.Policy == nil {
		cfg.Policy = m.answerPolicy
	}
	if cfg.Wipe == nil {
		cfg.Wipe = refuseWipe
	}
	return cfg
}

// saveState stores what belongs to the mailbox as a whole.
func (m *mailboxRun) saveState(ctx context.Context) error {
	m.state.EAS = string(m.client.Version())
	m.state.PolicyKey = string(m.client.PolicyKey())
	m.state.Server, m.state.Named = m.mb.Client.URL, m.where.named
	return m.Checkpoints.SaveMailbox(ctx, m.state)
}

// drainAll reads every folder to its end and compares the counts. What differs is read on, for what arrived meanwhile, and
// what differs then is audited.
func (m *mailboxRun) drainAll(ctx context.Context) error {
	errs := []error{m.settle(ctx), m.save(ctx)}
	for _, f := range m.folders {
		errs = append(errs, f.err)
	}
	return errors.Join(errs...)
}

// save stores the outcome of every folder.
func (m *mailboxRun) save(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	for _, f := range m.folders {
		errs = append(errs, f.count(ctx))
		if err := f.save(ctx); err != nil {
			errs = append(errs, m.fail(State, err))
		}
	}
	return errors.Join(errs...)
}

// settle does the work of drainAll. What goes wrong in a folder is in the folder's err.
func (m *mailboxRun) settle(ctx context.Context) error {
	if err := m.eachFolder(ctx, m.folders, (*folderRun).run); err != nil {
		return err
	}
	if err := m.rereadHierarchy(ctx); err != nil {
		return err
	}
	open := m.unbalanced(m.folders)
	if err := m.estimateAll(ctx, open); err != nil {
		return err
	}
	if open = m.unbalanced(open); len(open) > 0 {
		if err := m.eachFolder(ctx, open, (*folderRun).run); err != nil {
			return err
		}
		if err := m.estimateAll(ctx, open); err != nil {
			return err
		}
	}
	switch {
	case m.brief, m.Audit == AuditNever:
		return nil
	case m.Audit == AuditAlways:
		return m.eachFolder(ctx, m.folders, (*folderRun).audit)
	}
	return m.eachFolder(ctx, m.unbalanced(open), (*folderRun).audit)
}

// unbalanced leaves the folders whose counts differ, or are not known yet, and that nothing went wrong in.
func (m *mailboxRun) unbalanced(folders []*folderRun) []*folderRun {
	return slices.DeleteFunc(slices.Clone(folders), func(f *folderRun) bool { return f.err != nil || f.balanced })
}

// eachFolder does something with folders side by side. How many of their requests are in flight the governor decides.
func (m *mailboxRun) eachFolder(ctx context.Context, folders []*folderRun, do func(*folderRun, context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var g errgroup.Group
	g.SetLimit(maxFolders)
	for _, f := range folders {
		if f.err != nil {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			err := do(f, ctx)
			if err == nil {
				return nil
			}
			f.err = err
			if a := judge(err).action; ctx.Err() == nil && (a == actRun || a == actMailbox) {
				stop(err)
			} else if ctx.Err() != nil {
				f.err = nil // stopped by what stopped the others, which speaks for it
			} else if !m.again || !Temporary(err) {
				m.problem()
			}
			return nil
		})
	}
	_ = g.Wait() // the functions report through folderRun.err
	for _, f := range folders {
		if f.err != nil && errors.Is(f.err, context.Cause(ctx)) {
			return nil // the cause is a folder's own error, and reported as that
		}
	}
	return context.Cause(ctx)
}

// rereadHierarchy reads the folder tree again when the server did not know a folder of it. What is gone now is retired by
// the next reading, what is still there is tried from its beginning.
func (m *mailboxRun) rereadHierarchy(ctx context.Context) error {
	lost := slices.DeleteFunc(slices.Clone(m.folders), func(f *folderRun) bool {
		return f.err == nil || judge(f.err).action != actHierarchy
	})
	if len(lost) == 0 {
		return nil
	}
	tree, err := m.knownTree(ctx)
	if err != nil {
		return err
	}
	if err := m.updateTree(ctx, tree); err != nil {
		return err
	}
	for _, f := range lost {
		n := tree.byID[eas.CollectionID(f.cp.ServerID)]
		if n == nil {
			continue
		}
		f.cp.Gone = n.Gone
		if !n.Gone {
			if f.cp.SyncKey == "" || f.cp.SyncKey == "0" {
				continue // it was asked from the beginning already
			}
			if err := f.restart(ctx, f.err.Error()); err != nil {
				return err
			}
		}
		f.err, f.balanced = nil, false
	}
	return nil
}

// record writes the run record. It is written for interrupted and failed runs too, because it names the segments that
// they committed; a cancelled run has a moment left for it.
// The states are those of the folders, in their order; others are of what this run did not read.
func (m *mailboxRun) record(ctx context.Context, result Result, cause error, states []sinks.FolderState, others ...sinks.FolderState) error {
	m.keepLedgers(ctx, states)
	ctx, cancel := moment(ctx)
	defer cancel()
	rec := sinks.Run{
		ID: m.id, Mailbox: m.mb.Address, Server: m.state.Server, DeviceID: m.state.DeviceID, EAS: m.state.EAS,
		Started: m.started, Ended: m.Now(), Result: string(result), Tool: m.Tool, Folders: slices.Concat(states, others), Segments: m.segments,
	}
	if cause != nil {
		rec.Reason = cause.Error()
	}
	if err := m.Sink.Record(ctx, rec); err != nil {
		return m.fail(Destination, fmt.Errorf("run record: %w", err))
	}
	for _, f := range m.folders {
		if err := f.recorded(ctx); err != nil {
			return m.fail(State, err)
		}
	}
	m.state.LastRun, m.state.LastResult, m.state.LastEnded = m.id, string(result), rec.Ended
	if m.client == nil {
		return nil // it was wiped before it was connected: there is no state to save
	}
	if err := m.saveState(ctx); err != nil {
		return m.fail(State, err)
	}
	return nil
}

// moment is what a run that was cancelled has left to say how it ended.
func moment(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
}

// named keeps a segment for the run record.
func (m *mailboxRun) named(s sinks.Segment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.segments = append(m.segments, s)
}

func (m *mailboxRun) fail(side Side, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Mailbox: m.mb.Address, Side: side, Err: err}
}

// emitProblem tells of something that was not done.
func (r *run) emitProblem(mailbox, folder string, err error) {
	r.emit(Event{Event: EventProblem, Mailbox: mailbox, Folder: folder, Message: err.Error(), Hint: Hint(err)})
}

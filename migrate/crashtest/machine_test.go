package crashtest

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// kind is a kind of side effect.
type kind string

const (
	httpEffect       kind = "http"
	fileEffect       kind = "file"
	bucketEffect     kind = "bucket"
	checkpointEffect kind = "checkpoint"
	s3Effect         kind = "s3"
)

// kinds are those of a run with a directory.
var kinds = []kind{httpEffect, fileEffect, bucketEffect, checkpointEffect}

// mode is what becomes of the effect that fails.
type mode string

const (
	refused      mode = "refused"
	lost         mode = "lost"
	cut          mode = "cut"
	killedBefore mode = "killed-before"
	killedAfter  mode = "killed-after"
	powerCut     mode = "power-cut"
	sigkill      mode = "sigkill"
)

// modes are those of a kind that are swept in this process.
func modes(k kind) []mode {
	all := []mode{refused, lost, killedBefore, killedAfter}
	if k != s3Effect { // of the power of a store this process knows nothing
		all = append(all, powerCut)
	}
	if k == httpEffect {
		all = append(all, cut)
	}
	return all
}

var (
	errDead = errors.New("this process is dead")
	errCut  = errors.New("half of the answer comes")
)

// machine is what a process runs on. It counts the effects of one kind, over all processes of a case, and breaks the
// at-th of them.
type machine struct {
	kind kind
	mode mode
	at   int // 0 = none

	mu   sync.Mutex
	n    map[kind]int
	hit  string // the effect that failed
	dead bool   // the process is: nothing that it tries has an effect
}

func newMachine(k kind, m mode, at int) *machine {
	return &machine{kind: k, mode: m, at: at, n: map[kind]int{}}
}

func (m *machine) String() string { return fmt.Sprintf("%s/%s/%d", m.kind, m.mode, m.at) }

// do takes care of one effect, which is done by op. fault is what the caller hears when it fails; applied tells whether
// it was done. No other effect of the machine happens meanwhile.
func (m *machine) do(k kind, what string, fault func(applied bool) error, op func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	fails, err := m.next(k, what)
	switch {
	case err != nil:
		return err
	case !fails:
		return op()
	}
	return m.fail(fault, op)
}

// around is do for an effect that is made of others.
func (m *machine) around(k kind, what string, fault func(applied bool) error, op func() error) error {
	m.mu.Lock()
	fails, err := m.next(k, what)
	m.mu.Unlock()
	switch {
	case err != nil:
		return err
	case !fails:
		return op()
	}
	return m.fail(fault, func() error {
		err := op()
		m.mu.Lock() // until it is dead
		defer m.mu.Unlock()
		m.dead = m.mode == killedAfter || m.mode == powerCut
		return err
	})
}

// next counts an effect, and tells whether it is the one that fails.
func (m *machine) next(k kind, what string) (fails bool, err error) {
	if m.dead {
		return false, errDead
	}
	m.n[k]++
	if k != m.kind || m.n[k] != m.at {
		return false, nil
	}
	m.hit = what
	m.dead = m.mode == killedBefore
	return true, nil
}

func (m *machine) fail(fault func(applied bool) error, op func() error) error {
	switch m.mode {
	case refused:
		return fault(false)
	case killedBefore:
		return errDead
	case sigkill:
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		if err != nil {
			panic(err)
		}
		select {} // it comes any moment now
	}
	if err := op(); err != nil {
		return err // it fails all by itself
	}
	switch m.mode {
	case lost:
		return fault(true)
	case cut:
		return errCut
	}
	m.dead = true
	return errDead
}

// suspended does something while the process stands still.
func (m *machine) suspended(do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do()
}

// boot starts the machine again, for the next process.
func (m *machine) boot() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = false
}

// stop ends the process.
func (m *machine) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

func (m *machine) alive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.dead
}

// failed names the effect that failed, "" if none did yet.
func (m *machine) failed() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hit
}

func always(err error) func(bool) error { return func(bool) error { return err } }

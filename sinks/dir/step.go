package dir

// Op is what a Step does.
type Op string

// The steps.
const (
	OpMkdir   Op = "mkdir"    // a directory, with those above it that are missing
	OpCreate  Op = "create"   // a temporary file
	OpWrite   Op = "write"    // to a temporary file
	OpSync    Op = "sync"     // a temporary file to the disk
	OpPublish Op = "publish"  // a temporary file gets the name of its object, which is free
	OpSyncDir Op = "sync dir" // the entries of a directory to the disk
	OpRemove  Op = "remove"   // a temporary file
)

// A Step is one thing that a bucket does to the disk. What was not synced when the power goes may be lost.
type Step struct {
	Op   Op
	Path string // absolute
	As   string // OpPublish: the new path
}

// Options of a bucket. The zero value opens a directory that is there.
type Options struct {
	// Create makes the directory, with its parents, if there is none.
	Create bool
	// Step, if set, takes every step by calling do, and returns what the bucket shall believe came of it. It is where a
	// test counts the steps, and lets one fail.
	Step func(s Step, do func() error) error
}

func (b *Bucket) step(s Step, do func() error) error {
	if b.steps == nil {
		return do()
	}
	return b.steps(s, do)
}

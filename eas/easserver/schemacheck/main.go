package schemacheck

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main runs the tests of a package, for its TestMain. It sets answers before, which the tests keep theirs in, and holds them against the
// schemas afterwards. What they refuse fails, and so does a goroutine that is left.
func Main(m *testing.M, answers **Answers) {
	var err error
	if *answers, err = New(); err != nil {
		panic(err)
	}
	code := m.Run()
	fail := func(why string, is ...any) {
		fmt.Fprintln(os.Stderr, append([]any{why}, is...)...)
		code = max(code, 1)
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fail("left behind:", err)
	}
	complaints, kept, err := (*answers).Check(context.Background())
	if err != nil {
		fail("the schemas:", err)
	}
	for _, c := range complaints {
		fail("the schemas refuse:", c)
	}
	if kept > 0 {
		fmt.Printf("%d answers held against the schemas\n", kept)
	}
	os.Exit(code)
}

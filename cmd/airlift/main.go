// Command airlift archives mailboxes over Exchange ActiveSync.
//
// An action is flags -> options -> engine -> words: every verb has a file of its own that reads its flags, makes the
// options of a package that does the work, and says what came of it. What people read is written in console.go,
// progress.go, text.go and table.go, what programs read in jsonlines.go; exit.go gives every outcome its exit code.
package main

import (
	"context"
	"errors"
	"os"
	"strings"
)

// version is set by the linker: -X main.version=v1.2.3
var version string

func main() {
	os.Exit(run(os.Args, newConsole(os.Stdin, os.Stdout, os.Stderr)))
}

// run is one invocation. It returns the exit code.
func run(args []string, c *console) int {
	forgetEmptyTwins()
	err := newApp(c).RunContext(context.Background(), args)
	if err == nil {
		err = c.resultsLost()
	}
	var e ended
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return int(e)
	}
	c.failed(err)
	return exitCode(err)
}

// forgetEmptyTwins makes a variable that is set to nothing one that is not set: scripts write it so.
func forgetEmptyTwins() {
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); value == "" && strings.HasPrefix(name, "AIRLIFT_") {
			os.Unsetenv(name)
		}
	}
}

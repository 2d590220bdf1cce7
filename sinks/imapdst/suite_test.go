package imapdst

import (
	"testing"

	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestTarget: the conformance suite.
func TestTarget(t *testing.T) {
	sinktest.RunTarget(t, suite(func(t *testing.T) sinks.Target {
		url, _ := listen(t, &imapserver.Options{Caps: rev1()})
		return open(t, url)
	}))
}

func suite(open func(t *testing.T) sinks.Target) sinktest.TargetSuite {
	return sinktest.TargetSuite{
		Class: classEmail, Open: open, Item: letter,
		Edit: func(n int) sinks.TargetItem {
			item, other := letter(n), letter(n+1000)
			item.Contents, item.Read = other.Contents, yes(!*item.Read) // the state of a message is its flags
			return item
		},
		Mark: func(e *sinks.Event) { e.Flag = flagActive },
	}
}

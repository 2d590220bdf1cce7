package easdst_test

import (
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestSuite runs the conformance suite of targets for every class and version.
func TestSuite(t *testing.T) {
	for _, v := range []eas.Version{eas.Version25, eas.Version121, eas.Version141, eas.Version161} {
		for _, class := range classesOf(v) {
			t.Run(class+"/"+string(v), func(t *testing.T) {
				sinktest.RunTarget(t, sinktest.TargetSuite{
					Class: class,
					Open: func(t *testing.T) sinks.Target {
						return newWorld(t, v, easserver.Config{}, easdst.Options{}).target
					},
					Item: makers[class],
					Edit: func(n int) sinks.TargetItem { return edited(t, makers[class](n)) },
				})
			})
		}
	}
}

// edited is an item with another body.
func edited(t *testing.T, it sinks.TargetItem) sinks.TargetItem {
	e := properties(t, it)
	for i := range e.Children {
		if e.Children[i].Tag == wbxml.AirSyncBaseBody {
			e.Children[i] = body("edited")
		}
	}
	return lossless(it.Key, e.Children...)
}

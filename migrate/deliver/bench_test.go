package deliver

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// BenchmarkRun puts a folder of so many items into a target in memory, with receipts on disk, and then compares the two: what the engine
// and its receipts cost beside a server.
func BenchmarkRun(b *testing.B) {
	for _, n := range []int{1_000, 20_000} {
		for _, pass := range []string{"first", "again"} {
			b.Run(fmt.Sprint(pass, "/", n), func(b *testing.B) {
				src := newMailbox()
				f := src.folder("Inbox", "Email", 2)
				for i := range n {
					src.add(f, fmt.Sprintf("message %d", i))
				}
				var s *sqlite.Store
				o := Options{Job: "job", Mailbox: alice, Source: src}
				fresh := func() {
					var err error
					if s, err = sqlite.Open(b.Context(), b.TempDir()+"/state.db"); err != nil {
						b.Fatal(err)
					}
					o.Receipts, o.Targets = s, []sinks.Target{&sinktest.Target{BatchSize: 50}}
				}
				run := func() {
					if _, err := Run(context.Background(), o); err != nil {
						b.Fatal(err)
					}
				}
				fresh()
				if pass == "again" {
					run()
				}
				var before, after runtime.MemStats
				for b.Loop() {
					if pass == "first" {
						b.StopTimer()
						s.Close()
						fresh()
						b.StartTimer()
					}
					runtime.ReadMemStats(&before)
					run()
					runtime.ReadMemStats(&after)
				}
				s.Close()
				b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "items/s")
				b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(n), "B/item")
			})
		}
	}
}

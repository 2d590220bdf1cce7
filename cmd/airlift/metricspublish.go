package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas/auth/replace"
	"github.com/airlift-eas/airlift/migrate"
)

// metricsEvery is how often the file is written while the run lasts.
const metricsEvery = 15 * time.Second

// publication keeps the figures of a run where others fetch them, until finish.
type publication struct {
	*metrics
	out      metricsPlace
	registry *prometheus.Registry
	server   *http.Server // nil = none

	workers errgroup.Group
	stop    context.CancelFunc // of the writing of the file
}

// publish begins with the figures of a run that begins now.
func publish(ctx context.Context, c *console, out metricsPlace) *publication {
	p := &publication{metrics: newMetrics(), out: out, registry: prometheus.NewRegistry()}
	p.registry.MustRegister(p.metrics)
	// An interrupted run still has pages to finish: the figures go on until it ends.
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	if out.listener != nil {
		p.serve(c)
	}
	if out.file != "" {
		p.workers.Go(func() error {
			p.keep(ctx, c)
			return nil
		})
	}
	return p
}

// serve answers at the address. Nobody but a scraper talks to it, and briefly.
func (p *publication) serve(c *console) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	p.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	c.say("metrics: http://%s/metrics", p.out.listener.Addr())
	p.workers.Go(func() error {
		if err := p.server.Serve(p.out.listener); !errors.Is(err, http.ErrServerClosed) {
			c.warn("metrics: "+err.Error(), "")
		}
		return nil
	})
}

// keep writes the file again and again. That it cannot is said once: the run is worth more than its figures.
func (p *publication) keep(ctx context.Context, c *console) {
	t := time.NewTicker(metricsEvery)
	defer t.Stop()
	said := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := p.write(); err != nil && !said {
			said = true
			c.warn(err.Error(), "")
		}
	}
}

// write replaces the file. Everybody may read it: the node exporter has a user of its own.
func (p *publication) write() error {
	if err := replace.Write(p.out.file, 0o644, p.encode); err != nil {
		return fmt.Errorf("metrics file: %w", err)
	}
	return nil
}

// encode writes the figures of this moment in Prometheus' text format.
func (p *publication) encode(w io.Writer) error {
	families, err := p.registry.Gather()
	if err != nil {
		return err
	}
	enc := expfmt.NewEncoder(w, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, f := range families {
		if err := enc.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

// finish publishes the outcome and ends what publish began. The error says that the file is not there, or not the last word.
func (p *publication) finish(sum migrate.Summary, code int) error {
	p.end(sum, code)
	p.stop()
	if p.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if p.server.Shutdown(ctx) != nil {
			_ = p.server.Close() // a scraper that does not read is left
		}
	}
	_ = p.workers.Wait() // they return none
	if p.out.file == "" {
		return nil
	}
	return p.write()
}

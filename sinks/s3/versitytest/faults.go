package versitytest

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// A Fault is one way in which a network, a proxy or a store misbehaves.
type Fault string

// The faults.
const (
	ResetBefore Fault = "reset before"  // the connection ends, and the store was not asked
	ResetAfter  Fault = "reset after"   // the store did it, and the connection ends
	ErrorBefore Fault = "500 before"    // an answer that is none, and the store was not asked
	ErrorAfter  Fault = "500 after"     // the store did it, and the answer says 500
	SlowDown    Fault = "slow down"     // 503, and the store was not asked
	CutUpload   Fault = "cut upload"    // half of the body reaches the store
	Late        Fault = "late answer"   // the store did it, and the answer comes when nobody waits any more
	Delayed     Fault = "delayed"       // the store is asked when nobody waits for the answer any more
	WrongSum    Fault = "wrong sum"     // the answer tells another checksum
	CutAnswer   Fault = "cut answer"    // half of a range arrives
	ShortRange  Fault = "shorter range" // the answer is whole, and of a shorter range
)

// AllFaults returns every fault.
func AllFaults() []Fault {
	return []Fault{ResetBefore, ResetAfter, ErrorBefore, ErrorAfter, SlowDown, CutUpload, Late, Delayed, WrongSum, CutAnswer, ShortRange}
}

// A Schedule says what happens to which requests. It is decided by the seed, the request and how often that request was
// made before, so that it hardly depends on the order in which concurrent requests arrive: by InRow only, and by how often
// a client asks.
type Schedule struct {
	Seed uint64
	// Percent of the requests meet a fault.
	Percent int
	// InRow is how many times the same request may fail one after the other: a client that tries once more gets through.
	InRow int
	// Patience is longer than the client waits for an answer.
	Patience time.Duration
	// Faults are those that may happen. Nil: all.
	Faults []Fault
}

// A Proxy stands between a client and an S3 server and lets requests fail by a schedule. It is an http.Handler.
type Proxy struct {
	target *url.URL
	plan   Schedule
	next   *http.Transport

	mu     sync.Mutex
	asked  map[string]int // how often each request came
	inRow  map[string]int // how often it has failed since it last got through
	counts map[Fault]int
	late   sync.WaitGroup
}

// NewProxy returns a proxy to the server at target. Close it after its server.
func NewProxy(target string, plan Schedule) (*Proxy, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	if plan.Faults == nil {
		plan.Faults = AllFaults()
	}
	return &Proxy{
		target: u, plan: plan, next: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		asked: map[string]int{}, inRow: map[string]int{}, counts: map[Fault]int{},
	}, nil
}

// Close waits for the requests that were delayed, and lets go of the connections.
func (p *Proxy) Close() {
	p.late.Wait()
	p.next.CloseIdleConnections()
}

// Counts returns how often each fault has happened.
func (p *Proxy) Counts() map[Fault]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := make(map[Fault]int)
	for f, n := range p.counts {
		counts[f] = n
	}
	return counts
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 128<<20))
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	switch f := p.choose(r, len(body)); f {
	case ResetBefore:
		panic(http.ErrAbortHandler)
	case ErrorBefore, SlowDown:
		refuse(w, f)
	case CutUpload:
		if resp, err := p.forward(r, body, len(body)/2); err == nil {
			resp.Body.Close()
		}
		panic(http.ErrAbortHandler)
	case Delayed:
		p.delay(r, body)
	default:
		answer, err := p.ask(r, body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		p.answer(w, r, f, answer)
	}
}

// choose decides what happens to a request. "": nothing.
func (p *Proxy) choose(r *http.Request, size int) Fault {
	q := r.URL.Query()
	q.Del("uploadId") // it is another one in each run
	key := r.Method + " " + r.URL.Path + "?" + q.Encode() + " " + r.Header.Get("Range")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[key]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%s#%d", key, p.asked[key])
	dice := rand.New(rand.NewPCG(p.plan.Seed, h.Sum64()))
	if dice.IntN(100) >= p.plan.Percent || p.inRow[key] >= p.plan.InRow {
		p.inRow[key] = 0
		return ""
	}
	var may []Fault
	for _, f := range p.plan.Faults {
		if f.fits(r, size) {
			may = append(may, f)
		}
	}
	if len(may) == 0 {
		return ""
	}
	f := may[dice.IntN(len(may))]
	p.inRow[key]++
	p.counts[f]++
	return f
}

// fits reports whether a fault can happen to a request.
func (f Fault) fits(r *http.Request, size int) bool {
	ranged := r.Header.Get("Range") != ""
	switch f {
	case CutUpload:
		return size > 1
	case WrongSum:
		return r.Method == http.MethodPut || r.Method == http.MethodHead || r.Method == http.MethodPost && size > 0
	case CutAnswer, ShortRange:
		return ranged
	}
	return true
}

func refuse(w http.ResponseWriter, f Fault) {
	if f == SlowDown {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
		return
	}
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprint(w, `<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>`)
}

// forward asks the server, with the first bytes of the body, the rest of which does not come.
func (p *Proxy) forward(r *http.Request, body []byte, first int) (*http.Response, error) {
	var send io.Reader = bytes.NewReader(body)
	if first < len(body) {
		send = io.MultiReader(bytes.NewReader(body[:first]), broken{})
	}
	out := r.Clone(r.Context())
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = p.target.Scheme, p.target.Host // the Host header stays: it is signed
	out.Header.Del("Expect")
	out.Body, out.ContentLength = io.NopCloser(send), int64(len(body))
	if len(body) == 0 {
		out.Body = http.NoBody
	}
	return p.next.RoundTrip(out)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// ask forwards a request whole and reads the answer whole.
func (p *Proxy) ask(r *http.Request, body []byte) (Answer, error) {
	resp, err := p.forward(r, body, len(body))
	if err != nil {
		return Answer{}, err
	}
	return readAnswer(resp, 128<<20)
}

// delay lets the client wait in vain, and then asks the server.
func (p *Proxy) delay(r *http.Request, body []byte) {
	p.late.Add(1)
	defer p.late.Done()
	p.outlast(r)
	_, _ = p.ask(r.WithContext(context.WithoutCancel(r.Context())), body)
	panic(http.ErrAbortHandler)
}

// outlast waits until the client has gone away, or for longer than it should have waited.
func (p *Proxy) outlast(r *http.Request) {
	t := time.NewTimer(p.plan.Patience)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

var sums = regexp.MustCompile(`<ChecksumSHA256>[^<]{4}`)

func (p *Proxy) answer(w http.ResponseWriter, r *http.Request, f Fault, answer Answer) {
	body := answer.Body
	for k, v := range answer.Header {
		w.Header()[k] = v
	}
	switch f {
	case ResetAfter:
		panic(http.ErrAbortHandler)
	case ErrorAfter:
		clear(w.Header())
		refuse(w, f)
		return
	case Late:
		p.outlast(r)
	case WrongSum:
		if w.Header().Get("X-Amz-Checksum-Sha256") != "" {
			w.Header().Set("X-Amz-Checksum-Sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		}
		body = sums.ReplaceAll(body, []byte("<ChecksumSHA256>AAAA"))
	case ShortRange:
		var from, to, size int
		if _, err := fmt.Sscanf(answer.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &size); err == nil && to > from {
			body = body[:len(body)-1]
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, size))
		}
	}
	if r.Method != http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(answer.Status)
	if f == CutAnswer {
		_, _ = w.Write(body[:len(body)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body)
}

package s3

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A store is a small S3 server in memory, of one bucket, that does what this package asks for, and is faulty on demand. The
// suites run on a real server, in the module versitytest.
type store struct {
	t      *testing.T
	bucket string

	// What it does wrong.
	frames     bool // it keeps the framing of the transfer in the body
	overwrites bool // it ignores If-None-Match
	plain      bool // it ignores the encryption that is asked for
	noSums     bool // it keeps no checksums
	noMarks    bool // it keeps no metadata
	noKeeping  bool // it ignores the retention that is asked for
	noHolds    bool // it ignores the legal hold that is asked for
	noLocks    bool // the bucket has no object lock
	mu         sync.Mutex
	fault      fault
	objects    map[string]*stored
	uploads    map[string]*stored
	log        []string
}

type stored struct {
	key    string
	data   []byte
	header http.Header // what was asked for
	sum    string
	parts  map[int][]byte
	begun  time.Time
}

func newStore(t *testing.T) *store {
	return &store{t: t, bucket: "b", objects: map[string]*stored{}, uploads: map[string]*stored{}}
}

// serve starts the server and returns options for it.
func (s *store) serve() Options {
	s.t.Helper()
	srv := httptest.NewServer(s)
	s.t.Cleanup(srv.Close)
	for k, v := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "verysecretvalue", "AWS_CONFIG_FILE": os.DevNull, "AWS_REGION": "",
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "",
	} {
		s.t.Setenv(k, v)
	}
	return Options{
		Bucket: s.bucket, Prefix: "p", Endpoint: srv.URL, PathStyle: true, MaxBackoff: time.Millisecond, Timeout: 5 * time.Second,
		Attempts: 3, TempDir: s.t.TempDir(),
	}
}

func (s *store) open(o Options) *Bucket {
	s.t.Helper()
	b, err := Open(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { b.Close() })
	return b
}

// seen returns the requests since the last time: "PUT key".
func (s *store) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

func (s *store) get(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.objects[key]; o != nil {
		return string(o.data)
	}
	return "(nothing)"
}

// put places an object as another writer would.
func (s *store) put(key, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = &stored{key: key, data: []byte(data), header: http.Header{}}
}

// fault may answer in the place of the store, before or after it did what was asked for.
type fault func(w http.ResponseWriter, r *http.Request, do http.Handler)

// meet lets the store's clients meet a fault from now on; nil: none.
func (s *store) meet(f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, _ := strings.CutPrefix(r.URL.Path, "/"+s.bucket)
	s.mu.Lock()
	entry := strings.TrimSpace(r.Method + " " + strings.TrimPrefix(path, "/"))
	s.log = append(s.log, entry)
	bad := s.fault
	s.mu.Unlock()
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		s.fail(w, 403, "AccessDenied")
		return
	}
	if bad != nil {
		bad(w, r, http.HandlerFunc(s.do))
		return
	}
	s.do(w, r)
}

func (s *store) do(w http.ResponseWriter, r *http.Request) {
	key, ok := strings.CutPrefix(r.URL.Path, "/"+s.bucket)
	if !ok {
		s.fail(w, 404, "NoSuchBucket")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || int64(len(body)) != r.ContentLength && r.ContentLength >= 0 {
		s.fail(w, 400, "IncompleteBody")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	if key = strings.TrimPrefix(key, "/"); key == "" {
		s.ofBucket(w, r)
		return
	}
	switch {
	case r.Method == http.MethodPut && q.Has("partNumber"):
		s.putPart(w, r, body)
	case r.Method == http.MethodPut && q.Has("legal-hold"):
		s.putHold(w, key, string(body))
	case r.Method == http.MethodPut:
		s.putObject(w, r, key, body)
	case r.Method == http.MethodPost:
		s.post(w, r, key)
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		if s.uploads[q.Get("uploadId")] == nil {
			s.fail(w, 404, "NoSuchUpload")
			return
		}
		delete(s.uploads, q.Get("uploadId"))
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet && (q.Has("legal-hold") || q.Has("retention")):
		s.fail(w, 404, map[bool]string{true: "NoSuchKey", false: "NoSuchObjectLockConfiguration"}[s.objects[key] == nil])
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.read(w, r, key)
	default:
		s.t.Errorf("the store was asked for %s %s", r.Method, r.URL)
		s.fail(w, 405, "MethodNotAllowed")
	}
}

func (s *store) ofBucket(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case q.Has("object-lock") && s.noLocks:
		s.fail(w, 404, "ObjectLockConfigurationNotFoundError")
	case q.Has("object-lock"):
		fmt.Fprint(w, `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`)
	case q.Has("uploads"):
		fmt.Fprint(w, `<ListMultipartUploadsResult>`)
		for id, u := range s.uploads {
			fmt.Fprintf(w, `<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload>`, escaped(u.key), id, u.begun.UTC().Format(time.RFC3339))
		}
		fmt.Fprint(w, `</ListMultipartUploadsResult>`)
	case q.Get("list-type") == "2":
		var keys []string
		after := max(q.Get("start-after"), q.Get("continuation-token"))
		for key := range s.objects {
			if strings.HasPrefix(key, q.Get("prefix")) && key > after {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		limit, err := strconv.Atoi(q.Get("max-keys"))
		if err != nil {
			limit = 3 // many pages in small tests
		}
		fmt.Fprintf(w, `<ListBucketResult><Name>%s</Name>`, s.bucket)
		if len(keys) > limit {
			keys = keys[:limit]
			fmt.Fprintf(w, `<IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken>`, escaped(keys[limit-1]))
		}
		for _, key := range keys {
			fmt.Fprintf(w, `<Contents><Key>%s</Key><ETag>%s</ETag><Size>%d</Size></Contents>`, escaped(key), escaped(etag(s.objects[key].data)), len(s.objects[key].data))
		}
		fmt.Fprint(w, `</ListBucketResult>`)
	default:
		s.fail(w, 400, "InvalidRequest")
	}
}

func (s *store) putObject(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	if !s.condition(w, r, key) || !s.checkSum(w, r, body) {
		return
	}
	sum := r.Header.Get("X-Amz-Checksum-Sha256")
	if s.frames {
		body = fmt.Appendf(nil, "%x;chunk-signature=%064x\r\n%s\r\n0;chunk-signature=%064x\r\n\r\n", len(body), 1, body, 2)
	}
	o := &stored{key: key, data: body, header: r.Header, sum: sum}
	s.objects[key] = o
	s.describe(w, o)
	if !s.noSums {
		w.Header().Set("X-Amz-Checksum-Sha256", sum)
	}
}

const holdHeader = "X-Amz-Object-Lock-Legal-Hold"

func (s *store) putHold(w http.ResponseWriter, key, body string) {
	_, rest, _ := strings.Cut(body, "<Status>")
	status, _, ok := strings.Cut(rest, "</Status>")
	switch o := s.objects[key]; {
	case s.noLocks:
		s.fail(w, 400, "InvalidRequest")
	case o == nil:
		s.fail(w, 404, "NoSuchKey")
	case !ok:
		s.fail(w, 400, "MalformedXML")
	default:
		o.header.Set(holdHeader, status)
	}
}

func (s *store) condition(w http.ResponseWriter, r *http.Request, key string) bool {
	if r.Header.Get("If-None-Match") != "*" {
		s.t.Errorf("%s %s without a condition", r.Method, key)
	}
	if s.objects[key] != nil && !s.overwrites {
		s.fail(w, 412, "PreconditionFailed")
		return false
	}
	return true
}

func (s *store) checkSum(w http.ResponseWriter, r *http.Request, body []byte) bool {
	sum := sha256.Sum256(body)
	if r.Header.Get("X-Amz-Checksum-Sha256") != base64.StdEncoding.EncodeToString(sum[:]) {
		s.fail(w, 400, "BadDigest")
		return false
	}
	if got := r.Header.Get("X-Amz-Content-Sha256"); got != hex.EncodeToString(sum[:]) {
		s.t.Errorf("the signed payload is %q", got)
	}
	if e := r.Header.Get("Content-Encoding"); e != "" {
		s.t.Errorf("Content-Encoding %q", e)
	}
	return true
}

func (s *store) putPart(w http.ResponseWriter, r *http.Request, body []byte) {
	u := s.uploads[r.URL.Query().Get("uploadId")]
	if u == nil {
		s.fail(w, 404, "NoSuchUpload")
		return
	}
	if !s.checkSum(w, r, body) {
		return
	}
	n, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
	u.parts[n] = body
	w.Header().Set("ETag", etag(body))
	w.Header().Set("X-Amz-Checksum-Sha256", r.Header.Get("X-Amz-Checksum-Sha256"))
}

func (s *store) post(w http.ResponseWriter, r *http.Request, key string) {
	q := r.URL.Query()
	if q.Has("uploads") {
		id := fmt.Sprintf("upload-%d", len(s.log))
		s.uploads[id] = &stored{key: key, header: r.Header, parts: map[int][]byte{}, begun: time.Now()}
		fmt.Fprintf(w, `<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>`, id)
		return
	}
	u := s.uploads[q.Get("uploadId")]
	if u == nil {
		s.fail(w, 404, "NoSuchUpload")
		return
	}
	if !s.condition(w, r, key) {
		return
	}
	all := sha256.New()
	for n := range len(u.parts) {
		u.data = append(u.data, u.parts[n+1]...)
		sum := sha256.Sum256(u.parts[n+1])
		all.Write(sum[:])
	}
	u.sum = fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(all.Sum(nil)), len(u.parts))
	s.objects[key] = u
	delete(s.uploads, q.Get("uploadId"))
	fmt.Fprintf(w, `<CompleteMultipartUploadResult><ETag>x</ETag><ChecksumSHA256>%s</ChecksumSHA256></CompleteMultipartUploadResult>`, u.sum)
}

func (s *store) read(w http.ResponseWriter, r *http.Request, key string) {
	o := s.objects[key]
	if o == nil {
		s.fail(w, 404, "NoSuchKey")
		return
	}
	s.describe(w, o)
	if o.sum != "" && !s.noSums && r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
		w.Header().Set("X-Amz-Checksum-Sha256", o.sum)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(o.data))
}

// describe sets the headers that tell of an object.
func (s *store) describe(w http.ResponseWriter, o *stored) {
	h := w.Header()
	h.Set("ETag", etag(o.data))
	h.Set("Content-Type", "application/octet-stream")
	for k, v := range o.header {
		switch {
		case strings.HasPrefix(k, "X-Amz-Meta-") && !s.noMarks, strings.HasPrefix(k, "X-Amz-Server-Side-") && !s.plain,
			strings.HasPrefix(k, "X-Amz-Object-Lock-") && k != holdHeader && !s.noKeeping, k == holdHeader && !s.noHolds:
			h[k] = v
		}
	}
}

func (s *store) fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Amz-Request-Id", "REQ1")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<Error><Code>%s</Code><Message>why %s</Message></Error>`, code, code)
}

func etag(data []byte) string {
	sum := sha256.Sum256(data)
	return fmt.Sprintf("%q", hex.EncodeToString(sum[:8]))
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

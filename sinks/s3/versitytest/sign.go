package versitytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// An Answer is what a server said, read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// readAnswer reads an answer to its end, of at most limit bytes, and closes it.
func readAnswer(resp *http.Response, limit int64) (Answer, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, err
}

// Do makes a plain request to an S3 server, signed here and not by an SDK: what it shows does not depend on the code under
// test. path begins with "/", header and query may be nil.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
func (g *Gateway) Do(ctx context.Context, method, path string, query url.Values, header http.Header, body []byte) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, g.URL, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.URL.Path, req.URL.RawPath = path, escape(path, true)
	var pairs []string
	for k, values := range query {
		for _, v := range values {
			pairs = append(pairs, escape(k, false)+"="+escape(v, false))
		}
	}
	slices.Sort(pairs)
	req.URL.RawQuery = strings.Join(pairs, "&")
	sum := sha256.Sum256(body)
	now := time.Now().UTC()
	for k, v := range header {
		req.Header[http.CanonicalHeaderKey(k)] = v
	}
	req.Header.Set("X-Amz-Date", now.Format("20060102T150405Z"))
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))

	lines := map[string]string{"host": req.URL.Host}
	for k, v := range req.Header {
		lines[strings.ToLower(k)] = strings.TrimSpace(strings.Join(v, ","))
	}
	var names []string
	for k := range lines {
		names = append(names, k)
	}
	slices.Sort(names)
	canonical := method + "\n" + req.URL.RawPath + "\n" + req.URL.RawQuery + "\n"
	for _, k := range names {
		canonical += k + ":" + lines[k] + "\n"
	}
	signed := strings.Join(names, ";")
	canonical += "\n" + signed + "\n" + hex.EncodeToString(sum[:])

	day := now.Format("20060102")
	scope := day + "/" + Region + "/s3/aws4_request"
	digest := sha256.Sum256([]byte(canonical))
	toSign := "AWS4-HMAC-SHA256\n" + now.Format("20060102T150405Z") + "\n" + scope + "\n" + hex.EncodeToString(digest[:])
	key := []byte("AWS4" + SecretKey)
	for _, s := range []string{day, Region, "s3", "aws4_request"} {
		key = mac(key, s)
	}
	req.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		AccessKey, scope, signed, hex.EncodeToString(mac(key, toSign))))
	resp, err := g.client(30 * time.Second).Do(req)
	if err != nil {
		return Answer{}, err
	}
	return readAnswer(resp, 64<<20)
}

func mac(key []byte, s string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return h.Sum(nil)
}

// escape is the URI encoding of the signature: everything but the unreserved characters.
func escape(s string, slash bool) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0, c == '/' && slash:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// MakeBucket makes a bucket. lock: one that can keep its objects from being deleted, which has versions then.
func (g *Gateway) MakeBucket(ctx context.Context, name string, lock bool) error {
	header := http.Header{}
	if lock {
		header.Set("X-Amz-Bucket-Object-Lock-Enabled", "true")
	}
	answer, err := g.Do(ctx, http.MethodPut, "/"+name, nil, header, nil)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("make bucket %s: status %d: %s", name, answer.Status, answer.Body)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// foreignVersions says of a bucket with versions what somebody did to objects of the archive: nothing of airlift writes an
// object again or deletes it, so each has one version. It returns how many findings there are.
func (c *console) foreignVersions(ctx context.Context, b *s3.Bucket) (n int, err error) {
	found := func(v s3.Version, why string) {
		n++
		c.finding(archive.Problem{Object: v.Name, Why: why})
	}
	var newest s3.Version // of the object in hand: its versions come the latest first
	for v, err := range b.Versions(ctx, "") {
		if err != nil {
			return n, err
		}
		if v.Name != newest.Name {
			newest = v
			if v.Deleted {
				found(v, fmt.Sprintf("it was deleted at %s; the version before is still there", v.Time.UTC().Format(time.RFC3339)))
			}
			continue
		}
		if !newest.Deleted {
			found(v, fmt.Sprintf("it was overwritten at %s; version %s of %s is what was there before",
				newest.Time.UTC().Format(time.RFC3339), v.ID, v.Time.UTC().Format(time.RFC3339)))
		}
		newest = v
	}
	return n, nil
}

// untold reports whether foreignVersions failed because the store knows no versions, or does not tell of them to who asks.
func untold(err error) bool {
	var answer *s3.RequestError
	if !errors.As(err, &answer) || answer.Op != s3.OpListVersions {
		return false
	}
	return answer.Status == http.StatusNotImplemented || answer.Status == http.StatusMethodNotAllowed || errors.Is(err, s3.ErrCredentials)
}

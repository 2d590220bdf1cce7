package s3

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/airlift-eas/airlift/sinks"
)

// A Version is one state of an object in a bucket that has versions. An object of an archive has exactly one, because
// nothing replaces or deletes it: each further one was somebody else's doing.
type Version struct {
	Name    string
	ID      string    // "null" where the bucket has no versions, or had none then
	Time    time.Time // when it was made
	Size    int64     // bytes
	Current bool      // it is what is read by the name
	Deleted bool      // it is a delete marker: by the name there is nothing
}

// Versions yields every version of the objects whose names begin with prefix, and the markers of those that were deleted,
// in byte order of the names and of one name the latest first. Keys that are no object's name are left out. An iteration
// ends at the first error.
func (b *Bucket) Versions(ctx context.Context, prefix string) iter.Seq2[Version, error] {
	return func(yield func(Version, error) bool) {
		in := &s3.ListObjectVersionsInput{Bucket: &b.opts.Bucket, Prefix: b.key(prefix)}
		op, last := Operation{Op: OpListVersions, Name: prefix}, ""
		for {
			out, err := call(ctx, b, op, 0, b.client.ListObjectVersions, in)
			if err == nil {
				err = b.isListing(op, out.Name)
			}
			if err != nil {
				yield(Version{}, err)
				return
			}
			for _, v := range b.versionsOf(out) {
				if err := ctx.Err(); err != nil {
					yield(Version{}, err)
					return
				}
				if v.Name < last { // a name that comes again later would look as if it had one version each time
					yield(Version{}, fmt.Errorf("%s: list versions: the store answered %q after %q: its listings are not in order", b.full(prefix), short(v.Name, 200), last))
					return
				}
				last = v.Name
				if sinks.CheckName(v.Name) == nil && !yield(v, nil) {
					return
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				return
			}
			key, id := aws.ToString(out.NextKeyMarker), aws.ToString(out.NextVersionIdMarker)
			if key == "" || (key == aws.ToString(in.KeyMarker) && id == aws.ToString(in.VersionIdMarker)) {
				yield(Version{}, fmt.Errorf("%s: list versions: %w", b.full(prefix), errStuck))
				return
			}
			in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
		}
	}
}

// versionsOf puts the versions and the markers of a page, which come as two lists, in one order.
func (b *Bucket) versionsOf(out *s3.ListObjectVersionsOutput) []Version {
	var all []Version
	for _, v := range out.Versions {
		if name, ok := strings.CutPrefix(aws.ToString(v.Key), b.opts.Prefix); ok {
			all = append(all, Version{
				Name: name, ID: aws.ToString(v.VersionId), Time: aws.ToTime(v.LastModified), Size: aws.ToInt64(v.Size), Current: aws.ToBool(v.IsLatest),
			})
		}
	}
	for _, m := range out.DeleteMarkers {
		if name, ok := strings.CutPrefix(aws.ToString(m.Key), b.opts.Prefix); ok {
			all = append(all, Version{
				Name: name, ID: aws.ToString(m.VersionId), Time: aws.ToTime(m.LastModified), Current: aws.ToBool(m.IsLatest), Deleted: true,
			})
		}
	}
	slices.SortStableFunc(all, func(x, y Version) int {
		if c := cmp.Compare(x.Name, y.Name); c != 0 {
			return c
		}
		if x.Current != y.Current {
			if x.Current {
				return -1
			}
			return 1
		}
		return y.Time.Compare(x.Time)
	})
	return all
}

package s3

// Op is what a request asks for.
type Op string

// The requests.
const (
	OpPut            Op = "put"             // create an object, if there is none
	OpGet            Op = "get"             // a range of an object
	OpHead           Op = "head"            // an object's size and marks
	OpList           Op = "list"            // a page of names
	OpCreateUpload   Op = "create upload"   // begin a multipart upload
	OpPart           Op = "part"            // a part of one
	OpCompleteUpload Op = "complete upload" // make it an object, if there is none
	OpAbortUpload    Op = "abort upload"    //
	OpListUploads    Op = "list uploads"    // a page of the multipart uploads that are not complete
	OpListVersions   Op = "list versions"   // a page of the versions of all objects
	OpBucketLock     Op = "get bucket lock" // the bucket's own object-lock configuration
	OpHold           Op = "put hold"        // set or release a legal hold
	OpGetHold        Op = "get hold"        // an object's legal hold alone
	OpGetRetention   Op = "get retention"   // an object's retention alone
)

// An Operation is one request to the store, with what the SDK repeats of it.
type Operation struct {
	Op   Op
	Name string // of the object, without the bucket's prefix; empty: the request is about the bucket
	Part int    // OpPart: from 1
}

func (b *Bucket) step(op Operation, do func() error) error {
	if b.opts.Step == nil {
		return do()
	}
	return b.opts.Step(op, do)
}

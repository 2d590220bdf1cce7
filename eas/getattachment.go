package eas

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// AttachmentData is an attachment that was fetched by its name.
type AttachmentData struct {
	Data        *Blob // the caller's, who closes it
	ContentType string
}

// GetAttachment gets an attachment by the name that email:AttName has, or by its FileReference. To 12.1; from 12.0 on Fetch does the
// same. MS-ASCMD 2.2.1.7. It is spooled as it comes, and may be as large as Limits.Value. One that is not there is an HTTPError 500.
func (c *Client) GetAttachment(ctx context.Context, name string) (*AttachmentData, error) {
	if v := c.Version(); v.AtLeast(Version140) {
		return nil, fmt.Errorf("GetAttachment in version %s: %w", v, errors.ErrUnsupported)
	}
	if name == "" {
		return nil, errors.New("GetAttachment: no name")
	}
	a := &AttachmentData{}
	cmd := command{name: "GetAttachment", empty: true, params: []param{{paramAttachmentName, name}}}
	err := c.post(ctx, cmd, func(r *response) (err error) {
		defer func() { r.close(err) }()
		a.ContentType = r.contentType()
		a.Data, err = r.blob()
		return err
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

const maxAttachment = 4 << 30 // bytes, when Limits.Value has no other

// blob spools the body.
func (r *response) blob() (*Blob, error) {
	b := r.c.newBlob()
	b.Keep()
	if r.empty {
		return b, nil
	}
	most := r.c.cfg.Limits.Value
	if most <= 0 {
		most = maxAttachment
	}
	err := b.fill(io.LimitReader(r.body, most+1))
	switch {
	case err != nil && b.err == nil:
		err = r.broken(err)
	case err == nil && b.Size() > most:
		err = r.malformed(&wbxml.LimitError{Limit: "Value", Max: most})
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

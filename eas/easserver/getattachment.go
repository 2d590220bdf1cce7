package easserver

import (
	"io"
	"net/http"
)

// getAttachment answers GetAttachment, which versions before 14.0 have: the bytes of
// an attachment. MS-ASCMD 2.2.1.7.
func (x *exchange) getAttachment() {
	f := fetched{to: noLimit}
	x.findAttachment(&f, x.query.values.Get("AttachmentName"))
	if f.status != 1 {
		x.httpError(http.StatusInternalServerError, "MS-ASCMD 2.2.1.7", "no attachment "+x.query.values.Get("AttachmentName"))
		return
	}
	in, err := f.v.Message.openAttachment(f.attachment.index, 0, f.attachment.size-1)
	if err != nil {
		http.Error(x.w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	defer in.Close()
	out := x.body(f.attachment.contentType)
	if _, err := io.Copy(out, in); err != nil {
		panic(http.ErrAbortHandler)
	}
	out.finish()
}

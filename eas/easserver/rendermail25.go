package easserver

import "github.com/airlift-eas/airlift/eas/wbxml"

// mailBody25 writes the body as protocol version 2.5 has it: MIMEData, or the text
// and a list of attachments for GetAttachment. MS-ASEMAIL 2.2.2.15, 2.2.2.50.
func (r *renderer) mailBody25(v *version) {
	if r.wantsMIME(v.header()) {
		limit := r.opts.mimeTruncation
		if r.spoil&spoilCut != 0 {
			limit = min(limit, v.Message.Size/2)
		}
		r.bool(wbxml.EmailMIMETruncated, v.Message.Size > limit)
		if limit > 0 {
			r.value(wbxml.EmailMIMEData, v.Message.source().cut(limit))
		}
		r.number(wbxml.EmailMIMESize, v.Message.Size)
		return
	}
	b := v.Message.body()
	text := b.plain()
	if len(b.attachments) > 0 {
		r.enc.Start(wbxml.EmailAttachments)
		for _, a := range b.attachments {
			r.enc.Start(wbxml.EmailAttachment)
			r.enc.Text(wbxml.EmailAttName, r.fileReference(v, a))
			r.number(wbxml.EmailAttSize, a.size)
			r.enc.Text(wbxml.EmailAttMethod, a.method())
			r.enc.Text(wbxml.EmailDisplayName, a.name)
			r.enc.End()
		}
		r.enc.End()
	}
	r.bool(wbxml.EmailBodyTruncated, int64(len(text)) > r.opts.truncation)
	r.enc.Text(wbxml.EmailBody, cutBytes(text, r.opts.truncation))
	r.number(wbxml.EmailBodySize, int64(len(text)))
}

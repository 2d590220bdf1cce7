package easdst

import (
	"bytes"
	"io"

	"github.com/airlift-eas/airlift/sinks"
)

func bytesContent(ext string, data []byte) sinks.Content {
	return sinks.Content{Ext: ext, Size: int64(len(data)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

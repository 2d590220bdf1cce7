package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/airlift-eas/airlift/eas/auth/replace"
	"github.com/airlift-eas/airlift/eas/twoway"
)

// stateFile is a twoway.Store in a JSON file.
type stateFile string

func (f stateFile) Load(context.Context) (*twoway.State, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &twoway.State{}
	return s, json.Unmarshal(text, s)
}

func (f stateFile) Save(_ context.Context, s *twoway.State) error {
	return replace.Write(string(f), 0o600, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(s)
	})
}

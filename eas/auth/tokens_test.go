package auth_test

import "context"

// fixed is a token that does not change.
type fixed string

func (f fixed) Token(context.Context, string) (string, error) { return string(f), nil }

package auth

import "github.com/airlift-eas/airlift/eas"

// SignInError says that somebody has to sign in again: the grant was revoked, has expired or was never enough. It answers to
// eas.ErrUnauthorized.
type SignInError struct {
	File string // the token file, "" while signing in
	Err  error  // what the provider said
	hint string
}

func (e *SignInError) Error() string {
	if e.File == "" {
		return "sign in: " + e.Err.Error()
	}
	return "token file: " + e.File + ": " + e.Err.Error()
}

func (e *SignInError) Unwrap() error { return e.Err }

// Is answers to eas.ErrUnauthorized.
func (e *SignInError) Is(target error) bool { return target == eas.ErrUnauthorized }

// Hint tells the command that signs in again.
func (e *SignInError) Hint() string { return e.hint }

//go:build dragonfly || freebsd || netbsd || openbsd

package dir

import "os"

// publish gives the object its name, unless the name is taken.
func (u *upload) publish(*os.File) error { return u.link() }

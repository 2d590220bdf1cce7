package dir

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// publish gives the object its name, unless the name is taken. One step, and no second name that a crash could leave.
func (u *upload) publish(parent *os.File) error {
	fd := int(parent.Fd())
	err := unix.RenameatxNp(fd, path.Base(u.temp), fd, path.Base(u.name), unix.RENAME_EXCL)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return u.link() // only APFS and HFS+ know the flag for certain
	}
	return err
}

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
	err := unix.Renameat2(fd, path.Base(u.temp), fd, path.Base(u.name), unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return u.link() // NFS and some others know no flags
	}
	return err
}

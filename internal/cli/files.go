package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// writeFile writes a file of the working directory as a whole or not at all: a reader never sees half of it. The folder
// is made when it is missing; name is relative to the working directory.
func (s *session) writeFile(name string, content []byte) error {
	return s.replaceFile(name, content, (*os.File).Sync)
}

// writeAnew is writeFile for what every run writes anew: it doesn't wait until the disk has it.
func (s *session) writeAnew(name string, content []byte) error {
	return s.replaceFile(name, content, func(*os.File) error { return nil })
}

// replaceFile writes a new file beside the old one, has settle see to it, and gives it the old one's name.
func (s *session) replaceFile(name string, content []byte, settle func(*os.File) error) error {
	path := s.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return unwritable(name, err)
	}
	// A name that nobody else thinks of: in containers that share a mount, every process has the same ID.
	tmp := path + "." + rand.Text()[:10] + ".tmp"                        // not the process's ID: in containers that share a mount, all have the same
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less the umask
	if err != nil {
		return unwritable(name, err)
	}
	err = errors.Join(fill(f, content, settle), f.Close())
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return unwritable(name, errors.Join(err, os.Remove(tmp)))
	}
	return nil
}

func fill(f *os.File, content []byte, settle func(*os.File) error) error {
	if _, err := f.Write(content); err != nil {
		return err
	}
	return settle(f)
}

func unwritable(name string, err error) error {
	e := &exitError{exit: exitFailed, code: "UNWRITABLE", err: fmt.Errorf("write %s: %w", name, err)}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EROFS) {
		e.hint = "the user that runs the tool must be able to write there; in a container, mount the folder and start it with --user \"$(id -u):$(id -g)\""
	}
	return e
}

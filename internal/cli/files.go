package cli

import (
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

func (s *session) replaceFile(name string, content []byte, settle func(*os.File) error) error {
	path := s.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return unwritable(name, err)
	}
	tmp := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
	err := writeNew(tmp, content, settle)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return unwritable(name, errors.Join(err, ignoreMissing(os.Remove(tmp))))
	}
	return nil
}

func writeNew(path string, content []byte, settle func(*os.File) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666) // less the umask
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return settle(f)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func unwritable(name string, err error) error {
	e := &exitError{exit: exitFailed, code: "UNWRITABLE", err: fmt.Errorf("write %s: %w", name, err)}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EROFS) {
		e.hint = "the user that runs the tool must be able to write there; in a container, mount the folder and start it with --user \"$(id -u):$(id -g)\""
	}
	return e
}

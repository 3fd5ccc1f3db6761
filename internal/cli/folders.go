package cli

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// userHint is for folders that the tool's user may not use.
const userHint = `the user that runs the tool must be able to use the folder; in a container, mount it and start with --user "$(id -u):$(id -g)"`

// otherError says what lies where a folder should be.
type otherError string

func (e otherError) Error() string { return string(e) }
func (otherError) Hint() string {
	return "move what lies there out of the way, or name another folder in app_config.yaml"
}

const absent = "not there" // which is no error: an action that writes makes it, one that reads says what it misses

// hasFolder reports whether the path is a folder. It is no error if nothing is there; it is one if something else is.
func hasFolder(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return false, otherError(path + " is a link to nowhere")
		}
		return false, nil
	case err != nil:
		return false, err
	case !info.IsDir():
		return false, otherError(path + " is not a folder")
	}
	return true, nil
}

// readableFolder says what there is of a folder that is read from.
func readableFolder(path string) (string, error) {
	if found, err := hasFolder(path); !found {
		return absent, err
	}
	if _, err := os.ReadDir(path); err != nil {
		return "", err
	}
	return "readable", nil
}

// writableFolder says what there is of a folder that is written to. It writes nothing to find out. A file system that is
// read-only is what somebody has chosen: an action that writes there will say so.
func writableFolder(path string) (string, error) {
	if found, err := hasFolder(path); !found {
		return absent, err
	}
	switch err := mayWriteIn(path); {
	case errors.Is(err, syscall.EROFS):
		return "read-only", nil
	case err != nil:
		return "", &fs.PathError{Op: "write to", Path: path, Err: err}
	default:
		return "writable", nil
	}
}

package yamldoc

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// MaxSize is the largest file that is read, in bytes. A config whose template could be deployed (500 resources) stays far
// below it, and the YAML library may take a thousand times the size of a file in memory.
const MaxSize = 192 << 10

// MaxTemplateSize is the largest template that CloudFormation takes (documented: 1 MB, from S3).
const MaxTemplateSize = 1 << 20

// ReadFile returns the content of a regular file of at most MaxSize bytes. A directory, a FIFO or a device is refused
// without waiting for it; the error wraps fs.ErrNotExist or fs.ErrPermission where that is the cause.
func ReadFile(path string) ([]byte, error) { return readFile(path, MaxSize) }

// ReadTemplate returns the content of a template as ReadFile does, of at most MaxTemplateSize bytes.
func ReadTemplate(path string) ([]byte, error) { return readFile(path, MaxTemplateSize) }

// readFile reads a regular file of at most limit bytes, and says in a user's words what else lies there.
func readFile(path string, limit int64) (_ []byte, err error) {
	// Without O_NONBLOCK, opening a FIFO that nobody writes to would never return.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a directory, not a file")
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("it is a %s, not a regular file", kindOf(info.Mode()))
	case info.Size() > limit:
		return nil, fmt.Errorf("it has %d bytes, over the limit of %d", info.Size(), limit)
	}
	return ReadUpTo(f, limit)
}

// ReadUpTo reads all of r, and fails where that is more than limit bytes.
func ReadUpTo(r io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("it has more than the limit of %d bytes", limit)
	}
	return text, err
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	default:
		return "device"
	}
}

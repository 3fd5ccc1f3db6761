package yamldoc_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"mlops-infra-suite/internal/yamldoc"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, size int64) {
		f, err := os.Create(path(name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	write("largest", yamldoc.MaxSize)
	write("too large", yamldoc.MaxSize+1)
	write("huge", 100<<30) // sparse: it takes no room
	if err := errors.Join(
		os.WriteFile(path("text"), []byte("a: 1\n"), 0o600),
		os.Mkdir(path("folder"), 0o700),
		os.Symlink("text", path("link")),
		os.Symlink("loop", path("loop")),
		syscall.Mkfifo(path("pipe"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", path("socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})

	for _, tc := range []struct{ name, text, err string }{
		{"text", "a: 1\n", ""},
		{"link", "a: 1\n", ""},
		{"largest", strings.Repeat("\x00", yamldoc.MaxSize), ""},
		{"too large", "", "it has 196609 bytes, over the limit of 196608"},
		{"huge", "", "it has 107374182400 bytes, over the limit of 196608"},
		{"folder", "", "it is a directory, not a file"},
		{"pipe", "", "it is a named pipe, not a regular file"},
		{"socket", "", "no such device or address"},
		{"loop", "", "too many levels of symbolic links"},
		{"absent", "", "no such file or directory"},
		{"text/x", "", "not a directory"},
		{"../../../../dev/null", "", "it is a device, not a regular file"},
		{"a\x00b", "", "invalid argument"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			name := path(tc.name)
			if strings.HasSuffix(name, os.DevNull) {
				name = os.DevNull
			}
			got, err := yamldoc.ReadFile(name)
			message := ""
			if err != nil {
				message = err.Error()
			}
			if string(got) != tc.text || message != tc.err {
				t.Errorf("got %d bytes and error %q, want %d and %q", len(got), message, len(tc.text), tc.err)
			}
		})
	}
	if _, err := yamldoc.ReadFile(path("absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOpener(t *testing.T) {
	const file = "/reports/a b; rm -rf.html"
	for _, tc := range []struct {
		system  string
		environ []string
		want    []string
	}{
		{"darwin", nil, []string{"open", file}},
		{"windows", nil, []string{"rundll32", "url.dll,FileProtocolHandler", file}},
		{"linux", []string{"DISPLAY=:0"}, []string{"xdg-open", file}},
		{"linux", []string{"WAYLAND_DISPLAY=wayland-0"}, []string{"xdg-open", file}},
		{"linux", []string{"DISPLAY="}, nil},
	} {
		got, err := opener(tc.system, Env{Environ: tc.environ}, file)
		if diff := cmp.Diff(tc.want, got); diff != "" || (err == nil) != (tc.want != nil) {
			t.Errorf("%s %v: %v (-want +got):\n%s", tc.system, tc.environ, err, diff)
		}
	}
}

func TestOpenFileNamesAMissingProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := openFile(t.Context(), "linux", Env{Environ: []string{"DISPLAY=:0"}}, "report.html")
	if !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// A program that fails is told of; one that goes on has opened the file.
func TestOpenFileHearsOfFailure(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name, script string
		ctx          context.Context
		fails        bool
	}{
		{"it can't", "exit 3", t.Context(), true},
		{"it can", "exit 0", t.Context(), false},
		{"it goes on, and nobody waits any longer", "exec sleep 3", canceled, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
			if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\n"+tc.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			err := openFile(tc.ctx, "linux", Env{Environ: append(os.Environ(), "DISPLAY=:0")}, "report.html")
			if _, failed := errors.AsType[*exec.ExitError](err); failed != tc.fails || (err != nil) != tc.fails {
				t.Errorf("%v", err)
			}
		})
	}
}

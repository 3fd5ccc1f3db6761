// Package cli is the command line: it reads arguments, drives the other packages, and turns what they return into text,
// JSON and exit codes. Everything it needs from the outside comes in an Env; stdout gets the result and nothing else,
// stderr the narration.
package cli

import (
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// Env is the world outside of the program.
type Env struct {
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Environ []string // as os.Environ gives it
	Now     func() time.Time
	Version string

	// StdinTerminal and StderrTerminal say whether a person sits there: only then a question is asked, only then progress
	// redraws in place.
	StdinTerminal  bool
	StderrTerminal bool
}

// SystemEnv is the Env of a real process.
func SystemEnv(version string) Env {
	return Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Environ:        os.Environ(),
		Now:            time.Now,
		Version:        version,
		StdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		StderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// getenv is the value of an environment variable, empty where it is not set.
func (e Env) getenv(name string) string {
	value := ""
	for _, entry := range e.Environ {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			value = v
		}
	}
	return value
}

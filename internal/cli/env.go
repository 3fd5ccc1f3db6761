package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"mlops-infra-suite/internal/sandbox"
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

	// StdoutWidth and StderrWidth are the columns of a terminal. 0: there is no terminal, or its width is not known; then no
	// line is broken.
	StdoutWidth int
	StderrWidth int

	// Interrupted makes a context that ends with the next interrupt; the context that Main was given ends with the first. Nil:
	// no further interrupt can come.
	Interrupted func(context.Context) (context.Context, context.CancelFunc)

	// OpenSandbox opens the embedded AWS. Nil: sandbox.Open.
	OpenSandbox func(dir string, opts sandbox.Options) (*sandbox.Sandbox, error)
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
		StdoutWidth:    width(os.Stdout),
		StderrWidth:    width(os.Stderr),
		Interrupted: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		},
	}
}

// width is the columns of a terminal, 0 of anything else.
func width(f *os.File) int {
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// untilNext is a context for cleaning up after an interrupt has ended ctx. It ends with the next interrupt.
func (e Env) untilNext(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx = context.WithoutCancel(ctx)
	if e.Interrupted == nil {
		return ctx, func() {}
	}
	return e.Interrupted(ctx)
}

// openSandbox opens the embedded AWS in a folder.
func (e Env) openSandbox(dir string, opts sandbox.Options) (*sandbox.Sandbox, error) {
	if e.OpenSandbox != nil {
		return e.OpenSandbox(dir, opts)
	}
	return sandbox.Open(dir, opts)
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

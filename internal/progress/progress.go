// Package progress shows what a stack engine does while it does it: as a table that redraws in place on a terminal, as one
// line per event elsewhere, or as JSON lines for programs.
//
// It only narrates: results and errors are the caller's to print. Colour never carries meaning alone, and text that comes
// from outside is stripped of control characters before it reaches a terminal.
package progress

import (
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"mlops-infra-suite/internal/stack"
)

// Handler shows events. It may be used by one goroutine at a time.
type Handler interface {
	// Handle shows an event. It suits stack.Options.Emit.
	Handle(stack.Event)

	// Close gives the terminal back, if an operation is still being shown, and returns the first error of writing.
	Close() error
}

// New is the handler that suits w: the table if w is a terminal that can redraw, lines otherwise. env is the process's
// environment, as os.Environ gives it.
func New(w io.Writer, env []string) Handler {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && lookup(env, "TERM") != "dumb" {
		return NewTable(f, env)
	}
	return NewLines(w)
}

// lookup is the value of the last entry for a name; empty if there is none.
func lookup(env []string, name string) string {
	for _, entry := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// clean makes text from outside safe to print on one line: white space becomes a space; escape sequences, control
// characters and those that change the direction of text go.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		default:
			return r
		}
	}, ansi.Strip(text))
}

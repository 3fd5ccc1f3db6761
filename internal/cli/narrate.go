package cli

import (
	"fmt"
	"io"
	"time"

	"mlops-infra-suite/internal/diag"
)

// narrator tells on stderr what is being done. Text of users is shown with control characters escaped.
type narrator struct {
	w       io.Writer
	colour  bool
	verbose bool
	now     func() time.Time
	last    time.Time // when the last step of --verbose ended
}

// say tells something that every user wants to know.
func (n *narrator) say(format string, args ...any) {
	fmt.Fprintln(n.w, diag.Printable(fmt.Sprintf(format, args...)))
}

// step tells with --verbose what has been done, and how long it took since the last step.
func (n *narrator) step(format string, args ...any) {
	now := n.now()
	took := now.Sub(n.last)
	n.last = now
	if n.verbose {
		fmt.Fprintf(n.w, "%10s  %s\n", took.Round(10*time.Microsecond), diag.Printable(fmt.Sprintf(format, args...)))
	}
}

// paint colours the words error, warning and info where a person looks at a terminal that wants colour.
func (n *narrator) paint() diag.Paint {
	if !n.colour {
		return nil
	}
	return func(s diag.Severity, text string) string {
		return [...]string{"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m"}[s] + text + "\x1b[0m"
	}
}

package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// mayWrite refuses an action that writes where nobody can be asked and nobody has said --force.
func (s *session) mayWrite() error {
	if s.app.opt.force || s.app.opt.dryRun || s.app.env.StdinTerminal {
		return nil
	}
	return blockedf("NEEDS_FORCE", "add --force, or --dry-run to see what would be done",
		"%s writes to AWS, and there is no terminal to ask on", s.action)
}

// confirm asks a question that only yes answers with yes; --force answers it.
func (s *session) confirm(ctx context.Context, question string) error {
	if s.app.opt.force {
		return nil
	}
	if s.app.answers == nil {
		s.app.answers = bufio.NewReader(s.app.env.Stdin) // one for all questions: it may read ahead
	}
	fmt.Fprintf(s.app.env.Stderr, "%s [y/N] ", question)
	answer := make(chan string, 1)
	go func() { // a read from a terminal can't be interrupted: left alone, it ends with the process
		line, _ := s.app.answers.ReadString('\n') // an error is no yes
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(s.app.env.Stderr)
		return ctx.Err()
	case text := <-answer:
		if text == "y" || text == "yes" {
			return nil
		}
		return blockedf("DECLINED", "nothing was changed", "%s was not confirmed", s.action)
	}
}

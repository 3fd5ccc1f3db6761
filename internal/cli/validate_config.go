package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

type validateConfigResult struct {
	header
	summary string
}

func (r *validateConfigResult) writeText(w io.Writer) {
	if r.Error == nil {
		fmt.Fprintln(w, r.summary)
	}
}

func (r *validateConfigResult) writeMarkdown(m *markdown) {
	if r.Error == nil {
		m.paragraph("%s", r.summary)
	}
}

func (a *app) validateConfig() *cobra.Command {
	r := &validateConfigResult{}
	return a.action("validate-config", "Check a config: schema, names, overrides, security checks", r, func(_ context.Context, s *session) error {
		s.findingsOnStdout = true
		if err := s.load(); err != nil {
			return err
		}
		rules := 0
		for range s.set.Rules() {
			rules++
		}
		r.summary = fmt.Sprintf("%s is valid: %s, scenario %s, %d tiers, %d rules, %s",
			s.cfg.File, s.cfg.Names.SGName, s.cfg.Scenario, len(s.set.Tiers), rules, s.findings.Count())
		return s.blocked()
	})
}

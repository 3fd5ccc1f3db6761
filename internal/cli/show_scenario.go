package cli

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

type tierJSON struct {
	Name        string     `json:"name"`
	Role        string     `json:"role"`
	Description string     `json:"description"`
	Ingress     []ruleJSON `json:"ingress"`
	Egress      []ruleJSON `json:"egress"`
}

type showResult struct {
	header
	Tiers []tierJSON `json:"tiers"`

	set ruleset.Set
}

func (a *app) showScenario() *cobra.Command {
	r := &showResult{Tiers: []tierJSON{}}
	return a.action("show-scenario", "Show the tiers and rules after overrides, with the origin of each rule", r, func(_ context.Context, s *session) error {
		if err := s.load(); err != nil {
			return err
		}
		r.set = s.set
		for _, t := range s.set.Tiers {
			r.Tiers = append(r.Tiers, tierJSON{
				t.Name, string(t.Role), t.Description, rulesOf(t.Ingress, nil), rulesOf(t.Egress, t.CoveredEgress()),
			})
		}
		return nil
	})
}

func (r *showResult) writeText(w io.Writer) {
	for i, t := range r.set.Tiers {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s (%s)", t.Name, t.Role)
		if t.Description != "" {
			fmt.Fprintf(w, ": %s", diag.Printable(t.Description))
		}
		fmt.Fprintln(w)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		writeRules(table, "from", t.Ingress, nil)
		writeRules(table, "to", t.Egress, t.CoveredEgress())
		table.Flush() // w is a buffer, whose own Flush returns the error
		if len(t.Ingress) == 0 {
			fmt.Fprintln(w, "  no ingress: nothing reaches this tier")
		}
		if len(t.Egress) == 0 {
			fmt.Fprintln(w, "  no egress: nothing leaves this tier")
		}
	}
}

func writeRules(w io.Writer, preposition string, rules, covered []ruleset.Rule) {
	for i, r := range rulesOf(rules, covered) {
		note := ""
		if r.Covered {
			note = "; covered by the open egress, not in the template"
		}
		fmt.Fprintf(w, "  %s\t%s %s\t%s\t%s (%s%s)\n", rules[i].Traffic, preposition, rules[i].Peer,
			diag.Printable(r.Description), r.Origin, rules[i].Pos, note)
	}
}

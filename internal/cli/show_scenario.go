package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

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

type showScenarioResult struct {
	header
	Tiers []tierJSON `json:"tiers"`

	set ruleset.Set
}

func (r *showScenarioResult) writeText(w io.Writer) {
	for i, t := range r.set.Tiers {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s (%s)", t.Name, t.Role)
		if t.Description != "" {
			fmt.Fprintf(w, ": %s", diag.Printable(t.Description))
		}
		fmt.Fprintln(w)
		table := newTable(w)
		writeRules(table, "from", t.Ingress, nil)
		writeRules(table, "to", t.Egress, t.CoveredEgress())
		table.Flush()
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

func (r *showScenarioResult) writeMarkdown(m *markdown) {
	for _, t := range r.set.Tiers {
		m.heading(3, "%s (%s)", t.Name, t.Role)
		if t.Description != "" {
			m.paragraph("%s", t.Description)
		}
		rows := slices.Concat(markdownRules("from", t.Ingress, nil), markdownRules("to", t.Egress, t.CoveredEgress()))
		if len(rows) == 0 {
			m.paragraph("No rules: nothing reaches this tier, and nothing leaves it.")
			continue
		}
		m.table([]string{"Direction", "Traffic", "Peer", "Description", "Origin"}, rows)
	}
}

func markdownRules(preposition string, rules, covered []ruleset.Rule) [][]string {
	rows := make([][]string, len(rules))
	for i, r := range rulesOf(rules, covered) {
		origin := fmt.Sprintf("%s (%s)", r.Origin, rules[i].Pos)
		if r.Covered {
			origin += ", covered by the open egress"
		}
		rows[i] = []string{r.Direction, rules[i].Traffic.String(), preposition + " " + rules[i].Peer.String(), r.Description, origin}
	}
	return rows
}

func (a *app) showScenario() *cobra.Command {
	r := &showScenarioResult{Tiers: []tierJSON{}}
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

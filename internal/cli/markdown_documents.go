package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/stack"
)

// findings writes the findings, those that block first and the waived ones last.
func (m *markdown) findings(list diag.List) {
	if len(list) == 0 {
		return
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b diag.Diagnostic) int {
		if waived := b.Waived != ""; waived != (a.Waived != "") {
			if waived {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Severity, b.Severity)
	})
	rows := make([][]string, len(sorted))
	for i, d := range sorted {
		severity, remedy := d.Severity.String(), d.Hint
		if d.Waived != "" {
			severity, remedy = severity+" (waived)", "waived: "+d.Waived
		}
		place := d.Pos.File
		if d.Pos.Line > 0 {
			place += ":" + strconv.Itoa(d.Pos.Line)
		}
		rows[i] = []string{severity, d.ID, place, d.Summary, remedy}
	}
	m.heading(3, "Findings")
	m.table([]string{"Severity", "ID", "Where", "Message", "What to do"}, rows)
}

// assertions writes what became of the config's assertions.
func (m *markdown) assertions(verdicts []reach.Verdict) {
	if len(verdicts) == 0 {
		return
	}
	rows := make([][]string, len(verdicts))
	for i, v := range verdicts {
		rows[i] = []string{v.Claim.Text, "holds"}
		if !v.Holds {
			rows[i][1] = "DOES NOT HOLD: " + v.CounterExample
		}
	}
	m.heading(3, "Assertions")
	m.table([]string{"Assertion", "Verdict"}, rows)
}

// flows writes flows, one row for each pair of zones.
func (m *markdown) flows(title string, flows []reach.Flow) {
	m.heading(3, "%s", title)
	if len(flows) == 0 {
		m.paragraph("None.")
		return
	}
	var rows [][]string
	for _, g := range group(flows, func(f reach.Flow) (string, string) { return f.To, f.From }) {
		rows = append(rows, []string{g.heading, g.zone, strings.Join(g.traffic, ", ")})
	}
	m.table([]string{"From", "To", "Traffic"}, rows)
}

// review writes a plan: what it changes, what it opens and closes, and what stands in its way.
func (m *markdown) review(v *review) {
	if v == nil {
		return
	}
	if len(v.tree) > 0 {
		m.changes(v)
		m.paragraph("Against what EC2 holds now, %s.", effect(v.flows))
		m.flows("Opened", v.flows.Opened)
		m.flows("Closed", v.flows.Closed)
	}
	m.leaving(v)
	m.moves(v)
	m.drift(v)
	if v.standing.foreign != nil {
		m.paragraph("%s", v.foreignNote())
	}
	for _, b := range v.barriers {
		m.heading(3, "In the way: %s", b.summary)
		m.blockers(b.things)
		m.paragraph("%s", b.hint)
	}
}

// changes writes the changes of a plan, tier by tier.
func (m *markdown) changes(v *review) {
	counts := countActions(v.plan.Changes)
	rows := make([][]string, len(v.tree))
	for i, n := range v.tree {
		what := n.words
		if len(n.details) > 0 {
			what += ": " + strings.Join(n.details, "; ")
		}
		rows[i] = []string{string(n.action), cmp.Or(n.tier, "-"), what, n.resources(), n.change.Type, string(n.change.Replacement)}
	}
	m.heading(3, "Changes")
	m.paragraph("Resources: %d to add, %d to modify, %d to remove.", counts[stack.Add], counts[stack.Modify], counts[stack.Remove])
	m.table([]string{"Action", "Tier", "What", "Resource", "Type", "Replacement"}, rows)
}

// blockers writes what stands in the way of something.
func (m *markdown) blockers(list []blockerJSON) {
	if len(list) == 0 {
		return
	}
	rows := make([][]string, len(list))
	for i, b := range list {
		rows[i] = []string{b.Kind, b.ID, b.Detail}
	}
	m.table([]string{"Kind", "ID", "What it is, and what to do"}, rows)
}

func (r *validateResult) writeMarkdown(m *markdown) {
	if r.Error == nil {
		m.paragraph("%s", r.summary)
	}
}

func (r *showResult) writeMarkdown(m *markdown) {
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

func (r *reachResult) writeMarkdown(m *markdown) {
	switch {
	case r.delta != nil:
		effect := "it opens nothing"
		if r.delta.Broadens() {
			effect = "it opens what was closed"
		}
		m.paragraph("In the place of %s: %s.", r.base, effect)
		m.flows("Opened", r.delta.Opened)
		m.flows("Closed", r.delta.Closed)
	case r.Error == nil:
		m.flows("Flows", r.flows)
		m.mermaid("Connections", r.chart)
	}
}

func (r *deployResult) writeMarkdown(m *markdown) {
	m.review(r.review)
	if len(r.SecurityGroups) == 0 {
		return
	}
	rows := make([][]string, len(r.SecurityGroups))
	for i, g := range r.SecurityGroups {
		rows[i] = []string{g.Tier, g.ID, g.Parameter}
	}
	m.heading(3, "Security groups")
	m.paragraph("The stack %s is %s (%s).", r.StackName, r.Outcome, r.StackStatus)
	m.table([]string{"Tier", "Group", "SSM parameter"}, rows)
	m.orphans(r.Orphans)
}

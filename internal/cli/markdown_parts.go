package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/reach"
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

// mermaid writes a chart, which whatever shows the Markdown draws. Its text is Mermaid's, escaped where it was made; without
// backquotes, so that it can't end the block. Without a chart nothing is written.
func (m *markdown) mermaid(title, chart string) {
	if chart == "" {
		return
	}
	m.heading(3, "%s", title)
	m.block()
	fmt.Fprintf(m.w, "```mermaid\n%s```\n", strings.ReplaceAll(chart, "`", "'"))
}

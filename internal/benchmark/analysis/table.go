package main

import (
	"fmt"
	"strings"
)

const preface = `# Benchmarks

What the analysis of a large rule set costs: the flows between all zones, the difference to a set in which a rule of every
tenth tier was narrowed, shadowed and half-open rules, and all checks. ` + "`make bench`" + ` measures it and writes this page
(50 rules to a tier, one core of a machine with 2, mean of 5 runs). The budget is that of 10,000 rules in 200 tiers: 1 s and
300 MiB. The last column is the time as a multiple of the line above, where the rules are 10 times as many.

`

// table shows the measurements in Markdown.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| rules | tiers |")
	for _, step := range steps {
		b.WriteString(" " + step + ", s |")
	}
	b.WriteString(" peak MiB | growth |\n|--:|--:|" + strings.Repeat("--:|", len(steps)+2) + "\n")
	for i, r := range rows {
		fmt.Fprintf(&b, "| %d | %d |", r.rules, max(2, r.rules/rulesPerTier))
		for _, step := range steps {
			fmt.Fprintf(&b, " %s |", seconds(r.seconds[step]))
		}
		growth := ""
		if i > 0 {
			growth = fmt.Sprintf("%.1f", r.seconds["all"]/rows[i-1].seconds["all"])
		}
		fmt.Fprintf(&b, " %.0f | %s |\n", r.mib, growth)
	}
	return b.String()
}

// seconds are written with two digits that say something.
func seconds(s float64) string {
	switch {
	case s < 0.01:
		return fmt.Sprintf("%.4f", s)
	case s < 1:
		return fmt.Sprintf("%.3f", s)
	default:
		return fmt.Sprintf("%.1f", s)
	}
}

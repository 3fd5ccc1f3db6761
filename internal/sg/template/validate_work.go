package template

import (
	"fmt"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
)

// judgedWork bounds what is judged of one template. The checks compare the rules of a group with each other, so that its cost is
// the square of their number. It is enough for eighty groups that have all the rules of the usual quota, and for one of five
// hundred; what is beyond is an error, for a template that was not judged must not pass.
const judgedWork = 300_000

// workload bounds what is judged, and says what is not.
type workload struct {
	v       *validator
	left    int
	skipped []string // lists of rules that are not judged
}

// take are the rules of a group that are judged: all or none.
func (w *workload) take(g *groupView, d ruleset.Direction, rules []ruleset.Rule) []ruleset.Rule {
	n := len(rules)
	if n > check.QuotaCeiling {
		c, _ := check.Find("SG031")
		problem := w.v.must(diag.Error, c.ID, g.at, "group %s: %d %s rules are over %d, beyond which no quota goes: they were not judged any further",
			g.id, n, d, check.QuotaCeiling)
		problem.Detail, problem.Hint = c.Why, c.Remedy
		return nil
	}
	if n*n > w.left {
		w.skipped = append(w.skipped, fmt.Sprintf("group %s: %d %s rules", g.id, n, d))
		return nil
	}
	w.left -= n * n
	return rules
}

// tell says what was not judged for the sake of the bound: of the template as a whole, so that it comes first.
func (w *workload) tell() {
	if n := len(w.skipped); n > 0 {
		w.v.must(diag.Error, diag.CodeNotKnown, part{}, "the template has too many rules to judge them all: %d lists of rules were not judged, such as %s", n, w.skipped[0]).
			WithHint("split the template, or groups of more than 60 rules")
	}
}

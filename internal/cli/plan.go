package cli

import (
	"fmt"
	"io"
	"slices"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/stack"
)

// changeReport is the part of a result that shows a plan.
type changeReport struct {
	Changes  []changeJSON   `json:"changes"`
	Flows    differenceJSON `json:"flows"`
	Drift    driftJSON      `json:"drift"`
	Remade   []leavingJSON  `json:"remade"`   // rules that the tool revokes itself, for CloudFormation has lost them
	Returned []ruleJSON     `json:"returned"` // rules that the tool adds again, after CloudFormation has deleted them
	Pauses   []string       `json:"pauses"`   // tiers whose egress stops for a moment
	Blockers []blockerJSON  `json:"blockers"`

	review   *review // the same for people; nil: there was nothing to review
	isResult bool    // nothing follows it: the text shows it
}

// changeJSON is one change of a plan.
type changeJSON struct {
	LogicalID   string         `json:"logical_id"`
	Type        string         `json:"type"`
	Action      string         `json:"action"`
	Replacement string         `json:"replacement"`
	Tier        string         `json:"tier"`
	Words       string         `json:"words"` // the rule, or what else it is
	Properties  []propertyJSON `json:"properties"`
}

// propertyJSON is a value that changes, as CloudFormation gives it; empty: none, or not known before the deployment.
type propertyJSON struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// driftJSON is how EC2's rules differ from the deployed template. What a deployment doesn't touch it leaves so.
type driftJSON struct {
	Added     []outOfBandJSON `json:"added"`
	Removed   []ruleJSON      `json:"removed"`
	Described []describedJSON `json:"described"`
}

// outOfBandJSON is a RULE as EC2 holds it.
type outOfBandJSON struct {
	ruleJSON
	RuleID  string `json:"rule_id"`
	GroupID string `json:"group_id"`
}

// describedJSON is a RULE that has another description in EC2 than in the deployed template.
type describedJSON struct {
	outOfBandJSON
	Meant string `json:"meant"` // the description that the template gives
}

func newChangeReport() changeReport {
	return changeReport{
		Changes:  []changeJSON{},
		Flows:    differenceJSON{Opened: []flowJSON{}, Closed: []flowJSON{}},
		Drift:    driftJSON{[]outOfBandJSON{}, []ruleJSON{}, []describedJSON{}},
		Remade:   []leavingJSON{},
		Returned: []ruleJSON{},
		Pauses:   []string{},
		Blockers: []blockerJSON{},
	}
}

// fill puts a review into the report.
func (r *changeReport) fill(v *review) {
	r.review = v
	r.Changes = changesOf(v)
	r.Flows = differenceJSON{flowsOf(v.flows.Opened), flowsOf(v.flows.Closed), v.flows.Broadens()}
	r.Drift = newChangeReport().Drift
	for _, h := range v.added {
		r.Drift.Added = append(r.Drift.Added, outOfBandOf(h))
	}
	for _, rule := range v.missing {
		r.Drift.Removed = append(r.Drift.Removed, ruleOf(rule))
	}
	meant := v.standing.meant()
	for _, h := range v.described {
		i := slices.IndexFunc(meant, func(r ruleset.Rule) bool { return r.Key == h.Key })
		r.Drift.Described = append(r.Drift.Described, describedJSON{outOfBandOf(h), meant[i].Description})
	}
	r.fillLeaving(v)
	r.Returned, r.Pauses = []ruleJSON{}, append([]string{}, v.impact.pausing()...)
	for _, rule := range v.impact.returning() {
		r.Returned = append(r.Returned, ruleOf(rule))
	}
	r.Blockers = v.things()
}

// outOfBandOf is a rule as EC2 holds it.
func outOfBandOf(h heldRule) outOfBandJSON {
	rule := ruleOf(h.Rule)
	rule.Origin = "" // nobody's that the tool knows
	return outOfBandJSON{rule, h.ID, h.GroupID}
}

// changesOf are the plan's changes, in its order.
func changesOf(v *review) []changeJSON {
	out := make([]changeJSON, len(v.plan.Changes))
	for i, c := range v.plan.Changes {
		n := nodeOf(c, v.standing.template, v.impact.after)
		out[i] = changeJSON{c.LogicalID, c.Type, string(c.Action), string(c.Replacement), n.tier, n.words, propertiesOf(c)}
	}
	return out
}

func propertiesOf(c stack.Change) []propertyJSON {
	list := make([]propertyJSON, len(c.Properties))
	for i, p := range c.Properties {
		name := p.Name
		if name == "" {
			name = p.Attribute
		}
		list[i] = propertyJSON{name, later(p.Before), later(p.After)}
	}
	return list
}

// later leaves out a value that only the deployment will make.
func later(value string) string {
	if value == knownLater {
		return ""
	}
	return value
}

func (r *changeReport) writeText(w io.Writer) {
	if r.isResult {
		r.review.writeText(w)
	}
}

// opened is what a difference opens, in a few words: the gravest flow (one from the internet, if there is one) and the number of
// others. The difference must open something.
func opened(d reach.Delta) string {
	first := d.Opened[max(0, slices.IndexFunc(d.Opened, func(f reach.Flow) bool {
		return f.From == reach.Internet || f.From == reach.InternetIPv6
	}))]
	text := fmt.Sprintf("%s -> %s %s", first.From, first.To, first.Traffic)
	if more := len(d.Opened) - 1; more > 0 {
		text += fmt.Sprintf(" and %s more", plural(more, "flow"))
	}
	return text
}

package cli

import (
	"fmt"
	"maps"
	"slices"

	"mlops-infra-suite/internal/sg/template"
)

// pendingTagJSON is a tag of a group that a deployment of the config would change.
type pendingTagJSON struct {
	Tier  string  `json:"tier"`
	Key   string  `json:"key"`
	From  *string `json:"from"` // null: the deployed template has no such tag
	To    *string `json:"to"`   // null: a deployment would take it away
	shown string  // the change in words, without the group
}

// pendingTags is what the next deployment would do to the tags of the groups that there are, whatever AWS holds.
func (s *session) pendingTags(sc *scene) ([]pendingTagJSON, error) {
	text, err := s.template.YAML()
	if err != nil {
		return nil, err
	}
	next, err := template.Read(text)
	if err != nil {
		return nil, err
	}
	tags := []pendingTagJSON{}
	for _, tier := range sc.template.Tiers {
		g, stays := next.Groups[tier]
		if !stays {
			continue
		}
		to := template.Tags(s.cfg) // the stack's, which CloudFormation gives to the group
		maps.Copy(to, g.Tags)
		d := &drift{}
		d.compareTags(tagDrift{tier: tier}, sc.expectedTags(sc.template.Groups[tier].Tags), withoutSystemTags(to))
		for _, t := range d.tags {
			tags = append(tags, pendingTagJSON{tier, t.key, t.expected, t.actual, fmt.Sprintf("%s -> %s", tagValue(t.expected), tagValue(t.actual))})
		}
	}
	return tags, nil
}

// pendingLines are what a deployment would do, in words. A change of a tag that many groups have in common is one line.
func (r *driftResult) pendingLines() []driftLine {
	var lines []driftLine
	for _, rule := range r.due.Extra {
		lines = append(lines, driftLine{sign: "+", text: rule.Key.String()})
	}
	for _, rule := range r.due.Missing {
		lines = append(lines, driftLine{sign: "-", text: rule.Key.String()})
	}
	for _, rule := range r.due.Redescribed {
		lines = append(lines, driftLine{sign: "~", text: rule.Key.String() + ": description"})
	}
	type change struct{ key, shown string }
	groups := map[change]int{}
	var changes []change
	for _, t := range r.Pending.Tags {
		c := change{t.Key, t.shown}
		if groups[c]++; groups[c] == 1 {
			changes = append(changes, c)
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return groups[b] - groups[a] })
	for _, c := range changes {
		lines = append(lines, driftLine{sign: "~", text: fmt.Sprintf("tag %s of %s: %s", c.key, plural(groups[c], "group"), c.shown)})
	}
	return lines
}

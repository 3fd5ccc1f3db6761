package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// guardGroupGone stands against a plan that works on a group which was deleted outside of the stack, or makes something that
// names it: CloudFormation, which doesn't notice the deletion, would fail on it and be rolled back. What only takes things away
// succeeds (inferred: to delete what is gone is no error), and so does a replacement of the group.
func guardGroupGone(v *review) []barrier {
	if v.plan.Kind != stack.Update || v.plan.Unknown {
		return nil
	}
	var things []blockerJSON
	for _, tier := range slices.Sorted(maps.Keys(v.standing.gone)) {
		var touching []string
		for _, c := range v.plan.Changes {
			if !v.impact.made[tier] && needsGroup(c, tier, v.impact.after) && !slices.Contains(touching, c.LogicalID) {
				touching = append(touching, c.LogicalID)
			}
		}
		if len(touching) > 0 {
			things = append(things, blockerJSON{"group-gone", v.standing.gone[tier],
				fmt.Sprintf("the group of %s was deleted outside of the stack; the change needs it for %s", tier, strings.Join(touching, ", "))})
		}
	}
	if len(things) == 0 {
		return nil
	}
	return []barrier{{
		"GROUP_GONE", fmt.Sprintf("the change needs %s that EC2 does not have any more, and would be rolled back", plural(len(things), "group")),
		wayOutOfGone, things,
	}}
}

// needsGroup reports whether a change works on the group that a tier has by the new template, or on a rule of it or to it. What
// the change removes is not in that.
func needsGroup(c stack.Change, tier string, after *template.Deployed) bool {
	if c.LogicalID == after.Groups[tier].LogicalID {
		return true
	}
	if c.Type == typeSecurityGroup && c.Action == stack.Modify && !recreates(c) && !changesInline(c) {
		return false // its rules stay as they are
	}
	return slices.ContainsFunc(rulesOfResource(c, after), func(r ruleChange) bool {
		return r.Tier == tier || r.Peer.Kind == ruleset.TierRef && r.Peer.Name == tier
	})
}

package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// wayOutOfGone says how a stack comes to have a group again that was deleted outside of it.
const wayOutOfGone = "run delete-security-groups, then create-security-groups; or, where the other groups are in use, " +
	"a change set in the mode REVERT_DRIFT"

// goneGroups are those of the groups (IDs by tier) that EC2 does not have.
func (c *cloud) goneGroups(ctx context.Context, groups map[string]string) (map[string]string, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	tiers := tiersByID(groups)
	missing, err := live.MissingGroups(ctx, c.ec2, slices.Sorted(maps.Keys(tiers)))
	gone := map[string]string{}
	for _, id := range missing {
		gone[tiers[id]] = id
	}
	return gone, err
}

// goneInWords names groups that are gone (IDs by tier).
func goneInWords(gone map[string]string) string {
	var names []string
	for _, tier := range slices.Sorted(maps.Keys(gone)) {
		names = append(names, fmt.Sprintf("%s (%s)", tier, gone[tier]))
	}
	return fmt.Sprintf("EC2 does not have %s of the stack any more: %s", plural(len(gone), "group"), strings.Join(names, ", "))
}

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

// writeGone tells of groups that are gone, also where the plan does not need them.
func (v *review) writeGone(w io.Writer) {
	if len(v.standing.gone) > 0 {
		fmt.Fprintf(w, "\n%s: %s\n", goneInWords(v.standing.gone), wayOutOfGone)
	}
}

package cli

import (
	"fmt"
	"slices"

	"mlops-infra-suite/internal/stack"
)

// guardTies stands against a plan that removes a tier whose group is named by a rule that somebody added out of band: EC2 would
// keep the group, and it would be left without a stack.
func (d *deployment) guardTies(v *review) []barrier {
	var things []blockerJSON
	for _, h := range v.added {
		if v.impact.deletesPeer(h) {
			things = append(things, blockerJSON{"out-of-band-rule", h.ID,
				fmt.Sprintf("it keeps the group of %s: %s; %s", h.Peer.Name, keyInWords(h.Key), revocation(h, d.cfg.Region))})
		}
	}
	if len(things) == 0 {
		return nil
	}
	return []barrier{{
		"IN_USE", fmt.Sprintf("the change would remove a group that is named outside of the stack, by %s", plural(len(things), "rule")),
		"revoke each with its command, then run this command again", things,
	}}
}

// guardRuleGone stands against a plan that changes the description of a rule which CloudFormation knows by an ID that is gone.
// It would name that ID to EC2, and the deployment would be rolled back (inferred: EC2 refuses the ID of a rule that doesn't
// exist).
func guardRuleGone(v *review) []barrier {
	if v.standing.foreign != nil {
		return nil
	}
	there := map[string]bool{}
	for _, h := range v.standing.held {
		there[h.ID] = true
	}
	var things []blockerJSON
	for _, c := range v.plan.Changes {
		if isRule(c.Type) && c.Action == stack.Modify && !recreates(c) && describes(c) && isRuleID(c.PhysicalID) && !there[c.PhysicalID] {
			what := keyInWords(named(v.standing.template.Rules[c.LogicalID], tiersByID(v.standing.groups)).Key)
			things = append(things, blockerJSON{"rule-gone", c.PhysicalID, fmt.Sprintf("%s has a new description, and was taken away outside of the stack: %s", c.LogicalID, what)})
		}
	}
	if len(things) == 0 {
		return nil
	}
	return []barrier{{
		"RULE_GONE", fmt.Sprintf("the change would describe %s by an ID that is gone, and be rolled back", plural(len(things), "rule")),
		"leave these descriptions as they are deployed; or, where the traffic may stop in between, take these rules out of the config and deploy, " +
			"then put them back and deploy again", things,
	}}
}

// describes reports whether a change gives another description.
func describes(c stack.Change) bool {
	return slices.ContainsFunc(c.Properties, func(p stack.PropertyChange) bool { return p.Name == "Description" && p.Before != p.After })
}

package cli

import (
	"fmt"

	"mlops-infra-suite/internal/stack"
)

// isOurs reports whether a stack is tagged as what the tool has deployed.
func isOurs(st stack.Stack) bool { return st.Tags["ManagedBy"] == tool }

// guardForeignStack stands against a plan that would empty a stack which only happens to have the set's name: what is in it is
// somebody else's. A stack that was deployed by other means and has the set's groups is the set's.
func guardForeignStack(v *review) []barrier {
	if v.plan.Kind != stack.Update || v.plan.Unknown || isOurs(v.plan.Before) || len(v.standing.groups) > 0 {
		return nil
	}
	var things []blockerJSON
	for _, c := range v.plan.Changes {
		if c.Action == stack.Remove {
			things = append(things, blockerJSON{"foreign-stack", c.LogicalID, fmt.Sprintf("it would be deleted: %s %s", c.Type, c.PhysicalID)})
		}
	}
	if len(things) == 0 {
		return nil
	}
	return []barrier{{
		"FOREIGN_STACK", fmt.Sprintf("the stack %s is not the set's: it has none of its groups, and no tag ManagedBy", v.plan.StackName),
		"find out whose it is, and give the set another name (workload, sg_name_override); " + adoption, things,
	}}
}

// adoption is the way out where the stack is the set's after all.
const adoption = "if it is yours and may go, delete it, or tag it with ManagedBy=" + tool

// foreignStack are the resources of a stack without any group that nobody has tagged as the tool's: what a deletion must leave.
// A stack that holds nothing is nobody's.
func foreignStack(st stack.Stack, resources []stack.StackResource) []blockerJSON {
	things := []blockerJSON{}
	if isOurs(st) || len(groupsOf(resources, nil)) > 0 {
		return things
	}
	for _, r := range existing(resources, nil) {
		things = append(things, blockerJSON{"foreign-stack", r.LogicalID, fmt.Sprintf("%s %s, of a stack without groups and without a tag ManagedBy: not the set's", r.Type, r.ID)})
	}
	return things
}

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// groupsToGo are the present groups of a plan's changes that satisfy want.
func groupsToGo(plan *stack.Plan, want func(stack.Change) bool) groupNames {
	groups := groupNames{}
	for _, c := range plan.Changes {
		if c.Type == typeSecurityGroup && c.PhysicalID != "" && want(c) {
			groups[c.PhysicalID] = c.LogicalID
		}
	}
	return groups
}

// usesOf lists what, outside of the set, uses groups that a plan means to delete: it keeps them from being deleted, and goes
// on using them.
func (d *deployment) usesOf(ctx context.Context, groups groupNames, st *standing) ([]blockerJSON, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	uses, err := d.cloud.uses(ctx, groups)
	if err != nil {
		return nil, awsenv.Explain(err)
	}
	own := tiersByID(st.groups)
	uses = slices.DeleteFunc(uses, func(b blockerJSON) bool { return own[b.ID] != "" }) // the set's own rules change along
	var exporter stack.Stack
	for id := range groups {
		if output := st.template.Outputs[own[id]]; output.Export != "" {
			exporter.Exports = append(exporter.Exports, output.Export)
		}
	}
	imports, err := d.cloud.importers(ctx, exporter)
	return slices.Concat(uses, imports), awsenv.Explain(err)
}

// guardReplacement stands against a plan that replaces resources which others may use. Rules are made anew whenever they
// change; groups and parameters never are, but by mistake: groups whose VPC or description changes, above all.
func (d *deployment) guardReplacement(v *review) []barrier {
	var replaced []string
	for _, c := range v.plan.Changes {
		if isReplaced(c) {
			replaced = append(replaced, c.LogicalID)
		}
	}
	switch {
	case len(replaced) == 0:
		return nil
	case d.app.opt.allowReplacement:
		return guardImports(v.uses)
	}
	const hint = "what uses an old group goes on using it, and keeps it from being deleted; --allow-replacement lets it happen"
	if was := v.plan.Before.Parameters[template.VPCParameter]; was != "" && was != d.vpc.ID {
		return []barrier{{
			"WRONG_VPC", fmt.Sprintf("the groups are in %s and the config leads to %s: no group can move, all would be replaced", was, d.vpc.ID),
			"check vpc_id, or the SSM parameter that names the VPC; " + hint, v.uses,
		}}
	}
	return []barrier{{"REPLACEMENT", "the change would replace " + strings.Join(replaced, ", "), hint, v.uses}}
}

// guardImports stands against a replacement that was allowed and can't succeed: CloudFormation changes no export that is imported.
func guardImports(uses []blockerJSON) []barrier {
	imports := slices.DeleteFunc(slices.Clone(uses), func(b blockerJSON) bool { return b.Kind != "import" })
	if len(imports) == 0 {
		return nil
	}
	return []barrier{{
		"IN_USE", "other stacks import the IDs of groups that the change would replace, and CloudFormation changes no export that is imported",
		"change or delete what the list names, then run the command again", imports,
	}}
}

// isReplaced reports whether a change replaces a group or a parameter, or may replace a group.
func isReplaced(c stack.Change) bool {
	possible := c.Replacement == stack.Conditional && c.Type == typeSecurityGroup
	return c.Action == stack.Modify && !isRule(c.Type) && (c.Replacement == stack.Replaced || possible)
}

// guardRemoval stands against a plan that removes a tier whose group is in use: the group would be left without a stack, or,
// where an export is imported, the deployment be rolled back.
func (d *deployment) guardRemoval(ctx context.Context, plan *stack.Plan, st *standing) ([]barrier, error) {
	removed := groupsToGo(plan, func(c stack.Change) bool { return c.Action == stack.Remove })
	uses, err := d.usesOf(ctx, removed, st)
	if len(uses) == 0 {
		return nil, err
	}
	return []barrier{{
		"IN_USE", "the change would remove groups that are in use", "clear what the list names, then run the command again", uses,
	}}, err
}

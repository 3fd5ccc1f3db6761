package cli

import (
	"context"
	"errors"
	"maps"
	"slices"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/check"
)

// lookBeside makes the live checks: what is wrong in EC2 beside the drift, with three calls in all. A check that can't be made is
// told and is no failure, for the comparison stands without it.
func (s *session) lookBeside(ctx context.Context, c *cloud, sc *scene) error {
	if sc.vpcID == "" { // all groups are gone
		return nil
	}
	var found diag.List
	for _, look := range []struct {
		check check.Check
		at    func(context.Context, *cloud, *scene) (diag.List, error)
	}{{check.DefaultGroup, s.defaultGroup}, {check.UnusedGroup, unusedGroups}, {check.StaleReference, s.staleReferences}} {
		list, err := look.at(ctx, c, sc)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.tell.say("warning: %s (%s) was not looked for: %v", look.check.Title, look.check.ID, awsenv.Explain(err))
		}
		found = append(found, list...)
	}
	check.Accept(found, s.cfg.Waivers)
	s.findings = append(s.findings, found...)
	return nil
}

// defaultGroup looks at the default group of the set's VPC. In a VPC that another account has shared, none can be seen.
func (s *session) defaultGroup(ctx context.Context, c *cloud, sc *scene) (diag.List, error) {
	g, err := live.DefaultOf(ctx, c.ec2, sc.vpcID)
	if _, none := errors.AsType[*live.NotFoundError](err); none {
		return nil, nil
	}
	if err != nil || !g.Ingress && !g.Egress {
		return nil, err
	}
	which := "inbound and outbound"
	switch {
	case !g.Egress:
		which = "inbound"
	case !g.Ingress:
		which = "outbound"
	}
	return diag.List{check.DefaultGroup.Finding("", "%s, the default group of %s, has %s rules", g.ID, sc.vpcID, which)}, nil
}

// unusedGroups looks for groups of the set that no network interface uses.
func unusedGroups(ctx context.Context, c *cloud, sc *scene) (diag.List, error) {
	interfaces, err := live.NetworkInterfaces(ctx, c.ec2, slices.Sorted(maps.Values(sc.groups)))
	if err != nil {
		return nil, err
	}
	var found diag.List
	for _, tier := range sc.template.Tiers {
		id := sc.groups[tier]
		used := slices.ContainsFunc(interfaces, func(i live.Interface) bool { return slices.Contains(i.Groups, id) })
		if id != "" && !used {
			found = append(found, check.UnusedGroup.Finding(tier, "no network interface uses %s", id))
		}
	}
	return found, nil
}

// staleReferences looks for rules of the set that name a group across a peering connection, one of which is gone.
func (s *session) staleReferences(ctx context.Context, c *cloud, sc *scene) (diag.List, error) {
	rules, err := live.StaleRules(ctx, c.ec2, sc.vpcID)
	if err != nil {
		return nil, err
	}
	tiers, meant := sc.tiers(), keysOf(slices.Collect(maps.Values(sc.meant())))
	var found diag.List
	for _, stale := range rules {
		if tiers[stale.GroupID] == "" {
			continue // not ours
		}
		rule, err := ruleFromEC2(stale.Rule, tiers)
		if err != nil {
			return found, err
		}
		f := check.StaleReference.Finding(rule.Tier, "the rule %q names a group of %s across %s: the group or the connection is gone",
			rule.Key, stale.VPCID, stale.Connection)
		f.Rule = rule.Key.String()
		i := slices.IndexFunc(sc.held, func(h heldRule) bool { return h.Key == rule.Key })
		switch {
		case meant[rule.Key]:
			f.Hint = "take it out of the config and deploy"
		case i >= 0:
			f.Hint = "revoke it: " + revocation(sc.held[i], s.cfg.Region)
		}
		found = append(found, f)
	}
	return found, nil
}

package cli

import (
	"context"
	"maps"
	"net/netip"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// standing is what a change finds: what the deployed template says, and what EC2 really holds. Before a first deployment both
// are empty.
type standing struct {
	template *template.Deployed
	foreign  error             // why the deployed template can't be read; what it has is unknown then
	groups   map[string]string // IDs of the groups, by tier
	gone     map[string]string // those of the groups that EC2 does not have any more
	held     []heldRule
	vpc      []netip.Prefix // the VPC's CIDRs
}

// standing reads what stands before a plan is carried out.
func (d *deployment) standing(ctx context.Context, plan *stack.Plan) (*standing, error) {
	st := &standing{template: &template.Deployed{}, groups: map[string]string{}, vpc: prefixes(d.vpc.CIDRs)}
	if len(plan.Before.Outputs) == 0 { // no stack, or one that never came so far as to have groups
		return st, nil
	}
	body, err := d.engine.Template(ctx, plan.StackID)
	if err != nil {
		return nil, awsenv.Explain(err)
	}
	if deployed, err := template.Read([]byte(body)); err == nil {
		st.template = deployed
		for tier, output := range deployed.Outputs {
			st.groups[tier] = plan.Before.Outputs[output.Key]
		}
	} else {
		st.foreign = err
		if st.groups, err = groupsByTier(ctx, d.engine, plan.StackID, d.after); err != nil {
			return nil, awsenv.Explain(err)
		}
	}
	if st.held, err = d.cloud.heldRules(ctx, st.groups); err != nil {
		return nil, awsenv.Explain(err)
	}
	if st.gone, err = d.cloud.goneGroups(ctx, st.silent()); err != nil {
		return nil, awsenv.Explain(err)
	}
	return st, nil
}

// silent are the groups of which EC2 holds no rule. Every group that the tool makes has one, so that these alone may be gone, and
// usually EC2 need not be asked.
func (st *standing) silent() map[string]string {
	silent := maps.Clone(st.groups)
	for _, h := range st.held {
		delete(silent, h.Tier)
	}
	return silent
}

// groupsByTier are the IDs of the groups that a stack has under the logical IDs of a template, by tier.
func groupsByTier(ctx context.Context, engine *stack.Engine, stackID string, t *template.Deployed) (map[string]string, error) {
	resources, err := engine.Resources(ctx, stackID)
	if err != nil {
		return nil, err
	}
	groups := map[string]string{}
	for tier, g := range t.Groups {
		for _, r := range resources {
			if r.LogicalID == g.LogicalID && r.Exists() {
				groups[tier] = r.PhysicalID
			}
		}
	}
	return groups, nil
}

// prefixes reads CIDRs as AWS gives them.
func prefixes(cidrs []string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range cidrs {
		if p, err := ruleset.ParseCIDR(text); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// meantRules are the rules of a deployed template, by logical ID; tiers are the names of the set's groups by ID.
func meantRules(t *template.Deployed, tiers map[string]string) map[string]ruleset.Rule {
	rules := maps.Clone(t.Rules)
	for id, r := range rules {
		rules[id] = named(r, tiers)
	}
	return rules
}

// named is a rule with the tier as its peer where the rule names the tier's group by ID: to EC2 both are the same.
func named(r ruleset.Rule, tiersByID map[string]string) ruleset.Rule {
	if tier, own := tiersByID[r.Peer.Name]; own && r.Peer.Kind == ruleset.GroupRef {
		r.Peer = ruleset.TierPeer(tier)
	}
	return r
}

func keysOf(rules []ruleset.Rule) map[ruleset.Key]bool {
	keys := make(map[ruleset.Key]bool, len(rules))
	for _, r := range rules {
		keys[r.Key] = true
	}
	return keys
}

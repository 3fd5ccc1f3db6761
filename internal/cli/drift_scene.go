package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// scene is all that a search for drift looks at: what the deployed template says, and what AWS really holds.
type scene struct {
	stack      stack.Stack
	template   *template.Deployed
	resources  []stack.StackResource        // that there are, by CloudFormation's account
	physical   map[string]string            // their IDs, by logical ID
	groups     map[string]string            // IDs of the groups that there are, by tier
	gone       []string                     // the tiers whose group has been deleted, or was never made
	tags       map[string]map[string]string // of the groups, by tier
	held       []heldRule
	parameters map[string]parameterState // by tier
	vpcID      string                    // of the groups; empty: there are none
	vpc        []netip.Prefix            // its CIDRs, where they are known
}

// parameterState is a parameter as SSM holds it.
type parameterState struct {
	exists bool
	value  string
	tags   map[string]string
}

// lookAround reads everything that a search for drift looks at. It waits for an operation on the stack that is under way:
// before its end, what is there is neither the one template nor the other. If one begins while it reads, it reads again.
func (s *session) lookAround(ctx context.Context, c *cloud, engine *stack.Engine) (*scene, error) {
	for range maxLooks {
		sc, err := s.lookOnce(ctx, c, engine)
		if err != nil {
			return nil, err
		}
		changed, err := sc.hasChanged(ctx, engine)
		if err != nil {
			return nil, err
		}
		if !changed {
			return sc, nil
		}
		s.tell.say("The stack %s was changed while it was looked at: looking again", sc.stack.Name)
	}
	return nil, stackChanged(s.cfg.Names.Stack())
}

// maxLooks is how often a stack that others keep changing is looked at.
const maxLooks = 3

// hasChanged reports whether an operation on the stack has begun since it was looked at.
func (sc *scene) hasChanged(ctx context.Context, engine *stack.Engine) (bool, error) {
	now, err := engine.Status(ctx, sc.stack.ID)
	switch {
	case errors.Is(err, stack.ErrNotFound):
		return true, nil
	case err != nil:
		return false, awsenv.Explain(err)
	}
	return now.Status != sc.stack.Status || !now.Updated.Equal(sc.stack.Updated), nil
}

func stackChanged(name string) error {
	return blockedf("STACK_CHANGED", "run the same command again when the other operation is over", "the stack %s has been changed meanwhile", name)
}

func (s *session) lookOnce(ctx context.Context, c *cloud, engine *stack.Engine) (*scene, error) {
	name := s.cfg.Names.Stack()
	st, err := engine.Settled(ctx, name)
	switch {
	case errors.Is(err, stack.ErrNotFound):
		return nil, notDeployed(name, "it doesn't exist")
	case err != nil:
		return nil, awsenv.Explain(err)
	case st.Status == stack.ReviewInProgress || st.Status == stack.RollbackComplete:
		return nil, notDeployed(name, fmt.Sprintf("it is in %s and holds nothing", st.Status))
	}
	sc := &scene{stack: st}
	if err := sc.readStack(ctx, engine); err != nil {
		return nil, err
	}
	s.tell.step("read the template of %s: %d rules", name, len(sc.template.Rules))
	if err := sc.readLive(ctx, c); err != nil {
		return nil, awsenv.Explain(err)
	}
	s.tell.step("read %d rules of %d groups and %d parameters", len(sc.held), len(sc.groups), len(sc.parameters))
	return sc, nil
}

func notDeployed(name, why string) error {
	return blockedf("NOT_DEPLOYED", "deploy it with create-security-groups", "there is nothing to compare with the stack %s: %s", name, why)
}

// readStack reads what the stack says.
func (sc *scene) readStack(ctx context.Context, engine *stack.Engine) error {
	body, err := engine.Template(ctx, sc.stack.ID)
	if err != nil {
		return awsenv.Explain(err)
	}
	if sc.template, err = template.Read([]byte(body)); err != nil {
		return &exitError{
			exit: exitInvalid, code: "FOREIGN_TEMPLATE", err: err,
			hint: "somebody has changed the template of " + sc.stack.Name + " beyond what the tool can read; create-security-groups deploys its own again",
		}
	}
	resources, err := engine.Resources(ctx, sc.stack.ID)
	if err != nil {
		return awsenv.Explain(err)
	}
	sc.physical = map[string]string{}
	for _, r := range resources {
		if r.Exists() {
			sc.resources = append(sc.resources, r)
			sc.physical[r.LogicalID] = r.PhysicalID
		}
	}
	return nil
}

// readLive reads what EC2 and SSM hold, anew each time.
func (sc *scene) readLive(ctx context.Context, c *cloud) error {
	tiers := sc.tiers()
	groups, err := live.Groups(ctx, c.ec2, slices.Sorted(maps.Keys(tiers)))
	if err != nil {
		return err
	}
	sc.groups, sc.tags, sc.gone, sc.held = map[string]string{}, map[string]map[string]string{}, nil, nil
	for _, g := range groups {
		sc.groups[tiers[g.ID]], sc.tags[tiers[g.ID]] = g.ID, g.Tags
	}
	for _, tier := range sc.template.Tiers {
		if sc.groups[tier] == "" {
			sc.gone = append(sc.gone, tier)
		}
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			rule, err := ruleFromEC2(r, tiers)
			if err != nil {
				return fmt.Errorf("rule %s: %w", r.ID, err)
			}
			sc.held = append(sc.held, heldRule{rule, r.ID, r.GroupID})
		}
	}
	if len(groups) > 0 {
		sc.vpcID = groups[0].VPCID
		if vpc, err := live.VPC(ctx, c.ec2, sc.vpcID); err == nil { // without it, some flows are only possible
			sc.vpc = prefixes(vpc.CIDRs)
		}
	}
	return sc.readParameters(ctx, c)
}

func (sc *scene) readParameters(ctx context.Context, c *cloud) error {
	var names []string
	for _, p := range sc.template.Parameters {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	values, err := live.Parameters(ctx, c.ssm, names)
	if err != nil {
		return err
	}
	sc.parameters = map[string]parameterState{}
	for tier, p := range sc.template.Parameters {
		value, exists := values[p.Name]
		state := parameterState{exists: exists, value: value}
		if exists {
			state.tags, err = live.ParameterTags(ctx, c.ssm, p.Name)
			if _, gone := errors.AsType[*live.NotFoundError](err); err != nil && !gone {
				return err
			}
		}
		sc.parameters[tier] = state
	}
	return nil
}

// groupID is the ID of a tier's group, which may be gone.
func (sc *scene) groupID(tier string) string { return sc.physical[sc.template.Groups[tier].LogicalID] }

// tiers are the tiers of the groups by ID, of those that are gone as well.
func (sc *scene) tiers() map[string]string {
	tiers := map[string]string{}
	for _, tier := range sc.template.Tiers {
		if id := sc.groupID(tier); id != "" {
			tiers[id] = tier
		}
	}
	return tiers
}

// meant are the rules that EC2 should hold by the deployed template, by logical ID.
func (sc *scene) meant() map[string]ruleset.Rule { return meantRules(sc.template, sc.tiers()) }

// heldSet and meantSet are the rules as sets, to find out what flows by them. The placeholder is left out: nothing does.
func (sc *scene) heldSet() ruleset.Set { return sc.setOf(rulesHeld(sc.held)) }

func (sc *scene) meantSet() ruleset.Set { return sc.setOf(slices.Collect(maps.Values(sc.meant()))) }

func (sc *scene) setOf(rules []ruleset.Rule) ruleset.Set {
	return ruleset.NewSet(sc.template.Set().Tiers, withoutPlaceholders(rules))
}

func withoutPlaceholders(rules []ruleset.Rule) []ruleset.Rule {
	return slices.DeleteFunc(rules, func(r ruleset.Rule) bool { return r.Key == ruleset.Placeholder(r.Tier).Key })
}

// expectedTags are the tags that a resource of the stack should have: the stack's and its own.
func (sc *scene) expectedTags(own map[string]string) map[string]string {
	tags := maps.Clone(sc.stack.Tags)
	maps.Copy(tags, own)
	return withoutSystemTags(tags)
}

// withoutSystemTags leaves out the tags that AWS sets itself and nobody can change.
func withoutSystemTags(tags map[string]string) map[string]string {
	kept := maps.Clone(tags)
	maps.DeleteFunc(kept, func(key, _ string) bool { return strings.HasPrefix(key, "aws:") })
	return kept
}

package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/stack"
)

// blockerJSON is one thing that stands in the way of a deletion or of a plan.
type blockerJSON struct {
	// Kind of a deletion: network-interface, reference, vpc-association, import, termination-protection; of a plan also
	// out-of-band-rule, rule-loss, rule-gone, group-gone, stack-status.
	Kind   string `json:"kind"`
	ID     string `json:"id"`     // of the interface, group, rule, VPC or resource that it is about, or the name of the stack
	Detail string `json:"detail"` // what it is, and what to do about it
}

// groupNames are security groups by ID, each with the name that people know it by, such as its logical ID.
type groupNames map[string]string

const typeSecurityGroup = "AWS::EC2::SecurityGroup"

// groupsOf are the security groups that exist among a stack's resources, but for those to be left alone.
func groupsOf(resources []stack.StackResource, except []string) groupNames {
	groups := groupNames{}
	for _, r := range resources {
		if r.Type == typeSecurityGroup && r.Exists() && !slices.Contains(except, r.LogicalID) {
			groups[r.PhysicalID] = r.LogicalID
		}
	}
	return groups
}

func (g groupNames) ids() []string { return slices.Sorted(maps.Keys(g)) }

// name is a group's name with its ID.
func (g groupNames) name(id string) string { return fmt.Sprintf("%s (%s)", g[id], id) }

// uses lists what keeps groups from being deleted, in the order in which people clear it away: interfaces that hold them,
// rules of other groups that name them, other VPCs that they are associated with.
func (c *cloud) uses(ctx context.Context, groups groupNames) ([]blockerJSON, error) {
	uses := []blockerJSON{}
	if len(groups) == 0 {
		return uses, nil
	}
	interfaces, err := live.NetworkInterfaces(ctx, c.ec2, groups.ids())
	if err != nil {
		return nil, err
	}
	for _, i := range interfaces {
		uses = append(uses, blockerJSON{"network-interface", i.ID, interfaceDetail(i, groups)})
	}
	references, err := live.References(ctx, c.ec2, groups.ids())
	if err != nil {
		return nil, err
	}
	for _, r := range references {
		uses = append(uses, blockerJSON{"reference", r.GroupID, referenceDetail(r, groups)})
	}
	associations, err := live.Associations(ctx, c.ec2, groups.ids())
	if err != nil {
		return nil, err
	}
	for _, a := range associations {
		uses = append(uses, blockerJSON{"vpc-association", a.VPCID,
			fmt.Sprintf("%s is %s with this VPC of account %s: disassociate it", groups.name(a.GroupID), a.State, a.VPCOwner)})
	}
	return uses, nil
}

// interfaceDetail says what an interface belongs to, which of the groups it uses, and how it lets go of them.
func interfaceDetail(i live.Interface, groups groupNames) string {
	held := make([]string, len(i.Groups))
	for n, id := range i.Groups {
		held[n] = groups.name(id)
	}
	owner := i.Owner()
	if name := i.Tags["Name"]; name != "" {
		owner += fmt.Sprintf(", named %q", name)
	}
	return fmt.Sprintf("%s uses %s: %s", owner, strings.Join(held, ", "), i.Release())
}

// referenceDetail says what the rule permits that names one of the groups.
func referenceDetail(r live.Reference, groups groupNames) string {
	direction, preposition := "ingress", "from"
	if r.Egress {
		direction, preposition = "egress", "to"
	}
	traffic := r.Protocol
	if rule, err := ruleFromEC2(r.Rule, nil); err == nil {
		traffic = rule.Traffic.String()
	}
	return fmt.Sprintf("the rule %s of group %s permits %s %s %s %s: revoke it",
		r.ID, r.GroupName, direction, traffic, preposition, groups.name(r.Group))
}

// importers lists the stacks that import what a stack exports.
func (c *cloud) importers(ctx context.Context, st stack.Stack) ([]blockerJSON, error) {
	var list []blockerJSON
	for _, export := range slices.Sorted(slices.Values(st.Exports)) {
		stacks, err := live.Importers(ctx, c.cfn, export)
		if err != nil {
			return nil, err
		}
		for _, name := range stacks {
			list = append(list, blockerJSON{"import", name, fmt.Sprintf("imports %s: change or delete that stack first", export)})
		}
	}
	return list, nil
}

// warnPeers tells of rules across a connection of VPCs that name one of the groups: they keep nothing from being deleted, but
// they will name a group that is gone.
func (s *session) warnPeers(ctx context.Context, c *cloud, groups groupNames) error {
	if len(groups) == 0 {
		return nil
	}
	peers, err := live.PeerReferences(ctx, c.ec2, groups.ids())
	for _, p := range peers {
		s.tell.say("warning: rules in %s, connected by %s, name %s: they become stale", p.VPCID, p.Connection, groups.name(p.GroupID))
	}
	return err
}

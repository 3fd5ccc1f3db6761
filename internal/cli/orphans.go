package cli

import (
	"context"
	"fmt"
	"strings"

	"mlops-infra-suite/internal/live"
)

// orphanJSON is a resource that the stack gave up and could not delete.
type orphanJSON struct {
	LogicalID string `json:"logical_id"`
	Type      string `json:"type"`
	ID        string `json:"id"`
	Reason    string `json:"reason"`
}

// orphans finds and tells the groups that a stack of this name made and gave up, such as by a replacement while something used
// them: EC2 holds them, and nobody manages them. own are the groups that are the stack's, or were until now. If it can't look,
// that is told and is no failure.
func (s *session) orphans(ctx context.Context, c *cloud, stackName string, own groupNames) []orphanJSON {
	list := []orphanJSON{}
	made, err := live.StackGroups(ctx, c.ec2, stackName)
	if err != nil {
		s.tell.say("warning: could not look for groups that %s left behind: %v", stackName, err)
	}
	for _, g := range made {
		if _, has := own[g.ID]; has {
			continue
		}
		o := orphanJSON{g.LogicalID, typeSecurityGroup, g.ID, s.whyLeft(ctx, c, g)}
		s.tell.say("warning: %s (%s) is left without a stack, by %s: %s", o.ID, o.LogicalID, stackName, o.Reason)
		list = append(list, o)
	}
	return list
}

// whyLeft says what uses a group that was left behind, or how to delete it.
func (s *session) whyLeft(ctx context.Context, c *cloud, g live.StackGroup) string {
	uses, err := c.uses(ctx, groupNames{g.ID: g.LogicalID})
	if err != nil {
		return fmt.Sprintf("what uses it could not be found: %v", err)
	}
	if len(uses) == 0 {
		return fmt.Sprintf("nothing uses it: aws ec2 delete-security-group --region %s --group-id %s", s.cfg.Region, g.ID)
	}
	texts := make([]string, len(uses))
	for i, u := range uses {
		texts[i] = fmt.Sprintf("%s %s: %s", u.Kind, u.ID, u.Detail)
	}
	return strings.Join(texts, "; ")
}

// orphans writes what a stack gave up and could not delete.
func (m *markdown) orphans(list []orphanJSON) {
	if len(list) == 0 {
		return
	}
	rows := make([][]string, len(list))
	for i, o := range list {
		rows[i] = []string{o.ID, o.Type, o.Reason}
	}
	m.heading(3, "Left behind")
	m.table([]string{"ID", "Type", "Reason"}, rows)
}

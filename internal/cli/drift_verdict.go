package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/stack"
)

// The words of drift_status: ours are the first two.
const (
	inSync     = "IN_SYNC"
	drifted    = "DRIFTED"
	notChecked = "NOT_CHECKED"
)

// What CloudFormation says of a resource beside IN_SYNC and NOT_CHECKED, and we as well.
const (
	modified = "MODIFIED"
	deleted  = "DELETED"
)

// detectable are the statuses of a stack in which CloudFormation detects drift (documented).
var detectable = []stack.Status{stack.CreateComplete, stack.UpdateComplete, stack.UpdateRollbackComplete, stack.UpdateRollbackFailed}

// cloudFormationVerdict asks CloudFormation for its own verdict. If it can't be had, that is no error: the comparison of the
// rules stands without it.
func (s *session) cloudFormationVerdict(ctx context.Context, c *cloud, st stack.Stack) (live.Verdict, error) {
	if !slices.Contains(detectable, st.Status) {
		return live.Verdict{Status: notChecked, Reason: fmt.Sprintf("CloudFormation detects no drift of a stack in %s", st.Status)}, nil
	}
	v, err := live.DetectDrift(ctx, c.cfn, st.ID, s.settings.DeployTimeout)
	switch {
	case ctx.Err() != nil:
		return v, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return live.Verdict{Status: notChecked, Reason: fmt.Sprintf("CloudFormation has not come to an end within %s", s.settings.DeployTimeout)}, nil
	case err != nil:
		return live.Verdict{Status: notChecked, Reason: "CloudFormation could not be asked: " + awsenv.Explain(err).Error()}, nil
	}
	s.tell.step("CloudFormation calls the stack %s", v.Status)
	return v, nil
}

// ourVerdicts are our own words for each resource that is not as it should be, by logical ID. Rules that nobody meant belong
// to their group.
func (d *drift) ourVerdicts(sc *scene) map[string]string {
	say := map[string]string{}
	for _, r := range d.rules() {
		id, _, inline := strings.Cut(r.logicalID, "/")
		switch {
		case id == "" || inline:
			say[sc.template.Groups[r.key().Tier].LogicalID] = modified
		case r.held == nil:
			say[id] = deleted
		default:
			say[id] = modified
		}
	}
	for _, t := range d.tags {
		say[t.logicalID] = modified
	}
	for _, p := range d.parameters {
		say[p.logicalID] = modified
		if !p.exists {
			say[p.logicalID] = deleted
		}
	}
	for _, g := range d.groups {
		say[g.logicalID] = deleted
	}
	for id, m := range sc.meant() { // the rules of a group that is gone went with it
		if slices.Contains(sc.gone, m.Tier) && !strings.Contains(id, "/") {
			say[id] = deleted
		}
	}
	return say
}

// addedTo are the logical IDs of the groups that hold rules which nobody meant.
func (d *drift) addedTo(sc *scene) map[string]bool {
	groups := map[string]bool{}
	for _, r := range d.added {
		groups[sc.template.Groups[r.held.Tier].LogicalID] = true
	}
	return groups
}

// explainVerdict says why CloudFormation's verdict on a resource is not ours; empty where it is.
func explainVerdict(theirs live.ResourceVerdict, ours string, hasAdded bool) string {
	differs := theirs.Status == modified || theirs.Status == deleted
	switch {
	case theirs.Status == inSync && ours != inSync && hasAdded:
		return "CloudFormation compares only what a template names: a group whose rules are resources of their own names no inbound rules, " +
			"so those that somebody added to it are not looked at"
	case theirs.Status == inSync && ours == deleted:
		return "CloudFormation has not noticed that it is gone"
	case theirs.Status == inSync && ours != inSync:
		return "CloudFormation does not compare what has changed: only properties that the template names count, and tags that come from the stack do not"
	case theirs.Status == deleted && ours != deleted && strings.HasPrefix(theirs.PhysicalID, "sgr-"):
		return "EC2 holds the same rule under another ID: it was taken away and put back, and CloudFormation follows the ID"
	case differs && ours == inSync:
		return "EC2 and SSM hold it as the template means it: CloudFormation joins a group with its rules inside of one template alone, " +
			"so that rules of other stacks, and other spellings of the same rule, are drift for it"
	case differs || theirs.Status == inSync:
		return ""
	case theirs.Reason != "":
		return theirs.Reason
	default:
		return "CloudFormation has not compared it"
	}
}

// disputes are CloudFormation's answers that are not ours, by why they are not, in the order of the resources.
func (r *driftResult) disputes() (reasons []string, resources map[string][]string) {
	resources = map[string][]string{}
	for _, res := range r.Resources {
		why := res.Explanation
		if why == "" || res.CloudFormation == res.DriftStatus {
			continue
		}
		if resources[why] == nil {
			reasons = append(reasons, why)
		}
		resources[why] = append(resources[why], fmt.Sprintf("%s: CloudFormation says %s, and it is %s", res.LogicalID, res.CloudFormation, res.DriftStatus))
	}
	return reasons, resources
}

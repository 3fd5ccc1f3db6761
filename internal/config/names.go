package config

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/yamldoc"
)

// maxSGName is the longest name of a set: with the suffixes of a test set and of its stack it stays within
// CloudFormation's 128 characters.
const maxSGName = 110

// Names are the names of one set, all of them functions of SGName, which matches ^[a-z][a-z0-9-]*$ as all that it is made
// of does.
type Names struct{ SGName string }

// Stack is the CloudFormation stack's name.
func (n Names) Stack() string { return n.SGName + "-stack" }

// Test are the names of a test set beside this one, told apart by six hexadecimal digits.
func (n Names) Test(digits string) Names { return Names{n.SGName + "-t" + digits} }

var testSuffix = regexp.MustCompile(`^-t[0-9a-f]{6}-stack$`)

// TestSet are the names of the test set of this set that a stack has by its own name; ok is false for any other stack.
func (n Names) TestSet(stack string) (test Names, ok bool) {
	suffix, ok := strings.CutPrefix(stack, n.SGName)
	if !ok || !testSuffix.MatchString(suffix) {
		return Names{}, false
	}
	return Names{strings.TrimSuffix(stack, "-stack")}, true
}

// Group is the Name tag of a tier's security group.
func (n Names) Group(tier string) string { return n.SGName + "-" + tier }

// GroupDescription is a tier's GroupDescription. It is fixed for ever: a change of it would replace the group.
func (n Names) GroupDescription(tier string) string { return n.SGName + " " + tier + " tier" }

// Parameter is the SSM parameter that publishes a tier's group ID.
func (n Names) Parameter(tier string) string {
	return "/sg/" + n.SGName + "/" + tier + "/SecurityGroupId"
}

// Export is the CloudFormation export of a tier's group ID.
func (n Names) Export(tier string) string { return n.SGName + "-" + tier + "-SecurityGroupId" }

// Template is the template's file in the folder of templates.
func (n Names) Template(folder string) string { return path.Join(folder, n.SGName+"-template.yaml") }

// Review is the review for programs, in the folder of templates.
func (n Names) Review(folder string) string { return path.Join(folder, n.SGName+"-review.yaml") }

// Report is a report for people in the folder of reports; kind is review, deployment or drift.
func (n Names) Report(folder, kind string) string {
	return path.Join(folder, n.SGName+"-"+kind+".html")
}

// Policy is the IAM policy for working with the set, in the folder of policies; readOnly: the one for reviewers.
func (n Names) Policy(folder string, readOnly bool) string {
	name := n.SGName + "-iam-policy"
	if readOnly {
		name += "-read-only"
	}
	return path.Join(folder, name+".json")
}

// Log is an action's log file in the folder of reports; stamp is a UTC time as text, such as 20060102T150405Z.
func (n Names) Log(folder, action, stamp string) string {
	return path.Join(folder, n.SGName+"-"+action+"-"+stamp+".log")
}

func deriveNames(c *Config, override string) Names {
	if override != "" {
		return Names{override}
	}
	if c.Prefix == "" || c.Env == "" || c.TenantID == "" || c.Region == "" {
		return Names{}
	}
	name := environmentName(c)
	if c.Workload != "" {
		name += "-" + c.Workload
	}
	return Names{name + "-sg"}
}

func environmentName(c *Config) string {
	return fmt.Sprintf("%s-%s-%s-%s", c.Prefix, c.Env, c.TenantID, c.Region)
}

// defaultVPCPath is where the suite's VPC provisioner publishes the VPC of the same environment.
func defaultVPCPath(c *Config) string { return "/vpc/" + environmentName(c) + "-vpc/VPCId" }

func (n Names) check(root yamldoc.Map, problems *diag.List) {
	pos := root.Map("client").Get("company_prefix").Pos()
	if groups := root.Map("security_groups"); groups.Text("sg_name_override") != "" {
		pos = groups.Get("sg_name_override").Pos()
	}
	if n.SGName == "sg" || strings.HasPrefix(n.SGName, "sg-") {
		problems.Errorf(diag.CodeName, pos, "the name %s begins with sg-, as the IDs of groups do: CloudFormation derives the groups' names from the stack's, and EC2 refuses such a name", n.SGName).
			WithHint("take another company_prefix, or set sg_name_override to a name that begins otherwise")
	}
	if len(n.SGName) > maxSGName {
		problems.Errorf(diag.CodeName, pos, "the name %s has %d characters, over the limit of %d", n.SGName, len(n.SGName), maxSGName).
			WithHint("shorten company_prefix or workload, or set sg_name_override")
	}
}

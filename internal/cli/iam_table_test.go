package cli_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox"
)

// permissions are who needs what, for the documentation.
type permissions map[permission]map[string]bool // the tool's actions that need it

type permission struct{ action, resource, via string }

// add notes what the steps of a rehearsal have needed.
func (p permissions) add(s *stage) {
	for _, past := range s.past {
		for _, d := range past.decisions {
			needed := permission{d.Need.Action, s.general(d), d.Via}
			if needed.action == "" {
				needed.action, needed.resource = d.Call, "-"
			}
			if p[needed] == nil {
				p[needed] = map[string]bool{}
			}
			p[needed][past.args[0]] = true
		}
	}
}

var (
	testSet  = regexp.MustCompile(`SG_NAME-t[0-9a-f]{6}\b`)
	digest   = regexp.MustCompile(`/[0-9a-f]{64}\.json$`)
	resource = regexp.MustCompile(`\b(sg|sgr|vpc|pl)-[0-9a-f]{17}\b`)
	madeUp   = regexp.MustCompile(`:changeSet/sg-provisioner-[0-9a-z-]+`)
	uuid     = regexp.MustCompile(`/[0-9a-f]{8}-[0-9a-f-]{27}\b`)
)

// general is the resource of a need without what is the set's alone.
func (s *stage) general(d sandbox.Decision) string {
	text := strings.NewReplacer(
		"arn:aws-cn:", "arn:aws:", "arn:aws-us-gov:", "arn:aws:", "agency-"+s.set.account+"-"+s.set.region, "BUCKET",
		s.set.region, "REGION", s.set.account, "ACCOUNT", "/network/main/VPCId", "/VPC_PARAMETER",
		"/vpc/"+strings.TrimSuffix(s.set.sgName, "-sg")+"-vpc/VPCId", "/VPC_PARAMETER",
	).Replace(strings.ReplaceAll(d.Need.Resource, s.set.sgName, "SG_NAME"))
	text = testSet.ReplaceAllString(text, "SG_NAME")
	text = madeUp.ReplaceAllString(text, ":changeSet/sg-provisioner-*")
	text = uuid.ReplaceAllString(text, "/*")
	text = digest.ReplaceAllString(text, "/SHA256.json")
	text = resource.ReplaceAllString(text, "ID")
	for _, tier := range []string{"web", "app", "db"} {
		text = strings.ReplaceAll(text, "/"+tier+"/SecurityGroupId", "/TIER/SecurityGroupId")
	}
	return text
}

// markdown is the documentation's table.
func (p permissions) markdown() string {
	var b strings.Builder
	b.WriteString(iamHead)
	for _, need := range slices.SortedFunc(maps.Keys(p), func(a, b permission) int {
		return strings.Compare(a.action+" "+a.resource+" "+a.via, b.action+" "+b.resource+" "+b.via)
	}) {
		by := "the tool"
		if need.via != "" {
			by = "CloudFormation"
		}
		missing := ""
		if without, ok := optional[need.action]; ok {
			missing = "goes on, not knowing " + without
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", need.action, code(need.resource), by,
			strings.Join(slices.Sorted(maps.Keys(p[need])), ", "), missing)
	}
	b.WriteString(strings.ReplaceAll(iamTail, "LEAVE_LONELY", leaveLonely))
	return b.String()
}

func code(text string) string {
	if text == "-" {
		return "needs none"
	}
	return "`" + text + "`"
}

// optional are the actions without which the tool goes on, and what is then missing.
var optional = map[string]string{
	"cloudformation:BatchDescribeTypeConfigurations":   "CloudFormation's own verdict on drift",
	"cloudformation:DescribeEvents":                    "what a validation found",
	"cloudformation:DescribeStackDriftDetectionStatus": "CloudFormation's own verdict on drift",
	"cloudformation:DescribeStackResourceDrifts":       "CloudFormation's own verdict on drift",
	"cloudformation:DescribeStackResources":            "which stack a rule belongs to",
	"cloudformation:DetectStackDrift":                  "CloudFormation's own verdict on drift",
	"cloudformation:DetectStackResourceDrift":          "CloudFormation's own verdict on drift",
	"cloudformation:ListHookResults":                   "what a hook found",
	"cloudformation:ValidateTemplate":                  "CloudFormation's own opinion of a template",
	"cloudtrail:LookupEvents":                          "who made a change",
	"ec2:DescribeStaleSecurityGroups":                  "which rules are stale",
}

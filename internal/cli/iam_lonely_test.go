package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"mlops-infra-suite/internal/sandbox/iam"
)

// leaveLonely is a statement that keeps groups which no stack has made out of an operator's reach, where CloudFormation tags a
// group as it makes it. docs/iam.md shows it.
const leaveLonely = `{
  "Sid": "LeaveLonelyGroups",
  "Effect": "Deny",
  "Action": ["ec2:AuthorizeSecurityGroupEgress", "ec2:CreateTags", "ec2:RevokeSecurityGroupEgress"],
  "Resource": "*",
  "Condition": {
    "ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"},
    "Null": {"aws:ResourceTag/aws:cloudformation:stack-name": "true", "ec2:CreateAction": "true"}
  }
}`

// stricter is a policy with that statement.
func stricter(t *testing.T, policy string) string {
	t.Helper()
	var whole struct {
		Version   string
		Statement []json.RawMessage
	}
	if err := json.Unmarshal([]byte(policy), &whole); err != nil {
		t.Fatal(err)
	}
	whole.Statement = append(whole.Statement, json.RawMessage(leaveLonely))
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lonelyGroup is a group that somebody has made by hand, in a template that takes it in and opens it.
const lonelyGroup = `{"Resources": {"It": {"Type": "AWS::EC2::SecurityGroup", "DeletionPolicy": "Retain", "Properties": {
	"GroupName": "lonely", "GroupDescription": "d", "VpcId": "THE_VPC", "SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]}}}}`

// TestLonelyGroups holds docs/iam.md to what it says of groups that no stack has made: who deploys the set's stack can take one
// in, since CloudFormation may tag its own groups as late, and cannot with one statement more.
func TestLonelyGroups(t *testing.T) {
	for name, test := range map[string]struct {
		policy func(*testing.T, string) string
		want   string
	}{
		"as it is":      {func(_ *testing.T, policy string) string { return policy }, "IMPORT_COMPLETE"},
		"with one more": {stricter, "not authorized to perform: ec2:CreateTags"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, rehearsals[0])
				s.strangers(t)
				s.allow(t, test.policy(t, s.policy))
				body := strings.ReplaceAll(lonelyGroup, "THE_VPC", s.set.vpc)
				reasons := deploy(t, cloudformation.NewFromConfig(s.asOperator(t)), s.set.sgName+"-tabcdef-stack", body)
				if !strings.Contains(reasons, test.want) {
					t.Errorf("want %s, got\n%s", test.want, reasons)
				}
			})
		})
	}
}

// worksStricter wants every step in which CloudFormation tags a group as it makes it to go the same way under the stricter policy.
func (s *stage) worksStricter(t *testing.T) {
	t.Helper()
	less, err := iam.Parse(stricter(t, s.policy))
	if err != nil {
		t.Fatal(err)
	}
	late := 0
	for _, past := range s.needing(cut{}, less) {
		if past.tagsLate {
			late++
			continue
		}
		t.Errorf("%v needs what the stricter policy forbids", past.args)
	}
	if late == 0 {
		t.Error("the stricter policy forbids nothing where tags come last")
	}
}

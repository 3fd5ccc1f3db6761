//go:build tools

package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAWSCLIDrift changes a deployed set with the real AWS CLI, as two people who have assumed a role each, and wants every
// change found one by one, with the one who made it, and put back.
func TestAWSCLIDrift(t *testing.T) {
	program, dir := build(t), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	url := serve(t, program, dir)
	provisioner := func(args ...string) string {
		t.Helper()
		return output(t, nil, program, append([]string{"--workdir", dir, "--sandbox", "-c", "globalbank-prod.yaml"}, args...)...)
	}
	check := func(args ...string) (got driftDocument) {
		t.Helper()
		text := provisioner(append([]string{"check-drift", "-o", "json"}, args...)...)
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return got
	}
	provisioner("create-security-groups", "--force")

	base := []string{
		"AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=123456789012", "AWS_SECRET_ACCESS_KEY=any", "AWS_SESSION_TOKEN=",
		"AWS_DEFAULT_REGION=us-west-2", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
	people := map[string][]string{}
	for _, person := range []string{"alice", "bob"} {
		keys := strings.Fields(output(t, base, "aws", "sts", "assume-role", "--role-arn", "arn:aws:iam::123456789012:role/Ops-"+person,
			"--role-session-name", person, "--query", "Credentials.[AccessKeyId, SecretAccessKey, SessionToken]", "--output", "text"))
		people[person] = append(slices.Clip(base), "AWS_ACCESS_KEY_ID="+keys[0], "AWS_SECRET_ACCESS_KEY="+keys[1], "AWS_SESSION_TOKEN="+keys[2])
	}
	aws := func(person string, args ...string) string {
		t.Helper()
		return strings.TrimSpace(output(t, people[person], "aws", append(args, "--output", "text")...))
	}
	const set = "/sg/globalbank-prod-c001-us-west-2-sg/"
	group := func(tier string) string {
		t.Helper()
		return aws("alice", "ssm", "get-parameter", "--name", set+tier+"/SecurityGroupId", "--query", "Parameter.Value")
	}
	web, app, db := group("web"), group("app"), group("db")
	rule := func(group, query string) string {
		t.Helper()
		return aws("alice", "ec2", "describe-security-group-rules", "--filters", "Name=group-id,Values="+group, "--query", "SecurityGroupRules[?"+query+"].SecurityGroupRuleId")
	}

	// Each change alone, found and put back, then the next.
	for _, change := range []struct {
		name, person string
		args         []string
		want         string // what differs, event
	}{
		{
			"added", "alice",
			[]string{"ec2", "authorize-security-group-ingress", "--group-id", web, "--protocol", "tcp", "--port", "22", "--cidr", "198.51.100.7/32"},
			"added web ingress tcp 22-22 198.51.100.7/32 AuthorizeSecurityGroupIngress",
		},
		{
			"added with a description, outbound", "bob",
			[]string{
				"ec2", "authorize-security-group-egress", "--group-id", db, "--ip-permissions",
				"IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0,Description=updates}]",
			},
			"added db egress -1 -1--1 0.0.0.0/0 AuthorizeSecurityGroupEgress",
		},
		{
			"removed by what it permits", "bob",
			[]string{
				"ec2", "revoke-security-group-ingress", "--group-id", app, "--ip-permissions",
				"IpProtocol=tcp,FromPort=9090,ToPort=9090,UserIdGroupPairs=[{GroupId=" + web + "}]",
			},
			"removed app ingress tcp 9090-9090 web RevokeSecurityGroupIngress",
		},
		{
			"removed by its ID", "alice",
			[]string{"ec2", "revoke-security-group-egress", "--group-id", app, "--security-group-rule-ids", rule(app, "FromPort==`9000`")},
			"removed app egress tcp 9000-9100 10.8.0.0/16 RevokeSecurityGroupEgress",
		},
		{
			"made another one", "alice",
			[]string{
				"ec2", "modify-security-group-rules", "--group-id", db, "--security-group-rules",
				"SecurityGroupRuleId=" + rule(db, "FromPort==`5432`") + ",SecurityGroupRule={IpProtocol=tcp,FromPort=1,ToPort=65535,ReferencedGroupId=" + app + "}",
			},
			"changed db ingress tcp 5432-5432 app to db ingress tcp 1-65535 app ModifySecurityGroupRules",
		},
		{
			"described otherwise", "bob",
			[]string{
				"ec2", "update-security-group-rule-descriptions-ingress", "--group-id", web, "--security-group-rule-descriptions",
				"SecurityGroupRuleId=" + rule(web, "FromPort==`443` && CidrIpv6!=null") + ",Description=nothing to see",
			},
			"changed web ingress tcp 443-443 ::/0 to web ingress tcp 443-443 ::/0 UpdateSecurityGroupRuleDescriptionsIngress",
		},
	} {
		aws(change.person, change.args...)
		checkOneDrift(t, change.name, check(), change.want+" by arn:aws:sts::123456789012:assumed-role/Ops-"+change.person+"/"+change.person)
		if fixed := check("--fix", "--force"); fixed.DriftStatus != "IN_SYNC" {
			t.Errorf("%s: --fix leaves it %s", change.name, fixed.DriftStatus)
		}
		if again := check(); again.DriftStatus != "IN_SYNC" || len(again.Rules.Added)+len(again.Rules.Removed)+len(again.Rules.Changed) > 0 {
			t.Errorf("%s: not put back: %+v", change.name, again.Rules)
		}
	}
}

// checkOneDrift wants one thing to differ, and nothing else.
func checkOneDrift(t *testing.T, name string, got driftDocument, want string) {
	t.Helper()
	var told []string
	tell := func(what string, c driftChange) {
		told = append(told, fmt.Sprintf("%s %s by %s", what, c.Event, c.Who))
		if c.By != "user" || c.When == "" || !strings.HasPrefix(c.SourceIP, "127.") || !strings.Contains(c.UserAgent, "aws-cli") {
			t.Errorf("%s: changed by %+v", name, c)
		}
	}
	for _, r := range got.Rules.Added {
		tell("added "+r.key(), r.Change)
	}
	for _, r := range got.Rules.Removed {
		tell("removed "+r.key(), r.Change)
	}
	for _, r := range got.Rules.Changed {
		tell("changed "+r.Expected.key()+" to "+r.key(), r.Change)
	}
	if diff := cmp.Diff([]string{want}, told); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
	if n := len(got.Groups) + len(got.Parameters) + len(got.Tags); n > 0 {
		t.Errorf("%s: something else differs: %+v %+v %+v", name, got.Groups, got.Parameters, got.Tags)
	}
	inbound := len(got.Rules.Added) == 1 && got.Rules.Added[0].Direction == "ingress"
	if inbound && (got.CloudFormation.DriftStatus != "IN_SYNC" || !strings.Contains(strings.Join(got.CloudFormation.Notes, " "), "compares only what a template names")) {
		t.Errorf("%s: CloudFormation: %+v", name, got.CloudFormation)
	}
}

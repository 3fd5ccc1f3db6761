package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Every kind of rule, and the posture in which egress stands in the group, is as EC2 holds it: nothing is invented.
func TestDriftOfEveryKindOfRule(t *testing.T) {
	const everything = `name: everything
description: Every kind of rule
tiers:
  open:
    ingress:
      - {protocol: tcp, port_range: 1-65535, source: 10.0.0.0/8, description: all ports}
      - {protocol: udp, port: 53, source: "2001:db8::/32", description: DNS}
      - {protocol: icmp, source: 10.0.0.0/8, description: all ICMP}
      - {protocol: icmp, icmp_type: 8, source: 10.2.0.0/16, description: echo requests}
      - {protocol: icmp, icmp_type: 3, icmp_code: 4, source: 10.0.0.0/8, description: fragmentation needed}
      - {protocol: icmpv6, source: "2001:db8::/32", description: all ICMPv6}
      - {protocol: icmpv6, icmp_type: 128, source: "::/0", description: echo requests}
      - {protocol: 50, source: 10.0.0.0/8, description: ESP}
      - {protocol: all, source_tier: open, description: itself}
    egress:
      - {protocol: all, destination: 0.0.0.0/0, description: everything}
      - {protocol: all, destination: "::/0", description: everything over IPv6}
      - {protocol: tcp, port: 5432, destination_tier: closed, description: covered}
  closed: {}
`
	synctest.Test(t, func(t *testing.T) {
		b := &driftBench{t: t, dir: workdir(t, "dev"), environ: []string{"SG_SANDBOX=1"}}
		if err := os.MkdirAll(filepath.Join(b.dir, "scenarios"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(b.dir, "scenarios", "everything.yaml"), []byte(everything), 0o600); err != nil {
			t.Fatal(err)
		}
		writeConfig(t, b.dir, `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups:
  scenario: everything
  waivers: [{check: SG001, reason: a test, expires: 2036-01-01}]
`)
		b.run(0, nil, "create-security-groups", "--force")
		got := b.check(0)
		if got.CloudFormation.DriftStatus != "IN_SYNC" || len(got.Notes) > 0 {
			t.Errorf("CloudFormation: %+v, notes: %q", got.CloudFormation, got.Notes)
		}
		b.by(func(h *hands) { // a rule that stands in its group has no ID that the stack knows
			h.revoke("alice", h.ids["open"], "egress", h.rule("open egress -1 -1--1 0.0.0.0/0"))
			h.revoke("bob", h.ids["closed"], "egress", h.rule("closed egress icmp 252-86 255.255.255.255/32"))
		})
		got = b.check(10)
		if len(got.Rules.Removed) != 2 || got.CloudFormation.DriftStatus != "DRIFTED" {
			t.Errorf("%+v, %+v", got.Rules, got.CloudFormation)
		}
		for _, r := range got.Rules.Removed {
			if want := map[string]string{"open": "/alice", "closed": "/bob"}[r.Tier]; !strings.HasSuffix(r.Change.Who, want) {
				t.Errorf("%s by %s", r.key(), r.Change.Who)
			}
		}
		b.check(0, "--fix", "--force")
		if got := b.check(0); got.CloudFormation.DriftStatus != "IN_SYNC" || len(got.Notes) > 0 {
			t.Errorf("put back: %+v, notes: %q", got.CloudFormation, got.Notes)
		}
	})
}

// A template that was changed by hand is compared as far as it can be read, and else the place is named.
func TestDriftFromATemplateChangedByHand(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		update := func(change func(string) string) {
			t.Helper()
			b.by(func(h *hands) {
				cfn := cloudformation.NewFromConfig(h.cfg["alice"])
				name := aws.String(driftSet + "-stack")
				old, err := cfn.GetTemplate(t.Context(), &cloudformation.GetTemplateInput{StackName: name})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := cfn.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
					StackName: name, TemplateBody: aws.String(change(*old.TemplateBody)),
					Parameters: []types.Parameter{{ParameterKey: aws.String("VpcId"), UsePreviousValue: aws.Bool(true)}},
				}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
			})
		}
		update(func(body string) string {
			return strings.Replace(body, "\nResources:\n", `
Resources:
  Note: {Type: "AWS::SSM::Parameter", Properties: {Type: String, Value: text}}
  ByHand:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !GetAtt WebSecurityGroup.GroupId, IpProtocol: 6, FromPort: "99", ToPort: 99, CidrIp: 10.1.2.3/8}
`, 1)
		})
		got := b.check(0)
		if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "no part of a set, and were not compared: Note") {
			t.Errorf("notes: %q", got.Notes)
		}
		if len(got.Pending.Removed) != 1 || got.Pending.Removed[0].key() != "web ingress tcp 99-99 10.0.0.0/8" {
			t.Errorf("a deployment would remove %+v", got.Pending.Removed)
		}
		if !slices.ContainsFunc(got.Resources, func(r driftResource) bool {
			return r.LogicalID == "ByHand" && r.DriftStatus == "IN_SYNC"
		}) {
			t.Errorf("resources: %+v", got.Resources)
		}
		update(func(body string) string {
			body = strings.Replace(body, "\nResources:\n", "\nConditions: {Some: {'Fn::Equals': [a, a]}}\nResources:\n", 1)
			body = strings.Replace(body, "ToPort: 99", "ToPort: 100", 1)
			return strings.Replace(body, "  ByHand:\n", "  ByHand:\n    Condition: Some\n", 1)
		})
		if got := b.check(3); got.Error.Code != "FOREIGN_TEMPLATE" || !strings.Contains(got.Error.Message, "ByHand: a condition decides whether it exists") {
			t.Errorf("%+v", got.Error)
		}
	})
}

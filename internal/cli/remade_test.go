package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// The rules of the set that these tests remake.
const (
	intoDB  = "db ingress tcp 5432-5432 app"
	outToDB = "app egress tcp 5432-5432 db"
)

// leaving is what a plan or a deployment says of remade rules.
type leaving struct {
	planned
	Remade []struct {
		RuleID    string `json:"rule_id"`
		LogicalID string `json:"logical_id"`
		KnownAs   string `json:"known_as"`
		Revoked   bool
	}
}

// outOfBand is how many rules are said to be added by hand.
func (l leaving) outOfBand() (n int) {
	for _, f := range l.Findings {
		if f.ID == "SG103" {
			n++
		}
	}
	return n
}

// remake has somebody revoke rules, and --fix put them back; it returns their IDs before and after.
func (b *driftBench) remake(keys ...string) (before, after []string) {
	b.t.Helper()
	b.by(func(h *hands) {
		for _, key := range keys {
			r, parts := h.rule(key), strings.Fields(key)
			h.revoke("alice", h.ids[parts[0]], parts[1], r)
			before = append(before, r.id)
		}
	})
	b.check(0, "--fix", "--force", "--rules-only")
	b.by(func(h *hands) {
		for _, key := range keys {
			after = append(after, h.rule(key).id)
		}
	})
	return before, after
}

// keys are the rules that EC2 holds.
func (b *driftBench) keys() (keys []string) {
	b.t.Helper()
	b.by(func(h *hands) {
		for _, r := range h.rules() {
			keys = append(keys, r.key)
		}
	})
	return keys
}

// scenario gives the set a database with another port and description.
func (b *driftBench) scenario(port, description string) {
	b.t.Helper()
	folder := filepath.Join(b.dir, "scenarios")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		b.t.Fatal(err)
	}
	text := `name: mine
description: Three tiers
extends: 2-tier-web
tiers:
  app:
    egress:
      - {protocol: tcp, port: PORT, destination_tier: db, description: DESCRIPTION}
  db:
    role: database
    description: PostgreSQL
    service_port: tcp/PORT
    ingress:
      - {protocol: tcp, port: PORT, source_tier: app, description: DESCRIPTION}
`
	text = strings.NewReplacer("PORT", port, "DESCRIPTION", description).Replace(text)
	if err := os.WriteFile(filepath.Join(folder, "mine.yaml"), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.use("mine")
}

// use gives the set a scenario.
func (b *driftBench) use(scenario string) {
	b.t.Helper()
	writeConfig(b.t, b.dir, `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups: {scenario: `+scenario+`}
`)
}

// A stack goes though its groups name each other by rules of which CloudFormation does not know: remade ones, and one by hand.
func TestRemadeRulesGoWithTheirStack(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		_, now := b.remake(intoDB, outToDB)
		var got struct {
			Outcome string
			Revoked []struct {
				RuleID string `json:"rule_id"`
				Detail string
			}
			Error struct{ Message string }
		}
		listed := func() (ids []string) {
			for _, r := range got.Revoked {
				ids = append(ids, r.RuleID)
			}
			slices.Sort(ids)
			return ids
		}
		slices.Sort(now)
		b.run(0, &got, "delete-security-groups", "--dry-run")
		if diff := cmp.Diff(now, listed()); diff != "" {
			t.Errorf("to be revoked (-want +got):\n%s", diff)
		}
		if text := b.run(0, nil, "delete-security-groups", "--dry-run").Stdout; !strings.Contains(text, "would be revoked  "+now[0]) {
			t.Errorf("in words:\n%s", text)
		}
		if !slices.Contains(b.keys(), intoDB) {
			t.Errorf("a dry run has revoked")
		}
		held := b.keys()
		for fault, want := range map[string]string{"RevokeSecurityGroupIngress": "nothing was deleted", "DeleteStack": "AccessDenied"} {
			b.environ = []string{"SG_SANDBOX=1", "SG_SANDBOX_FAULTS=" + fault + "=denied"}
			b.run(1, &got, "delete-security-groups", "--force")
			if diff := cmp.Diff(held, b.keys()); diff != "" || !strings.Contains(got.Error.Message, want) {
				t.Errorf("%s: %+v, EC2 holds (-want +got):\n%s", fault, got.Error, diff)
			}
		}
		b.environ = []string{"SG_SANDBOX=1"}
		told := b.run(0, &got, "delete-security-groups", "--force")
		if got.Outcome != "deleted" || !strings.Contains(told.Stderr, "which CloudFormation does not know: ingress: AppSecurityGroup may reach DbSecurityGroup on tcp/5432") {
			t.Errorf("%+v\n%s", got, told.Stderr)
		}
	})
}

// A rule that a deployment takes away is gone after it, though it was remade; not before it, and nobody is blamed.
func TestRemadeRuleLeavesWithItsResource(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.scenario("5432", "Queries")
		b.run(0, nil, "create-security-groups", "--force")
		was, now := b.remake(intoDB)
		found := b.check(0)
		if len(found.Rules.Remade) != 1 || found.Rules.Remade[0].RuleID != now[0] || found.Rules.Remade[0].KnownAs != was[0] {
			t.Errorf("remade: %+v", found.Rules.Remade)
		}
		b.scenario("5433", "Queries")
		var got leaving
		text := b.run(0, nil, "show-changes").Stdout
		if want := "after the deployment  db: ingress: app may reach db on tcp/5432  " + now[0]; !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
		if text := b.run(0, nil, "show-changes", "-o", "markdown").Stdout; !strings.Contains(text, "| after the deployment | db |") {
			t.Errorf("in Markdown:\n%s", text)
		}
		b.run(0, &got, "show-changes")
		if len(got.Remade) != 1 || got.Remade[0].RuleID != now[0] || got.Remade[0].KnownAs != was[0] || got.Remade[0].Revoked {
			t.Errorf("shown: %+v", got.Remade)
		}
		b.run(0, &got, "create-security-groups", "--force")
		if len(got.Remade) != 1 || !got.Remade[0].Revoked || got.outOfBand() > 0 {
			t.Errorf("deployed: %+v, findings %+v", got.Remade, got.Findings)
		}
		if keys := b.keys(); slices.Contains(keys, intoDB) || !slices.Contains(keys, "db ingress tcp 5433-5433 app") {
			t.Errorf("EC2 holds %q", keys)
		}
		if after := b.check(0); len(after.Rules.Remade)+len(after.Notes) > 0 {
			t.Errorf("after it: %+v", after)
		}
	})
}

// What can't be revoked is not verified, and the way out is a command.
func TestRemadeRuleThatStays(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		_, now := b.remake(intoDB)
		b.scenario("5433", "Queries")
		b.environ = append(b.environ, "SG_SANDBOX_FAULTS=RevokeSecurityGroupIngress=denied")
		var got leaving
		b.run(1, &got, "create-security-groups", "--force")
		if got.Error.Code != "NOT_VERIFIED" || !strings.Contains(got.Error.Hint, "aws ec2 revoke-security-group-ingress") ||
			!strings.Contains(got.Error.Hint, now[0]) || got.Outcome != "updated" || len(got.Remade) != 1 || got.Remade[0].Revoked {
			t.Errorf("%+v", got)
		}
	})
}

// A tier can go though a remade rule names its group: that rule is revoked before, since nothing uses the group, and comes back
// should the deployment fail.
func TestRemadeRuleToATierThatGoes(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.remake(outToDB, intoDB)
		b.use("2-tier-web")
		var got leaving
		for _, fault := range []string{"ExecuteChangeSet=denied", "RevokeSecurityGroupEgress=denied", "AppSecurityGroup=fail"} {
			b.environ = []string{"SG_SANDBOX=1", "SG_SANDBOX_FAULTS=" + fault}
			told := b.run(1, &got, "create-security-groups", "--force")
			putBack := strings.Contains(told.Stderr, "put back the rule")
			if refused := strings.HasPrefix(fault, "Revoke"); !slices.Contains(b.keys(), outToDB) || putBack == refused {
				t.Errorf("after %s EC2 holds %q:\n%s", fault, b.keys(), told.Stderr)
			}
		}
		b.environ = []string{"SG_SANDBOX=1"}
		b.run(0, &got, "create-security-groups", "--force")
		if len(got.Orphans) > 0 || got.Outcome != "updated" || len(got.Remade) != 1 || !got.Remade[0].Revoked {
			t.Errorf("%q, orphans %+v, remade %+v", got.Outcome, got.Orphans, got.Remade)
		}
		b.check(0)
	})
}

// A rule that somebody added keeps the group of a tier from going, and the deployment from beginning.
func TestRuleByHandToATierThatGoes(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			pairs := []types.UserIdGroupPair{{GroupId: aws.String(h.ids["db"])}}
			if _, err := h.ec2["alice"].AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
				GroupId:       aws.String(h.ids["app"]),
				IpPermissions: []types.IpPermission{{IpProtocol: aws.String("-1"), UserIdGroupPairs: pairs}},
			}); err != nil {
				t.Fatal(err)
			}
		})
		b.use("2-tier-web")
		var got leaving
		b.run(6, &got, "create-security-groups", "--force")
		if got.Error.Code != "IN_USE" || len(got.Blockers) != 1 || !strings.Contains(got.Blockers[0].Detail, "aws ec2 revoke-security-group-egress") {
			t.Errorf("%+v, %+v", got.Error, got.Blockers)
		}
	})
}

// A new description for a rule that CloudFormation has lost is refused beforehand, and the way out leads out: also where the rule
// was only taken away.
func TestRemadeRuleWithAnotherDescription(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.scenario("5432", "Queries")
		b.run(0, nil, "create-security-groups", "--force")
		was, _ := b.remake(intoDB)
		b.by(func(h *hands) { h.revoke("bob", h.ids["app"], "egress", h.rule(outToDB)) })
		b.scenario("5432", "Other words")
		var got leaving
		b.run(6, &got, "create-security-groups", "--force")
		if got.Error.Code != "RULE_GONE" || len(got.Blockers) != 2 || !slices.ContainsFunc(got.Blockers, func(x blocker) bool {
			return x.Kind == "rule-gone" && x.ID == was[0]
		}) {
			t.Errorf("%+v, %+v", got.Error, got.Blockers)
		}
		b.use("2-tier-web")
		b.run(0, nil, "create-security-groups", "--force")
		b.scenario("5432", "Other words")
		b.run(0, nil, "create-security-groups", "--force")
		b.check(0)
	})
}

// A rule that another stack has made is not the set's to revoke.
func TestRemadeByAnotherStack(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			h.revoke("alice", h.ids["db"], "ingress", h.rule(intoDB))
			h.stack("other", `Resources: {Extra: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: `+h.ids["db"]+
				`, IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: `+h.ids["app"]+`}}}`)
		})
		b.scenario("5433", "Queries")
		var got leaving
		told := b.run(0, &got, "create-security-groups", "--force")
		if len(got.Remade) > 0 || !strings.Contains(told.Stderr, "for the stack other has it") || !slices.Contains(b.keys(), intoDB) {
			t.Errorf("%+v\n%s", got.Remade, told.Stderr)
		}
		if got.outOfBand() != 1 {
			t.Errorf("findings: %+v", got.Findings)
		}
	})
}

// Without the permission to find out whose a rule is, it stays, and that is told.
func TestRemadeByNobodyKnown(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.remake(intoDB)
		b.scenario("5433", "Queries")
		b.environ = append(b.environ, "SG_SANDBOX_FAULTS=DescribeStackResources=denied")
		var got leaving
		told := b.run(0, &got, "create-security-groups", "--force")
		if len(got.Remade) > 0 || got.outOfBand() != 1 || !strings.Contains(told.Stderr, "stays, for it might belong to another stack") {
			t.Errorf("%+v\n%s", got.Remade, told.Stderr)
		}
	})
}

// Without remade rules nobody is asked about them.
func TestNothingIsRemade(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.scenario("5433", "Queries")
		b.environ = append(b.environ, "SG_SANDBOX_FAULTS=DescribeStackResources=denied")
		var got leaving
		b.run(0, &got, "create-security-groups", "--force")
		if got.Remade == nil || len(got.Remade) > 0 {
			t.Errorf("%+v", got.Remade)
		}
		time.Sleep(time.Second)
		b.run(0, nil, "delete-security-groups", "--force")
	})
}

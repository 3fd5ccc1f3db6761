package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/testkit"
)

const driftSet = "my-dev-m001-us-west-2-sg"

// driftBench is a deployed set in virtual time, and two people beside the program.
type driftBench struct {
	t       *testing.T
	dir     string
	environ []string
}

// inDriftBench runs a test on a set that has just been deployed.
func inDriftBench(t *testing.T, test func(t *testing.T, b *driftBench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &driftBench{t: t, dir: workdir(t, "dev"), environ: []string{"SG_SANDBOX=1"}}
		b.run(0, nil, "create-security-groups", "--force")
		time.Sleep(time.Minute)
		test(t, b)
	})
}

// run runs the program with more in its environment.
func (b *driftBench) run(want int, result any, args ...string) ran {
	b.t.Helper()
	return runIn(b.t.Context(), b.t, b.dir, b.environ, want, result, args...)
}

// check runs check-drift.
func (b *driftBench) check(want int, args ...string) driftDocument {
	b.t.Helper()
	var got driftDocument
	b.run(want, &got, append([]string{"check-drift", "--exit-code"}, args...)...)
	return got
}

// by lets people do something.
func (b *driftBench) by(do func(h *hands)) {
	b.t.Helper()
	h := openHands(b.t, b.dir, nil)
	do(h)
	h.close()
	time.Sleep(time.Second)
}

// allow lets somebody add a rule for a range.
func (h *hands) allow(person, tier string, port int32, cidr string) {
	h.t.Helper()
	if _, err := h.ec2[person].AuthorizeSecurityGroupIngress(h.t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(h.ids[tier]), IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []types.IpRange{{CidrIp: &cidr}},
		}},
	}); err != nil {
		h.t.Fatal(err)
	}
}

// stack has somebody deploy another stack.
func (h *hands) stack(name, body string) {
	h.t.Helper()
	if _, err := cloudformation.NewFromConfig(h.cfg["alice"]).CreateStack(h.t.Context(), &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: &body,
	}); err != nil {
		h.t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

// rule is the rule of that key.
func (h *hands) rule(key string) handRule {
	h.t.Helper()
	rules := h.rules()
	i := slices.IndexFunc(rules, func(r handRule) bool { return r.key == key })
	if i < 0 {
		h.t.Fatalf("there is no rule %s", key)
	}
	return rules[i]
}

func parameterOf(tier string) string { return "/sg/" + driftSet + "/" + tier + "/SecurityGroupId" }

// The layout of the tool's own templates is the one in which CloudFormation is blind: its IN_SYNC beside a rule that somebody
// has added is explained.
func TestDriftThatCloudFormationDoesNotSee(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) { h.allow("alice", "web", 22, "198.51.100.7/32") })
		got := b.check(10)
		if got.DriftStatus != "DRIFTED" || got.Status != "drift" || got.CloudFormation.DriftStatus != "IN_SYNC" {
			t.Errorf("status %s, we say %s, CloudFormation says %s", got.Status, got.DriftStatus, got.CloudFormation.DriftStatus)
		}
		if len(got.Rules.Added) != 1 || got.Rules.Added[0].Origin != "out-of-band" || got.Rules.Added[0].Change.By != "user" {
			t.Fatalf("added: %+v", got.Rules.Added)
		}
		if want := "alice"; !strings.HasSuffix(got.Rules.Added[0].Change.Who, "/"+want) {
			t.Errorf("by %s", got.Rules.Added[0].Change.Who)
		}
		for _, r := range got.Resources {
			told := r.DriftStatus == "MODIFIED" && r.CloudFormation == "IN_SYNC" && strings.Contains(r.Explanation, "compares only what a template names")
			if is := r.LogicalID == "WebSecurityGroup"; is != told {
				t.Errorf("%+v", r)
			}
		}
		if !slices.ContainsFunc(got.CloudFormation.Notes, func(n string) bool { return strings.Contains(n, "IN_SYNC, and it is not") }) {
			t.Errorf("notes: %q", got.CloudFormation.Notes)
		}
		if !slices.ContainsFunc(got.Findings, func(f struct{ ID, Rule string }) bool {
			return f.ID == "SG103" && f.Rule == "web ingress tcp/22 from 198.51.100.7/32"
		}) {
			t.Errorf("findings: %v", got.Findings)
		}
		want := []map[string]any{{"from": "198.51.100.7/32", "to": "web", "protocol": "tcp", "from_port": 22.0, "to_port": 22.0}}
		if diff := cmp.Diff(want, got.Flows.Opened); diff != "" {
			t.Errorf("opened (-want +got):\n%s", diff)
		}
	})
}

// Beside the rules: tags, what parameters publish, groups that are gone.
func TestDriftOfTagsParametersAndGroups(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			ctx := t.Context()
			s := ssm.NewFromConfig(h.cfg["bob"])
			must := func(_ any, err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(h.ec2["alice"].CreateTags(ctx, &ec2.CreateTagsInput{
				Resources: []string{h.ids["web"]}, Tags: []types.Tag{{Key: aws.String("Environment"), Value: aws.String("prod")}, {Key: aws.String("who"), Value: aws.String("me")}},
			}))
			must(h.ec2["bob"].DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{h.ids["app"]}, Tags: []types.Tag{{Key: aws.String("Tier")}}}))
			must(s.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String(parameterOf("web")), Value: aws.String("sg-0"), Overwrite: aws.Bool(true)}))
			must(s.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: aws.String(parameterOf("app"))}))
			must(s.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{
				ResourceType: ssmtypes.ResourceTypeForTaggingParameter, ResourceId: aws.String(parameterOf("db")),
				Tags: []ssmtypes.Tag{{Key: aws.String("owner"), Value: aws.String("bob")}},
			}))
		})
		got := b.check(10)
		var told []string
		tell := func(what string, x driftItem) {
			text := func(s *string) string {
				if s == nil {
					return "none"
				}
				return strings.Replace(*s, driftSet, "SET", 1)
			}
			value := text(x.Expected) + " -> " + text(x.Actual)
			if what == "parameter" {
				value = text(x.Actual)
			}
			told = append(told, strings.Join([]string{what, x.Tier, x.Key, value, x.Change.Event, x.Change.Who[strings.LastIndexByte(x.Change.Who, '/')+1:]}, " "))
		}
		for _, x := range got.Tags {
			tell("tag", x)
		}
		for _, x := range got.Parameters {
			tell("parameter", x)
		}
		want := []string{
			"tag web Environment dev -> prod CreateTags alice", "tag web who none -> me CreateTags alice", "tag app Tier app -> none DeleteTags bob",
			"tag db owner none -> bob AddTagsToResource bob",
			"parameter web  sg-0 PutParameter bob", "parameter app  none DeleteParameter bob",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		fixed := b.check(0, "--fix", "--force")
		if fixed.DriftStatus != "IN_SYNC" || fixed.Status != "ok" || len(fixed.Fix.Left) > 0 {
			t.Errorf("%+v", fixed.Fix)
		}
		for _, res := range fixed.Resources {
			if res.Fixed != (res.DriftStatus != "IN_SYNC") {
				t.Errorf("found as %s, fixed: %v: %s", res.DriftStatus, res.Fixed, res.LogicalID)
			}
		}
		if again := b.check(0); again.DriftStatus != "IN_SYNC" || again.Status != "ok" {
			t.Errorf("after --fix: %+v", again)
		}
	})
}

// What a parameter publishes is nothing that a config could say: it can be put right, and not kept.
func TestDriftOfAParameterIsNotToBeKept(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			if _, err := ssm.NewFromConfig(h.cfg["bob"]).DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String(parameterOf("db"))}); err != nil {
				t.Fatal(err)
			}
		})
		said := b.run(0, nil, "check-drift", "--rules-only").Stdout
		if !strings.Contains(said, "to put it right: ") || strings.Contains(said, "to keep it: ") {
			t.Errorf("it says:\n%s", said)
		}
	})
}

// A deleted group can't come back by rules: the rest is put right, and the way out named.
func TestDriftOfADeletedGroup(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			db, out := h.ids["db"], h.rule("app egress tcp 5432-5432 db")
			h.revoke("alice", h.ids["app"], "egress", out)
			if _, err := h.ec2["bob"].DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &db}); err != nil {
				t.Fatal(err)
			}
			h.allow("bob", "app", 99, "10.0.0.0/8")
			// Somebody publishes another group, so that what reads the parameter goes on working.
			if _, err := ssm.NewFromConfig(h.cfg["bob"]).PutParameter(t.Context(), &ssm.PutParameterInput{
				Name: aws.String(parameterOf("db")), Value: aws.String(h.ids["app"]), Overwrite: aws.Bool(true),
			}); err != nil {
				t.Fatal(err)
			}
		})
		got := b.check(6, "--fix", "--force")
		if len(got.Groups) != 1 || got.Groups[0].State != "deleted" || got.Groups[0].Change.Event != "DeleteSecurityGroup" || got.Groups[0].Tier != "db" {
			t.Errorf("groups: %+v", got.Groups)
		}
		if len(got.Rules.Removed) != 1 || got.Rules.Removed[0].key() != "app egress tcp 5432-5432 db" {
			t.Errorf("removed: %+v", got.Rules.Removed)
		}
		if got.Error.Code != "NOT_FIXED" || len(got.Fix.Left) != 3 || len(got.Fix.Steps) != 1 || !got.Fix.Steps[0].Done {
			t.Errorf("%+v, %+v", got.Error, got.Fix)
		}
		if !strings.Contains(strings.Join(got.Fix.Left, " "), "delete-security-groups, then create-security-groups") {
			t.Errorf("left: %q", got.Fix.Left)
		}
		if got.DriftStatus != "DRIFTED" {
			t.Errorf("it is %s", got.DriftStatus)
		}
		for _, r := range got.Resources { // the group's rules went with it: nobody put them back
			if strings.HasPrefix(r.LogicalID, "DbIngress") && r.DriftStatus != "DELETED" {
				t.Errorf("%+v", r)
			}
		}
	})
}

// A rule that was made another one cannot be made the old one again once the group that it named is gone: it is taken away.
func TestDriftOfARuleToADeletedGroup(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			db, out := h.ids["db"], h.rule("app egress tcp 5432-5432 db")
			if _, err := h.ec2["alice"].ModifySecurityGroupRules(t.Context(), &ec2.ModifySecurityGroupRulesInput{
				GroupId: aws.String(h.ids["app"]), SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
					SecurityGroupRuleId: &out.id, SecurityGroupRule: &types.SecurityGroupRuleRequest{
						IpProtocol: aws.String("tcp"), FromPort: aws.Int32(1), ToPort: aws.Int32(2), CidrIpv4: aws.String("10.0.0.0/8"),
					},
				}},
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := h.ec2["bob"].DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &db}); err != nil {
				t.Fatal(err)
			}
		})
		if text := b.run(0, nil, "check-drift", "--rules-only").Stdout; !strings.Contains(text, `
What to do
  to put it right: sg-provisioner check-drift -c my.yaml --fix
  to keep it: write it into the config, and deploy
  the rule "app egress tcp/5432 to db" names the group of the tier db, which was deleted
  the group `) {
			t.Errorf("what to do is not told:\n%s", text)
		}
		page, err := os.ReadFile(filepath.Join(b.dir, "reports", driftSet+"-drift.html"))
		if err != nil || !strings.Contains(string(page), "names the group of the tier db, which was deleted") {
			t.Errorf("the report does not say what nothing puts right: %v", err)
		}
		got := b.check(6, "--fix", "--force")
		if len(got.Fix.Steps) != 1 || got.Fix.Steps[0].Action != "revoke" || !got.Fix.Steps[0].Done || len(got.Fix.Left) != 2 || got.Error.Code != "NOT_FIXED" {
			t.Errorf("%+v, %+v", got.Error, got.Fix)
		}
		text := b.run(0, nil, "check-drift", "--rules-only").Stdout
		if strings.Contains(text, "to put it right") || !strings.Contains(text, "names the group of the tier db, which was deleted") {
			t.Errorf("nothing can be put right any more:\n%s", text)
		}
	})
}

// CloudFormation's own calls and the tool's are told from those of people; a rule of another stack is out of band as well, and
// that stack is named.
func TestDriftByOthersThanPeople(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			body := `Resources: {Extra: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: ` + h.ids["db"] +
				`, IpProtocol: tcp, FromPort: 9999, ToPort: 9999, CidrIp: 10.9.0.0/16}}}`
			h.stack("other", body)
		})
		got := b.check(10, "--fix", "--dry-run")
		if len(got.Rules.Added) != 1 || got.Rules.Added[0].Change.By != "cloudformation" || got.Rules.Added[0].Change.Stack != "other" {
			t.Fatalf("added: %+v", got.Rules.Added)
		}
		if len(got.Fix.Steps) != 1 || got.Fix.Steps[0].Done || !strings.Contains(got.Fix.Steps[0].Text, "which the stack other has and will miss") {
			t.Errorf("steps: %+v", got.Fix.Steps)
		}
		b.by(func(h *hands) {
			h.revoke("bob", h.ids["app"], "ingress", h.rule("app ingress tcp 8080-8080 web"))
		})
		b.check(0, "--fix", "--force", "--rules-only") // adds the rule again
		b.by(func(h *hands) {
			r := h.rule("app ingress tcp 8080-8080 web")
			if _, err := h.ec2["alice"].UpdateSecurityGroupRuleDescriptionsIngress(t.Context(), &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
				GroupId: aws.String(h.ids["app"]), SecurityGroupRuleDescriptions: []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: &r.id, Description: aws.String("x")}},
			}); err != nil {
				t.Fatal(err)
			}
		})
		got = b.check(10)
		if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "by an ID that is gone") || !strings.Contains(got.Notes[0], "AppIngressTcp8080FromWeb") {
			t.Errorf("notes: %q", got.Notes)
		}
		if len(got.Rules.Changed) != 1 || got.Rules.Changed[0].Kind != "description" || !strings.HasSuffix(got.Rules.Changed[0].Change.Who, "/alice") {
			t.Errorf("changed: %+v", got.Rules.Changed)
		}
		for _, r := range got.Resources {
			if strings.HasPrefix(r.LogicalID, "AppIngressTcp8080") && !strings.Contains(r.Explanation, "same rule under another ID") {
				t.Errorf("%+v", r)
			}
		}
	})
}

// A rule that CloudFormation has lost, for it was taken away and put back, leaves the stack all the same when it has to, and is
// known again when it comes back.
func TestDriftOfALostRule(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		const key = "web ingress tcp 9000-9000 10.0.0.0/8"
		with := func(description string) string {
			return `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups:
  scenario: 3-tier-web
  overrides: {web: {additional_ingress: [{protocol: tcp, port: 9000, source: 10.0.0.0/8, description: ` + description + `}]}}
`
		}
		without, _, _ := strings.Cut(with(""), "  overrides")
		deploy := func(want int, config string) {
			t.Helper()
			writeConfig(t, b.dir, config)
			b.run(want, nil, "create-security-groups", "--force")
		}
		deploy(0, with("one"))
		b.by(func(h *hands) { h.revoke("alice", h.ids["web"], "ingress", h.rule(key)) })
		if fixed := b.check(0, "--fix", "--force"); len(fixed.Notes) != 1 || !strings.Contains(fixed.Notes[0], "WebIngressTcp9000") {
			t.Errorf("notes: %q", fixed.Notes)
		}
		deploy(6, with("two")) // as the note says
		deploy(0, without)
		if got := b.check(0); len(got.Notes) > 0 {
			t.Errorf("taken out: %q", got.Notes)
		}
		deploy(0, with("two"))
		if got := b.check(0); len(got.Notes) > 0 || got.CloudFormation.DriftStatus != "IN_SYNC" {
			t.Errorf("at the end: %q, %+v", got.Notes, got.CloudFormation)
		}
	})
}

// Who did it may be unknown, which is an answer: with the reason.
func TestDriftByNobodyKnown(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			h.allow("alice", "web", 22, "198.51.100.7/32")
			h.revoke("bob", h.ids["app"], "ingress", h.rule("app ingress tcp 8080-8080 web"))
		})
		for _, tc := range []struct {
			environ []string
			later   time.Duration
			want    string
		}{
			{[]string{"SG_SANDBOX_TRAIL_DELAY=15m"}, 0, "what is new takes some minutes to arrive"},
			{[]string{"SG_SANDBOX_FAULTS=LookupEvents=denied"}, 0, "CloudTrail could not be asked: "},
			{nil, 91 * 24 * time.Hour, "CloudTrail's history has no such event: it keeps 90 days"},
		} {
			time.Sleep(tc.later)
			b.environ = append([]string{"SG_SANDBOX=1"}, tc.environ...)
			got := b.check(10, "--rules-only")
			if len(got.Rules.Added) != 1 || len(got.Rules.Removed) != 1 {
				t.Fatalf("%+v", got.Rules)
			}
			for _, c := range []driftChange{got.Rules.Added[0].Change, got.Rules.Removed[0].Change} {
				if c.By != "unknown" || !strings.Contains(c.Reason, tc.want) {
					t.Errorf("%v: %+v", tc.environ, c)
				}
			}
		}
	})
}

// An older change of the same thing is no answer while CloudTrail does not have the last one yet.
func TestDriftOlderThanItsEvents(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		const key = "web ingress tcp 443-443 0.0.0.0/0"
		put := func(h *hands, person, value string) {
			if _, err := ssm.NewFromConfig(h.cfg[person]).PutParameter(t.Context(), &ssm.PutParameterInput{
				Name: aws.String(parameterOf("web")), Value: &value, Overwrite: aws.Bool(true),
			}); err != nil {
				t.Fatal(err)
			}
		}
		tag := func(h *hands, person, value string) {
			if _, err := h.ec2[person].CreateTags(t.Context(), &ec2.CreateTagsInput{
				Resources: []string{h.ids["web"]}, Tags: []types.Tag{{Key: aws.String("Environment"), Value: &value}},
			}); err != nil {
				t.Fatal(err)
			}
		}
		b.by(func(h *hands) {
			h.revoke("bob", h.ids["web"], "ingress", h.rule(key))
			h.allow("alice", "web", 443, "0.0.0.0/0")
			tag(h, "bob", "test")
			put(h, "bob", "sg-0")
		})
		b.check(0, "--fix", "--force")
		time.Sleep(time.Hour)
		b.by(func(h *hands) {
			h.revoke("alice", h.ids["web"], "ingress", h.rule(key))
			tag(h, "alice", "prod")
			put(h, "alice", "sg-1")
		})
		b.environ = []string{"SG_SANDBOX=1", "SG_SANDBOX_TRAIL_DELAY=15m"}
		got := b.check(10, "--rules-only")
		if len(got.Rules.Removed) != 1 || len(got.Tags) != 1 || len(got.Parameters) != 1 {
			t.Fatalf("%+v %+v %+v", got.Rules, got.Tags, got.Parameters)
		}
		for _, c := range []driftChange{got.Rules.Removed[0].Change, got.Tags[0].Change, got.Parameters[0].Change} {
			if c.By != "unknown" {
				t.Errorf("too early: %+v", c)
			}
		}
		time.Sleep(15 * time.Minute)
		got = b.check(10, "--rules-only")
		for _, c := range []driftChange{got.Rules.Removed[0].Change, got.Tags[0].Change, got.Parameters[0].Change} {
			if !strings.HasSuffix(c.Who, "/alice") {
				t.Errorf("later: %+v", c)
			}
		}
	})
}

// A rule that was made another one is known by the ID that the stack has noted, also where CloudTrail tells nothing.
func TestDriftOfAChangedRuleWithoutCloudTrail(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			r := h.rule("db ingress tcp 5432-5432 app")
			if _, err := h.ec2["alice"].ModifySecurityGroupRules(t.Context(), &ec2.ModifySecurityGroupRulesInput{
				GroupId: aws.String(h.ids["db"]), SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: &r.id, SecurityGroupRule: &types.SecurityGroupRuleRequest{
					IpProtocol: aws.String("tcp"), FromPort: aws.Int32(1), ToPort: aws.Int32(65535), ReferencedGroupId: aws.String(h.ids["app"]),
				}}},
			}); err != nil {
				t.Fatal(err)
			}
		})
		b.environ = []string{"SG_SANDBOX=1", "SG_SANDBOX_FAULTS=LookupEvents=denied"}
		got := b.check(10)
		if len(got.Rules.Changed) != 1 || len(got.Rules.Added)+len(got.Rules.Removed) > 0 || got.Rules.Changed[0].Change.By != "unknown" {
			t.Fatalf("%+v", got.Rules)
		}
		if r := got.Rules.Changed[0]; r.Kind != "rule" || r.Expected.key() != "db ingress tcp 5432-5432 app" || r.key() != "db ingress tcp 1-65535 app" {
			t.Errorf("%+v", r)
		}
		if fixed := b.check(0, "--fix", "--force"); len(fixed.Fix.Steps) != 1 || fixed.Fix.Steps[0].Action != "modify" {
			t.Errorf("%+v", fixed.Fix)
		}
	})
}

// Without CloudFormation's verdict the comparison of the rules stands.
func TestDriftWithoutCloudFormation(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) { h.allow("alice", "web", 22, "198.51.100.7/32") })
		for _, tc := range []struct {
			environ, want string
			args          []string
		}{
			{"", "--rules-only leaves it out", []string{"--rules-only"}},
			{"SG_SANDBOX_FAULTS=DetectStackDrift=denied", "CloudFormation could not be asked: ", nil},
		} {
			b.environ = []string{"SG_SANDBOX=1", tc.environ}
			got := b.check(10, tc.args...)
			if got.CloudFormation.DriftStatus != "NOT_CHECKED" || !strings.Contains(got.CloudFormation.Reason, tc.want) {
				t.Errorf("%v: %+v", tc, got.CloudFormation)
			}
			if len(got.Rules.Added) != 1 || got.DriftStatus != "DRIFTED" {
				t.Errorf("%v: %+v", tc, got.Rules)
			}
			for _, r := range got.Resources {
				if want := map[bool]string{true: "MODIFIED", false: "IN_SYNC"}[r.LogicalID == "WebSecurityGroup"]; r.DriftStatus != want || r.CloudFormation != "NOT_CHECKED" {
					t.Errorf("%+v", r)
				}
			}
		}
	})
}

// In some statuses CloudFormation detects no drift, and in some there is nothing to compare.
func TestDriftInEveryStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &driftBench{t: t, dir: workdir(t, "dev"), environ: []string{"SG_SANDBOX=1"}}
		if got := b.check(6); got.Error.Code != "NOT_DEPLOYED" || got.Status != "blocked" {
			t.Errorf("no stack: %+v", got.Error)
		}
		b.environ = []string{"SG_SANDBOX=1", "SG_SANDBOX_FAULTS=DbSecurityGroup=fail"}
		b.run(1, nil, "create-security-groups", "--force")
		b.environ = []string{"SG_SANDBOX=1"}
		if got := b.check(6); got.Error.Code != "NOT_DEPLOYED" || !strings.Contains(got.Error.Message, "ROLLBACK_COMPLETE") {
			t.Errorf("rolled back: %+v", got.Error)
		}
		b.run(0, nil, "create-security-groups", "--force")
		b.by(func(h *hands) { // a deletion that can't come to its end
			cfn := cloudformation.NewFromConfig(h.cfg["alice"])
			if _, err := h.ec2["bob"].AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: aws.String(h.defaultGroup()), IpPermissions: []types.IpPermission{{
					IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String(h.ids["web"])}},
				}},
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String(driftSet + "-stack")}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
		})
		got := b.check(10)
		if got.CloudFormation.DriftStatus != "NOT_CHECKED" || !strings.Contains(got.CloudFormation.Reason, "detects no drift of a stack in DELETE_FAILED") {
			t.Errorf("CloudFormation: %+v", got.CloudFormation)
		}
		if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "DELETE_FAILED") {
			t.Errorf("notes: %q", got.Notes)
		}
	})
}

// defaultGroup is the VPC's default group.
func (h *hands) defaultGroup() string {
	h.t.Helper()
	out, err := h.ec2["alice"].DescribeSecurityGroups(h.t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{{Name: aws.String("group-name"), Values: []string{"default"}}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return *out.SecurityGroups[0].GroupId
}

// What the config would deploy is told apart from drift; a rule that somebody added and then wrote into the config is both.
func TestDriftBesideWhatIsPending(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) { h.allow("alice", "web", 22, "198.51.100.7/32") })
		config := `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups:
  scenario: 3-tier-web
  overrides:
    web:
      additional_ingress:
        - {protocol: tcp, port: 22, source: 198.51.100.7/32, description: Hot fix}
        - {protocol: tcp, port: 23, source: 198.51.100.7/32, description: New}
`
		writeConfig(t, b.dir, config)
		got := b.check(10)
		if len(got.Rules.Added) != 1 || !got.Rules.Added[0].InConfig {
			t.Errorf("added: %+v", got.Rules.Added)
		}
		var pending []string
		for _, r := range got.Pending.Added {
			pending = append(pending, r.key()+" "+r.Origin)
		}
		if diff := cmp.Diff([]string{"web ingress tcp 22-22 198.51.100.7/32 override", "web ingress tcp 23-23 198.51.100.7/32 override"}, pending); diff != "" {
			t.Errorf("pending (-want +got):\n%s", diff)
		}
		b.check(0, "--fix", "--force")
		if got := b.check(0); got.Status != "ok" || len(got.Pending.Added) != 2 {
			t.Errorf("%s, pending %+v", got.Status, got.Pending.Added)
		}
	})
}

// A config that changes nothing but a tag is pending too.
func TestDriftBesidePendingTags(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		writeConfig(t, b.dir, `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups: {scenario: 3-tier-web}
tags: {CostCenter: "7"}
`)
		got := b.check(0)
		if len(got.Pending.Tags) != 3 || got.Pending.Tags[0].Key != "CostCenter" || got.Pending.Tags[0].From != nil || *got.Pending.Tags[0].To != "7" {
			t.Errorf("pending: %+v", got.Pending.Tags)
		}
		text := b.run(0, nil, "check-drift", "--rules-only").Stdout
		if want := `~ tag CostCenter of 3 groups: none -> "7"`; !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	})
}

func writeConfig(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "configs", "my.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The text and the Markdown, as people see them.
func TestDriftInWords(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.by(func(h *hands) {
			h.allow("alice", "web", 22, "198.51.100.7/32")
			h.revoke("bob", h.ids["app"], "ingress", h.rule("app ingress tcp 8080-8080 web"))
			h.redescribe("alice", "web", h.rule("web ingress tcp 443-443 0.0.0.0/0"), "other")
			if _, err := h.ec2["bob"].CreateTags(t.Context(), &ec2.CreateTagsInput{
				Resources: []string{h.ids["db"]}, Tags: []types.Tag{{Key: aws.String("owner"), Value: aws.String("bob")}},
			}); err != nil {
				t.Fatal(err)
			}
		})
		golden := func(name string, want int, args ...string) {
			t.Helper()
			testkit.Golden(t, "drift/"+name, numbered(b.run(want, nil, args...).Stdout))
		}
		golden("found.txt", 10, "check-drift", "--exit-code")
		golden("found.md", 0, "check-drift", "-o", "markdown")
		golden("fixed.txt", 0, "check-drift", "--fix", "--force")
		golden("none.txt", 0, "check-drift")
	})
}

// numbered puts numbers in the place of IDs, in the order in which they come.
func numbered(text string) string {
	seen := map[string]string{}
	return regexp.MustCompile(`\b(sgr?|vpc)-[0-9a-f]{17}`).ReplaceAllStringFunc(text, func(id string) string {
		if seen[id] == "" {
			kind, _, _ := strings.Cut(id, "-")
			seen[id] = fmt.Sprintf("%s-%d", kind, len(seen)+1)
		}
		return seen[id]
	})
}

func (h *hands) redescribe(person, tier string, r handRule, text string) {
	h.t.Helper()
	if _, err := h.ec2[person].UpdateSecurityGroupRuleDescriptionsIngress(h.t.Context(), &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
		GroupId: aws.String(h.ids[tier]), SecurityGroupRuleDescriptions: []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: &r.id, Description: &text}},
	}); err != nil {
		h.t.Fatal(err)
	}
}

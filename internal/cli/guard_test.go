package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/cli"
)

const (
	guardedSet   = "my-dev-m001-us-west-2-sg"
	guardedStack = guardedSet + "-stack"
)

// planned is what a plan's result says, whether it is shown or carried out.
type planned struct {
	Status, Outcome string
	Changes         []struct{ LogicalID, Action, Replacement string }
	Flows           struct {
		Opened, Closed []flow
		Broadens       bool
	}
	Drift struct {
		Added   []struct{ Tier, RuleID string }
		Removed []struct{ Tier, Direction string }
	}
	Returned []flow
	Pauses   []string
	Blockers []blocker
	Orphans  []struct{ Type, ID, Reason string }
	Findings []struct{ ID, Severity, Message string }
	Error    struct{ Code, Message, Hint string }
}

type flow struct {
	From, To string
	FromPort int `json:"from_port"`
}

// write replaces a file of the working directory.
func (w *workbench) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// config gives my.yaml other security_groups.
func (w *workbench) config(t *testing.T, securityGroups string) {
	t.Helper()
	w.write(t, "configs/my.yaml", `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups:
`+securityGroups)
}

// template is the template that the tool deploys for my.yaml.
func (w *workbench) template(t *testing.T) string {
	t.Helper()
	w.run(t, 0, nil, "create-template")
	body, err := os.ReadFile(filepath.Join(w.dir, "templates", guardedSet+"-template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// deploy makes the stack of my.yaml, or updates it, by hand.
func (w *workbench) deploy(t *testing.T, body string) {
	t.Helper()
	parameters := []cfntypes.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &w.vpc}}
	_, err := w.cfn.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
		StackName: aws.String(guardedStack), TemplateBody: &body, Parameters: parameters,
	})
	if err != nil && strings.Contains(err.Error(), "does not exist") {
		_, err = w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String(guardedStack), TemplateBody: &body, Parameters: parameters,
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	if status := w.status(t, guardedStack); status != "CREATE_COMPLETE" && status != "UPDATE_COMPLETE" {
		t.Fatalf("the stack is in %s", status)
	}
}

// authorize adds an ingress rule to a group by hand and returns its ID.
func (w *workbench) authorize(t *testing.T, group string, port int32, cidr string) string {
	t.Helper()
	out, err := w.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []types.IpRange{{CidrIp: &cidr}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.SecurityGroupRules[0].SecurityGroupRuleId
}

func (w *workbench) revoke(t *testing.T, group, rule string) {
	t.Helper()
	if _, err := w.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
		GroupId: &group, SecurityGroupRuleIds: []string{rule},
	}); err != nil {
		t.Fatal(err)
	}
}

// wantRefused runs create-security-groups and wants it refused with a code, nothing touched, and no change set left.
func (w *workbench) wantRefused(t *testing.T, exit int, code string, more ...string) planned {
	t.Helper()
	w.calls.Reset()
	var got planned
	w.run(t, exit, &got, append(more, "create-security-groups", "--force")...)
	if got.Error.Code != code || got.Status != "blocked" || got.Outcome != "" {
		t.Errorf("got %q, %q, %q; want the code %s", got.Error.Code, got.Status, got.Outcome, code)
	}
	allowed := []string{"CreateChangeSet", "DeleteChangeSet"}
	writes := slices.DeleteFunc(looks(w.calls.Calls()), func(call string) bool { return slices.Contains(allowed, call) })
	if len(writes) > 0 {
		t.Errorf("it has touched something: %v", writes)
	}
	out, err := w.cfn.ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: aws.String(guardedStack)})
	if err != nil || len(out.Summaries) > 0 {
		t.Errorf("change sets left: %v, %v", out, err)
	}
	return got
}

// wantShown runs show-changes and wants the same things in the way as a refused deployment found.
func (w *workbench) wantShown(t *testing.T, refused planned) {
	t.Helper()
	var got planned
	w.run(t, 0, &got, "show-changes")
	if diff := cmp.Diff(refused.Blockers, got.Blockers); diff != "" || got.Status != "changes" {
		t.Errorf("%s; blockers (-refused +shown):\n%s", got.Status, diff)
	}
	text := w.run(t, 0, nil, "show-changes").Stdout
	if !strings.Contains(text, "In the way\n") || !strings.Contains(text, refused.Error.Message) {
		t.Errorf("the text does not tell what stands in the way:\n%s", text)
	}
}

func TestReplacementIsRefused(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.deploy(t, strings.Replace(w.template(t), guardedSet+" app tier", guardedSet+" app tier as it was", 1))
	groups := w.groups(t)
	app, db := groups[guardedSet+"-app"], groups[guardedSet+"-db"]
	eni := w.attach(t, app, "ELB app/shop/50dc6c495c0c9188")
	outsider := w.outsider(t, app, db)

	got := w.wantRefused(t, 6, "REPLACEMENT")
	if want := "the change would replace AppSecurityGroup"; got.Error.Message != want {
		t.Errorf("got %q, want %q", got.Error.Message, want)
	}
	var ids []string
	for _, b := range got.Blockers {
		ids = append(ids, b.Kind+" "+b.ID)
	}
	if diff := cmp.Diff([]string{"network-interface " + eni, "reference " + outsider}, ids); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
	if !strings.Contains(got.Blockers[0].Detail, "load balancer app/shop uses AppSecurityGroup") {
		t.Errorf("the owner is not named: %s", got.Blockers[0].Detail)
	}
	w.wantShown(t, got)

	// Allowed, it happens. The old group, which the interface uses still, is left, and that is told.
	var done planned
	told := w.run(t, 0, &done, "create-security-groups", "--force", "--allow-replacement")
	if done.Outcome != "updated" || len(done.Orphans) != 1 || done.Orphans[0].ID != app || !strings.Contains(done.Orphans[0].Reason, "dependent object") {
		t.Errorf("got %q, orphans %+v", done.Outcome, done.Orphans)
	}
	if !strings.Contains(told.Stderr, "These go on using the old groups, and keep them from being deleted\n    network-interface "+eni) {
		t.Errorf("nobody is told what uses the old group:\n%s", told.Stderr)
	}
	if !strings.Contains(told.Stderr, app+" (AWS::EC2::SecurityGroup) could not be deleted") {
		t.Errorf("nobody is told of the orphan:\n%s", told.Stderr)
	}
}

// A tier that goes takes its group with it, which must not be in use.
func TestRemovalOfAGroupInUseIsRefused(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.run(t, 0, nil, "create-security-groups", "--force")
	db := w.groups(t)[guardedSet+"-db"]
	eni := w.attach(t, db, "RDSNetworkInterface")
	w.importer(t, "consumer", guardedSet+"-db-SecurityGroupId")
	w.importer(t, "unconcerned", guardedSet+"-web-SecurityGroupId")
	w.config(t, "  scenario: 2-tier-web\n")
	got := w.wantRefused(t, 6, "IN_USE")
	var ids []string
	for _, b := range got.Blockers {
		ids = append(ids, b.Kind+" "+b.ID)
	}
	if diff := cmp.Diff([]string{"network-interface " + eni, "import consumer"}, ids); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
	w.wantShown(t, got)
}

// A group that was deleted outside of the stack: a plan that needs it would be rolled back; one that takes it away mends the stack.
func TestGroupGoneIsRefused(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		var db string
		b.by(func(h *hands) {
			db = h.ids["db"]
			h.revoke("alice", h.ids["app"], "egress", h.rule("app egress tcp 5432-5432 db"))
			if _, err := h.ec2["bob"].DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &db}); err != nil {
				t.Fatal(err)
			}
		})
		const told = "EC2 does not have 1 group of the stack any more: db ("
		var unchanged planned
		b.run(1, &unchanged, "create-security-groups", "--force")
		if unchanged.Error.Code != "NOT_VERIFIED" || !strings.Contains(unchanged.Error.Message, told) || unchanged.Outcome != "unchanged" {
			t.Errorf("unchanged: %q, %+v", unchanged.Outcome, unchanged.Error)
		}
		if text := b.run(0, nil, "show-changes").Stdout; !strings.Contains(text, told) {
			t.Errorf("show-changes does not tell of it:\n%s", text)
		}

		b.use("3-tier-web}\ntags: {Owner: somebody")
		var got planned
		b.run(6, &got, "create-security-groups", "--force")
		if got.Error.Code != "GROUP_GONE" || !strings.Contains(got.Error.Hint, "delete-security-groups, then create-security-groups") ||
			len(got.Blockers) != 1 || got.Blockers[0].Kind != "group-gone" || got.Blockers[0].ID != db {
			t.Errorf("%+v, %+v", got.Error, got.Blockers)
		}
		var shown planned
		b.run(0, &shown, "show-changes")
		if diff := cmp.Diff(got.Blockers, shown.Blockers); diff != "" {
			t.Errorf("blockers (-refused +shown):\n%s", diff)
		}

		b.use("2-tier-web")
		var rest planned
		b.run(0, &rest, "create-security-groups", "--force")
		if rest.Outcome != "updated" {
			t.Errorf("without the group: %q, %+v", rest.Outcome, rest.Error)
		}
	})
}

// Rules that are the same to EC2 though CloudFormation takes them for two: it would delete the old one after making the new
// one, and leave neither.
func TestRuleLossIsRefused(t *testing.T) {
	const id = "AppIngressTcp8080FromWeb96243F0A"
	for name, tt := range map[string]struct {
		as     func(body, web string) string
		detail string
	}{
		"another logical ID": {
			func(body, _ string) string { return strings.Replace(body, id, "Renamed", 1) },
			"Renamed: it would be deleted after " + id + " has taken its place, and for EC2 both are one rule: app ingress: web may reach app on tcp/8080",
		},
		"a protocol's number": {
			func(body, _ string) string { return within(body, id, "IpProtocol: tcp", `IpProtocol: "6"`) },
			id + ": it would be replaced by what is the same rule to EC2: app ingress: web may reach app on tcp/8080",
		},
		"a group's ID under another logical ID": {
			func(body, web string) string {
				return strings.Replace(within(body, id, "SourceSecurityGroupId:\n        Ref: WebSecurityGroup", "SourceSecurityGroupId: "+web), id, "Renamed", 1)
			},
			"Renamed: it would be deleted after " + id + " has taken its place, and for EC2 both are one rule: app ingress: web may reach app on tcp/8080",
		},
		"host bits": {
			func(body, _ string) string {
				return within(body, "WebIngressTcp443FromIpv474C4917D", "CidrIp: 0.0.0.0/0", "CidrIp: 1.2.3.4/0")
			},
			"WebIngressTcp443FromIpv474C4917D: it would be replaced by what is the same rule to EC2: web ingress: internet may reach web on tcp/443",
		},
		"another spelling of IPv6": {
			func(body, _ string) string {
				return within(body, "WebIngressTcp443FromIpv6CB7936EE", "CidrIpv6: ::/0", "CidrIpv6: 0:0:0:0:0:0:0:0/0")
			},
			"WebIngressTcp443FromIpv6CB7936EE: it would be replaced by what is the same rule to EC2: web ingress: internet-ipv6 may reach web on tcp/443",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkbench(t, "dev")
			body := w.template(t)
			w.deploy(t, without(body, id)) // so that the rule is new when its ID is known
			changed := tt.as(body, w.groups(t)[guardedSet+"-web"])
			if changed == body {
				t.Fatal("the template has no such text")
			}
			w.deploy(t, changed)
			got := w.wantRefused(t, 6, "RULE_LOSS")
			if len(got.Blockers) != 1 || got.Blockers[0].Kind != "rule-loss" || got.Blockers[0].ID+": "+got.Blockers[0].Detail != tt.detail {
				t.Errorf("blockers %+v", got.Blockers)
			}
			w.wantShown(t, got)
		})
	}
}

// within replaces a text in one resource of a template.
func within(body, id, text, replacement string) string {
	begin := strings.Index(body, "\n  "+id+":")
	if begin < 0 {
		return body
	}
	return body[:begin] + strings.Replace(body[begin:], text, replacement, 1)
}

// without takes one resource out of a template.
func without(body, id string) string {
	return regexp.MustCompile(`(?m)^  `+id+`:\n(    .*\n)+`).ReplaceAllString(body, "")
}

func TestOutOfBandDuplicateIsRefused(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.run(t, 0, nil, "create-security-groups", "--force")
	app := w.groups(t)[guardedSet+"-app"]
	hotfix := w.authorize(t, app, 9090, "10.8.1.1/16") // EC2 drops the host bits
	other := w.authorize(t, app, 9091, "10.8.0.0/16")
	w.config(t, `  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress:
        - {protocol: tcp, port: 9090, source: 10.8.0.0/16, description: The hot fix}
`)
	got := w.wantRefused(t, 6, "OUT_OF_BAND")
	want := []blocker{{"out-of-band-rule", hotfix, "EC2 holds it already: app ingress: 10.8.0.0/16 may reach app on tcp/9090; " +
		"aws ec2 revoke-security-group-ingress --region us-west-2 --group-id " + app + " --security-group-rule-ids " + hotfix}}
	if diff := cmp.Diff(want, got.Blockers); diff != "" {
		t.Errorf("blockers (-want +got):\n%s", diff)
	}
	w.wantShown(t, got)

	w.revoke(t, app, hotfix)
	var done planned
	w.run(t, 0, &done, "create-security-groups", "--force")
	if done.Outcome != "updated" || len(done.Findings) == 0 || !slices.ContainsFunc(done.Findings, func(f struct{ ID, Severity, Message string }) bool { return f.ID == "SG103" }) {
		t.Errorf("got %q and %+v; the rule %s is still out of band", done.Outcome, done.Findings, other)
	}
}

// A template that somebody has changed beyond what the tool reads is replaced by its own, and no rule is lost by that either.
func TestForeignTemplate(t *testing.T) {
	const id = "AppIngressTcp8080FromWeb96243F0A"
	w := newWorkbench(t, "dev")
	body := strings.Replace(w.template(t), "Resources:\n", "Conditions:\n  Always:\n    Fn::Equals: [a, a]\nResources:\n", 1)
	body = within(body, "WebEgressTcp443ToIpv4C8E3B584", "Properties:", "Condition: Always\n    Properties:")
	w.deploy(t, strings.Replace(body, id, "Renamed", 1))
	got := w.wantRefused(t, 6, "RULE_LOSS")
	if len(got.Blockers) != 1 || !strings.Contains(got.Blockers[0].Detail, "app ingress: web may reach app on tcp/8080") {
		t.Errorf("blockers %+v", got.Blockers)
	}

	w.deploy(t, without(body, id))
	text := w.run(t, 0, nil, "show-changes").Stdout
	for _, want := range []string{
		"can't be read, so that what its rules were and what their going closes is not told",
		"WebEgressTcp443ToIpv4C8E3B584", "+ ingress: web may reach app on tcp/8080", "opens web -> app  tcp/8080",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	w.run(t, 0, nil, "create-security-groups", "--force")
}

// Flows are measured against what EC2 holds: a rule that is there opens nothing, whoever added it, and one that is not there
// closes nothing.
func TestFlowsCountDrift(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.config(t, `  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress:
        - {protocol: tcp, port: 7070, source: 10.7.0.0/16, description: Going}
`)
	w.run(t, 0, nil, "create-security-groups", "--force")
	app := w.groups(t)[guardedSet+"-app"]
	added := w.authorize(t, app, 9090, "10.8.0.0/16")
	out, err := w.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
		GroupId: &app, IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(7070), ToPort: aws.Int32(7070),
			IpRanges: []types.IpRange{{CidrIp: aws.String("10.7.0.0/16")}},
		}},
	})
	if err != nil || !*out.Return {
		t.Fatal(err)
	}
	w.config(t, `  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress:
        - {protocol: tcp, port: 9090, source: 10.8.1.0/24, description: A part of what is there}
`)
	var got planned
	w.run(t, 0, &got, "show-changes")
	if len(got.Flows.Opened)+len(got.Flows.Closed) > 0 || got.Flows.Broadens || len(got.Changes) != 2 {
		t.Errorf("flows %+v by %d changes", got.Flows, len(got.Changes))
	}
	if len(got.Drift.Removed) != 1 || got.Drift.Removed[0].Tier != "app" || len(got.Findings) == 0 {
		t.Errorf("drift %+v", got.Drift)
	}
	text := w.run(t, 0, nil, "show-changes").Stdout
	for _, want := range []string{"added       app: ingress: 10.8.0.0/16 may reach app on tcp/9090  " + added, "taken away  app: ingress: 10.7.0.0/16 may reach app on tcp/7070"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
}

// New rules are made before old ones go: both count for a while, with what somebody added by hand.
func TestTransientQuota(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.write(t, "app_config.yaml", "quotas: {rules_per_direction: 5}\n")
	ports := func(list ...string) {
		rules := ""
		for _, port := range list {
			rules += "\n        - {protocol: tcp, port: " + port + ", source: 10.8.0.0/16, description: Port " + port + "}"
		}
		w.config(t, "  scenario: 3-tier-web\n  overrides:\n    db:\n      additional_ingress:"+rules+"\n")
	}
	ports("6001", "6002") // with the port from app three
	w.run(t, 0, nil, "create-security-groups", "--force")

	ports("6003", "6004", "6005")
	got := w.wantRefused(t, 5, "INSECURE")
	const message = "tier db: 6 ingress rules while the change is under way, 3 of them there already, are over the quota of 5"
	if !slices.ContainsFunc(got.Findings, func(f struct{ ID, Severity, Message string }) bool {
		return f.ID == "SG031" && f.Severity == "error" && f.Message == message
	}) {
		t.Errorf("findings %+v", got.Findings)
	}
	w.run(t, 5, nil, "show-changes")

	// What has nothing to do with the full group goes on.
	w.config(t, "  scenario: 3-tier-web\n  overrides:\n    db:\n      additional_ingress:"+`
        - {protocol: tcp, port: 6001, source: 10.8.0.0/16, description: Port 6001}
        - {protocol: tcp, port: 6002, source: 10.8.0.0/16, description: Port 6002}
    app:
      additional_ingress: [{protocol: tcp, port: 6001, source: 10.8.0.0/16, description: Port 6001}]
`)
	full := w.groups(t)[guardedSet+"-db"]
	var byHand []string
	for _, port := range []int32{1, 2, 3} {
		byHand = append(byHand, w.authorize(t, full, port, "10.9.0.0/16"))
	}
	w.run(t, 0, nil, "show-changes")
	for _, id := range byHand {
		w.revoke(t, full, id)
	}

	// In two steps it works; a rule out of band counts as well.
	ports("6003", "6004")
	db := w.groups(t)[guardedSet+"-db"]
	extra := w.authorize(t, db, 22, "10.9.0.0/16")
	w.wantRefused(t, 5, "INSECURE")
	w.revoke(t, db, extra)
	w.run(t, 0, nil, "create-security-groups", "--force")
}

// Another account, another VPC: found before anything is written.
func TestWrongPlaceIsRefused(t *testing.T) {
	t.Run("account", func(t *testing.T) {
		w := newWorkbench(t, "dev")
		t.Setenv("AWS_ACCESS_KEY_ID", "999999999999")
		w.wantNoWrite(t, "WRONG_ACCOUNT")
		if diff := cmp.Diff([]string{"GetCallerIdentity"}, w.calls.Calls()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
	t.Run("parameter", func(t *testing.T) {
		w := newWorkbench(t, "dev")
		w.config(t, "  scenario: 3-tier-web\n  vpc_parameter_store_path: /vpc/other/VPCId\n")
		for _, got := range w.wantNoWrite(t, "NOT_FOUND") {
			if !strings.Contains(got.Error.Message, "SSM parameter /vpc/other/VPCId doesn't exist") {
				t.Errorf("got %+v", got.Error)
			}
		}
	})
	t.Run("VPC of another region", func(t *testing.T) {
		w := newWorkbench(t, "dev")
		there, err := w.ec2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")},
			func(o *ec2.Options) { o.Region = "eu-central-1" })
		if err != nil {
			t.Fatal(err)
		}
		w.config(t, "  scenario: 3-tier-web\n  vpc_source: direct\n  vpc_id: "+*there.Vpc.VpcId+"\n")
		w.wantNoWrite(t, "NOT_FOUND")
	})
	t.Run("VPC of another account", func(t *testing.T) {
		w := newWorkbench(t, "dev")
		other := ec2.NewFromConfig(awsenv.Sandbox(awsenv.SandboxOptions{Handler: w.calls, Account: "999999999999", Region: benchRegion}))
		there, err := other.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
		if err != nil {
			t.Fatal(err)
		}
		w.config(t, "  scenario: 3-tier-web\n  vpc_source: direct\n  vpc_id: "+*there.Vpc.VpcId+"\n")
		w.wantNoWrite(t, "NOT_FOUND")
	})
	t.Run("VPC of another deployment", func(t *testing.T) {
		w := newWorkbench(t, "dev")
		w.run(t, 0, nil, "create-security-groups", "--force")
		other, err := w.ec2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
		if err != nil {
			t.Fatal(err)
		}
		w.config(t, "  scenario: 3-tier-web\n  vpc_source: direct\n  vpc_id: "+*other.Vpc.VpcId+"\n")
		got := w.wantRefused(t, 6, "WRONG_VPC")
		if !strings.Contains(got.Error.Message, "are in "+w.vpc+" and the config leads to "+*other.Vpc.VpcId) {
			t.Errorf("got %q", got.Error.Message)
		}
		w.wantShown(t, got)
	})
}

// wantNoWrite wants a deployment, its preview and its dry run refused with a code before anything is written.
func (w *workbench) wantNoWrite(t *testing.T, code string) (refused []planned) {
	t.Helper()
	for _, args := range [][]string{{"show-changes"}, {"create-security-groups", "--dry-run"}, {"create-security-groups", "--force"}} {
		w.calls.Reset()
		var got planned
		w.run(t, 6, &got, args...)
		if got.Error.Code != code || got.Error.Hint == "" {
			t.Errorf("%v: got %+v", args, got.Error)
		}
		if writes := looks(w.calls.Calls()); len(writes) > 0 {
			t.Errorf("%v: it has written: %v", args, writes)
		}
		refused = append(refused, got)
	}
	return refused
}

// A change that opens something in production is asked about twice.
func TestBroadeningIsAskedAgain(t *testing.T) {
	w := newWorkbench(t, "prod")
	const second = "This broadens access in production: it opens "
	told := w.answer(t, 0, "y\n", "create-security-groups")
	if strings.Contains(told, second) {
		t.Errorf("the first deployment is no change of what is in use:\n%s", told)
	}
	prod := strings.Replace(read(t, w, "configs/my.yaml"), "{scenario: 3-tier-web}", `
  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress:
        - {protocol: tcp, port: 9090, source: 10.8.0.0/16, description: Metrics}
`, 1)
	w.write(t, "configs/my.yaml", prod)
	told = w.answer(t, 6, "y\nn\n", "create-security-groups")
	if !strings.Contains(told, second+"10.8.0.0/16 -> app tcp/9090") || !strings.Contains(told, "was not confirmed") {
		t.Errorf("got:\n%s", told)
	}
	if told = w.answer(t, 0, "", "create-security-groups", "--force"); !strings.Contains(told, "warning: this broadens access in production: it opens 10.8.0.0/16 -> app tcp/9090") {
		t.Errorf("got:\n%s", told)
	}
	w.write(t, "configs/my.yaml", strings.Replace(prod, "9090", "9091", 1))
	told = w.answer(t, 0, "y\nyes\n", "create-security-groups")
	if !strings.Contains(told, second) {
		t.Errorf("got:\n%s", told)
	}
}

func read(t *testing.T, w *workbench, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// answer runs the program on a terminal on which somebody types answers, and returns what it tells.
func (w *workbench) answer(t *testing.T, want int, typed string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := cli.Env{Stdin: strings.NewReader(typed), Stdout: &stdout, Stderr: &stderr, StdinTerminal: true, Now: time.Now, Version: "test"}
	if got := cli.Main(t.Context(), append(args, "--workdir", w.dir, "-c", "my.yaml"), env); got != want {
		t.Fatalf("%v: exit code %d, want %d\n%s", args, got, want, stderr.String())
	}
	return stderr.String()
}

// A stack in a status that no deployment goes on from is led out of it if the user agrees.
func TestWayOutIsAskedFor(t *testing.T) {
	w := newWorkbench(t, "dev")
	body := without(w.template(t), "DbSecurityGroupIdParameter") + "  Broken:\n    Value:\n      Ref: VpcId\n"
	body = strings.Replace(body, "Resources:\n", `Resources:
  Broken:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: sg-0123456789abcdef0, IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8}
`, 1)
	if _, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String(guardedStack), TemplateBody: &body, OnFailure: cfntypes.OnFailureDoNothing,
		Parameters: []cfntypes.Parameter{{ParameterKey: aws.String("VpcId"), ParameterValue: &w.vpc}},
	}); err != nil {
		t.Fatal(err)
	}
	const question = "Delete " + guardedStack + " with all that it holds, and create it anew? [y/N] "
	if told := w.answer(t, 6, "n\n", "create-security-groups"); !strings.Contains(told, "is in CREATE_FAILED: Broken ") || !strings.Contains(told, question) {
		t.Errorf("got:\n%s", told)
	}
	if status := w.status(t, guardedStack); status != "CREATE_FAILED" {
		t.Errorf("the stack is in %s", status)
	}
	w.answer(t, 0, "y\ny\n", "create-security-groups")
	if status := w.status(t, guardedStack); status != "CREATE_COMPLETE" {
		t.Errorf("the stack is in %s", status)
	}
}

// A preview leaves nothing, whether the stack is there or not.
func TestPreviewLeavesNothing(t *testing.T) {
	w := newWorkbench(t, "dev")
	for _, args := range [][]string{{"show-changes"}, {"create-security-groups", "--dry-run"}} {
		w.run(t, 0, nil, args...)
		if status, groups := w.status(t, guardedStack), w.groups(t); status != "" || len(groups) > 0 {
			t.Errorf("%v: the stack is in %q, groups %v", args, status, groups)
		}
	}
	w.run(t, 0, nil, "create-security-groups", "--force")
	w.config(t, "  scenario: 3-tier-rds-mysql\n")
	for _, args := range [][]string{{"show-changes"}, {"create-security-groups", "--dry-run"}} {
		w.run(t, 0, nil, args...)
		out, err := w.cfn.ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: aws.String(guardedStack)})
		if err != nil || len(out.Summaries) > 0 || w.status(t, guardedStack) != "CREATE_COMPLETE" {
			t.Errorf("%v: change sets %v, %v", args, out, err)
		}
	}
}

// Who waits pays for each call: a deployment makes no more than it has to.
func TestCallsOfADeployment(t *testing.T) {
	w := newWorkbench(t, "prod")
	w.run(t, 0, nil, "create-security-groups", "--force")
	w.wantCalls(t, "GetCallerIdentity", "GetParameter", "DescribeVpcs", "DescribeStacks", "CreateChangeSet", "DescribeEvents", "ExecuteChangeSet",
		"DescribeStacks", "UpdateTerminationProtection", "DescribeSecurityGroupRules", "GetParameters")
	w.write(t, "configs/my.yaml", strings.Replace(read(t, w, "configs/my.yaml"), "3-tier-web", "3-tier-rds-mysql", 1))
	w.run(t, 0, nil, "create-security-groups", "--force")
	w.wantCalls(t, "GetCallerIdentity", "GetParameter", "DescribeVpcs", "DescribeStacks", "CreateChangeSet", "DescribeEvents", "GetTemplate",
		"DescribeSecurityGroupRules", "ExecuteChangeSet", "DescribeStacks", "DescribeSecurityGroupRules", "GetParameters")
}

// wantCalls wants the calls since the last time, but for those that look whether something has come to its end.
func (w *workbench) wantCalls(t *testing.T, want ...string) {
	t.Helper()
	calls := w.calls.Calls("DescribeChangeSet", "DescribeStackEvents")
	w.calls.Reset()
	// A call that stands there twice in a row is one that the SDK repeated, as it does where the machine is too busy to hear the
	// end of an answer.
	if diff := cmp.Diff(want, slices.Compact(calls)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

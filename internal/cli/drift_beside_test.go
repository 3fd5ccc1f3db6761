package cli_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// looked is what check-drift says of what EC2 holds beside the drift.
type looked struct {
	Status   string
	Findings []foundBeside
	Error    struct{ Code string }
}

type foundBeside struct {
	ID, Severity, Impact, Tier, Rule, Message, Hint string
	Waived                                          bool
}

// beside are the findings of live checks, in short.
func (l looked) beside() []string {
	list := []string{}
	for _, f := range l.Findings {
		if strings.HasPrefix(f.ID, "SG1") {
			waived := map[bool]string{true: "waived"}[f.Waived]
			list = append(list, strings.Join(strings.Fields(f.Severity+" "+f.ID+" "+f.Tier+" "+waived), " "))
		}
	}
	slices.Sort(list)
	return list
}

// defaultGroup is the default group of the workbench's VPC.
func (w *workbench) defaultGroup(t *testing.T) types.SecurityGroup {
	t.Helper()
	out, err := w.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{w.vpc}}, {Name: aws.String("group-name"), Values: []string{"default"}}},
	})
	if err != nil || len(out.SecurityGroups) != 1 {
		t.Fatal(out, err)
	}
	return out.SecurityGroups[0]
}

// What is wrong beside the drift is told, and is no drift: it changes no exit code without --strict.
func TestDriftBesideWhatEC2Holds(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.run(t, 0, nil, "create-security-groups", "--force")
	groups := w.groups(t)
	w.attach(t, groups[guardedSet+"-web"], "ELB app/shop/50dc6c495c0c9188")
	look := func(want int, args ...string) (got looked) {
		t.Helper()
		w.run(t, want, &got, append([]string{"check-drift", "--rules-only", "--exit-code"}, args...)...)
		return got
	}
	wantBeside := func(got looked, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, got.beside()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	w.calls.Reset()
	got := look(0)
	wantBeside(got, "info SG102 app", "info SG102 db", "warning SG101")
	w.wantCalls(t, "GetCallerIdentity", "DescribeStacks", "GetTemplate", "ListStackResources", "DescribeSecurityGroups", "DescribeSecurityGroupRules",
		"DescribeVpcs", "GetParameters", "ListTagsForResource", "DescribeStacks",
		"DescribeSecurityGroups", "DescribeNetworkInterfaces", "DescribeStaleSecurityGroups")
	g := w.defaultGroup(t)
	message := *g.GroupId + ", the default group of " + w.vpc + ", has inbound and outbound rules"
	i := slices.IndexFunc(got.Findings, func(f foundBeside) bool { return f.ID == "SG101" })
	if f := got.Findings[i]; f.Message != message || f.Impact != "HIGH" || !strings.Contains(f.Hint, "revoke all rules") {
		t.Errorf("%+v", f)
	}
	if page := read(t, w, "reports/"+guardedSet+"-drift.html"); !strings.Contains(page, "SG101: rules in the default group") || !strings.Contains(page, message) {
		t.Error("the report does not tell")
	}
	if got := look(5, "--strict"); got.Status != "blocked" || got.Error.Code != "INSECURE" {
		t.Errorf("strict: %s, %+v", got.Status, got.Error)
	}

	// Waived it blocks nothing; and the waiver is no waste where nobody has looked into EC2.
	w.config(t, `  scenario: 3-tier-web
  waivers:
    - {check: SG101, reason: the network team's, expires: 2099-12-31}
    - {check: SG102, tier: db, reason: not yet, expires: 2099-12-31}
    - {check: SG012, reason: redirect, expires: 2099-12-31}
`)
	wantBeside(look(0, "--strict"), "info SG102 app", "info SG102 db waived", "warning SG101 waived")
	w.run(t, 0, nil, "validate-config", "--strict")

	for direction, permissions := range map[string][]types.IpPermission{"ingress": g.IpPermissions, "egress": g.IpPermissionsEgress} {
		var err error
		if direction == "ingress" {
			_, err = w.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: g.GroupId, IpPermissions: permissions})
		} else {
			_, err = w.ec2.RevokeSecurityGroupEgress(t.Context(), &ec2.RevokeSecurityGroupEgressInput{GroupId: g.GroupId, IpPermissions: permissions})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	wantBeside(look(0), "info SG102 app", "info SG102 db waived")
}

// A rule for a group across a peering connection that is gone. The sandbox has no such connections: the answer is the one that
// EC2 documents.
func TestDriftBesideStaleRules(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.config(t, `  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress: [{protocol: tcp, port: 9090, source_sg: sg-0123456789abcdef1, description: Metrics}]
`)
	app := func() string { return w.groups(t)[guardedSet+"-app"] }
	template := w.template(t)
	w.deploy(t, strings.Replace(template, "sg-0123456789abcdef1", w.outsiderAlone(t), 1))
	peer := w.groups(t)["peer"]
	stale := func(group string, port int, peer string) string {
		return fmt.Sprintf(`<item><groupId>%s</groupId><groupName>g</groupName><vpcId>%s</vpcId><staleIpPermissions><item><ipProtocol>tcp</ipProtocol>
<fromPort>%d</fromPort><toPort>%d</toPort><groups><item><groupId>%s</groupId><vpcId>vpc-2</vpcId><userId>123456789012</userId>
<vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId><peeringStatus>deleted</peeringStatus></item></groups></item></staleIpPermissions></item>`,
			group, w.vpc, port, port, peer)
	}
	byHand := w.authorizeGroup(t, app(), 9091, peer)
	w.instead["DescribeStaleSecurityGroups"] = `<DescribeStaleSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>
<staleSecurityGroupSet>` + stale(app(), 9090, peer) + stale(app(), 9091, peer) + stale("sg-0123456789abcdef2", 22, peer) +
		`</staleSecurityGroupSet></DescribeStaleSecurityGroupsResponse>`
	var got looked
	w.run(t, 0, &got, "check-drift", "--rules-only")
	var told []string
	for _, f := range got.Findings {
		if f.ID == "SG104" {
			told = append(told, strings.Join([]string{f.Severity, f.Tier, f.Rule, f.Message, f.Hint}, "; "))
		}
	}
	want := []string{
		`info; app; app ingress tcp/9090 from ` + peer + `; tier app: the rule "app ingress tcp/9090 from ` + peer +
			`" names a group of vpc-2 across pcx-1: the group or the connection is gone; take it out of the config and deploy`,
		`info; app; app ingress tcp/9091 from ` + peer + `; tier app: the rule "app ingress tcp/9091 from ` + peer +
			`" names a group of vpc-2 across pcx-1: the group or the connection is gone; revoke it: aws ec2 revoke-security-group-ingress --region us-west-2 ` +
			`--group-id ` + app() + ` --security-group-rule-ids ` + byHand,
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// outsiderAlone makes a group that stands for one in a peered VPC.
func (w *workbench) outsiderAlone(t *testing.T) string {
	t.Helper()
	out, err := w.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("peer"), Description: aws.String("in a peered VPC"), VpcId: &w.vpc,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.GroupId
}

// authorizeGroup adds an ingress rule for a group by hand and returns its ID.
func (w *workbench) authorizeGroup(t *testing.T, group string, port int32, peer string) string {
	t.Helper()
	out, err := w.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &peer}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.SecurityGroupRules[0].SecurityGroupRuleId
}

// Who may not look is told so, and the comparison stands.
func TestDriftBesideWithoutPermission(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.environ = []string{"SG_SANDBOX=1", "SG_SANDBOX_FAULTS=DescribeNetworkInterfaces=denied,DescribeStaleSecurityGroups=denied"}
		var got looked
		told := b.run(0, &got, "check-drift", "--rules-only", "--exit-code").Stderr
		for _, want := range []string{
			"warning: a group that nothing uses (SG102) was not looked for: ", "warning: a rule that names a group which can't be reached any more (SG104) was not looked for: ",
		} {
			if !strings.Contains(told, want) {
				t.Errorf("nobody is told %q:\n%s", want, told)
			}
		}
		if diff := cmp.Diff([]string{"warning SG101"}, got.beside()); diff != "" || got.Status != "ok" {
			t.Errorf("%s: %s", got.Status, diff)
		}
	})
}

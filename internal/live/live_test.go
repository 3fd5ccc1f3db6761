package live_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	gocmp "github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/testkit/sandboxtest"
)

// world is a sandbox with a VPC.
type world struct {
	cfg aws.Config
	ec2 *ec2.Client
	ssm *ssm.Client
	vpc string
}

func newWorld(t *testing.T) world {
	t.Helper()
	const account, region = "123456789012", "us-west-2"
	box := sandboxtest.Open(t, sandbox.Options{})
	vpc, _, err := box.EnsureVPC(account, region, "/vpc/demo/VPCId")
	if err != nil {
		t.Fatal(err)
	}
	cfg := awsenv.Sandbox(awsenv.SandboxOptions{Handler: box, Account: account, Region: region})
	return world{cfg: cfg, ec2: ec2.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg), vpc: vpc}
}

// group makes a group without rules.
func (w world) group(t *testing.T, name string) string {
	t.Helper()
	out, err := w.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(name), Description: aws.String("the " + name), VpcId: aws.String(w.vpc),
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeSecurityGroup, Tags: []types.Tag{{Key: aws.String("Tier"), Value: aws.String(name)}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.revoke(t, *out.GroupId, types.IpPermission{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}})
	return *out.GroupId
}

func (w world) revoke(t *testing.T, group string, permissions ...types.IpPermission) {
	t.Helper()
	in := &ec2.RevokeSecurityGroupEgressInput{GroupId: &group, IpPermissions: permissions}
	if _, err := w.ec2.RevokeSecurityGroupEgress(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func (w world) allow(t *testing.T, group string, egress bool, permissions ...types.IpPermission) {
	t.Helper()
	var err error
	if egress {
		_, err = w.ec2.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &group, IpPermissions: permissions})
	} else {
		_, err = w.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permissions})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tcp is a permission for a port without a peer.
func tcp(port int32) types.IpPermission {
	return types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port}
}

func toGroup(p types.IpPermission, group, description string) types.IpPermission {
	p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &group, Description: &description}}
	return p
}

func TestGroups(t *testing.T) {
	w := newWorld(t)
	web, db := w.group(t, "web"), w.group(t, "db")
	ingress := tcp(443)
	ingress.IpRanges = []types.IpRange{{CidrIp: aws.String("10.0.0.0/8"), Description: aws.String("inside")}}
	ingress.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("2001:db8::/32")}}
	w.allow(t, web, false, ingress)
	w.allow(t, web, true, toGroup(tcp(5432), db, "to the database"))
	w.allow(t, db, true, types.IpPermission{
		IpProtocol: aws.String("icmp"), FromPort: aws.Int32(252), ToPort: aws.Int32(86),
		IpRanges: []types.IpRange{{CidrIp: aws.String("255.255.255.255/32")}},
	})
	w.allow(t, db, false, types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &db}}})

	got, err := live.Groups(t.Context(), w.ec2, []string{web, "sg-0000000000000dead", db})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		for j := range got[i].Rules {
			if r := &got[i].Rules[j]; len(r.ID) != len("sgr-0123456789abcdef0") {
				t.Errorf("rule ID %q", r.ID)
			}
			got[i].Rules[j].ID = ""
		}
		slices.SortStableFunc(got[i].Rules, func(a, b live.Rule) int { // IDs are random: order what they ordered
			if a.Egress != b.Egress {
				return 0
			}
			return len(b.CIDR) - len(a.CIDR)
		})
	}
	want := []live.Group{
		{ID: web, Name: "web", Description: "the web", VPCID: w.vpc, Tags: map[string]string{"Tier": "web"}, Rules: []live.Rule{
			{GroupID: web, Protocol: "tcp", FromPort: 443, ToPort: 443, CIDR: "2001:db8::/32"},
			{GroupID: web, Protocol: "tcp", FromPort: 443, ToPort: 443, CIDR: "10.0.0.0/8", Description: "inside"},
			{GroupID: web, Egress: true, Protocol: "tcp", FromPort: 5432, ToPort: 5432, Group: db, Description: "to the database"},
		}},
		{ID: db, Name: "db", Description: "the db", VPCID: w.vpc, Tags: map[string]string{"Tier": "db"}, Rules: []live.Rule{
			{GroupID: db, Protocol: "-1", FromPort: -1, ToPort: -1, Group: db},
			{GroupID: db, Egress: true, Protocol: "icmp", FromPort: 252, ToPort: 86, CIDR: "255.255.255.255/32"},
		}},
	}
	slices.SortFunc(want, func(a, b live.Group) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

// EC2 takes 200 values in a filter.
func TestRulesOfManyGroups(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for i := range 250 {
		ids = append(ids, fmt.Sprintf("sg-%017x", i+1))
	}
	web := w.group(t, "web")
	ingress := tcp(443)
	ingress.IpRanges = []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}}
	w.allow(t, web, false, ingress)
	rules, err := live.Rules(t.Context(), w.ec2, append(ids, web))
	if err != nil || len(rules) != 1 {
		t.Errorf("got %v, %v; want the one rule", rules, err)
	}
}

func TestReferences(t *testing.T) {
	w := newWorld(t)
	web, app, other := w.group(t, "web"), w.group(t, "app"), w.group(t, "other")
	w.allow(t, app, false, toGroup(tcp(80), web, "inside of the set"))
	w.allow(t, other, false, toGroup(tcp(80), web, ""), toGroup(tcp(81), web, "monitoring"), toGroup(tcp(80), other, ""))
	w.allow(t, other, true, toGroup(tcp(80), app, ""))
	got, err := live.References(t.Context(), w.ec2, []string{web, app})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if len(got[i].ID) != len("sgr-0123456789abcdef0") {
			t.Errorf("rule ID %q", got[i].ID)
		}
		got[i].ID = ""
	}
	slices.SortFunc(got, func(a, b live.Reference) int { return cmp.Compare(b.Group+b.Description, a.Group+a.Description) })
	want := []live.Reference{
		{Rule: live.Rule{GroupID: other, Protocol: "tcp", FromPort: 81, ToPort: 81, Group: web, Description: "monitoring"}, GroupName: "other"},
		{Rule: live.Rule{GroupID: other, Protocol: "tcp", FromPort: 80, ToPort: 80, Group: web}, GroupName: "other"},
		{Rule: live.Rule{GroupID: other, Egress: true, Protocol: "tcp", FromPort: 80, ToPort: 80, Group: app}, GroupName: "other"},
	}
	slices.SortFunc(want, func(a, b live.Reference) int { return cmp.Compare(b.Group+b.Description, a.Group+a.Description) })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}

func TestVPC(t *testing.T) {
	w := newWorld(t)
	got, err := live.VPC(t.Context(), w.ec2, w.vpc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]any{w.vpc, []string{"10.0.0.0/16"}}, []any{got.ID, got.CIDRs}); diff != "" {
		t.Errorf("VPC (-want +got):\n%s", diff)
	}
	for _, id := range []string{"vpc-0123456789abcdef0", "vpc-nonsense"} {
		_, err := live.VPC(t.Context(), w.ec2, id)
		wantNotFound(t, err, live.NotFoundError{What: "VPC", ID: id})
	}
}

func TestParameters(t *testing.T) {
	w := newWorld(t)
	want := map[string]string{}
	names := []string{"/sg/none"}
	for i := range 12 { // more than GetParameters takes
		name := fmt.Sprintf("/sg/%d", i)
		names, want[name] = append(names, name), fmt.Sprint("value ", i)
		in := &ssm.PutParameterInput{Name: &name, Value: aws.String(want[name]), Type: ssmtypes.ParameterTypeString}
		if _, err := w.ssm.PutParameter(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	got, err := live.Parameters(t.Context(), w.ssm, names)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if one, err := live.Parameter(t.Context(), w.ssm, "/sg/7"); err != nil || one != "value 7" {
		t.Errorf("got %q, %v", one, err)
	}
	_, err = live.Parameter(t.Context(), w.ssm, "/sg/none")
	wantNotFound(t, err, live.NotFoundError{What: "SSM parameter", ID: "/sg/none"})
}

func wantNotFound(t *testing.T, err error, want live.NotFoundError) {
	t.Helper()
	got, ok := errors.AsType[*live.NotFoundError](err)
	if !ok {
		t.Fatalf("got %v, want a NotFoundError", err)
	}
	if diff := gocmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
}

func TestSettle(t *testing.T) {
	failure := errors.New("no")
	tests := map[string]struct {
		answers []any // by look: true, false, or an error; the last one again and again
		ok      bool
		err     error
		took    time.Duration
	}{
		"at once":       {[]any{true}, true, nil, 0},
		"third look":    {[]any{false, false, true}, true, nil, 300 * time.Millisecond},
		"never":         {[]any{false}, false, nil, 5 * time.Second},
		"at the end":    {[]any{false, false, false, false, false, false, true}, true, nil, 5 * time.Second},
		"with an error": {[]any{false, failure}, false, failure, 100 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ok, err := live.Settle(t.Context(), 5*time.Second, func(context.Context) (bool, error) {
					answer := tt.answers[0]
					if len(tt.answers) > 1 {
						tt.answers = tt.answers[1:]
					}
					if err, failed := answer.(error); failed {
						return false, err
					}
					return answer.(bool), nil
				})
				if ok != tt.ok || err != tt.err || time.Since(began) != tt.took {
					t.Errorf("got %t, %v after %v; want %t, %v after %v", ok, err, time.Since(began), tt.ok, tt.err, tt.took)
				}
			})
		})
	}
}

func TestSettleEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := live.Settle(ctx, time.Minute, func(context.Context) (bool, error) { return false, nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

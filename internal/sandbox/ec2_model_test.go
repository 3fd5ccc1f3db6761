package sandbox_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sandbox"
)

// spelling is one of the ways in which a request may write a rule, and the one in
// which EC2 shows it.
type spelling struct {
	protocol, block string
	port            int32
	shown           string
}

var spellings = []spelling{
	{"tcp", "10.0.0.0/8", 443, "tcp 443 10.0.0.0/8"},
	{"6", "10.0.0.0/8", 443, "tcp 443 10.0.0.0/8"},
	{"TCP", "10.1.2.3/8", 443, "tcp 443 10.0.0.0/8"},
	{"tcp", "10.0.0.0/9", 443, "tcp 443 10.0.0.0/9"},
	{"tcp", "10.0.0.0/8", 80, "tcp 80 10.0.0.0/8"},
	{"udp", "10.0.0.0/8", 443, "udp 443 10.0.0.0/8"},
	{"17", "10.0.0.0/8", 443, "udp 443 10.0.0.0/8"},
	{"-1", "10.0.0.0/8", 80, "-1 -1 10.0.0.0/8"},
	{"-1", "10.255.0.0/8", 443, "-1 -1 10.0.0.0/8"},
	{"50", "10.0.0.0/8", 80, "50 -1 10.0.0.0/8"},
}

func (s spelling) permission() types.IpPermission {
	return types.IpPermission{IpProtocol: &s.protocol, FromPort: &s.port, ToPort: &s.port, IpRanges: []types.IpRange{{CidrIp: &s.block}}}
}

// TestRulesAreASet does random things to a group's rules, which must always be the
// set that a plain model of them says, read in either way.
func TestRulesAreASet(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	c := clientsFor(s, testAccount, testRegion)
	vpc := newVPC(t, c)
	count := 0
	rapid.Check(t, func(r *rapid.T) {
		count++
		group := newGroup(t, c, vpc, fmt.Sprint("group", count))
		model := map[string]bool{}
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			rule := rapid.SampledFrom(spellings).Draw(r, "rule")
			permissions := []types.IpPermission{rule.permission()}
			var err error
			var want string
			if rapid.Bool().Draw(r, "authorize") {
				err = allow(t, c, group, permissions...)
				want = map[bool]string{true: "InvalidPermission.Duplicate"}[model[rule.shown]]
				model[rule.shown] = true
			} else {
				_, err = c.ec2.RevokeSecurityGroupIngress(t.Context(),
					&ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permissions})
				want = map[bool]string{false: "InvalidPermission.NotFound"}[model[rule.shown]]
				delete(model, rule.shown)
			}
			if got := codeOf(err); got != want {
				r.Fatalf("%v: error %q, want %q", rule, got, want)
			}
			expected := slices.Sorted(maps.Keys(model))
			if diff := cmp.Diff(expected, ingressRules(t, c, group)); diff != "" {
				r.Fatal("rules: " + diff)
			}
			if diff := cmp.Diff(expected, ingressPermissions(t, c, group)); diff != "" {
				r.Fatal("permissions: " + diff)
			}
		}
		deleteGroup(t, c, group)
	})
}

// codeOf is the code of an API error, "" of none.
func codeOf(err error) string {
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		return refused.ErrorCode()
	}
	return map[bool]string{true: "", false: fmt.Sprint(err)}[err == nil]
}

func ingressRules(t *testing.T, c clients, group string) (shown []string) {
	t.Helper()
	for _, r := range rulesOf(t, c, group) {
		if !*r.IsEgress {
			shown = append(shown, fmt.Sprintf("%s %d %s", *r.IpProtocol, *r.FromPort, *r.CidrIpv4))
		}
	}
	slices.Sort(shown)
	return shown
}

func ingressPermissions(t *testing.T, c clients, group string) (shown []string) {
	t.Helper()
	for _, p := range groups(t, c, "group-id", group)[0].IpPermissions {
		port := int32(-1)
		if p.FromPort != nil {
			port = *p.FromPort
		}
		for _, block := range p.IpRanges {
			shown = append(shown, fmt.Sprintf("%s %d %s", aws.ToString(p.IpProtocol), port, *block.CidrIp))
		}
	}
	slices.Sort(shown)
	return shown
}

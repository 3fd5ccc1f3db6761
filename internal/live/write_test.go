package live_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	gocmp "github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/live"
)

// rules are the rules of a group.
func (w world) rules(t *testing.T, group string) []live.Rule {
	t.Helper()
	rules, err := live.Rules(t.Context(), w.ec2, []string{group})
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// Every kind of rule can be added, made another one, described and taken away; what is as it should be already is no error.
func TestWriteRules(t *testing.T) {
	w := newWorld(t)
	web, db := w.group(t, "web"), w.group(t, "db")
	for _, want := range []live.Rule{
		{GroupID: web, Protocol: "tcp", FromPort: 443, ToPort: 443, CIDR: "10.0.0.0/8", Description: "inside"},
		{GroupID: web, Protocol: "udp", FromPort: 1, ToPort: 9, CIDR: "2001:db8::/32"},
		{GroupID: web, Protocol: "-1", FromPort: -1, ToPort: -1, Group: db, Description: "everything"},
		{GroupID: web, Egress: true, Protocol: "icmp", FromPort: 252, ToPort: 86, CIDR: "255.255.255.255/32", Description: "Disallow all traffic"},
		{GroupID: web, Egress: true, Protocol: "icmp", FromPort: 8, ToPort: -1, CIDR: "10.0.0.0/8"},
		{GroupID: web, Egress: true, Protocol: "icmpv6", FromPort: -1, ToPort: -1, CIDR: "::/0"},
		{GroupID: web, Egress: true, Protocol: "50", FromPort: -1, ToPort: -1, CIDR: "10.0.0.0/8"},
	} {
		for range 2 {
			if err := live.Authorize(t.Context(), w.ec2, want); err != nil {
				t.Fatal(err)
			}
		}
		held := w.rules(t, web)
		if len(held) != 1 {
			t.Fatalf("%+v: the group holds %+v", want, held)
		}
		want.ID = held[0].ID
		checkRule := func() {
			t.Helper()
			if diff := gocmp.Diff([]live.Rule{want}, w.rules(t, web)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		}
		checkRule()
		want.Description = "another one"
		if err := live.Describe(t.Context(), w.ec2, want); err != nil {
			t.Fatal(err)
		}
		checkRule()
		was := want
		want.Protocol, want.FromPort, want.ToPort, want.Description = "tcp", 7, 8, "made another one"
		if err := live.Modify(t.Context(), w.ec2, want); err != nil {
			t.Fatal(err)
		}
		checkRule()
		for range 2 {
			if err := live.Revoke(t.Context(), w.ec2, was); err != nil { // by its ID, whatever it is now
				t.Fatal(err)
			}
		}
		if held := w.rules(t, web); len(held) > 0 {
			t.Errorf("left: %+v", held)
		}
	}
}

func TestWritesThatFail(t *testing.T) {
	w := newWorld(t)
	web := w.group(t, "web")
	none := live.Rule{ID: "sgr-0123456789abcdef0", GroupID: web, Protocol: "tcp", FromPort: 1, ToPort: 1, CIDR: "10.0.0.0/8"}
	if err := live.Describe(t.Context(), w.ec2, none); err == nil {
		t.Error("a rule that there is not was described")
	}
	if err := live.Modify(t.Context(), w.ec2, none); err == nil {
		t.Error("a rule that there is not was modified")
	}
	none.GroupID = "sg-0123456789abcdef0"
	if err := live.Authorize(t.Context(), w.ec2, none); err == nil {
		t.Error("a group that there is not got a rule")
	}
	rule := live.Rule{GroupID: web, Protocol: "tcp", CIDR: "10.0.0.0/8"}
	for rule.FromPort = 1; rule.FromPort <= 60; rule.FromPort++ {
		rule.ToPort = rule.FromPort
		if err := live.Authorize(t.Context(), w.ec2, rule); err != nil {
			t.Fatal(err)
		}
	}
	if err := live.Authorize(t.Context(), w.ec2, none); live.IsRuleQuota(err) {
		t.Errorf("a group that there is not is full: %v", err)
	}
	rule.FromPort, rule.ToPort = 99, 99
	if err := live.Authorize(t.Context(), w.ec2, rule); !live.IsRuleQuota(err) {
		t.Errorf("a full group says %v", err)
	}
}

func TestWriteTagsAndParameters(t *testing.T) {
	w := newWorld(t)
	web := w.group(t, "web")
	if err := live.Tag(t.Context(), w.ec2, web, map[string]string{"owner": "me", "a": ""}, []string{"Tier"}); err != nil {
		t.Fatal(err)
	}
	groups, err := live.Groups(t.Context(), w.ec2, []string{web})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(map[string]string{"owner": "me", "a": ""}, groups[0].Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if _, err := live.ParameterTags(t.Context(), w.ssm, "/sg/none"); !isNotFound(err) {
		t.Errorf("no parameter gives %v", err)
	}
	if _, err := w.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/sg/web"), Value: aws.String("old"), Type: ssmtypes.ParameterTypeString, Tags: []ssmtypes.Tag{{Key: aws.String("b"), Value: aws.String("c")}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/sg/web", "/sg/new"} {
		if err := live.PutParameter(t.Context(), w.ssm, name, web); err != nil {
			t.Fatal(err)
		}
		if value, err := live.Parameter(t.Context(), w.ssm, name); err != nil || value != web {
			t.Errorf("%s is %q, %v", name, value, err)
		}
	}
	if err := live.TagParameter(t.Context(), w.ssm, "/sg/web", map[string]string{"owner": "me"}, []string{"b"}); err != nil {
		t.Fatal(err)
	}
	tags, err := live.ParameterTags(t.Context(), w.ssm, "/sg/web")
	if diff := gocmp.Diff(map[string]string{"owner": "me"}, tags); diff != "" || err != nil {
		t.Errorf("%v, tags (-want +got):\n%s", err, diff)
	}
}

func isNotFound(err error) bool {
	_, ok := errors.AsType[*live.NotFoundError](err)
	return ok
}

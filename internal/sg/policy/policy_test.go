package policy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/sg/policy"
)

func input(change func(*policy.Input)) policy.Input {
	in := policy.Input{
		Names: config.Names{SGName: "acme-prod-c001-us-west-2-sg"}, Region: "us-west-2", Account: "123456789012",
		VPCPath: "/vpc/acme-prod-c001-us-west-2-vpc/VPCId",
	}
	if change != nil {
		change(&in)
	}
	return in
}

// inputs are all sorts of them: each partition, the longest name, a licensed build, a VPC by ID.
func inputs() map[string]policy.Input {
	all := map[string]policy.Input{}
	for name, change := range map[string]func(*policy.Input){
		"usual": nil,
		"longest": func(in *policy.Input) {
			in.Names.SGName, in.VPCPath = strings.Repeat("a", 110), "/"+strings.Repeat("x", 421)
			in.License, in.Region = "license-manager:CheckoutLicense", "cn-northwest-1"
		},
		"long": func(in *policy.Input) {
			in.Names.SGName, in.Bucket, in.Region = strings.Repeat("a", 110), "acme-templates", "us-gov-west-1"
			in.License = "license-manager:CheckoutLicense"
			in.PrefixLists = true
		},
		"China":     func(in *policy.Input) { in.Region = "cn-northwest-1" },
		"GovCloud":  func(in *policy.Input) { in.Region = "us-gov-west-1" },
		"licensed":  func(in *policy.Input) { in.License = "aws-marketplace:RegisterUsage" },
		"direct":    func(in *policy.Input) { in.VPCPath, in.VPCID = "", "vpc-0123456789abcdef0" },
		"bucket":    func(in *policy.Input) { in.Bucket = "acme-templates" },
		"elsewhere": func(in *policy.Input) { in.VPCPath = "/network/main/vpc" },
		"lists":     func(in *policy.Input) { in.PrefixLists = true },
	} {
		in := input(change)
		all[name] = in
		in.ReadOnly = true
		all[name+", read only"] = in
	}
	return all
}

// document is a policy as IAM's grammar has it.
type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid, Effect      string
	Action, Resource texts
	Condition        map[string]map[string]texts
}

// texts is one text, or a list of them.
type texts []string

func (t *texts) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(t))
}

// ofService are the resources that an action of the service has.
func (t texts) ofService(action string) (own texts) {
	service, _, _ := strings.Cut(action, ":")
	for _, resource := range t {
		if parts := strings.Split(resource, ":"); len(parts) < 3 || parts[2] == service {
			own = append(own, resource)
		}
	}
	return own
}

func written(t *testing.T, in policy.Input) (document, []byte) {
	t.Helper()
	text, err := policy.New(in).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var d document
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return d, text
}

var (
	sid       = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	action    = regexp.MustCompile(`^[a-z0-9-]+:[A-Z][A-Za-z]+$`)
	path      = regexp.MustCompile(`^[A-Za-z0-9/._?*-]+$`)
	operators = []string{"StringEquals", "StringLike", "StringLikeIfExists", "ForAnyValue:StringEquals", "Null"}
	keys      = regexp.MustCompile(`^(aws:(RequestedRegion|ResourceAccount|CalledVia|RequestTag/Name|ResourceTag/aws:cloudformation:stack-name)|cloudformation:ImportResourceTypes)$`)
)

// TestGrammar holds every policy to IAM's grammar and limits, and to what this one promises: no action by a pattern, no resource
// of another account, region or partition, and none without any bound but where AWS has none.
func TestGrammar(t *testing.T) {
	for name, in := range inputs() {
		t.Run(name, func(t *testing.T) {
			d, text := written(t, in)
			if d.Version != "2012-10-17" || len(d.Statement) < 5 {
				t.Errorf("version %s, %d statements", d.Version, len(d.Statement))
			}
			size := len(regexp.MustCompile(`\s`).ReplaceAll(text, nil))
			if p := policy.New(in); p.Size() != size || size > 6144 {
				t.Errorf("%d characters, Size says %d", size, p.Size())
			}
			seen := map[string]bool{}
			for _, s := range d.Statement {
				if policy.New(in).Squeezed() {
					s.Sid = fmt.Sprint(len(seen))
				}
				if !sid.MatchString(s.Sid) || seen[s.Sid] || s.Effect != "Allow" || len(s.Action) == 0 || len(s.Resource) == 0 {
					t.Errorf("statement %+v", s)
				}
				seen[s.Sid] = true
				s.check(t, in)
			}
		})
	}
}

// elsewhere tells the actions that may be called in any region: who one is, and the license of where the tool runs.
func elsewhere(action string) bool {
	return action == "sts:GetCallerIdentity" || action == "aws-marketplace:RegisterUsage" || action == "license-manager:CheckoutLicense"
}

func (s statement) check(t *testing.T, in policy.Input) {
	t.Helper()
	for i, a := range s.Action {
		if !action.MatchString(a) || len(s.Resource.ofService(a)) == 0 || i > 0 && s.Action[i-1] >= a {
			t.Errorf("actions of %s: %v", s.Sid, s.Action)
		}
	}
	for _, r := range s.Resource {
		if isOwn(r, in) {
			continue
		}
		if r != "*" || s.Condition["StringEquals"]["aws:RequestedRegion"] == nil && !slices.ContainsFunc(s.Action, elsewhere) {
			t.Errorf("resource %s of %s", r, s.Sid)
		}
	}
	for operator, by := range s.Condition {
		for key, values := range by {
			if !slices.Contains(operators, operator) || !keys.MatchString(key) || len(values) == 0 {
				t.Errorf("condition %s %s %v of %s", operator, key, values, s.Sid)
			}
		}
	}
}

// isOwn tells resources of the account and region, what lies in the bucket for the set, and prefix lists, which AWS or others may own.
func isOwn(resource string, in policy.Input) bool {
	partition := "arn:" + policy.Partition(in.Region)
	for _, prefix := range []string{
		partition + ":s3:::acme-templates/sg-provisioner/" + in.Names.SGName,
		partition + ":ec2:" + in.Region + ":*:prefix-list/",
		partition + ":ec2:" + in.Region + ":" + in.Account + ":",
		partition + ":ssm:" + in.Region + ":" + in.Account + ":",
		partition + ":cloudformation:" + in.Region + ":" + in.Account + ":",
	} {
		if rest, ok := strings.CutPrefix(resource, prefix); ok && path.MatchString(rest) {
			return true
		}
	}
	return false
}

// TestReadOnly wants nothing that writes in a reviewer's policy, and nothing that the operator's hasn't.
func TestReadOnly(t *testing.T) {
	reads := regexp.MustCompile(`:(BatchDescribe|Describe|Detect|Get|List|Lookup|Validate)[A-Z]`)
	granted := func(d document) map[string]bool {
		all := map[string]bool{}
		for _, s := range d.Statement {
			delete(s.Condition["Null"], "cloudformation:ImportResourceTypes") // which nothing that reads has
			if len(s.Condition["Null"]) == 0 {
				delete(s.Condition, "Null")
			}
			if len(s.Condition) == 0 {
				s.Condition = nil
			}
			for _, a := range s.Action {
				for _, r := range s.Resource {
					all[fmt.Sprint(a, " ", r, " ", s.Condition)] = true
				}
			}
		}
		return all
	}
	reviewer, _ := written(t, input(func(in *policy.Input) { in.ReadOnly = true }))
	operator, _ := written(t, input(nil))
	for grant := range granted(reviewer) {
		if !reads.MatchString(grant) {
			t.Errorf("a reviewer may %s", grant)
		}
		if !granted(operator)[grant] {
			t.Errorf("a reviewer may %s, which the operator may not", grant)
		}
	}
	writes := 0
	for grant := range granted(operator) {
		if !reads.MatchString(grant) {
			writes++
		}
	}
	if writes < 20 {
		t.Errorf("the operator has only %d grants that write", writes)
	}
}

func TestPartition(t *testing.T) {
	for region, want := range map[string]string{
		"us-west-2": "aws", "cn-north-1": "aws-cn", "us-gov-east-1": "aws-us-gov", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eusc-de-east-1": "aws-eusc", "eu-central-1": "aws",
	} {
		if got := policy.Partition(region); got != want {
			t.Errorf("%s lies in %s, not %s", region, got, want)
		}
	}
}

// TestBounds looks for the bounds that make the policy this set's.
func TestBounds(t *testing.T) {
	resources := func(in policy.Input, sid string) []string {
		for _, s := range policy.New(in).Statements {
			if s.Sid == sid {
				return s.Resources
			}
		}
		return nil
	}
	const prefix = "us-west-2:123456789012:"
	for _, test := range []struct {
		input string
		sid   string
		want  []string
	}{
		{"usual", "ReadVpcParameter", []string{"arn:aws:ssm:" + prefix + "parameter/vpc/*"}},
		{"elsewhere", "ReadVpcParameter", []string{"arn:aws:ssm:" + prefix + "parameter/network/main/vpc"}},
		{"direct", "ReadVpcParameter", nil},
		{"usual", "Parameters", []string{"arn:aws:ssm:" + prefix + "parameter/sg/acme-prod-c001-us-west-2-sg*"}},
		{"usual", "OwnStack", []string{"arn:aws:cloudformation:" + prefix + "stack/acme-prod-c001-us-west-2-sg-stack/*"}},
		{"usual", "Deploy", []string{
			"arn:aws:cloudformation:" + prefix + "stack/acme-prod-c001-us-west-2-sg-stack/*",
			"arn:aws:cloudformation:" + prefix + "stack/acme-prod-c001-us-west-2-sg-t??????-stack/*",
		}},
		{"usual", "CreateGroups", []string{"arn:aws:ec2:" + prefix + "security-group/*", "arn:aws:ec2:" + prefix + "vpc/*"}},
		{"direct", "CreateGroups", []string{"arn:aws:ec2:" + prefix + "security-group/*", "arn:aws:ec2:" + prefix + "vpc/vpc-0123456789abcdef0"}},
		{"usual", "License", nil},
		{"usual", "Templates", nil},
		{"bucket, read only", "Templates", nil},
		{"bucket", "Templates", []string{
			"arn:aws:s3:::acme-templates/sg-provisioner/acme-prod-c001-us-west-2-sg/*",
			"arn:aws:s3:::acme-templates/sg-provisioner/acme-prod-c001-us-west-2-sg-t??????/*",
		}},
		{"licensed", "License", []string{"*"}},
		{"usual", "ChangeRules", []string{"arn:aws:ec2:" + prefix + "security-group-rule/*"}},
		{"lists", "ChangeRules", []string{"arn:aws:ec2:" + prefix + "security-group-rule/*", "arn:aws:ec2:us-west-2:*:prefix-list/*"}},
		{"lists, read only", "ChangeRules", nil},
	} {
		if diff := cmp.Diff(test.want, resources(inputs()[test.input], test.sid)); diff != "" {
			t.Errorf("%s of %s: %s", test.sid, test.input, diff)
		}
	}
}

// TestBucketsOfTheAccount: a bucket of the same name in another account is out of reach.
func TestBucketsOfTheAccount(t *testing.T) {
	for _, s := range policy.New(inputs()["bucket"]).Statements {
		if s.Sid != "Templates" {
			continue
		}
		want := []policy.Condition{{Operator: "StringEquals", Key: "aws:ResourceAccount", Values: []string{"123456789012"}}}
		if diff := cmp.Diff(want, s.Conditions); diff != "" {
			t.Error(diff)
		}
		return
	}
	t.Error("no statement about templates")
}

// TestTooLarge: what IAM would refuse is an error here.
func TestTooLarge(t *testing.T) {
	in := input(func(in *policy.Input) {
		in.Names.SGName, in.VPCPath = strings.Repeat("a", 110), "/"+strings.Repeat("x", 1010)
	})
	if _, err := policy.New(in).JSON(); err == nil || !strings.Contains(err.Error(), "over IAM's limit of 6144") {
		t.Errorf("got %v", err)
	}
}

// TestSqueeze: the short form of a policy with a long name allows what the long one does.
func TestSqueeze(t *testing.T) {
	in := inputs()["longest"]
	d, _ := written(t, in)
	p := policy.New(in)
	if !p.Squeezed() || len(d.Statement) >= len(p.Statements) || policy.New(inputs()["usual"]).Squeezed() {
		t.Fatalf("%d of %d statements", len(d.Statement), len(p.Statements))
	}
	short, long := map[string]int{}, map[string]int{}
	for _, s := range d.Statement {
		for _, a := range s.Action {
			short[fmt.Sprint(a, s.Resource.ofService(a), s.Condition)]++
		}
	}
	for _, s := range p.Statements {
		when := map[string]map[string]texts(nil)
		for _, c := range s.Conditions {
			if when == nil {
				when = map[string]map[string]texts{}
			}
			if when[c.Operator] == nil {
				when[c.Operator] = map[string]texts{}
			}
			when[c.Operator][c.Key] = c.Values
		}
		for _, a := range s.Actions {
			long[fmt.Sprint(a, texts(s.Resources), when)]++
		}
	}
	if diff := cmp.Diff(long, short); diff != "" {
		t.Errorf("what is allowed (-long +short): %s", diff)
	}
}

// TestSameBytes: the same input gives the same policy.
func TestSameBytes(t *testing.T) {
	for name := range inputs() {
		_, first := written(t, inputs()[name])
		_, second := written(t, inputs()[name])
		if !bytes.Equal(first, second) {
			t.Errorf("%s: two policies", name)
		}
	}
}

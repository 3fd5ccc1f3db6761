package iam_test

import (
	"strings"
	"testing"

	"mlops-infra-suite/internal/sandbox/iam"
	"mlops-infra-suite/internal/sandbox/wire"
)

const (
	group = "arn:aws:ec2:us-west-2:111122223333:security-group/sg-1"
	other = "arn:aws:ec2:us-west-2:111122223333:security-group/sg-2"
)

func policy(statements ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ",") + `]}`
}

func allow(action, resource, condition string) string {
	text := `{"Effect": "Allow", "Action": "` + action + `", "Resource": "` + resource + `"`
	if condition != "" {
		text += `, "Condition": ` + condition
	}
	return text + "}"
}

// TestDecide: statements, patterns and conditions, as the user guide of IAM
// documents them.
func TestDecide(t *testing.T) {
	keys := iam.Keys{
		"aws:requestedregion": {"us-west-2"}, "aws:resourcetag/tier": {"web"}, "aws:tagkeys": {"Name", "Tier"},
		"aws:viaawsservice": {"false"}, "ec2:vpc": {"arn:aws:ec2:us-west-2:111122223333:vpc/vpc-1"}, "aws:sourceip": {"10.1.2.3"},
		"aws:currenttime": {"2026-06-01T00:00:00Z"}, "aws:epochtime": {"1780272000"}, "aws:username": {"ann"},
	}
	const action = "ec2:DeleteSecurityGroup"
	on := func(condition string) string { return policy(allow("ec2:*", "*", condition)) }
	tests := []struct {
		name   string
		policy string
		want   iam.Verdict
	}{
		{"the very action and resource", policy(allow(action, group, "")), iam.Allowed},
		{"another case of the action", policy(allow("EC2:deletesecuritygroup", group, "")), iam.Allowed},
		{"a pattern of both", policy(allow("ec2:Delete*Gr?up", "arn:aws:ec2:*:*:security-group/*", "")), iam.Allowed},
		{"everything", policy(allow("*", "*", "")), iam.Allowed},
		{"another action", policy(allow("ec2:DeleteVpc", "*", "")), iam.NotAllowed},
		{"another resource", policy(allow("ec2:*", other, "")), iam.NotAllowed},
		{"a pattern across the parts of an ARN", policy(allow("ec2:*", "arn:aws:ec2:*/sg-1", "")), iam.NotAllowed},
		{"a denial beside it", policy(allow("*", "*", ""), `{"Effect": "Deny", "Action": "ec2:Delete*", "Resource": "*"}`), iam.Denied},
		{"a denial of something else", policy(allow("*", "*", ""), `{"Effect": "Deny", "Action": "ec2:Create*", "Resource": "*"}`), iam.Allowed},
		{"all but some actions", policy(`{"Effect": "Allow", "NotAction": ["ec2:Create*", "iam:*"], "Resource": "*"}`), iam.Allowed},
		{"all but this action", policy(`{"Effect": "Allow", "NotAction": "ec2:Delete*", "Resource": "*"}`), iam.NotAllowed},
		{"all but some resources", policy(`{"Effect": "Allow", "Action": "*", "NotResource": "` + other + `"}`), iam.Allowed},
		{"all but this resource", policy(`{"Effect": "Allow", "Action": "*", "NotResource": "` + group + `"}`), iam.NotAllowed},
		{"one statement, not a list", `{"Statement": ` + allow("ec2:*", "*", "") + `}`, iam.Allowed},
		{"a variable", policy(allow("ec2:*", "*", `{"StringEquals": {"aws:username": "${aws:username}"}}`)), iam.Allowed},
		{"a variable in the old version", `{"Statement": ` + allow("ec2:*", "*", `{"StringEquals": {"aws:username": "${aws:username}"}}`) + `}`, iam.NotAllowed},
		{"a variable that the request has not", policy(allow("ec2:*", "*", `{"StringLike": {"aws:username": "${aws:CalledVia}"}}`)), iam.NotAllowed},

		{"a text", on(`{"StringEquals": {"aws:RequestedRegion": "us-west-2"}}`), iam.Allowed},
		{"one of several texts", on(`{"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-west-2"]}}`), iam.Allowed},
		{"another text", on(`{"StringEquals": {"aws:RequestedRegion": "us-west"}}`), iam.NotAllowed},
		{"a key in another case", on(`{"StringEquals": {"AWS:requestedregion": "us-west-2"}}`), iam.Allowed},
		{"a key that is missing", on(`{"StringEquals": {"aws:ResourceTag/Env": "prod"}}`), iam.NotAllowed},
		{"a key that may be missing", on(`{"StringEqualsIfExists": {"aws:ResourceTag/Env": "prod"}}`), iam.Allowed},
		{"a key that may be missing, and is there", on(`{"StringEqualsIfExists": {"aws:ResourceTag/Tier": "app"}}`), iam.NotAllowed},
		{"the opposite of a missing key", on(`{"StringNotEquals": {"aws:ResourceTag/Env": "prod"}}`), iam.Allowed},
		{"the opposite of several texts", on(`{"StringNotEquals": {"aws:ResourceTag/Tier": ["app", "web"]}}`), iam.NotAllowed},
		{"two operators", on(`{"StringEquals": {"aws:ResourceTag/Tier": "web"}, "Bool": {"aws:ViaAWSService": "true"}}`), iam.NotAllowed},
		{"two keys", on(`{"StringEquals": {"aws:ResourceTag/Tier": "web", "aws:RequestedRegion": "x"}}`), iam.NotAllowed},
		{"a pattern of texts", on(`{"StringLike": {"aws:ResourceTag/Tier": "w?b*"}}`), iam.Allowed},
		{"no pattern without Like", on(`{"StringEquals": {"aws:ResourceTag/Tier": "w*"}}`), iam.NotAllowed},
		{"texts of any case", on(`{"StringEqualsIgnoreCase": {"aws:ResourceTag/Tier": "WEB"}}`), iam.Allowed},
		{"a boolean", on(`{"Bool": {"aws:ViaAWSService": false}}`), iam.Allowed},
		{"that a key is there", on(`{"Null": {"aws:ResourceTag/Tier": "false"}}`), iam.Allowed},
		{"that a key is not there", on(`{"Null": {"aws:ResourceTag/Tier": "true"}}`), iam.NotAllowed},
		{"an ARN", on(`{"ArnLike": {"ec2:Vpc": "arn:aws:ec2:*:*:vpc/vpc-1"}}`), iam.Allowed},
		{"another ARN", on(`{"ArnEquals": {"ec2:Vpc": "arn:aws:ec2:*:*:vpc/vpc-2"}}`), iam.NotAllowed},
		{"not an ARN", on(`{"ArnNotLike": {"ec2:Vpc": "arn:aws:ec2:*:*:vpc/vpc-1"}}`), iam.NotAllowed},
		{"all values", on(`{"ForAllValues:StringEquals": {"aws:TagKeys": ["Name", "Tier", "Owner"]}}`), iam.Allowed},
		{"not all values", on(`{"ForAllValues:StringEquals": {"aws:TagKeys": "Name"}}`), iam.NotAllowed},
		{"all of no values", on(`{"ForAllValues:StringEquals": {"aws:CalledVia": "x"}}`), iam.Allowed},
		{"any value", on(`{"ForAnyValue:StringEquals": {"aws:TagKeys": "Name"}}`), iam.Allowed},
		{"any of no values", on(`{"ForAnyValue:StringEquals": {"aws:CalledVia": "x"}}`), iam.NotAllowed},
		{"an address", on(`{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}`), iam.Allowed},
		{"not an address", on(`{"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}`), iam.NotAllowed},
		{"a date", on(`{"DateLessThan": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}}`), iam.Allowed},
		{"a later date", on(`{"DateGreaterThan": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}}`), iam.NotAllowed},
		{"a number", on(`{"NumericGreaterThanEquals": {"aws:EpochTime": 1780272000}}`), iam.Allowed},
	}
	for _, test := range tests {
		p, err := iam.Parse(test.policy)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := p.Decide(iam.Need{Action: action, Resource: group, Keys: keys}); got != test.want {
			t.Errorf("%s: verdict %d, want %d", test.name, got, test.want)
		}
	}
	whole := must(t, policy(allow("ec2:Describe*", "arn:aws:ec2:*:*:*", "")))
	if whole.Decide(iam.Need{Action: "ec2:DescribeVpcs", Resource: "*"}) == iam.Allowed {
		t.Error("an action without resources is allowed on some")
	}
}

func must(t *testing.T, text string) *iam.Policy {
	t.Helper()
	p, err := iam.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestMalformed: what is no policy is refused as a whole.
func TestMalformed(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":             `{`,
		"two documents":       policy(allow("*", "*", "")) + "{}",
		"an unknown element":  `{"Version": "2012-10-17", "Statements": []}`,
		"an unknown version":  `{"Version": "2020-01-01", "Statement": ` + allow("*", "*", "") + `}`,
		"no statement":        `{"Version": "2012-10-17", "Statement": []}`,
		"an effect":           policy(`{"Effect": "allow", "Action": "*", "Resource": "*"}`),
		"a principal":         policy(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}`),
		"no action":           policy(`{"Effect": "Allow", "Resource": "*"}`),
		"two actions":         policy(`{"Effect": "Allow", "Action": "*", "NotAction": "ec2:*", "Resource": "*"}`),
		"no resource":         policy(`{"Effect": "Allow", "Action": "*"}`),
		"a bare action":       policy(allow("DescribeVpcs", "*", "")),
		"a bare resource":     policy(allow("*", "sg-1", "")),
		"an unknown operator": policy(allow("*", "*", `{"StringMatches": {"a": "b"}}`)),
		"an unknown set":      policy(allow("*", "*", `{"ForSomeValues:StringEquals": {"a": "b"}}`)),
		"no values":           policy(allow("*", "*", `{"StringEquals": {"a": []}}`)),
		"a nested value":      policy(allow("*", "*", `{"StringEquals": {"a": {"b": "c"}}}`)),
		"a statement's ID":    policy(`{"Sid": "a b", "Effect": "Allow", "Action": "*", "Resource": "*"}`),
	} {
		if _, err := iam.Parse(text); !wire.IsCode(err, "MalformedPolicyDocument") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package iam_test

import (
	"strings"
	"testing"

	"mlops-infra-suite/internal/sandbox/iam"
	"mlops-infra-suite/internal/sandbox/wire"
)

// forbid is a statement that denies everything under a condition.
func forbid(resource, condition string) string {
	text := strings.Replace(allow("*", resource, condition), `"Allow"`, `"Deny"`, 1)
	return policy(allow("*", "*", ""), text)
}

// TestDenials: a denial counts whatever the form in which it is written. One that were overlooked would allow in silence.
func TestDenials(t *testing.T) {
	keys := iam.Keys{
		"aws:currenttime": {"2026-06-01T00:00:00Z"}, "aws:epochtime": {"1780272000"}, "aws:username": {"ann"}, "aws:useragent": {"a*b"},
		"aws:resourcetag/name": {"café"}, "aws:resourcetag/team": {"*"}, "aws:sourceip": {"2001:db8::1"}, "aws:viaawsservice": {"false"},
	}
	for name, test := range map[string]struct {
		policy string
		want   iam.Verdict
	}{
		"a service alone":                   {forbid("arn:aws:ec2", ""), iam.Denied},
		"a service and a pattern":           {forbid("arn:aws:ec2:*", ""), iam.Denied},
		"a service and a region":            {forbid("arn:aws:ec2:us-west-2", ""), iam.Denied},
		"a service and another region":      {forbid("arn:aws:ec2:eu-west-1", ""), iam.Allowed},
		"a service, a region, an account":   {forbid("arn:aws:ec2:us-west-2:111122223333", ""), iam.Denied},
		"another service":                   {forbid("arn:aws:ssm", ""), iam.Allowed},
		"a day":                             {forbid("*", `{"DateGreaterThan": {"aws:CurrentTime": "2026-05-31"}}`), iam.Denied},
		"a month":                           {forbid("*", `{"DateGreaterThan": {"aws:CurrentTime": "2026-05"}}`), iam.Denied},
		"a year":                            {forbid("*", `{"DateGreaterThan": {"aws:CurrentTime": "2026"}}`), iam.Denied},
		"a minute":                          {forbid("*", `{"DateGreaterThan": {"aws:CurrentTime": "2026-05-31T23:59Z"}}`), iam.Denied},
		"seconds since 1970":                {forbid("*", `{"DateGreaterThan": {"aws:CurrentTime": "1780271999"}}`), iam.Denied},
		"the time in seconds":               {forbid("*", `{"DateGreaterThan": {"aws:EpochTime": "2026-05-31T00:00:00Z"}}`), iam.Denied},
		"a sign of two bytes":               {forbid("*", `{"StringLike": {"aws:ResourceTag/Name": "caf?"}}`), iam.Denied},
		"after any text":                    {forbid("*", `{"StringLike": {"aws:ResourceTag/Name": "*?f?"}}`), iam.Denied},
		"a variable's default":              {forbid("arn:aws:ec2:*:*:security-group/${aws:ResourceTag/ID, 'sg-1'}", ""), iam.Denied},
		"a variable before its default":     {forbid("*", `{"StringEquals": {"aws:username": "${aws:username, 'bob'}"}}`), iam.Denied},
		"an asterisk":                       {forbid("*", `{"StringLike": {"aws:UserAgent": "a${*}?"}}`), iam.Denied},
		"an asterisk that is not there":     {forbid("*", `{"StringLike": {"aws:username": "a${*}"}}`), iam.Allowed},
		"a question mark":                   {forbid("*", `{"StringLike": {"aws:username": "an${?}"}}`), iam.Allowed},
		"a dollar sign":                     {forbid("*", `{"StringEquals": {"aws:username": "${$}"}}`), iam.Allowed},
		"a value that looks like a pattern": {forbid("*", `{"StringLike": {"aws:username": "${aws:ResourceTag/Team}"}}`), iam.Allowed},
		"an address of IPv6":                {forbid("*", `{"IpAddress": {"aws:SourceIp": "2001:DB8::/32"}}`), iam.Denied},
		"no address":                        {forbid("*", `{"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.1"]}}`), iam.Denied},
		"a boolean in capitals":             {forbid("*", `{"Bool": {"aws:ViaAWSService": "False"}}`), iam.Denied},
		"a missing key":                     {forbid("*", `{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}`), iam.Denied},
	} {
		p, err := iam.Parse(test.policy)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := p.Decide(iam.Need{Action: "ec2:DeleteSecurityGroup", Resource: group, Keys: keys}); got != test.want {
			t.Errorf("%s: verdict %d, want %d", name, got, test.want)
		}
	}
}

// TestNoPolicy: what IAM would refuse, or this sandbox could not judge, is refused as a whole.
func TestNoPolicy(t *testing.T) {
	on := func(condition string) string { return policy(allow("*", "*", condition)) }
	for name, text := range map[string]string{
		"an element in small letters":      policy(`{"effect": "Allow", "Action": "*", "Resource": "*"}`),
		"an element of the whole in small": `{"statement": [` + allow("*", "*", "") + `]}`,
		"an element twice":                 policy(`{"Effect": "Deny", "Action": "*", "Resource": "*", "Effect": "Allow"}`),
		"all statements twice":             `{"Statement": [` + allow("*", "*", "") + `], "Statement": [` + allow("ec2:*", "*", "") + `]}`,
		"an operator twice":                on(`{"StringEquals": {"aws:username": "a"}, "StringEquals": {"aws:RequestedRegion": "b"}}`),
		"a key twice":                      on(`{"StringEquals": {"aws:username": "a", "aws:UserName": "b"}}`),
		"a closing bracket more":           policy(allow("*", "*", "")) + "}",
		"the ID of a statement twice":      policy(`{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}`, `{"Sid": "A", "Effect": "Deny", "Action": "*", "Resource": "*"}`),
		"a version that is a number":       `{"Version": 2012, "Statement": ` + allow("*", "*", "") + `}`,
		"nothing in the place of a value":  on(`{"StringEquals": {"aws:username": [null]}}`),
		"nothing for Null":                 on(`{"Null": {"aws:username": []}}`),
		"Null neither true nor false":      on(`{"Null": {"aws:username": "yes"}}`),
		"a boolean neither true nor false": on(`{"Bool": {"aws:ViaAWSService": "yes"}}`),
		"a number that is none":            on(`{"NumericEquals": {"aws:EpochTime": "soon"}}`),
		"a date that is none":              on(`{"DateLessThan": {"aws:CurrentTime": "tomorrow"}}`),
		"an address that is none":          on(`{"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}`),
		"an ARN that is none":              on(`{"ArnLike": {"aws:PrincipalArn": "role/me"}}`),
		"Null where it exists":             on(`{"NullIfExists": {"aws:username": "true"}}`),
		"a key that nobody knows":          on(`{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}`),
		"a key without a service":          on(`{"StringEquals": {"username": "a"}}`),
		"a variable that nobody knows":     policy(allow("*", "arn:aws:ec2:*:*:security-group/${aws:PrincipalTag/group}", "")),
		"a variable without an end":        policy(allow("*", "arn:aws:ec2:*:*:security-group/${aws:username", "")),
		"a partition that is none":         policy(allow("*", "arn:amazon:ec2:*:*:security-group/*", "")),
		"a resource without a service":     policy(allow("*", "arn:aws", "")),
	} {
		if _, err := iam.Parse(text); !wire.IsCode(err, "MalformedPolicyDocument") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

//go:build tools

package sandbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

// givePolicy gives a policy through a server's own door, and returns a user's key.
func givePolicy(t *testing.T, address, principal, policy string) sandbox.AccessKey {
	t.Helper()
	body := `{"principal": "` + principal + `", "policy": ` + policy + `}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/_sandbox/policy", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var key sandbox.AccessKey
	if err := json.NewDecoder(res.Body).Decode(&key); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", res.Status, err)
	}
	return key
}

// as is an environment with other credentials.
func as(env []string, key, secret, token string) []string {
	return slices.Concat(env, []string{"AWS_ACCESS_KEY_ID=" + key, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_SESSION_TOKEN=" + token})
}

// TestPolicyOfClients: the AWS CLI and boto3 sign as the sandbox expects it, and
// are told what they may not do.
func TestPolicyOfClients(t *testing.T) {
	_, address, _ := serve(t, sandbox.Options{})
	const ann = "arn:aws:iam::123456789012:user/ann"
	key := givePolicy(t, address, ann, statements("ec2:CreateVpc *", "ssm:PutParameter *", "sts:AssumeRole *", "ec2:DescribeVpcs *"))
	env := environment(t, address)
	signed := as(env, key.ID, key.Secret, "")
	runCLI(t, signed, []cliStep{
		{arguments: "sts get-caller-identity --query Arn --output text", want: ann},
		{arguments: "ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.State --output text", want: "pending"},
		{arguments: "ssm put-parameter --name /sg/a --type String --value ü --query Version", want: "1"},
		{arguments: "ssm get-parameter --name /sg/a",
			refused: "An error occurred (AccessDeniedException) when calling the GetParameter operation: User: " + ann + " is not authorized to perform: " +
				"ssm:GetParameter on resource: arn:aws:ssm:us-west-2:123456789012:parameter/sg/a because no identity-based policy allows the ssm:GetParameter action"},
		{arguments: "cloudformation list-stacks",
			refused: "An error occurred (AccessDenied) when calling the ListStacks operation: User: " + ann + " is not authorized to perform: " +
				"cloudformation:ListStacks because no identity-based policy allows the cloudformation:ListStacks action"},
	})
	runCLI(t, as(env, key.ID, "wrong", ""), []cliStep{
		{arguments: "ec2 describe-vpcs", refused: "An error occurred (AuthFailure) when calling the DescribeVpcs operation: " +
			"AWS was not able to validate the provided access credentials"},
	})

	givePolicy(t, address, "arn:aws:iam::123456789012:role/reader", statements("ec2:DescribeVpcs *"))
	got := python(t, signed, "-c", `
import boto3, json, urllib.request
role = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/reader", RoleSessionName="bob")["Credentials"]
def session(secret):
    return boto3.Session(role["AccessKeyId"], secret, role["SessionToken"])
def code(call, **arguments):
    try:
        call(**arguments)
    except Exception as error:
        return error.response["Error"]["Code"]
    return ""
def status(url):
    try:
        return urllib.request.urlopen(url).status
    except Exception as error:
        return error.read().decode()
good, bad = session(role["SecretAccessKey"]), session("wrong")
url = good.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
seen = {
    "read": code(good.client("ec2").describe_vpcs),
    "write": code(good.client("ec2").create_vpc, CidrBlock="10.0.0.0/16"),
    "presigned": status(url),
    "wrong": [code(bad.client("ec2").describe_vpcs), code(bad.client("ssm").describe_parameters), code(bad.client("cloudformation").list_stacks)],
}
print(json.dumps(seen))`)
	want := map[string]any{
		"read": "", "write": "UnauthorizedOperation", "presigned": 200.0,
		"wrong": []any{"AuthFailure", "InvalidSignatureException", "SignatureDoesNotMatch"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

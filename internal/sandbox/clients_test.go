//go:build tools

package sandbox_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
)

// environment makes the AWS CLI and boto3 talk to a served sandbox, whatever the
// machine is configured for.
func environment(t *testing.T, address string) []string {
	t.Helper()
	env := []string{
		"AWS_ACCESS_KEY_ID=123456789012", "AWS_SECRET_ACCESS_KEY=x", "AWS_DEFAULT_REGION=us-west-2",
		"AWS_ENDPOINT_URL=http://" + address, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "NO_PROXY=*",
	}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") {
			env = append(env, variable)
		}
	}
	return env
}

// awsCLI runs aws with space-separated arguments and returns its output.
func awsCLI(t *testing.T, env []string, arguments string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "aws", strings.Fields(arguments)...)
	cmd.Env = env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatalf("run aws: %v", err)
	}
	return strings.TrimSpace(out.String()), strings.TrimSpace(errs.String())
}

// cliStep is a run of the AWS CLI. $name in it stands for what an earlier step
// has printed.
type cliStep struct {
	arguments string
	keep      string // the name for what the step prints
	want      string // or what it must print
	refused   string // or the error it must print
}

func runCLI(t *testing.T, env []string, steps []cliStep) {
	t.Helper()
	known := map[string]string{}
	expand := func(text string) string { return os.Expand(text, func(name string) string { return known[name] }) }
	for _, step := range steps {
		stdout, stderr := awsCLI(t, env, expand(step.arguments))
		if step.keep != "" {
			known[step.keep], step.want = stdout, stdout
			if stdout == "" {
				t.Fatalf("aws %s: %s", step.arguments, stderr)
			}
		}
		if diff := cmp.Diff([]string{expand(step.want), expand(step.refused)}, []string{stdout, strings.TrimPrefix(stderr, "aws: [ERROR]: ")}); diff != "" {
			t.Errorf("aws %s: %s", step.arguments, diff)
		}
	}
}

// TestAWSCLI creates, reads, changes and deletes with the AWS CLI.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	_, address, _ := serve(t, sandbox.Options{})
	const group = " --output text --query SecurityGroups[0]."
	runCLI(t, environment(t, address), []cliStep{
		{arguments: "sts get-caller-identity --query Arn --output text", want: "arn:aws:iam::123456789012:user/sandbox"},
		{arguments: "ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId --output text", keep: "vpc"},
		{arguments: "ec2 describe-vpcs --vpc-ids $vpc --query Vpcs[0].State --output text", want: "available"},
		{arguments: "ec2 create-security-group --group-name web --description web-tier --vpc-id $vpc " +
			"--tag-specifications ResourceType=security-group,Tags=[{Key=Tier,Value=web}] --query GroupId --output text", keep: "web"},
		{arguments: "ec2 create-security-group --group-name WEB --description d --vpc-id $vpc",
			refused: "An error occurred (InvalidGroup.Duplicate) when calling the CreateSecurityGroup operation: " +
				"The security group 'WEB' already exists for VPC '$vpc'"},
		{arguments: "ec2 create-security-group --group-name app --description app-tier --vpc-id $vpc --query GroupId --output text", keep: "app"},
		{arguments: "ec2 authorize-security-group-ingress --group-id $web --protocol tcp --port 443 --cidr 0.0.0.0/0 " +
			"--query SecurityGroupRules[0].SecurityGroupRuleId --output text", keep: "rule"},
		{arguments: "ec2 authorize-security-group-ingress --group-id $web --protocol tcp --port 443 --cidr 0.0.0.0/0",
			refused: "An error occurred (InvalidPermission.Duplicate) when calling the AuthorizeSecurityGroupIngress operation: " +
				`the specified rule "peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW" already exists`},
		{arguments: "ec2 authorize-security-group-ingress --group-id $app --ip-permissions " +
			"IpProtocol=tcp,FromPort=8080,ToPort=8080,UserIdGroupPairs=[{GroupId=$web,Description=from-web}] " +
			"IpProtocol=tcp,FromPort=22,ToPort=22,Ipv6Ranges=[{CidrIpv6=2001:DB8::/32,Description=v6}],PrefixListIds=[{PrefixListId=pl-12345678,Description=list}] " +
			"--query length(SecurityGroupRules)", want: "3"},
		{arguments: "ec2 revoke-security-group-egress --group-id $web --protocol -1 --cidr 0.0.0.0/0 --query Return", want: "true"},
		{arguments: "ec2 describe-security-groups --group-ids $web" + group + "IpPermissionsEgress", want: ""},
		{arguments: "ec2 describe-security-groups --filters Name=tag:Tier,Values=w*" + group + "GroupId", want: "$web"},
		{arguments: "ec2 describe-security-groups --filters Name=ip-permission.group-id,Values=$web" + group + "GroupName", want: "app"},
		{arguments: "ec2 describe-security-groups --filters Name=colour,Values=red",
			refused: "An error occurred (InvalidParameterValue) when calling the DescribeSecurityGroups operation: The filter 'colour' is invalid"},
		{arguments: "ec2 describe-security-groups --group-ids sg-12345678",
			refused: "An error occurred (InvalidGroup.NotFound) when calling the DescribeSecurityGroups operation: The security group 'sg-12345678' does not exist"},
		{arguments: "ec2 describe-security-group-rules --filters Name=group-id,Values=$app " +
			"--query SecurityGroupRules[?Description=='from-web'].ReferencedGroupInfo.GroupId --output text", want: "$web"},
		{arguments: "ec2 update-security-group-rule-descriptions-ingress --group-id $web " +
			"--security-group-rule-descriptions SecurityGroupRuleId=$rule,Description=HTTPS --query Return", want: "true"},
		{arguments: "ec2 describe-security-group-rules --security-group-rule-ids $rule --query SecurityGroupRules[0].Description --output text", want: "HTTPS"},
		{arguments: "ec2 delete-security-group --group-id $web",
			refused: "An error occurred (DependencyViolation) when calling the DeleteSecurityGroup operation: resource $web has a dependent object"},
		{arguments: "ec2 delete-security-group --group-id $app --dry-run",
			refused: "An error occurred (DryRunOperation) when calling the DeleteSecurityGroup operation: Request would have succeeded, but DryRun flag is set."},
		{arguments: "ec2 delete-security-group --group-id $app --query GroupId --output text", want: "$app"},
		{arguments: "ec2 revoke-security-group-ingress --group-id $web --security-group-rule-ids $rule --query RevokedSecurityGroupRules[0].SecurityGroupRuleId --output text", want: "$rule"},
		{arguments: "ec2 delete-security-group --group-id $web --query Return", want: "true"},
		{arguments: "ec2 describe-instances",
			refused: "An error occurred (InvalidAction) when calling the DescribeInstances operation: The action DescribeInstances is not implemented by this sandbox."},
		{arguments: "ssm put-parameter --name /sg/demo/web --type String --value $web --description demo --query Version", want: "1"},
		{arguments: "ssm put-parameter --name /sg/demo/web --type String --value x",
			refused: "An error occurred (ParameterAlreadyExists) when calling the PutParameter operation: The parameter already exists. " +
				"To overwrite this value, set the overwrite option in the request to true."},
		{arguments: "ssm get-parameter --name /sg/demo/web --query Parameter.Value --output text", want: "$web"},
		{arguments: "ssm get-parameters-by-path --path /sg --recursive --query Parameters[0].Name --output text", want: "/sg/demo/web"},
		{arguments: "ssm describe-parameters --parameter-filters Key=Name,Option=BeginsWith,Values=/sg/ --query Parameters[0].Description --output text", want: "demo"},
		{arguments: "ssm get-parameter --name /nope",
			refused: "An error occurred (ParameterNotFound) when calling the GetParameter operation: Parameter /nope not found."},
		{arguments: "ssm delete-parameter --name /sg/demo/web", want: ""},
		{arguments: "cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=$web --query Events[:3].[EventName,Username] --output text",
			want: "DeleteSecurityGroup\tsandbox\nRevokeSecurityGroupIngress\tsandbox\nDeleteSecurityGroup\tsandbox"},
		{arguments: "cloudtrail list-trails", refused: "An error occurred (UnknownOperationException) when calling the ListTrails operation: " +
			"The action ListTrails is not implemented by this sandbox."},
		{arguments: "iam list-users", refused: "An error occurred (InvalidAction) when calling the ListUsers operation: The service 'iam' is not part of this sandbox."},
	})
}

// TestAWSCLINetwork does the same to what groups are used by, and with an assumed
// role.
func TestAWSCLINetwork(t *testing.T) {
	t.Parallel()
	_, address, _ := serve(t, sandbox.Options{})
	runCLI(t, environment(t, address), []cliStep{
		{arguments: "ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId --output text", keep: "vpc"},
		{arguments: "ec2 create-subnet --vpc-id $vpc --cidr-block 10.0.1.0/24 --availability-zone us-west-2c --query Subnet.SubnetId --output text", keep: "subnet"},
		{arguments: "ec2 create-security-group --group-name web --description d --vpc-id $vpc --query GroupId --output text", keep: "web"},
		{arguments: "ec2 create-network-interface --subnet-id $subnet --groups $web --description holder --query NetworkInterface.NetworkInterfaceId --output text", keep: "eni"},
		{arguments: "ec2 describe-network-interfaces --filters Name=group-id,Values=$web --query NetworkInterfaces[].[NetworkInterfaceId,Description,Status,Groups[0].GroupName] --output text",
			want: "$eni\tholder\tavailable\tweb"},
		{arguments: "ec2 delete-security-group --group-id $web",
			refused: "An error occurred (DependencyViolation) when calling the DeleteSecurityGroup operation: resource $web has a dependent object"},
		{arguments: "ec2 create-managed-prefix-list --prefix-list-name offices --max-entries 5 --address-family IPv4 " +
			"--entries Cidr=192.0.2.0/24,Description=Berlin --query PrefixList.Version", want: "1"},
		{arguments: "sts assume-role --role-arn arn:aws:iam::444455556666:role/deployer --role-session-name me --query AssumedRoleUser.Arn --output text",
			want: "arn:aws:sts::444455556666:assumed-role/deployer/me"},
	})
}

// python runs a script that prints, as one JSON object, what boto3 made of the answers of the sandbox to which environ leads.
func python(t *testing.T, environ []string, args ...string) (printed map[string]any) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "python3", args...)
	cmd.Env = environ
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &errs)
	}
	if err := json.Unmarshal(out, &printed); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return printed
}

// TestBoto3 runs testdata/boto3_client.py, which checks nothing itself: it prints
// what boto3 made of the sandbox's answers.
func TestBoto3(t *testing.T) {
	_, address, _ := serve(t, sandbox.Options{})
	got := python(t, environment(t, address), "testdata/boto3_client.py")
	all := map[string]any{
		"IpProtocol": "-1", "IpRanges": []any{map[string]any{"CidrIp": "0.0.0.0/0"}},
		"Ipv6Ranges": []any{}, "PrefixListIds": []any{}, "UserIdGroupPairs": []any{},
	}
	want := map[string]any{
		"vpc":                  map[string]any{"state": "available", "tags": []any{map[string]any{"Key": "Name", "Value": "ü & <main>"}}},
		"new group":            map[string]any{"ingress": []any{}, "egress": []any{all}, "tags": []any{}, "owner": "123456789012"},
		"rules":                []any{"-1 -1 -1 0.0.0.0/0 None", "tcp 443 443 ::/0 HTTPS v6", "tcp 80 90 10.0.0.0/8 HTTP"},
		"group pages":          []any{5.0, 5.0, 4.0},
		"revoke unknown":       "InvalidPermission.NotFound",
		"revoked":              []any{"10.0.0.0/8"},
		"bad port":             "InvalidParameterValue TCP/UDP port (70000) out of range",
		"cannot delete":        "CannotDelete",
		"parameter":            map[string]any{"Value": "a,b", "Type": "StringList", "Version": 2.0, "dated": true},
		"by path":              []any{10.0, 3.0},
		"missing":              "ParameterNotFound",
		"tags":                 []any{map[string]any{"Key": "k", "Value": ""}},
		"account":              "444455556666",
		"elsewhere":            0.0,
		"presigned":            "444455556666",
		"unknown resource":     "InvalidAction",
		"trail":                []any{"AuthorizeSecurityGroupIngress Client.InvalidParameterValue", "RevokeSecurityGroupIngress "},
		"trail agent":          "Boto3",
		"trail next":           true,
		"trail two attributes": "InvalidLookupAttributesException",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

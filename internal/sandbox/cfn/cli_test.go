//go:build tools

package cfn_test

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlops-infra-suite/internal/sandbox"
)

// commandLine is the AWS CLI against a served sandbox.
type commandLine struct {
	t   *testing.T
	dir string
	env []string
}

func newCommandLine(t *testing.T, faults ...sandbox.Fault) commandLine {
	t.Helper()
	box, err := sandbox.Open(filepath.Join(t.TempDir(), "sandbox"), sandbox.Options{Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- box.Serve(t.Context(), listener) }()
	t.Cleanup(func() { // t.Context is done by now
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return commandLine{t, t.TempDir(), []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(),
		"AWS_ACCESS_KEY_ID=" + account, "AWS_SECRET_ACCESS_KEY=x", "AWS_DEFAULT_REGION=" + region,
		"AWS_ENDPOINT_URL=http://" + listener.Addr().String(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}}
}

// run runs aws with arguments and returns its output; the exit code must be as said.
func (c commandLine) run(exit int, args ...string) string {
	c.t.Helper()
	got, out := c.try(args...)
	if got != exit {
		c.t.Fatalf("aws %s: exit %d, want %d\n%s", strings.Join(args, " "), got, exit, out)
	}
	return out
}

// try runs aws with arguments and returns its exit code and output.
func (c commandLine) try(args ...string) (exit int, output string) {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), "aws", args...)
	cmd.Env, cmd.Dir = c.env, c.dir
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		c.t.Fatalf("run aws: %v", err)
	}
	return cmd.ProcessState.ExitCode(), strings.TrimSpace(string(out))
}

// deploy is run with aws cloudformation deploy. The CLI names its change sets by the second: one that falls into the second
// of the last is refused before anything happens, and says nothing about the template; it is tried again.
func (c commandLine) deploy(exit int, body string, args ...string) string {
	c.t.Helper()
	file := filepath.Join(c.dir, "template.yaml")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		c.t.Fatal(err)
	}
	args = append([]string{"cloudformation", "deploy", "--template-file", file, "--stack-name", "s"}, args...)
	for range 10 { // each run takes a good part of a second
		got, out := c.try(args...)
		if strings.Contains(out, "AlreadyExistsException") && strings.Contains(out, "ChangeSet") {
			continue
		}
		if got != exit {
			c.t.Fatalf("aws %s: exit %d, want %d\n%s", strings.Join(args, " "), got, exit, out)
		}
		return out
	}
	c.t.Fatal("aws cloudformation deploy never got a change set of its own")
	return ""
}

func TestCommandLine(t *testing.T) {
	c := newCommandLine(t)
	vpc := c.run(0, "ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId", "--output", "text")
	if out := c.deploy(0, twoTier, "--parameter-overrides", "VpcId="+vpc, "--tags", "a=b"); !strings.Contains(out, "Successfully created/updated stack - s") {
		t.Error(out)
	}
	if out := c.deploy(0, twoTier, "--no-fail-on-empty-changeset", "--tags", "a=b"); !strings.Contains(out, "No changes to deploy. Stack s is up to date") {
		t.Error(out)
	}
	c.deploy(0, replaced(t, twoTier, "FromPort: 443, ToPort: 443", "FromPort: 8443, ToPort: 8443"), "--tags", "a=c")
	c.deploy(255, replaced(t, twoTier, "FromPort: 443, ToPort: 443", "FromPort: 70000, ToPort: 70000"))
	if out := c.deploy(255, replaced(t, twoTier, "IpProtocol: tcp", "Protocol: tcp")); !strings.Contains(out, "Encountered unsupported property Protocol") {
		t.Error(out)
	}
	if out := c.deploy(255, replaced(t, twoTier, "Type: String, Value", "Type: Text, Value")); !strings.Contains(out, "AWS::EarlyValidation::PropertyValidation") {
		t.Error(out)
	}
	var described struct {
		Stacks []struct {
			StackStatus string
			Outputs     []struct{ OutputValue, ExportName string }
			Tags        []struct{ Key, Value string }
		}
	}
	if err := json.Unmarshal([]byte(c.run(0, "cloudformation", "describe-stacks", "--stack-name", "s")), &described); err != nil {
		t.Fatal(err)
	}
	s := described.Stacks[0]
	if s.StackStatus != "UPDATE_ROLLBACK_COMPLETE" || s.Outputs[0].ExportName != "s-web" || s.Tags[0].Value != "c" {
		t.Errorf("%+v", s)
	}
	ports := c.run(0, "ec2", "describe-security-group-rules", "--filters", "Name=group-id,Values="+s.Outputs[0].OutputValue,
		"--query", "SecurityGroupRules[?!IsEgress].ToPort", "--output", "text")
	parameter := c.run(0, "ssm", "get-parameter", "--name", "/sg/s/web", "--query", "Parameter.Value", "--output", "text")
	if ports != "8443" || parameter != s.Outputs[0].OutputValue {
		t.Error(ports, parameter)
	}
	c.run(0, "cloudformation", "delete-stack", "--stack-name", "s")
	c.run(0, "cloudformation", "wait", "stack-delete-complete", "--stack-name", "s")
	c.run(255, "cloudformation", "describe-stacks", "--stack-name", "s")
	if groups := c.run(0, "ec2", "describe-security-groups", "--query", "SecurityGroups[?GroupName!='default']", "--output", "text"); groups != "" {
		t.Error(groups)
	}
}

// The AWS CLI rolls back, imports, and reads what an operation has done.
func TestCommandLineRecovery(t *testing.T) {
	c := newCommandLine(t)
	cloudformation := func(exit int, args ...string) string {
		t.Helper()
		return c.run(exit, append([]string{"cloudformation"}, args...)...)
	}
	status := func(stack string) string {
		return cloudformation(0, "describe-stacks", "--stack-name", stack, "--query", "Stacks[0].StackStatus", "--output", "text")
	}
	vpc := c.run(0, "ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId", "--output", "text")
	parameters := []string{"--parameters", "ParameterKey=VpcId,ParameterValue=" + vpc}
	create := append([]string{"create-stack", "--stack-name", "s", "--disable-rollback", "--template-body",
		replaced(t, small, "CidrIp: 10.0.0.0/8", "CidrIp: x")}, parameters...)
	cloudformation(0, create...)
	if got := status("s"); got != "CREATE_FAILED" {
		t.Error(got)
	}
	failed := cloudformation(0, "describe-events", "--stack-name", "s", "--filters", "FailedEvents=true",
		"--query", "OperationEvents[].[LogicalResourceId,EventType,ResourceStatus]", "--output", "text")
	if failed != "R\tPROVISIONING_ERROR\tCREATE_FAILED" {
		t.Error(failed)
	}
	cloudformation(0, "rollback-stack", "--stack-name", "s")
	if got := status("s"); got != "ROLLBACK_COMPLETE" {
		t.Error(got)
	}
	group := c.run(0, "ec2", "create-security-group", "--group-name", "existing", "--description", "existing", "--vpc-id", vpc,
		"--query", "GroupId", "--output", "text")
	c.run(0, "ssm", "put-parameter", "--name", "/existing", "--type", "String", "--value", "v")
	cloudformation(0, append([]string{"create-change-set", "--stack-name", "i", "--change-set-name", "cs", "--change-set-type", "IMPORT",
		"--template-body", imported, "--resources-to-import", `[
			{"ResourceType":"AWS::EC2::SecurityGroup","LogicalResourceId":"G","ResourceIdentifier":{"Id":"` + group + `"}},
			{"ResourceType":"AWS::SSM::Parameter","LogicalResourceId":"P","ResourceIdentifier":{"Name":"/existing"}}]`}, parameters...)...)
	cloudformation(0, "execute-change-set", "--stack-name", "i", "--change-set-name", "cs")
	cloudformation(0, "wait", "stack-import-complete", "--stack-name", "i")
	cloudformation(255, "cancel-update-stack", "--stack-name", "i")
	cloudformation(255, "continue-update-rollback", "--stack-name", "i")
}

// The AWS CLI and boto3 read drift, failed validations and hooks.
func TestCommandLineDrift(t *testing.T) {
	c := newCommandLine(t, sandbox.Fault{Name: "Hook:MyCompany::Network::Guard", Kind: sandbox.Fail, Probability: 1e-12})
	cloudformation := func(args ...string) string {
		t.Helper()
		return c.run(0, append([]string{"cloudformation"}, args...)...)
	}
	vpc := c.run(0, "ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId", "--output", "text")
	c.deploy(0, guarded, "--parameter-overrides", "VpcId="+vpc)
	group := cloudformation("describe-stack-resource", "--stack-name", "s", "--logical-resource-id", "Web",
		"--query", "StackResourceDetail.PhysicalResourceId", "--output", "text")
	c.run(0, "ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", "443", "--cidr", "203.0.113.0/24")
	c.run(0, "ssm", "delete-parameter", "--name", "/id")

	detection := cloudformation("detect-stack-drift", "--stack-name", "s", "--query", "StackDriftDetectionId", "--output", "text")
	if got := cloudformation("describe-stack-drift-detection-status", "--stack-drift-detection-id", detection,
		"--query", "[DetectionStatus,StackDriftStatus,DriftedStackResourceCount]", "--output", "text"); got != "DETECTION_COMPLETE\tDRIFTED\t2" {
		t.Error(got)
	}
	drifts := cloudformation("describe-stack-resource-drifts", "--stack-name", "s", "--stack-resource-drift-status-filters", "MODIFIED", "DELETED",
		"--query", "StackResourceDrifts[].[LogicalResourceId,StackResourceDriftStatus,PropertyDifferences[0].PropertyPath]", "--output", "text")
	if want := "Id\tDELETED\tNone\nWeb\tMODIFIED\t/SecurityGroupIngress/2"; drifts != want {
		t.Errorf("got  %q\nwant %q", drifts, want)
	}
	if got := cloudformation("detect-stack-resource-drift", "--stack-name", "s", "--logical-resource-id", "DbIn",
		"--query", "StackResourceDrift.StackResourceDriftStatus", "--output", "text"); got != "IN_SYNC" {
		t.Error(got)
	}

	c.run(0, "ssm", "put-parameter", "--name", "/taken", "--type", "String", "--value", "v")
	out := c.deploy(255, replaced(t, guarded, "Name: /id", "Name: /taken"), "--parameter-overrides", "VpcId="+vpc)
	if !strings.Contains(out, "AWS::EarlyValidation::ResourceExistenceCheck") {
		t.Error(out)
	}
	const script = `
import boto3
client = boto3.client("cloudformation")
failed = client.list_change_sets(StackName="s")["Summaries"][-1]["ChangeSetId"]
for e in client.describe_events(ChangeSetName=failed, Filters={"FailedEvents": True})["OperationEvents"]:
    print(e["EventType"], e["ValidationName"], e["ValidationPath"], e["ValidationStatusReason"])
for r in client.list_hook_results(TargetType="CHANGE_SET", TargetId=failed)["HookResults"]:
    print(r["TypeName"], r["Status"], client.get_hook_result(HookResultId=r["HookResultId"])["FailureMode"])
`
	want := "VALIDATION_ERROR NAME_CONFLICT_VALIDATION /Resources/Id/Properties/Name Resource of type 'AWS::SSM::Parameter' " +
		"with identifier '/taken' already exists.\nMyCompany::Network::Guard HOOK_COMPLETE_SUCCEEDED FAIL"
	if got := c.python(script); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// python runs a script and returns what it prints.
func (c commandLine) python(script string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), "python3", "-c", script)
	cmd.Env, cmd.Dir = c.env, c.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("python3: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

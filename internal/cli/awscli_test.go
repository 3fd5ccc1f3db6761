//go:build tools

package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAWSCLISeesTheSet deploys the example through the embedded door and looks at it with the real AWS CLI through the
// served one, as a user would.
func TestAWSCLISeesTheSet(t *testing.T) {
	program, dir := build(t), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	provisioner := func(args ...string) string {
		t.Helper()
		return output(t, nil, program, append([]string{"--workdir", dir, "--sandbox", "-c", "globalbank-prod.yaml"}, args...)...)
	}
	provisioner("create-security-groups", "--force")

	url := serve(t, program, dir)
	aws := func(result any, args ...string) {
		t.Helper()
		text := output(t, []string{
			"AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=123456789012", "AWS_SECRET_ACCESS_KEY=any",
			"AWS_DEFAULT_REGION=us-west-2", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
		}, "aws", append(args, "--output", "json")...)
		if err := json.Unmarshal([]byte(text), result); err != nil {
			t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, text)
		}
	}

	const stack = "globalbank-prod-c001-us-west-2-sg-stack"
	var status []any
	aws(&status, "cloudformation", "describe-stacks", "--stack-name", stack, "--query", "Stacks[0].[StackStatus, EnableTerminationProtection]")
	if diff := cmp.Diff([]any{"CREATE_COMPLETE", true}, status); diff != "" {
		t.Errorf("stack (-want +got):\n%s", diff)
	}

	groups := map[string]string{} // tier by ID
	for _, tier := range []string{"web", "app", "db"} {
		var id string
		aws(&id, "ssm", "get-parameter", "--name", "/sg/globalbank-prod-c001-us-west-2-sg/"+tier+"/SecurityGroupId", "--query", "Parameter.Value")
		groups[id] = tier
	}
	var held []struct {
		GroupID, IPProtocol, CIDRIPv4, CIDRIPv6, Description, Referenced string
		IsEgress                                                         bool
		FromPort, ToPort                                                 int
	}
	aws(&held, "ec2", "describe-security-group-rules", "--query", `SecurityGroupRules[].{GroupID: GroupId, IsEgress: IsEgress,
		IPProtocol: IpProtocol, FromPort: FromPort, ToPort: ToPort, CIDRIPv4: CidrIpv4 || '', CIDRIPv6: CidrIpv6 || '',
		Referenced: ReferencedGroupInfo.GroupId || '', Description: Description || ''}`)
	got := map[string]string{}
	for _, r := range held {
		tier, ours := groups[r.GroupID]
		if !ours {
			continue // the VPC's default group
		}
		direction := map[bool]string{false: "from", true: "to"}[r.IsEgress]
		peer := r.CIDRIPv4 + r.CIDRIPv6 + groups[r.Referenced]
		got[fmt.Sprintf("%s %s %d,%d %s %s", tier, r.IPProtocol, r.FromPort, r.ToPort, direction, peer)] = r.Description
	}
	want := map[string]string{
		"web tcp 443,443 from 0.0.0.0/0":        "HTTPS from anywhere",
		"web tcp 443,443 from ::/0":             "HTTPS from anywhere over IPv6",
		"web tcp 80,80 from 0.0.0.0/0":          "HTTP from anywhere for the redirect to HTTPS",
		"web tcp 80,80 from ::/0":               "HTTP from anywhere over IPv6 for the redirect to HTTPS",
		"web tcp 443,443 to 0.0.0.0/0":          "HTTPS to AWS APIs and updates",
		"web tcp 8443,8443 to app":              "Requests to the app tier",
		"web tcp 9090,9090 to app":              "Prometheus metrics from web tier",
		"app tcp 8443,8443 from web":            "Requests from the web tier",
		"app tcp 9090,9090 from web":            "Prometheus metrics from web tier",
		"app tcp 5432,5432 to db":               "Database connections to the db tier",
		"app tcp 443,443 to 0.0.0.0/0":          "HTTPS to AWS APIs",
		"app tcp 9000,9100 to 10.8.0.0/16":      "Metrics to the hub",
		"db tcp 5432,5432 from app":             "Database connections from the app tier",
		"web icmp 252,86 to 255.255.255.255/32": "Disallow all traffic",
		"app icmp 252,86 to 255.255.255.255/32": "Disallow all traffic",
		"db icmp 252,86 to 255.255.255.255/32":  "Disallow all traffic",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}

	// Through the server now: unchanged, then gone, with nothing left.
	if out := provisioner("create-security-groups", "--force"); !strings.Contains(out, stack+" unchanged") {
		t.Errorf("second run: %s", out)
	}
	provisioner("delete-security-groups", "--force", "--disable-termination-protection")
	var left []int
	aws(&left, "cloudformation", "list-exports", "--query", "[length(Exports)]")
	var named []string
	aws(&named, "ec2", "describe-security-groups", "--query", "SecurityGroups[].GroupName")
	var parameters []string
	aws(&parameters, "ssm", "get-parameters-by-path", "--path", "/sg/", "--recursive", "--query", "Parameters[].Name")
	if diff := cmp.Diff([]any{[]int{0}, []string{"default"}, []string{}}, []any{left, named, parameters}); diff != "" {
		t.Errorf("exports, groups, parameters left (-want +got):\n%s", diff)
	}
}

// TestAWSCLIReadsWhatTheToolWrites deploys a template of the tool without the tool.
func TestAWSCLIReadsWhatTheToolWrites(t *testing.T) {
	program, dir := build(t), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	url := serve(t, program, dir)
	env := []string{
		"AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=210987654321", "AWS_SECRET_ACCESS_KEY=any",
		"AWS_DEFAULT_REGION=eu-central-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
	output(t, nil, program, "--workdir", dir, "-c", "shop-staging.yaml", "create-template")
	template := filepath.Join(dir, "templates", "cornershop-staging-s001-eu-central-1-sg-template.yaml")
	vpc := strings.TrimSpace(output(t, env, "aws", "ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId", "--output", "text"))
	output(t, env, "aws", "cloudformation", "validate-template", "--template-body", "file://"+template)
	output(t, env, "aws", "cloudformation", "create-stack", "--stack-name", "by-hand",
		"--template-body", "file://"+template, "--parameters", "ParameterKey=VpcId,ParameterValue="+vpc)
	status := "CREATE_IN_PROGRESS\n"
	for range 10 { // each look takes the CLI half a second, the stack some milliseconds
		if status != "CREATE_IN_PROGRESS\n" {
			break
		}
		status = output(t, env, "aws", "cloudformation", "describe-stacks", "--stack-name", "by-hand", "--query", "Stacks[0].StackStatus", "--output", "text")
	}
	if status != "CREATE_COMPLETE\n" {
		t.Errorf("status %q", status)
	}
}

// serve starts `sandbox serve` and returns its URL; the server ends with the test.
func serve(t *testing.T, program, dir string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, "--workdir", dir, "sandbox", "serve", "--listen", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stop server: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("server: %v", err)
		}
	})
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("read address of server: %v", err)
	}
	return strings.TrimSpace(url)
}

// output runs a program that must succeed and returns its stdout.
func output(t *testing.T, env []string, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(program), strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

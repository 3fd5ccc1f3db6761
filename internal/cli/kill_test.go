//go:build tools

package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sandbox"
)

// kills is how often each command is killed.
const kills = 10

// TestKilledAtAnyMoment kills the real program, at moments drawn over the whole of a slow deployment, and runs the same
// command again: it ends as if nothing had happened.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	program := build(t)
	more := map[string]string{"configs/my.yaml": `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups:
  scenario: 3-tier-web
  overrides:
    app:
      port_overrides: [{protocol: tcp, old_port: 8080, new_port: 8443}]
      additional_egress: [{protocol: tcp, port_range: 9000-9100, destination: 10.8.0.0/16, description: Metrics to the hub}]
tags: {owner: me}
`}
	actions := map[string]struct {
		deployed bool              // there is a set before
		files    map[string]string // that change before the action
		action   string
	}{
		"create": {false, nil, "create-security-groups"},
		"update": {true, more, "create-security-groups"},
		"delete": {true, nil, "delete-security-groups"},
	}
	for name, tt := range actions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := workdir(t, "dev")
			if tt.deployed {
				succeed(t, program, before, "create-security-groups", "")
			}
			for file, content := range tt.files {
				if err := os.WriteFile(filepath.Join(before, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			undisturbed := copyOf(t, before)
			took := succeed(t, program, undisturbed, tt.action, "150ms")
			want := held(t, undisturbed)

			moments := rand.New(rand.NewPCG(1, 2))
			for range kills {
				dir, moment := copyOf(t, before), time.Duration(moments.Int64N(int64(took)))
				kill(t, program, dir, tt.action, moment)
				succeed(t, program, dir, tt.action, "150ms")
				if diff := cmp.Diff(want, held(t, dir)); diff != "" {
					t.Errorf("killed after %v of %v (-undisturbed +killed):\n%s", moment, took, diff)
				}
			}
		})
	}
}

// TestKilledTestDeployIsFoundLater kills test-deploy while it creates and while it deletes. What is left is a test set that
// delete-security-groups --test-sets finds and removes, whatever state it is in.
func TestKilledTestDeployIsFoundLater(t *testing.T) {
	t.Parallel()
	program := build(t)
	before := workdir(t, "dev")
	took := succeed(t, program, before, "test-deploy", "150ms")
	want, left := held(t, before), 0
	for part := range 4 {
		dir, moment := copyOf(t, before), took*time.Duration(2*part+1)/8
		kill(t, program, dir, "test-deploy", moment)
		if !slices.Equal(held(t, dir), want) {
			left++
		}
		cmd := command(t.Context(), program, dir, "delete-security-groups", "150ms")
		cmd.Args = append(cmd.Args, "--test-sets")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("killed after %v of %v: %v\n%s", moment, took, err, out)
		}
		if diff := cmp.Diff(want, held(t, dir)); diff != "" {
			t.Errorf("killed after %v of %v (-want +left):\n%s", moment, took, diff)
		}
	}
	if left == 0 {
		t.Error("no kill left a test set: nothing was tried")
	}
}

func command(ctx context.Context, program, dir, action, latency string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, "--sandbox", "--force", "--workdir", dir, "-con", "my.yaml", "-act", action)
	cmd.Env = append(os.Environ(), "SG_SANDBOX_LATENCY="+latency)
	return cmd
}

// succeed runs an action to its end, and says how long it took.
func succeed(t *testing.T, program, dir, action, latency string) time.Duration {
	t.Helper()
	began := time.Now()
	if out, err := command(t.Context(), program, dir, action, latency).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", action, err, out)
	}
	return time.Since(began)
}

// kill runs an action and kills it with SIGKILL after a time, unless it ends before.
func kill(t *testing.T, program, dir, action string, after time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	cmd := command(ctx, program, dir, action, "150ms")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		t.Fatalf("%s, before it was killed: %v\n%s", action, err, stderr.String())
	}
}

func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// held is what the sandbox of a working directory holds, with names in the place of IDs: stacks and their change sets, exports,
// parameters, groups and their rules.
func held(t *testing.T, dir string) []string {
	t.Helper()
	box, err := sandbox.Open(filepath.Join(dir, ".sandbox"), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	}()
	cfg := awsenv.Sandbox(awsenv.SandboxOptions{Handler: box, Account: benchAccount, Region: benchRegion})
	w := &workbench{ec2: ec2.NewFromConfig(cfg), cfn: cloudformation.NewFromConfig(cfg)}
	names := map[string]string{}
	for name, id := range w.groups(t) {
		if names[id] != "" {
			t.Errorf("two groups are named %s", name)
		}
		names[id] = name
	}
	lines := append(w.stackLines(t), w.ruleLines(t, names)...)
	parameters, err := ssm.NewFromConfig(cfg).GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/sg"), Recursive: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parameters.Parameters {
		lines = append(lines, fmt.Sprintf("parameter %s: %s", aws.ToString(p.Name), names[aws.ToString(p.Value)]))
	}
	for id, name := range names {
		lines = append(lines, fmt.Sprintf("group %s (%t)", name, strings.HasPrefix(id, "sg-")))
	}
	slices.Sort(lines)
	return lines
}

// stackLines are the stacks with what they export, and the change sets that are left of them.
func (w *workbench) stackLines(t *testing.T) []string {
	t.Helper()
	out, err := w.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range out.Stacks {
		var exports []string
		for _, o := range s.Outputs {
			exports = append(exports, aws.ToString(o.ExportName))
		}
		slices.Sort(exports)
		sets, err := w.cfn.ListChangeSets(t.Context(), &cloudformation.ListChangeSetsInput{StackName: s.StackId})
		if err != nil {
			t.Fatal(err)
		}
		waiting := 0
		for _, set := range sets.Summaries {
			if set.ExecutionStatus != "EXECUTE_COMPLETE" {
				waiting++
			}
		}
		lines = append(lines, fmt.Sprintf("stack %s %s exports %v, %d change sets wait", aws.ToString(s.StackName), s.StackStatus, exports, waiting))
	}
	return lines
}

// ruleLines are the rules of the groups.
func (w *workbench) ruleLines(t *testing.T, names map[string]string) []string {
	t.Helper()
	rules, err := live.Rules(t.Context(), w.ec2, slices.Sorted(maps.Keys(names)))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range rules {
		lines = append(lines, fmt.Sprintf("rule %s egress=%t %s %d-%d %s%s%s %q", names[r.GroupID], r.Egress, r.Protocol, r.FromPort, r.ToPort,
			r.CIDR, r.PrefixList, names[r.Group], r.Description))
	}
	return lines
}

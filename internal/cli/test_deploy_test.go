package cli_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/cli"
)

type tested struct {
	SGName         string `json:"sg_name"`
	StackName      string `json:"stack_name"`
	Status         string
	Outcome        string
	StackStatus    string `json:"stack_status"`
	SecurityGroups []struct{ ID, Export string }
	Cleanup        string
	Leftovers      []string
	Error          struct{ Code, Message, Hint string }
}

// stacks are the names of all stacks.
func (w *workbench) stacks(t *testing.T) []string {
	t.Helper()
	out, err := w.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, s := range out.Stacks {
		names = append(names, aws.ToString(s.StackName))
	}
	slices.Sort(names)
	return names
}

func TestTestDeploy(t *testing.T) {
	w := newWorkbench(t, "prod")
	const set = "my-prod-m001-us-west-2-sg"
	w.run(t, 0, nil, "create-security-groups", "--force")
	before, groups := w.stacks(t), w.groups(t)

	var got tested
	w.run(t, 0, &got, "test-deploy", "--force")
	if !regexp.MustCompile(`^`+set+`-t[0-9a-f]{6}$`).MatchString(got.SGName) || got.StackName != got.SGName+"-stack" {
		t.Errorf("the test set is called %s, its stack %s", got.SGName, got.StackName)
	}
	if got.Status != "ok" || got.Outcome != "created" || got.StackStatus != "CREATE_COMPLETE" || got.Cleanup != "deleted" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]any{before, groups}, []any{w.stacks(t), w.groups(t)}); diff != "" {
		t.Errorf("stacks and groups (-before +after):\n%s", diff)
	}

	// A kept one has no termination protection, is found by the next run, and goes on request.
	var kept tested
	w.run(t, 0, &kept, "test-deploy", "--force", "--keep")
	if kept.Cleanup != "kept" || kept.SGName == got.SGName || w.status(t, kept.StackName) != "CREATE_COMPLETE" {
		t.Errorf("got %+v", kept)
	}
	w.run(t, 0, &got, "test-deploy", "--force")
	if diff := cmp.Diff([]string{kept.StackName}, got.Leftovers); diff != "" {
		t.Errorf("leftovers (-want +got):\n%s", diff)
	}
	r := w.run(t, 0, nil, "delete-security-groups", "--test-sets", "--dry-run")
	if strings.Count(r.Stdout, "would be deleted") != 16 || w.status(t, kept.StackName) == "" {
		t.Errorf("dry run:\n%s", r.Stdout)
	}
	r = w.run(t, 0, nil, "delete-security-groups", "--test-sets", "--force")
	if r.Stdout != kept.StackName+" deleted\n" {
		t.Errorf("got %s", r.Stdout)
	}
	r = w.run(t, 0, nil, "delete-security-groups", "--test-sets", "--force")
	if r.Stdout != set+" has no test sets\n" {
		t.Errorf("got %s", r.Stdout)
	}
	if diff := cmp.Diff([]any{before, groups}, []any{w.stacks(t), w.groups(t)}); diff != "" {
		t.Errorf("stacks and groups (-before +after):\n%s", diff)
	}
}

func TestTestDeployDryRunLeavesNothing(t *testing.T) {
	w := newWorkbench(t, "dev")
	r := w.run(t, 0, nil, "test-deploy", "--dry-run")
	if !regexp.MustCompile(`^my-dev-m001-us-west-2-sg-t[0-9a-f]{6}-stack \(create\): 16 to add`).MatchString(r.Stdout) {
		t.Errorf("got %s", r.Stdout)
	}
	if left := w.stacks(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// Stacks that only look like test sets of this config are none of it.
func TestTestSetsAreOnlyOurs(t *testing.T) {
	w := newWorkbench(t, "dev")
	template := `Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}}`
	for _, name := range []string{"my-dev-m001-us-west-2-sg-t0123ab-stack", "my-dev-m001-us-west-2-sg-two-t0123ab-stack"} {
		if _, err := w.cfn.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &template}); err != nil {
			t.Fatal(err)
		}
	}
	before := w.stacks(t)
	var got tested
	w.run(t, 0, &got, "test-deploy", "--force")
	w.run(t, 0, nil, "delete-security-groups", "--test-sets", "--force")
	if diff := cmp.Diff(before, w.stacks(t)); diff != "" || len(got.Leftovers) > 0 {
		t.Errorf("leftovers %v, stacks (-before +after):\n%s", got.Leftovers, diff)
	}
}

func TestTestDeployCleansUpAfterAFailure(t *testing.T) {
	dir := workdir(t, "dev")
	var got tested
	faults := []string{"SG_SANDBOX_FAULTS=DbSecurityGroupIdParameter=fail"}
	runIn(t.Context(), t, dir, faults, 1, &got, "test-deploy", "--force", "--sandbox")
	if got.Status != "failed" || got.Cleanup != "deleted" || !strings.Contains(got.Error.Message, "Failure injected") {
		t.Errorf("got %+v", got)
	}
	var left deleted
	runIn(t.Context(), t, dir, nil, 0, &left, "delete-security-groups", "--test-sets", "--force", "--sandbox")
	if left.Outcome != "absent" {
		t.Errorf("a test set is left: %+v", left)
	}
}

// Where nothing could be written, there is nothing to clean up: the first error stands alone.
func TestTestDeployWithoutAVPC(t *testing.T) {
	w := newWorkbench(t, "dev")
	w.calls.Reset()
	t.Setenv("AWS_ACCESS_KEY_ID", "210987654321")
	var got tested
	w.run(t, 6, &got, "test-deploy", "--force")
	if got.Error.Code != "WRONG_ACCOUNT" || got.Cleanup != "" || len(w.calls.Calls()) != 1 {
		t.Errorf("got %+v after %v", got, w.calls.Calls())
	}
}

// interrupts is an environment of the process in which Ctrl-C is pressed at these moments. The first ends ctx.
func interrupts(t *testing.T, moments ...time.Duration) (ctx context.Context, env cli.Env) {
	ctx, first := context.WithCancel(t.Context())
	time.AfterFunc(moments[0], first)
	began := time.Now()
	env.Interrupted = func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		for _, moment := range moments[1:] {
			time.AfterFunc(moment-time.Since(began), cancel)
		}
		return ctx, cancel
	}
	return ctx, env
}

func TestTestDeployInterrupted(t *testing.T) {
	latency := []string{"SG_SANDBOX_LATENCY=10s"} // of a virtual clock; the set takes some four of them
	tests := map[string]struct {
		moments []time.Duration
		args    []string
		cleanup string
		says    string // the error
		left    int    // stacks
	}{
		"once while it creates":   {[]time.Duration{15 * time.Second}, nil, "deleted", "interrupted; nothing of the test set", 0},
		"once while it deletes":   {[]time.Duration{40 * time.Second}, nil, "deleted", "interrupted; nothing of the test set", 0},
		"a second time":           {[]time.Duration{15 * time.Second, 16 * time.Second}, nil, "left", "is left: interrupted while", 1},
		"once, but it is to stay": {[]time.Duration{15 * time.Second}, []string{"--keep"}, "kept", "is kept", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := workdir(t, "dev")
				ctx, env := interrupts(t, tt.moments...)
				env.Environ = latency
				var got tested
				runWith(ctx, t, env, dir, 130, &got, append([]string{"test-deploy", "--force", "--sandbox"}, tt.args...)...)
				if got.Cleanup != tt.cleanup || got.Error.Code != "INTERRUPTED" || !strings.Contains(got.Error.Message, tt.says) {
					t.Errorf("got %+v", got)
				}
				if tt.cleanup == "left" && !strings.Contains(got.Error.Hint, "delete-security-groups --test-sets") {
					t.Errorf("hint %q", got.Error.Hint)
				}
				// What is left goes by the command that the hint names.
				var left deleted
				runIn(t.Context(), t, dir, nil, 0, &left, "delete-security-groups", "--test-sets", "--force", "--sandbox")
				if len(left.Stacks) != tt.left {
					t.Errorf("%v were left", left.Stacks)
				}
			})
		})
	}
}

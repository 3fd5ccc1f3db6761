package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stoppedRun is what a command says that ended before CloudFormation did.
type stoppedRun struct {
	Status      string
	Outcome     string
	StackStatus string `json:"stack_status"`
	Error       struct{ Code, Message, Hint string }
}

// A deployment that is interrupted, or whose time is over, tells in what state it left the stack and how to go on; the same command
// goes on, and finds the work done.
func TestStoppedDeploymentTellsTheStackStatus(t *testing.T) {
	tests := map[string]struct {
		deploy      string
		interrupted time.Duration
		exit        int
	}{
		"interrupted": {"1h", 20 * time.Second, 130},
		"timeout":     {"15s", time.Hour, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := workdir(t, "dev")
				settings := filepath.Join(dir, "app_config.yaml")
				if err := os.WriteFile(settings, []byte("timeouts: {deploy: "+tt.deploy+"}\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				ctx, env := interrupts(t, tt.interrupted)
				env.Environ = []string{"SG_SANDBOX_LATENCY=10s"}
				var got stoppedRun
				runWith(ctx, t, env, dir, tt.exit, &got, "create-security-groups", "--force", "--sandbox")
				if got.Status != "failed" || got.StackStatus != "CREATE_IN_PROGRESS" || got.Outcome != "" ||
					!strings.EqualFold(got.Error.Code, name) || !strings.Contains(got.Error.Hint, "same command again") {
					t.Errorf("got %+v", got)
				}
				if err := os.Remove(settings); err != nil {
					t.Fatal(err)
				}
				var then stoppedRun
				runIn(t.Context(), t, dir, nil, 0, &then, "create-security-groups", "--force", "--sandbox")
				if then.Outcome != "unchanged" || then.StackStatus != "CREATE_COMPLETE" {
					t.Errorf("then %+v", then)
				}
			})
		})
	}
}

// The first Ctrl-C says that a second one stops at once; the second does, and says what is left and how to remove it.
func TestSecondInterruptStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := workdir(t, "dev")
		began := time.Now()
		ctx, env := interrupts(t, 15*time.Second, 17*time.Second)
		env.Environ = []string{"SG_SANDBOX_LATENCY=10s"}
		told := runWith(ctx, t, env, dir, 130, nil, "test-deploy", "--force", "--sandbox")
		if took := time.Since(began); took < 17*time.Second || took > 18*time.Second {
			t.Errorf("ended after %v", took)
		}
		for _, want := range []string{
			"interrupted: removing the test set my-dev-m001-us-west-2-sg-t", "; Ctrl-C once more stops at once",
			"error: the test set my-dev-m001-us-west-2-sg-t", " is left: interrupted while",
			"hint: to remove it: sg-provisioner -con my.yaml -act delete-security-groups --test-sets",
		} {
			if !strings.Contains(told.Stderr, want) {
				t.Errorf("%q is not in\n%s", want, told.Stderr)
			}
		}
	})
}

// A test set can be interrupted while it is deleted: it is deleted all the same, by the deletion that has begun.
func TestTestDeployInterruptedWhileItIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := workdir(t, "dev")
		ctx, env := interrupts(t, 45*time.Second)
		env.Environ = []string{"SG_SANDBOX_LATENCY=10s"}
		var got tested
		told := runWith(ctx, t, env, dir, 130, &got, "test-deploy", "--force", "--sandbox")
		before, after, found := strings.Cut(told.Stderr, "interrupted: removing the test set")
		if !found || !strings.Contains(before, "DELETE_IN_PROGRESS") || strings.Contains(before, "DELETE_COMPLETE  AWS::CloudFormation::Stack") ||
			got.Cleanup != "deleted" || got.Error.Code != "INTERRUPTED" {
			t.Errorf("got %+v\n%s\n---\n%s", got, before, after)
		}
		var left deleted
		runIn(t.Context(), t, dir, nil, 0, &left, "delete-security-groups", "--test-sets", "--force", "--sandbox")
		if left.Outcome != "absent" {
			t.Errorf("left: %+v", left)
		}
	})
}

// What a hook warns of is shown by a plan, and before the question, and forbids nothing.
func TestWarningsOfCloudFormationAreShown(t *testing.T) {
	const says = "MyCompany::Network::Guard: Hook failed with message"
	synctest.Test(t, func(t *testing.T) {
		dir := workdir(t, "dev")
		environ := []string{"SG_SANDBOX_FAULTS=Hook:MyCompany::Network::Guard=warn"}
		var got struct {
			Findings []struct{ ID, Severity, Message string }
		}
		warned := func() (n int) {
			for _, f := range got.Findings {
				if f.ID == "CFN002" && f.Severity == "warning" && strings.Contains(f.Message, says) {
					n++
				}
			}
			return n
		}
		for _, args := range [][]string{{"show-changes"}, {"create-security-groups", "--dry-run"}, {"create-security-groups", "--force"}} {
			args = append(args, "--sandbox")
			dir := workdir(t, "dev")
			runIn(t.Context(), t, dir, environ, 0, &got, args...)
			if warned() != 1 {
				t.Errorf("%s: findings %+v", args, got.Findings)
			}
		}
		if r := runIn(t.Context(), t, dir, environ, 0, nil, "show-changes", "--sandbox"); !strings.Contains(r.Stdout+r.Stderr, says) {
			t.Errorf("show-changes:\n%s%s", r.Stdout, r.Stderr)
		}
		r := runIn(t.Context(), t, dir, environ, 0, nil, "create-security-groups", "--force", "--sandbox")
		shown, begun := strings.Index(r.Stderr, says), strings.Index(r.Stderr, "CREATE_IN_PROGRESS")
		if shown < 0 || begun < shown || strings.Count(r.Stdout+r.Stderr, says) != 1 {
			t.Errorf("create-security-groups: told at %d, begun at %d:\n%s", shown, begun, r.Stderr)
		}
	})
}

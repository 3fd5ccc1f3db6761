package cli_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// A stack that can't be deleted because its groups name each other by rules that CloudFormation has lost is led out by --recover.
func TestRecoveryRevokesRemadeRules(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.remake(intoDB, outToDB)
		b.by(func(h *hands) {
			if _, err := cloudformation.NewFromConfig(h.cfg["alice"]).DeleteStack(t.Context(), &cloudformation.DeleteStackInput{
				StackName: aws.String(driftSet + "-stack"),
			}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		})
		var got leaving
		b.run(6, &got, "create-security-groups", "--force")
		if got.Error.Code != "STUCK" || !strings.Contains(got.Error.Message, "DELETE_FAILED") {
			t.Fatalf("%+v", got.Error)
		}
		told := b.run(0, &got, "create-security-groups", "--force", "--recover")
		if got.Outcome != "created" || strings.Count(told.Stderr, "which CloudFormation does not know: ") != 2 {
			t.Errorf("%q\n%s", got.Outcome, told.Stderr)
		}
		b.check(0)
	})
}

// A deployment that is interrupted with rules still to revoke says so, and by which command that is done later.
func TestInterruptWithRemadeRulesSaysWhatIsToDo(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.remake(intoDB)
		b.scenario("5433", "Queries")
		ctx, env := interrupts(t, 15*time.Second)
		env.Environ = []string{"SG_SANDBOX=1", "SG_SANDBOX_LATENCY=10s"}
		var got leaving
		runWith(ctx, t, env, b.dir, 130, &got, "create-security-groups", "--force")
		if got.Error.Code != "INTERRUPTED" || !strings.Contains(got.Error.Hint, "run the same command again") ||
			!strings.HasSuffix(got.Error.Hint, "; when it is done, check-drift --fix --only-added revokes 1 rule that CloudFormation has lost") {
			t.Fatalf("%+v", got.Error)
		}
		b.run(0, nil, "create-security-groups", "--force")
		if !slices.Contains(b.keys(), intoDB) {
			t.Fatal("there is nothing to do")
		}
		b.check(0, "--fix", "--only-added", "--force", "--rules-only")
		if slices.Contains(b.keys(), intoDB) {
			t.Errorf("EC2 holds %q", b.keys())
		}
	})
}

// A rule that changes in both port and description is one rule that goes and one that comes, remade or not.
func TestRuleWithAnotherPortAndDescription(t *testing.T) {
	inDriftBench(t, func(t *testing.T, b *driftBench) {
		b.scenario("5432", "Queries")
		b.run(0, nil, "create-security-groups", "--force")
		b.scenario("5433", "Other words")
		if text := b.run(0, nil, "show-changes").Stdout; !strings.Contains(text, "4 to add, 0 to modify, 4 to remove") &&
			!strings.Contains(text, "2 to add, 0 to modify, 2 to remove") {
			t.Errorf("planned:\n%s", text)
		}
		b.run(0, nil, "create-security-groups", "--force")
		b.wantDescribed("5433", "Other words")
		b.remake("db ingress tcp 5433-5433 app")
		b.scenario("5434", "Words again")
		b.run(0, nil, "create-security-groups", "--force")
		b.wantDescribed("5434", "Words again")
		b.check(0)
	})
}

// wantDescribed wants the database's port to be open, alone, under a description.
func (b *driftBench) wantDescribed(port, description string) {
	b.t.Helper()
	var found []string
	b.by(func(h *hands) {
		for _, r := range h.rules() {
			if strings.HasPrefix(r.key, "db ingress ") {
				found = append(found, r.key+" "+r.description)
			}
		}
	})
	if want := []string{"db ingress tcp " + port + "-" + port + " app " + description}; !slices.Equal(found, want) {
		b.t.Errorf("EC2 holds %q, want %q", found, want)
	}
}

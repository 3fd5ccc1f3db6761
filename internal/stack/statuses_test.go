package stack_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
)

// from runs a test once for each status, in a world in which the stack has been led there.
func from(t *testing.T, test func(*testing.T, *world, stack.Status, func())) {
	for _, status := range types.StackStatus("").Values() {
		t.Run(string(status), func(t *testing.T) {
			in(t, sandbox.Options{Latency: latency}, stack.Options{Owner: "me"}, func(t *testing.T, w *world) {
				lead, ok := ways[stack.Status(status)]
				if !ok {
					t.Fatal("no way leads there")
				}
				mend := lead(t, w)
				w.calls.Reset()
				test(t, w, stack.Status(status), mend)
			})
		})
	}
}

// wayOut is what the user must agree to where no deployment goes on by itself.
var wayOut = map[stack.Status]stack.WayOut{
	stack.CreateFailed: stack.DeleteAndCreate, stack.RollbackFailed: stack.DeleteAndCreate, stack.DeleteFailed: stack.DeleteAndCreate,
	stack.UpdateFailed: stack.RollBack, stack.UpdateRollbackFailed: stack.ContinueRollback, stack.ImportRollbackFailed: stack.NoWayOut,
}

func TestDeploymentFromEveryStatus(t *testing.T) {
	from(t, func(t *testing.T, w *world, status stack.Status, mend func()) {
		spec := w.intact()
		plan, err := w.Plan(t.Context(), spec)
		state, held := errors.AsType[*stack.StateError](err)
		out, expected := wayOut[status]
		if held != expected || held && (state.Status != status || state.WayOut() != out || state.Hint() == "") {
			t.Fatalf("got %v", err)
		}
		if held {
			if out == stack.NoWayOut {
				return
			}
			if mend != nil {
				mend()
			}
			if _, err := w.TakeWayOut(t.Context(), state); err != nil {
				t.Fatal(err)
			}
			plan, err = w.Plan(t.Context(), spec)
		}
		must(t, err)
		if _, err := w.Apply(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(status), "IMPORT_ROLLBACK") {
			w.deleteImported(t)
		}
		w.wantDeployed(t)
	})
}

// wantDeployed wants the account to hold what the intact spec says, and nothing else.
func (w *world) wantDeployed(t *testing.T) {
	t.Helper()
	got := w.holdings(t)
	for i, s := range got.Stacks { // whichever way it got there
		_, rest, _ := strings.Cut(s, "COMPLETE")
		got.Stacks[i] = "demo" + rest
	}
	want := holdings{
		Stacks:     []string{"demo protected=false change sets=0 tags=1 outputs=1"},
		Groups:     map[string][]string{"demo": {"egress=false tcp 80 10.0.0.0/8", "egress=true -1 -1 0.0.0.0/0"}},
		Parameters: []string{"/sg/demo"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the account holds (-want +got):\n%s", diff)
	}
}

func TestDeletionFromEveryStatus(t *testing.T) {
	from(t, func(t *testing.T, w *world, status stack.Status, mend func()) {
		if mend != nil {
			mend()
		}
		want := stack.Deleted
		if status == stack.DeleteComplete {
			want = stack.WasAbsent
		}
		out, err := w.Delete(t.Context(), "demo")
		if err != nil || out.Result != want {
			t.Fatalf("got %s, %v; want %s", out.Result, err, want)
		}
		if strings.HasPrefix(string(status), "IMPORT_ROLLBACK") && status != stack.ImportRollbackFailed {
			w.deleteImported(t)
		}
		if diff := cmp.Diff(holdings{Groups: map[string][]string{}}, w.holdings(t)); diff != "" {
			t.Errorf("the account holds still (-want +got):\n%s", diff)
		}
	})
}

func TestPreviewTouchesNothingWhateverTheStatus(t *testing.T) {
	first := map[stack.Status]stack.Step{stack.RollbackComplete: stack.DeleteFirst}
	for status := range wayOut {
		first[status] = stack.DecideFirst
	}
	from(t, func(t *testing.T, w *world, status stack.Status, _ func()) {
		if status.InProgress() {
			first[status] = stack.WaitFirst
		}
		before := w.everything(t)
		began := time.Now()
		spec := w.spec(80, 8443)
		spec.Resources = []stack.Resource{{"Group", "AWS::EC2::SecurityGroup"}, {"Parameter", "AWS::SSM::Parameter"}}
		plan, err := w.Preview(t.Context(), spec)
		must(t, err)
		if diff := cmp.Diff(first[status], plan.First); diff != "" {
			t.Errorf("first (-want +got):\n%s", diff)
		}
		if creates := status.InProgress() || first[status] != stack.NoStep; creates != (len(writes(w.calls.Calls())) == 0) {
			t.Errorf("calls %q", w.calls.Calls())
		}
		if plan.Unknown != (len(plan.Changes) == 0) || plan.Unknown && plan.First == stack.NoStep {
			t.Errorf("unknown %t, with %d changes", plan.Unknown, len(plan.Changes))
		}
		if (plan.Held != nil) != (plan.First == stack.DecideFirst) || plan.Empty || plan.Before.Name != "demo" {
			t.Errorf("got %+v", plan)
		}
		if took := time.Since(began); took > 3*latency {
			t.Errorf("took %v", took)
		}
		if !status.InProgress() {
			if diff := cmp.Diff(before, w.everything(t)); diff != "" {
				t.Errorf("before and after:\n%s", diff)
			}
		}
		if _, err := w.Apply(t.Context(), plan); !isGone(err) {
			t.Errorf("a preview was applied: %v", err)
		}
	})
}

func isGone(err error) bool {
	_, gone := errors.AsType[*stack.PlanGoneError](err)
	return gone
}

func writes(calls []string) []string {
	return slices.DeleteFunc(slices.Clone(calls), func(call string) bool {
		return strings.HasPrefix(call, "Describe") || strings.HasPrefix(call, "List") || strings.HasPrefix(call, "Get")
	})
}

// everything is all that can be seen of the account, with IDs and times.
func (w *world) everything(t *testing.T) map[string]any {
	t.Helper()
	all := map[string]any{"holdings": w.holdings(t)}
	stacks, err := w.cfn.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	must(t, err)
	for _, s := range stacks.Stacks {
		all[*s.StackId] = fmt.Sprint(s.StackStatus, s.LastUpdatedTime, aws.ToString(s.StackStatusReason), aws.ToString(s.ChangeSetId))
		events, err := w.cfn.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: s.StackId})
		must(t, err)
		all[*s.StackId+" events"] = len(events.StackEvents)
	}
	return all
}

// A stack that can't be deleted as a whole can be deleted without what holds it.
func TestHeldStackIsLeftWithoutWhatHoldsIt(t *testing.T) {
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		ways[stack.DeleteFailed](t, w)
		group := w.group(t, "demo")
		_, err := w.Plan(t.Context(), w.intact())
		state, ok := errors.AsType[*stack.StateError](err)
		if !ok || !slices.Equal(state.Resources(), []string{"Group"}) || !strings.Contains(err.Error(), "Group (AWS::EC2::SecurityGroup): ") {
			t.Fatalf("got %v, held by %q", err, state.Resources())
		}
		if _, err = w.TakeWayOut(t.Context(), state); err == nil {
			t.Fatal("the group is in use, and yet deleted")
		}
		out, err := w.TakeWayOut(t.Context(), state, state.Resources()...)
		must(t, err)
		if len(out.Orphans) != 1 || out.Orphans[0].PhysicalID != group {
			t.Errorf("orphans %+v, want %s", out.Orphans, group)
		}
		if out := w.mustDeploy(t, w.intact()); out.Result != stack.Created {
			t.Errorf("got %s, want created", out.Result)
		}
	})
}

// Nothing is deleted that the caller wants to keep, and CloudFormation won't keep.
func TestRetainingWhatCanBeDeletedIsRefused(t *testing.T) {
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		w.deployed(t)
		if _, err := w.Delete(t.Context(), "demo", "Group"); err == nil || !strings.Contains(err.Error(), "DELETE_FAILED") {
			t.Errorf("got %v", err)
		}
		w.wantDeployed(t)
	})
}

// A rollback that fails can go on without what holds it, and what failed in it is what holds it: not the cause of the rollback.
func TestHeldRollbackGoesOnWithoutWhatHoldsIt(t *testing.T) {
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		ways[stack.UpdateRollbackFailed](t, w)
		_, err := w.Plan(t.Context(), w.intact())
		state, ok := errors.AsType[*stack.StateError](err)
		if !ok || !slices.Equal(state.Resources(), []string{"Parameter"}) {
			t.Fatalf("got %v", err)
		}
		_, err = w.ContinueRollback(t.Context(), "demo")
		failed, ok := errors.AsType[*stack.FailedError](err)
		if !ok || failed.Operation != stack.Revert || failed.First.LogicalID != "Parameter" {
			t.Fatalf("got %v", err)
		}
		out, err := w.ContinueRollback(t.Context(), "demo", state.Resources()...)
		if err != nil || out.Result != stack.RolledBack || out.Stack.Status != stack.UpdateRollbackComplete {
			t.Errorf("got %s in %s, %v", out.Result, out.Stack.Status, err)
		}
		again, err := w.ContinueRollback(t.Context(), "demo")
		if err != nil || again.Result != stack.Unchanged {
			t.Errorf("again: %s, %v", again.Result, err)
		}
	})
}

func TestTemplateOfEveryStatus(t *testing.T) {
	none := []stack.Status{stack.ReviewInProgress, stack.ImportRollbackComplete}
	from(t, func(t *testing.T, w *world, status stack.Status, _ func()) {
		id := "demo"
		if status == stack.DeleteComplete {
			if _, err := w.Template(t.Context(), id); !errors.Is(err, stack.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
			out, err := w.cfn.ListStacks(t.Context(), &cloudformation.ListStacksInput{})
			must(t, err)
			id = aws.ToString(out.StackSummaries[0].StackId)
		}
		got, err := w.Template(t.Context(), id)
		if err != nil || (got == "{}") != slices.Contains(none, status) || !strings.HasPrefix(got, "{") {
			t.Errorf("got %s, %v", got, err)
		}
	})
}

// The table above is complete, and says what the engine says.
func TestWaysOutAreThoseOfTheEngine(t *testing.T) {
	for _, status := range slices.Sorted(maps.Keys(wayOut)) {
		if got := (&stack.StateError{Status: status}).WayOut(); got != wayOut[status] {
			t.Errorf("%s: %s", status, got)
		}
	}
}

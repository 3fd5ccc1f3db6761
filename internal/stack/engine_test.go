package stack_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
)

func TestCreateUpdateAndDelete(t *testing.T) {
	in(t, sandbox.Options{Latency: 3 * time.Second}, stack.Options{}, func(t *testing.T, w *world) {
		created := w.mustDeploy(t, w.spec(80, 443))
		group := created.Stack.Outputs["GroupId"]
		if created.Result != stack.Created || !strings.HasPrefix(group, "sg-") || created.Orphans != nil {
			t.Errorf("got %+v", created)
		}
		want := stack.Stack{
			ID: created.Stack.ID, Name: "demo", Status: stack.CreateComplete,
			Outputs: map[string]string{"GroupId": group}, Parameters: map[string]string{"VpcId": w.vpc},
			Tags: map[string]string{"ManagedBy": "test"}, Created: created.Stack.Created, Updated: created.Stack.Updated,
		}
		if diff := cmp.Diff(want, created.Stack); diff != "" {
			t.Errorf("stack (-want +got):\n%s", diff)
		}

		unchanged := w.mustDeploy(t, w.spec(80, 443))
		if diff := cmp.Diff(stack.Outcome{Result: stack.Unchanged, Stack: created.Stack}, unchanged); diff != "" {
			t.Errorf("unchanged (-want +got):\n%s", diff)
		}
		w.wantChangeSets(t, 0)

		updated := w.mustDeploy(t, w.spec(443, 8443))
		if updated.Result != stack.Updated || updated.Stack.Outputs["GroupId"] != group || updated.Stack.Status != stack.UpdateComplete {
			t.Errorf("got %+v", updated)
		}

		deleted, err := w.Delete(t.Context(), "demo")
		if err != nil {
			t.Fatal(err)
		}
		if deleted.Result != stack.Deleted || deleted.Stack.ID != created.Stack.ID || deleted.Stack.Status != stack.DeleteComplete {
			t.Errorf("got %+v", deleted)
		}
		absent, err := w.Delete(t.Context(), "demo")
		if err != nil || absent.Result != stack.WasAbsent {
			t.Errorf("got %+v, %v", absent, err)
		}
		told := []string{
			"create", "create: CREATE_COMPLETE", "update", "update: UPDATE_COMPLETE", "delete", "delete: DELETE_COMPLETE",
		}
		if diff := cmp.Diff(told, w.told()); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

func TestPlanDescribesTheChanges(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		w.mustDeploy(t, w.spec(80))
		plan, err := w.Plan(t.Context(), w.spec(443))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, c := range plan.Changes {
			got[c.LogicalID] = fmt.Sprintf("%s %s, replacement %s", c.Action, c.Type, c.Replacement)
		}
		want := map[string]string{
			"Port80":  "remove AWS::EC2::SecurityGroupIngress, replacement false",
			"Port443": "add AWS::EC2::SecurityGroupIngress, replacement false",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		if plan.Kind != stack.Update || plan.Empty {
			t.Errorf("kind %s, empty %t", plan.Kind, plan.Empty)
		}
		if err := w.Discard(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		w.wantChangeSets(t, 0)
		w.wantStatus(t, stack.CreateComplete)
		if err := w.Discard(t.Context(), plan); err != nil {
			t.Errorf("a second time: %v", err)
		}
	})
}

func TestDiscardLeavesNothingOfANewStack(t *testing.T) {
	in(t, sandbox.Options{Latency: time.Second}, stack.Options{}, func(t *testing.T, w *world) {
		plan, err := w.Plan(t.Context(), w.spec(80))
		if err != nil {
			t.Fatal(err)
		}
		w.wantStatus(t, stack.ReviewInProgress)
		if err := w.Discard(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		w.wantStatus(t, stack.Absent)
	})
}

// A run that was killed between planning and deciding leaves a change set; that of somebody else must live.
func TestDiscardRemovesLeftoversOfItsOwnerAlone(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{Owner: "me"}, func(t *testing.T, w *world) {
		if _, err := w.Plan(t.Context(), w.spec(80)); err != nil { // and killed
			t.Fatal(err)
		}
		other := stack.New(w.cfn, stack.Options{Tool: "test", Owner: "somebody else"})
		theirs, err := other.Plan(t.Context(), w.spec(443))
		if err != nil {
			t.Fatal(err)
		}
		mine, err := w.Plan(t.Context(), w.spec(80))
		if err != nil {
			t.Fatal(err)
		}
		w.wantChangeSets(t, 3)
		if err := w.Discard(t.Context(), mine); err != nil {
			t.Fatal(err)
		}
		w.wantChangeSets(t, 1)
		if out, err := other.Apply(t.Context(), theirs); err != nil || out.Result != stack.Created {
			t.Errorf("their plan: %v, %v", out.Result, err)
		}
	})
}

func TestPlanThatSomebodyOvertookIsRefused(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		w.mustDeploy(t, w.spec(80))
		plan, err := w.Plan(t.Context(), w.spec(443))
		if err != nil {
			t.Fatal(err)
		}
		w.mustDeploy(t, w.spec(8443))
		_, err = w.Apply(t.Context(), plan)
		if _, ok := errors.AsType[*stack.PlanGoneError](err); !ok {
			t.Errorf("got %v, want a PlanGoneError", err)
		}
	})
}

func TestFailedCreationIsReportedByItsFirstCauseAndRetried(t *testing.T) {
	in(t, sandbox.Options{Latency: 2 * time.Second}, stack.Options{}, func(t *testing.T, w *world) {
		broken := w.spec(80)
		broken.Template = strings.Replace(broken.Template, `"10.0.0.0/8"`, `"10.0.0.0/8", "SourceSecurityGroupId": "sg-0123456789abcdef0"`, 1)
		broken.Template = strings.Replace(broken.Template, `"CidrIp": "10.0.0.0/8", `, ``, 1)
		_, err := w.deploy(t, broken)
		failed, ok := errors.AsType[*stack.FailedError](err)
		if !ok {
			t.Fatalf("got %v, want a FailedError", err)
		}
		if failed.Status != stack.RollbackComplete || failed.First.LogicalID != "Port80" || !strings.Contains(err.Error(), "sg-0123456789abcdef0") {
			t.Errorf("got %v, first %+v", err, failed.First)
		}
		w.events = nil
		if out := w.mustDeploy(t, w.spec(80)); out.Result != stack.Created {
			t.Errorf("got %s, want created", out.Result)
		}
		told := []string{
			"stack demo is left from a failed first try (ROLLBACK_COMPLETE): deleting it and starting over",
			"delete", "delete: DELETE_COMPLETE", "create", "create: CREATE_COMPLETE",
		}
		if diff := cmp.Diff(told, w.told()); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

func TestFailedUpdateGoesBack(t *testing.T) {
	faults := []sandbox.Fault{{Name: "Port443", Kind: sandbox.Fail, Probability: 1}}
	in(t, sandbox.Options{Latency: 2 * time.Second, Faults: faults}, stack.Options{}, func(t *testing.T, w *world) {
		w.mustDeploy(t, w.spec(80))
		_, err := w.deploy(t, w.spec(443))
		failed, ok := errors.AsType[*stack.FailedError](err)
		if !ok {
			t.Fatalf("got %v, want a FailedError", err)
		}
		got := []any{failed.Operation, failed.Status, failed.First.LogicalID, failed.First.Status}
		if diff := cmp.Diff([]any{stack.Update, stack.UpdateRollbackComplete, "Port443", "CREATE_FAILED"}, got); diff != "" {
			t.Error(diff)
		}
		if out := w.mustDeploy(t, w.spec(80)); out.Result != stack.Unchanged {
			t.Errorf("then %s, want unchanged", out.Result)
		}
	})
}

func TestOperationOfSomebodyElseIsWaitedFor(t *testing.T) {
	in(t, sandbox.Options{Latency: 5 * time.Second}, stack.Options{}, func(t *testing.T, w *world) {
		w.start(t, w.spec(80))
		if out := w.mustDeploy(t, w.spec(80)); out.Result != stack.Unchanged {
			t.Errorf("got %s, want unchanged: the other operation has done it", out.Result)
		}
		told := []string{
			"stack demo is being changed by another operation (CREATE_IN_PROGRESS): waiting for its end",
			"attach", "attach: CREATE_COMPLETE",
		}
		if diff := cmp.Diff(told, w.told()); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		if n := resources(w.events); n < 4 {
			t.Errorf("%d resource events of it were shown", n)
		}
	})
}

func TestDeletionOfSomebodyElseIsWaitedFor(t *testing.T) {
	in(t, sandbox.Options{Latency: 5 * time.Second}, stack.Options{}, func(t *testing.T, w *world) {
		w.mustDeploy(t, w.spec(80))
		if _, err := w.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("demo")}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if out, err := w.Delete(t.Context(), "demo"); err != nil || out.Result != stack.Deleted {
			t.Errorf("got %s, %v; want deleted", out.Result, err)
		}
		w.wantStatus(t, stack.Absent)
	})
}

func TestFailedDeletionSaysWhatStandsInTheWay(t *testing.T) {
	in(t, sandbox.Options{Latency: time.Second}, stack.Options{}, func(t *testing.T, w *world) {
		group := w.mustDeploy(t, w.spec(80)).Stack.Outputs["GroupId"]
		w.refer(t, group)
		_, err := w.Delete(t.Context(), "demo")
		failed, ok := errors.AsType[*stack.FailedError](err)
		if !ok {
			t.Fatalf("got %v, want a FailedError", err)
		}
		got := []any{failed.Operation, failed.Status, failed.First.LogicalID, failed.First.PhysicalID, failed.Hint() != ""}
		if diff := cmp.Diff([]any{stack.Delete, stack.DeleteFailed, "Group", group, true}, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		_, err = w.Plan(t.Context(), w.spec(80))
		if state, ok := errors.AsType[*stack.StateError](err); !ok || state.Status != stack.DeleteFailed {
			t.Errorf("got %v, want a StateError", err)
		}
	})
}

func TestDeletionOfAStackUnderReview(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		if _, err := w.Plan(t.Context(), w.spec(80)); err != nil {
			t.Fatal(err)
		}
		if out, err := w.Delete(t.Context(), "demo"); err != nil || out.Result != stack.Deleted {
			t.Errorf("got %s, %v; want deleted", out.Result, err)
		}
		w.wantStatus(t, stack.Absent)
	})
}

// Somebody else can ask for the deletion between our look and our request. The events are those of their request then.
func TestDeletionThatSomebodyElseBeganFirst(t *testing.T) {
	in(t, sandbox.Options{Latency: 5 * time.Second}, stack.Options{}, func(t *testing.T, w *world) {
		w.mustDeploy(t, w.spec(80))
		racing := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.calls.ServeHTTP(rw, r)
			if calls := w.calls.Calls(); calls[len(calls)-1] == "DescribeStacks" && !slices.Contains(calls, "DeleteStack") {
				if _, err := w.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("demo")}); err != nil {
					t.Error(err)
				}
			}
		})
		w.calls.Reset()
		out, err := stack.New(client(racing), stack.Options{}).Delete(t.Context(), "demo")
		if err != nil || out.Result != stack.Deleted {
			t.Errorf("got %s, %v; want deleted", out.Result, err)
		}
		w.wantStatus(t, stack.Absent)
	})
}

func TestTerminationProtection(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		spec := w.spec(80)
		w.mustDeploy(t, spec)
		spec.TerminationProtection = true
		if out := w.mustDeploy(t, spec); out.Result != stack.Unchanged || !out.Stack.TerminationProtection {
			t.Errorf("got %s, protection %t; want it on though nothing else changed", out.Result, out.Stack.TerminationProtection)
		}
		_, err := w.Delete(t.Context(), "demo")
		if _, ok := errors.AsType[*stack.ProtectedError](err); !ok {
			t.Errorf("got %v, want a ProtectedError", err)
		}
		if err := w.Protect(t.Context(), "demo", false); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Delete(t.Context(), "demo"); err != nil {
			t.Error(err)
		}
	})
}

func TestRefusedTemplateIsTheUsersToMend(t *testing.T) {
	tests := map[string]struct{ replace, by, want string }{
		"unknown type":  {"AWS::SSM::Parameter", "AWS::SSM::Nonsense", "AWS::SSM::Nonsense"},
		"not a VPC":     {`"Type": "String", "Value": {"Fn::GetAtt": ["Group", "GroupId"]}`, `"Type": "String", "Value": {"Ref": "Nothing"}`, "Nothing"},
		"not even JSON": {"{", "{{", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
				spec := w.spec(80)
				spec.Template = strings.Replace(spec.Template, tt.replace, tt.by, 1)
				_, err := w.Plan(t.Context(), spec)
				got, ok := errors.AsType[*stack.ChangeSetError](err)
				if !ok || !strings.Contains(got.Reason, tt.want) {
					t.Errorf("got %v, want a ChangeSetError about %q", err, tt.want)
				}
				w.wantStatus(t, stack.Absent)
			})
		})
	}
}

// Whatever call is repeated because its answer was lost, it does its work once.
func TestLostAnswers(t *testing.T) {
	for _, action := range []string{"CreateChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "DeleteStack", "UpdateTerminationProtection"} {
		t.Run(action, func(t *testing.T) {
			faults := []sandbox.Fault{{Name: action, Kind: sandbox.Lost, Probability: 0.7}}
			in(t, sandbox.Options{Faults: faults, Latency: time.Second, Seed: 1}, stack.Options{}, func(t *testing.T, w *world) {
				spec := w.spec(80)
				spec.TerminationProtection = action == "UpdateTerminationProtection"
				if out := w.mustDeploy(t, spec); out.Result != stack.Created {
					t.Errorf("got %s, want created", out.Result)
				}
				if out := w.mustDeploy(t, spec); out.Result != stack.Unchanged {
					t.Errorf("got %s, want unchanged", out.Result)
				}
				if spec.TerminationProtection {
					return
				}
				if out, err := w.Delete(t.Context(), "demo"); err != nil || out.Result != stack.Deleted {
					t.Errorf("got %s, %v; want deleted", out.Result, err)
				}
			})
		})
	}
}

// Polling aside, a deployment takes six calls.
func TestCallsOfADeployment(t *testing.T) {
	in(t, sandbox.Options{Latency: 10 * time.Second}, stack.Options{}, func(t *testing.T, w *world) {
		w.mustDeploy(t, w.spec(80, 443))
		polls := []string{"DescribeChangeSet", "DescribeStackEvents"}
		want := []string{"DescribeStacks", "CreateChangeSet", "DescribeEvents", "ExecuteChangeSet", "DescribeStacks"}
		if diff := cmp.Diff(want, w.calls.Calls(polls...)); diff != "" {
			t.Errorf("calls besides polling (-want +got):\n%s", diff)
		}
		counted := w.calls.Calls(want...)
		events := len(slices.DeleteFunc(counted, func(c string) bool { return c != "DescribeStackEvents" }))
		if events > 20 {
			t.Errorf("%d calls to follow 20 seconds", events)
		}
	})
}

// However long an operation takes, its end is noticed soon and for few calls.
func TestEndIsNoticedAtOnceForFewCalls(t *testing.T) {
	for _, latency := range []time.Duration{0, 20 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second, 20 * time.Second} {
		t.Run(latency.String(), func(t *testing.T) {
			in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
				operations := map[string]func(){
					"1 create": func() { w.mustDeploy(t, w.spec(80, 443)) },
					"2 update": func() { w.mustDeploy(t, w.spec(443, 8443)) },
					"3 delete": func() {
						if _, err := w.Delete(t.Context(), "demo"); err != nil {
							t.Fatal(err)
						}
					},
				}
				for _, name := range slices.Sorted(maps.Keys(operations)) {
					w.events = nil
					w.calls.Reset()
					operations[name]()
					began, ended, told := times(w.events)
					if late := told.Sub(ended); late > 60*time.Millisecond {
						t.Errorf("%s: told %v after the end", name, late)
					}
					looks := w.calls.Calls()
					looks = slices.DeleteFunc(looks, func(call string) bool { return call != "DescribeStackEvents" })
					if most := 6 + int(told.Sub(began)/time.Second); len(looks) > most {
						t.Errorf("%s: %d calls to follow %v, want %d at most", name, len(looks), told.Sub(began), most)
					}
				}
			})
		})
	}
}

package stack_test

import (
	"errors"
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

// meeting is a door at which somebody else acts just before the first call of an action gets through.
func meeting(w *world, action string, act func()) http.Handler {
	return &door{next: w.box, action: action, since: 1, times: 1, fault: func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		act()
		next.ServeHTTP(rw, r)
	}}
}

// Between a look at the stack and the request for a change set, somebody else can begin or end something.
func TestAPlanThatIsOvertakenIsBegunAnew(t *testing.T) {
	tests := map[string]struct {
		lead, act func(*testing.T, *world)
		want      stack.Result
	}{
		"by a creation": {nothing, func(t *testing.T, w *world) { w.start(t, w.intact()) }, stack.Unchanged},
		"by an update":  {deployed, func(t *testing.T, w *world) { w.start(t, w.changed()) }, stack.Updated},
		"by a deletion": {deployed, func(t *testing.T, w *world) {
			_, err := w.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("demo")})
			must(t, err)
		}, stack.Created},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
				tt.lead(t, w)
				w.Engine = w.engine(meeting(w, "CreateChangeSet", func() { tt.act(t, w) }))
				if out := w.mustDeploy(t, w.intact()); out.Result != tt.want {
					t.Errorf("got %s, want %s", out.Result, tt.want)
				}
				w.wantDeployed(t)
			})
		})
	}
}

// Between the plan and its execution the same can happen: then the plan is void.
func TestAPlanIsVoidWhereSomebodyElseIsAtWork(t *testing.T) {
	tests := map[string]func(*testing.T, *world){
		"an update": func(t *testing.T, w *world) { w.start(t, w.changed()) },
		"a deletion": func(t *testing.T, w *world) {
			_, err := w.cfn.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("demo")})
			must(t, err)
		},
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
				w.deployed(t)
				plan, err := w.Plan(t.Context(), w.spec(8443))
				must(t, err)
				act(t, w)
				if _, err := w.Apply(t.Context(), plan); !isGone(err) {
					t.Errorf("got %v, want a PlanGoneError", err)
				}
			})
		})
	}
}

// So it can between a look at the stack and the request to delete it, or to roll it back.
func TestWhoIsBeatenWaitsAndGoesOn(t *testing.T) {
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		w.deployed(t)
		e := w.engine(meeting(w, "DeleteStack", func() { w.start(t, w.changed()) }))
		if out, err := e.Delete(t.Context(), "demo"); err != nil || out.Result != stack.Deleted {
			t.Errorf("got %s, %v", out.Result, err)
		}
		leading(stack.UpdateFailed)(t, w)
		e = w.engine(meeting(w, "RollbackStack", func() {
			_, err := w.cfn.RollbackStack(t.Context(), &cloudformation.RollbackStackInput{StackName: aws.String("demo")})
			must(t, err)
		}))
		if out, err := e.Rollback(t.Context(), "demo"); err != nil || out.Stack.Status != stack.UpdateRollbackComplete {
			t.Errorf("got %s, %v", out.Stack.Status, err)
		}
	})
}

func TestAPreviewThatIsOvertakenSaysSo(t *testing.T) {
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		w.deployed(t)
		w.Engine = w.engine(meeting(w, "CreateChangeSet", func() { w.start(t, w.changed()) }))
		plan, err := w.Preview(t.Context(), w.spec(8443))
		if err != nil || plan.First != stack.WaitFirst || !plan.Unknown || plan.Before.Status != stack.UpdateInProgress {
			t.Errorf("got %+v, %v", plan, err)
		}
	})
}

// A preview touches nobody's plans, those of its own user included, who may be about to decide on one.
func TestAPreviewLeavesPlansAlone(t *testing.T) {
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		mine := w.engine(w.box)
		pending, err := mine.Plan(t.Context(), w.intact())
		must(t, err)
		_, err = w.engine(w.box).Preview(t.Context(), w.changed())
		must(t, err)
		w.wantChangeSets(t, 1)
		if out, err := mine.Apply(t.Context(), pending); err != nil || out.Result != stack.Created {
			t.Errorf("got %s, %v", out.Result, err)
		}
	})
}

// Two previews of the same user at the same time: the one that ends first may take the other's change set for a leftover.
func TestAPreviewThatIsTakenForALeftoverIsBegunAnew(t *testing.T) {
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		second := w.engine(meeting(w, "DescribeChangeSet", func() {
			if _, err := w.engine(w.box).Preview(t.Context(), w.intact()); err != nil {
				t.Error(err)
			}
		}))
		plan, err := second.Preview(t.Context(), w.changed())
		if err != nil || len(plan.Changes) == 0 {
			t.Fatalf("got %+v, %v", plan, err)
		}
		w.wantStatus(t, stack.Absent)
	})
}

// A refused template isn't mistaken for a race, and is asked for once.
func TestARefusalIsNotTriedAgain(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		spec := w.spec(80)
		spec.Template = "{"
		w.calls.Reset()
		_, err := w.Plan(t.Context(), spec)
		if _, ok := errors.AsType[*stack.ChangeSetError](err); !ok {
			t.Errorf("got %v", err)
		}
		if n := len(slices.DeleteFunc(w.calls.Calls(), func(c string) bool { return c != "CreateChangeSet" })); n != 1 {
			t.Errorf("asked for %d times", n)
		}
	})
}

// A group that an update replaces can't be deleted while something uses it: the update succeeds, and the group is left.
func TestAReplacedGroupInUseIsReportedAsAnOrphan(t *testing.T) {
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		group := w.mustDeploy(t, w.spec(80)).Stack.Outputs["GroupId"]
		w.hold(t, group)
		spec := w.spec(80)
		spec.Template = strings.Replace(spec.Template, `"GroupDescription": "demo"`, `"GroupDescription": "another"`, 1)
		plan, err := w.Plan(t.Context(), spec)
		must(t, err)
		replaced := slices.IndexFunc(plan.Changes, func(c stack.Change) bool { return c.LogicalID == "Group" && c.Replacement == stack.Replaced })
		if replaced < 0 {
			t.Fatalf("the plan replaces no group: %+v", plan.Changes)
		}
		out, err := w.Apply(t.Context(), plan)
		must(t, err)
		if out.Result != stack.Updated || len(out.Orphans) != 1 || out.Orphans[0].PhysicalID != group || out.Orphans[0].Reason == "" {
			t.Errorf("got %s with the orphans %+v, want %s", out.Result, out.Orphans, group)
		}
		if now := out.Stack.Outputs["GroupId"]; now == group {
			t.Error("the group wasn't replaced")
		}
	})
}

// The caller may ask CloudFormation, and CloudFormation may not ask EC2 on the caller's behalf.
func TestPermissionsThatEndInTheMiddle(t *testing.T) {
	faults := []sandbox.Fault{{Name: "AuthorizeSecurityGroupIngress", Kind: sandbox.Denied, Probability: 1}}
	in(t, sandbox.Options{Faults: faults, Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		_, err := w.deploy(t, w.spec(80))
		failed, ok := errors.AsType[*stack.FailedError](err)
		if !ok || failed.Status != stack.RollbackComplete || failed.First.LogicalID != "Port80" ||
			!strings.Contains(err.Error(), "ec2:AuthorizeSecurityGroupIngress") || !strings.Contains(failed.Hint(), "permission") {
			t.Errorf("got %v", err)
		}
		want := holdings{Stacks: []string{"demo ROLLBACK_COMPLETE protected=false change sets=0 tags=1 outputs=0"}, Groups: map[string][]string{}}
		if diff := cmp.Diff(want, w.holdings(t)); diff != "" {
			t.Error(diff)
		}
	})
}

// Whatever is waited for when the time is over: the error says so, nothing is cancelled, and the command goes on later.
func TestTimeoutsTellTheStateAndHowToGoOn(t *testing.T) {
	const patience = 3 * time.Second
	tests := map[string]struct {
		lead  func(*testing.T, *world)
		run   func(*testing.T, *world, *stack.Engine) error
		doing string
		then  stack.Status
	}{
		"waiting for somebody else": {
			func(t *testing.T, w *world) { w.start(t, w.intact()) },
			func(t *testing.T, w *world, e *stack.Engine) error {
				_, err := e.Plan(t.Context(), w.intact())
				return err
			},
			"waiting for another operation", stack.CreateInProgress,
		},
		"deleting": {
			deployed,
			func(t *testing.T, _ *world, e *stack.Engine) error {
				_, err := e.Delete(t.Context(), "demo")
				return err
			},
			"watching the deletion", stack.DeleteInProgress,
		},
		"rolling back": {
			leading(stack.UpdateFailed),
			func(t *testing.T, _ *world, e *stack.Engine) error {
				_, err := e.Rollback(t.Context(), "demo")
				return err
			},
			"watching the rollback", stack.UpdateRollbackCompleteCleanup,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in(t, sandbox.Options{Latency: 2 * latency}, stack.Options{}, func(t *testing.T, w *world) {
				tt.lead(t, w)
				began := time.Now()
				err := tt.run(t, w, stack.New(w.cfn, stack.Options{Timeout: patience}))
				got, ok := errors.AsType[*stack.TimeoutError](err)
				if !ok || time.Since(began) != patience {
					t.Fatalf("got %v after %v", err, time.Since(began))
				}
				want := &stack.TimeoutError{StackName: "demo", StackID: got.StackID, Doing: tt.doing, Status: tt.then, After: patience}
				if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(got.Hint(), "same command again") {
					t.Error(diff)
				}
				w.wantStatus(t, tt.then)
			})
		})
	}
}

// Polling aside, no command makes more than eight calls: the budget is twelve.
func TestCallsOfCommands(t *testing.T) {
	want := map[string]int{
		"create": 6, "update": 6, "unchanged": 4, "failed first try": 7, "leftover change set": 5, "preview": 8, "delete": 2,
		"delete a failed try": 2, "continue a rollback": 4, "roll back": 4,
	}
	for _, j := range journeys {
		calls := slices.DeleteFunc(j.undisturbed(t, 0, latency).calls, func(call string) bool { return call == "DescribeChangeSet" || call == "DescribeStackEvents" })
		if len(calls) != want[j.name] {
			t.Errorf("%s: %d calls, want %d: %q", j.name, len(calls), want[j.name], calls)
		}
	}
}

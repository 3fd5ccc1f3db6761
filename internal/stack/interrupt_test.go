package stack_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
)

func TestInterruptStopsWatchingAndNothingElse(t *testing.T) {
	in(t, sandbox.Options{Latency: 10 * time.Second}, stack.Options{}, func(t *testing.T, w *world) {
		plan, err := w.Plan(t.Context(), w.spec(80))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		began := time.Now()
		_, err = w.Apply(ctx, plan)
		got, ok := errors.AsType[*stack.InterruptedError](err)
		if !ok || !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want an InterruptedError that wraps context.Canceled", err)
		}
		if got.StackID != plan.StackID || got.Hint() == "" || time.Since(began) != 5*time.Second {
			t.Errorf("got %+v after %v", got, time.Since(began))
		}
		w.wantStatus(t, stack.CreateInProgress)
		if out := w.mustDeploy(t, w.spec(80)); out.Result != stack.Unchanged {
			t.Errorf("the same command then: %s, want unchanged", out.Result)
		}
	})
}

func TestInterruptedPlanLeavesNothing(t *testing.T) {
	tests := map[string]sandbox.Options{
		"while the change set is made": {Latency: 10 * time.Second},
		"before the answer came":       {Faults: []sandbox.Fault{{Name: "CreateChangeSet", Kind: sandbox.Slow, Delay: 10 * time.Second, Probability: 1}}},
	}
	for name, opt := range tests {
		t.Run(name, func(t *testing.T) {
			in(t, opt, stack.Options{}, func(t *testing.T, w *world) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(5*time.Second, cancel)
				_, err := w.Plan(ctx, w.spec(80))
				got, ok := errors.AsType[*stack.InterruptedError](err)
				if !ok || !errors.Is(err, context.Canceled) {
					t.Fatalf("got %v, want an InterruptedError that wraps context.Canceled", err)
				}
				time.Sleep(time.Minute)
				if w.wantStatus(t, stack.Absent); got.Left != "" {
					t.Errorf("left %s", got.Left)
				}
			})
		})
	}
}

// A change set that is being made can't be deleted yet, maybe: then it is as soon as it can be, or else named.
func TestInterruptedPlanWhoseChangeSetIsBusy(t *testing.T) {
	tests := map[string]struct {
		times int
		left  bool
	}{"for a moment": {3, false}, "for ever": {always, true}}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in(t, sandbox.Options{Latency: time.Minute}, stack.Options{}, func(t *testing.T, w *world) {
				busy := refused(http.StatusBadRequest, "InvalidChangeSetStatus", "ChangeSet [x] cannot be deleted in its current status of [CREATE_IN_PROGRESS]")
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(5*time.Second, cancel)
				_, err := w.engine(&door{next: w.box, action: "DeleteChangeSet", since: 1, times: tt.times, fault: busy}).Plan(ctx, w.spec(80))
				got, ok := errors.AsType[*stack.InterruptedError](err)
				if !ok || (got.Left != "") != tt.left {
					t.Fatalf("got %v, left %q", err, got.Left)
				}
				w.wantStatus(t, map[bool]stack.Status{true: stack.ReviewInProgress}[tt.left])
			})
		})
	}
}

func TestTimeout(t *testing.T) {
	in(t, sandbox.Options{Latency: 10 * time.Second}, stack.Options{Timeout: 12 * time.Second}, func(t *testing.T, w *world) {
		_, err := w.deploy(t, w.spec(80))
		got, ok := errors.AsType[*stack.TimeoutError](err)
		if !ok || errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want a TimeoutError", err)
		}
		want := &stack.TimeoutError{
			StackName: "demo", StackID: got.StackID, Doing: "watching the creation", Status: stack.CreateInProgress, After: 12 * time.Second,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

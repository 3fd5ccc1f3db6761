package stack_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
)

// journey is something that a user does, from a state of the stack to the end. It can be done again, with the same end.
type journey struct {
	name string
	lead func(*testing.T, *world) // to the state in which it begins
	run  func(context.Context, *world, *stack.Engine) error
}

var journeys = []journey{
	{"create", nothing, deploying((*world).protected)},
	{"update", deployed, deploying((*world).protectedChange)},
	{"unchanged", deployed, deploying((*world).intact)},
	{"failed first try", leading(stack.RollbackComplete), deploying((*world).intact)},
	{"leftover change set", func(t *testing.T, w *world) {
		_, err := w.engine(w.box).Plan(t.Context(), w.changed())
		must(t, err)
	}, deploying((*world).intact)},
	{"preview", nothing, previewing},
	{"delete", deployed, removing},
	{"delete a failed try", leading(stack.RollbackFailed), removing},
	{"continue a rollback", leading(stack.UpdateRollbackFailed), recovering},
	{"roll back", leading(stack.UpdateFailed), recovering},
}

func nothing(*testing.T, *world) {}

// leading leads into a status and mends what failed.
func leading(status stack.Status) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		if mend := ways[status](t, w); mend != nil {
			mend()
		}
	}
}

func deployed(t *testing.T, w *world) { w.deployed(t) }

func (w *world) protected() stack.Spec {
	s := w.intact()
	s.TerminationProtection = true
	return s
}

func (w *world) protectedChange() stack.Spec {
	s := w.changed()
	s.TerminationProtection = true
	return s
}

func deploying(spec func(*world) stack.Spec) func(context.Context, *world, *stack.Engine) error {
	return func(ctx context.Context, w *world, e *stack.Engine) error {
		plan, err := e.Plan(ctx, spec(w))
		if err == nil {
			_, err = e.Apply(ctx, plan)
		}
		return err
	}
}

func previewing(ctx context.Context, w *world, e *stack.Engine) error {
	plan, err := e.Preview(ctx, w.changed())
	if err == nil && len(plan.Changes) == 0 {
		return errors.New("a preview without changes")
	}
	return err
}

func removing(ctx context.Context, _ *world, e *stack.Engine) error {
	_, err := e.Delete(ctx, "demo")
	return err
}

func recovering(ctx context.Context, w *world, e *stack.Engine) error {
	plan, err := e.Plan(ctx, w.intact())
	if state, held := errors.AsType[*stack.StateError](err); held {
		_, err = e.TakeWayOut(ctx, state)
		return err
	}
	if err == nil {
		err = e.Discard(ctx, plan)
	}
	return err
}

// engine is an engine of the same user behind a door to the sandbox.
func (w *world) engine(door http.Handler) *stack.Engine {
	return stack.New(client(door), stack.Options{Tool: "test", Owner: "me", Timeout: 30 * time.Minute})
}

// end is how the world is after a journey: what it holds, and what was done to stacks that were more than a plan.
type end struct {
	Holdings holdings
	Effects  []string
}

func (w *world) end(t *testing.T) end {
	t.Helper()
	all, err := w.cfn.ListStacks(t.Context(), &cloudformation.ListStacksInput{})
	must(t, err)
	slices.Reverse(all.StackSummaries) // the newest comes first
	var effects []string
	for _, s := range all.StackSummaries {
		if list := w.effects(t, s); !slices.Equal(list, []string{"DELETE"}) {
			effects = append(effects, list...)
		}
	}
	return end{w.holdings(t), effects}
}

// effects are the operations that somebody asked for on a stack, in order. They are read anew where the stack has had another
// one since they were read last.
func (w *world) effects(t *testing.T, s types.StackSummary) []string {
	t.Helper()
	last := fmt.Sprint(*s.StackId, s.StackStatus, aws.ToTime(s.LastUpdatedTime), aws.ToTime(s.DeletionTime))
	for _, o := range s.LastOperations {
		last += " " + aws.ToString(o.OperationId)
	}
	if list, known := w.asked[last]; known {
		return list
	}
	var list []string
	events := cloudformation.NewDescribeStackEventsPaginator(w.cfn, &cloudformation.DescribeStackEventsInput{StackName: s.StackId})
	for events.HasMorePages() {
		page, err := events.NextPage(t.Context())
		must(t, err)
		for _, ev := range page.StackEvents {
			ofStack := aws.ToString(ev.PhysicalResourceId) == *s.StackId && aws.ToString(ev.ResourceStatusReason) == "User Initiated"
			if ofStack && ev.ResourceStatus != types.ResourceStatus(stack.ReviewInProgress) {
				list = append(list, strings.TrimSuffix(string(ev.ResourceStatus), "_IN_PROGRESS"))
			}
		}
	}
	slices.Reverse(list)
	w.asked[last] = list
	return list
}

// course is how a journey goes of which nothing is in the way.
type course struct {
	start     []byte // the sandbox's file where the journey begins
	vpc       string
	asked     map[string][]string // see effects
	latency   time.Duration       // of a resource
	from, end end
	calls     []string
}

// undisturbed makes a journey, with a CloudFormation that is so far away and takes so long for a resource.
func (j journey) undisturbed(t *testing.T, distance, latency time.Duration) course {
	t.Helper()
	c := j.course(t)
	c.latency = latency
	c.again(t, func(t *testing.T, w *world) {
		must(t, j.run(t.Context(), w, w.engine(far(w.calls, distance))))
		c.end, c.calls = w.end(t), w.calls.Calls()
	})
	return c
}

// course is the journey's up to where it begins.
func (j journey) course(t *testing.T) (c course) {
	t.Helper()
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		j.lead(t, w)
		c.start, c.vpc, c.from = w.snapshot(t), w.vpc, w.end(t)
		c.asked = maps.Clone(w.asked)
	})
	return c
}

// far is a handler that is reached after a time.
func far(h http.Handler, distance time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(distance)
		h.ServeHTTP(w, r)
	})
}

// again runs a test in a world of its own that is where the course begins.
func (c course) again(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour) // the clock starts anew, and nothing may lie in the future
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "sandbox.db"), c.start, 0o600))
		box, err := sandbox.Open(dir, sandbox.Options{Latency: c.latency, NoSync: true})
		must(t, err)
		defer func() { must(t, box.Close()) }()
		w := newWorld(box, c.vpc, stack.Options{})
		w.asked = maps.Clone(c.asked)
		test(t, w)
	})
}

// snapshot is the sandbox's file as it is now.
func (w *world) snapshot(t *testing.T) []byte {
	t.Helper()
	answer := httptest.NewRecorder()
	w.box.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_sandbox/snapshot", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("snapshot: %s", answer.Body)
	}
	return answer.Body.Bytes()
}

// A journey that is made twice ends as one that is made once.
func TestJourneysCanBeRepeated(t *testing.T) {
	for _, j := range journeys {
		t.Run(j.name, func(t *testing.T) {
			c := j.undisturbed(t, 0, latency)
			c.again(t, func(t *testing.T, w *world) {
				for range 2 {
					must(t, j.run(t.Context(), w, w.engine(w.box)))
				}
				diffEnd(t, "made twice", c.end, w.end(t))
			})
		})
	}
}

package stack_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
)

// A hook that only warns lets the plan pass, and the plan says so; so does a preview.
func TestWarningsComeWithThePlan(t *testing.T) {
	faults := []sandbox.Fault{{Name: "Hook:MyCompany::Network::Guard", Kind: sandbox.Warn, Probability: 1}}
	in(t, sandbox.Options{Faults: faults}, stack.Options{}, func(t *testing.T, w *world) {
		want := []stack.ValidationProblem{{
			Name:   "MyCompany::Network::Guard",
			Reason: "Hook failed with message: Failure injected by the sandbox for hook MyCompany::Network::Guard",
		}}
		preview, err := w.Preview(t.Context(), w.spec(80))
		must(t, err)
		plan, err := w.Plan(t.Context(), w.spec(80))
		must(t, err)
		if diff := cmp.Diff([][]stack.ValidationProblem{want, want}, [][]stack.ValidationProblem{preview.Warnings, plan.Warnings}); diff != "" {
			t.Error(diff)
		}
		if out, err := w.Apply(t.Context(), plan); err != nil || out.Result != stack.Created {
			t.Errorf("got %s, %v", out.Result, err)
		}
	})
}

// What a validation only warns of comes with its path; what an endpoint can't tell, or not in time, is none.
func TestWarningsOfValidations(t *testing.T) {
	const event = `<member><EventType>VALIDATION_ERROR</EventType><ValidationFailureMode>%s</ValidationFailureMode>` +
		`<LogicalResourceId>Group</LogicalResourceId><ValidationName>N</ValidationName><ValidationStatusReason>%[1]s</ValidationStatusReason></member>`
	answers := map[string]struct {
		fault fault
		want  []stack.ValidationProblem
		took  time.Duration
	}{
		"warns": {func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
			fmt.Fprintf(rw, `<DescribeEventsResponse><DescribeEventsResult><OperationEvents>`+event+
				`</OperationEvents></DescribeEventsResult></DescribeEventsResponse>`, "WARN")
		}, []stack.ValidationProblem{{"N", "/Resources/Group", "WARN"}}, 0},
		"unknown": {refused(http.StatusBadRequest, "InvalidAction", "Could not find operation"), nil, 0},
		"silent": {func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		}, nil, 5 * time.Second},
	}
	for name, tt := range answers {
		t.Run(name, func(t *testing.T) {
			in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
				began := time.Now()
				plan, err := w.engine(&door{next: w.box, action: "DescribeEvents", since: 1, times: always, fault: tt.fault}).Plan(t.Context(), w.spec(80))
				must(t, err)
				if diff := cmp.Diff(tt.want, plan.Warnings); diff != "" {
					t.Error(diff)
				}
				if took := time.Since(began).Truncate(time.Second); took != tt.took {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

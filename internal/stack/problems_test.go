package stack_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
)

// planned plans something that CloudFormation refuses, and returns why.
func planned(t *testing.T, w *world, spec stack.Spec) *stack.ChangeSetError {
	t.Helper()
	_, err := w.Plan(t.Context(), spec)
	failed, ok := errors.AsType[*stack.ChangeSetError](err)
	if !ok {
		t.Fatalf("got %v, want a ChangeSetError", err)
	}
	w.wantStatus(t, stack.Absent)
	return failed
}

func TestWhatEarlyValidationFindsIsNamed(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		w.putParameter(t, "of somebody else")
		failed := planned(t, w, w.spec(80))
		want := []stack.ValidationProblem{{
			Name: "NAME_CONFLICT_VALIDATION", Path: "/Resources/Parameter/Properties/Name",
			Reason: "Resource of type 'AWS::SSM::Parameter' with identifier '/sg/demo' already exists.",
		}}
		if diff := cmp.Diff(want, failed.Problems); diff != "" {
			t.Error(diff)
		}
		text := "plan changes of stack demo: /Resources/Parameter/Properties/Name: NAME_CONFLICT_VALIDATION: " + want[0].Reason
		if failed.Error() != text || !strings.Contains(failed.Hint(), "outside of the stack") {
			t.Errorf("got %s\nhint %s", failed, failed.Hint())
		}
	})
}

func TestHooksThatRefuseAreNamed(t *testing.T) {
	faults := []sandbox.Fault{{Name: "Hook:MyCompany::Network::Guard", Kind: sandbox.Fail, Probability: 1}}
	in(t, sandbox.Options{Faults: faults}, stack.Options{}, func(t *testing.T, w *world) {
		failed := planned(t, w, w.spec(80))
		if len(failed.Problems) != 1 || failed.Problems[0].Name != "MyCompany::Network::Guard" || failed.Problems[0].Reason == "" {
			t.Errorf("got %+v", failed.Problems)
		}
	})
}

// An endpoint that knows nothing of the details leaves it at the reason of the change set.
func TestProblemsThatCannotBeReadAreNone(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		w.putParameter(t, "of somebody else")
		old := &door{next: w.box, action: "DescribeEvents", since: 1, times: always, fault: refused(http.StatusBadRequest, "InvalidAction", "Could not find operation")}
		w.Engine = w.engine(old)
		failed := planned(t, w, w.spec(80))
		if len(failed.Problems) != 0 || !strings.Contains(failed.Error(), "AWS::EarlyValidation") {
			t.Errorf("got %v", failed)
		}
	})
}

// What AWS can say about validations and hooks is read to the last page and in the order of time, but for what only warns.
func TestProblemsByTheirEvents(t *testing.T) {
	const event = `<member><EventType>%s</EventType><ValidationFailureMode>%s</ValidationFailureMode><LogicalResourceId>%s</LogicalResourceId>` +
		`<ValidationPath>%s</ValidationPath><ValidationName>N</ValidationName><ValidationStatusReason>%s</ValidationStatusReason>` +
		`<HookType>H</HookType><HookStatusReason>%[5]s</HookStatusReason></member>`
	pages := map[string]string{
		"": fmt.Sprintf(event, "VALIDATION_ERROR", "FAIL", "Web", "Properties/VpcId", "fourth") +
			fmt.Sprintf(event, "VALIDATION_ERROR", "WARN", "Web", "/Resources/Web", "warns") + `</OperationEvents><NextToken>2</NextToken>`,
		"2": fmt.Sprintf(event, "HOOK_INVOCATION_ERROR", "", "", "", "third") + fmt.Sprintf(event, "STACK_EVENT", "", "", "", "none") +
			fmt.Sprintf(event, "VALIDATION_ERROR", "FAIL", "Web", "", "second") +
			fmt.Sprintf(event, "VALIDATION_ERROR", "FAIL", "App", "/Resources/App/Properties", "first") + `</OperationEvents>`,
	}
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		w.putParameter(t, "of somebody else")
		d := &door{next: w.box, action: "DescribeEvents", since: 1, times: always, fault: func(rw http.ResponseWriter, r *http.Request, _ http.Handler) {
			if err := r.ParseForm(); err != nil || r.Form.Get("Filters.FailedEvents") != "true" || r.Form.Get("ChangeSetName") == "" {
				t.Errorf("asked for %v", r.Form)
			}
			fmt.Fprintf(rw, `<DescribeEventsResponse><DescribeEventsResult><OperationEvents>%s</DescribeEventsResult></DescribeEventsResponse>`,
				pages[r.Form.Get("NextToken")])
		}}
		w.Engine = w.engine(d)
		want := []stack.ValidationProblem{
			{Name: "N", Path: "/Resources/App/Properties", Reason: "first"},
			{Name: "N", Path: "/Resources/Web", Reason: "second"},
			{Name: "H", Reason: "third"},
			{Name: "N", Path: "/Resources/Web/Properties/VpcId", Reason: "fourth"},
		}
		if diff := cmp.Diff(want, planned(t, w, w.spec(80)).Problems); diff != "" {
			t.Error(diff)
		}
	})
}

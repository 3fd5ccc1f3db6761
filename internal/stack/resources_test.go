package stack_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/stack"
)

func TestResourcesOfAStackThatFailed(t *testing.T) {
	in(t, sandbox.Options{Latency: latency}, stack.Options{}, func(t *testing.T, w *world) {
		ways[stack.DeleteFailed](t, w)
		list, err := w.Resources(t.Context(), "demo")
		must(t, err)
		var left []string
		for _, r := range list {
			if r.Exists() {
				left = append(left, r.LogicalID+" "+r.PhysicalID+" "+r.Status)
			}
		}
		want := []string{"Group " + w.group(t, "demo") + " DELETE_FAILED"}
		if len(list) != 3 || !slices.Equal(left, want) {
			t.Errorf("of %d resources there are %q, want %q", len(list), left, want)
		}
		if _, err := w.Resources(t.Context(), "another"); !errors.Is(err, stack.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
}

func TestSettledWaitsForTheEndOfWhateverIsUnderWay(t *testing.T) {
	from(t, func(t *testing.T, w *world, status stack.Status, _ func()) {
		st, err := w.Settled(t.Context(), "demo")
		gone := status == stack.DeleteComplete || status == stack.DeleteInProgress
		if gone != errors.Is(err, stack.ErrNotFound) || !gone && (err != nil || st.Status.InProgress()) {
			t.Errorf("got %s, %v", st.Status, err)
		}
		if !status.InProgress() && !gone && st.Status != status {
			t.Errorf("got %s", st.Status)
		}
	})
}

func TestListOfStacks(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		w.refer(t, w.mustDeploy(t, w.spec(80)).Stack.Outputs["GroupId"])
		list, err := w.List(t.Context(), func(name string) bool { return strings.HasPrefix(name, "de") })
		if err != nil || len(list) != 1 || list[0].Name != "demo" || len(list[0].Outputs) != 1 {
			t.Errorf("got %+v, %v", list, err)
		}
	})
}

func TestValidateTellsARefusalFromAFailure(t *testing.T) {
	in(t, sandbox.Options{}, stack.Options{}, func(t *testing.T, w *world) {
		must(t, stack.Validate(t.Context(), w.cfn, w.intact().Template, nil))
		err := stack.Validate(t.Context(), w.cfn, `{"Resources": {"X": {"Type": "AWS::No::Such"}}}`, nil)
		no, ok := errors.AsType[*stack.TemplateError](err)
		if !ok || !no.IsUnknownType() || !strings.Contains(err.Error(), "AWS::No::Such") {
			t.Errorf("got %v", err)
		}
		down := &door{next: w.box, action: "ValidateTemplate", since: 1, times: always, fault: refused(http.StatusServiceUnavailable, "ServiceUnavailable", "later")}
		if err := stack.Validate(t.Context(), client(down), "{}", nil); err == nil || errors.As(err, &no) {
			t.Errorf("got %v", err)
		}
	})
}

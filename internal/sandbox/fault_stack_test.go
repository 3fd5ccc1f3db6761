package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"mlops-infra-suite/internal/sandbox"
)

// TestFailingRollback: a fault gets a stack into the states that only a broken
// rollback leads to.
func TestFailingRollback(t *testing.T) {
	inBubble(t, sandbox.Options{Faults: parse(t, "WebHTTPS=fail,Rollback:Web=fail")}, func(w world) {
		w.createStack()
		time.Sleep(time.Hour)
		w.wantStatus(types.StackStatusRollbackFailed)
		const want = "Web: Failure injected by the sandbox for the rollback of resource Web"
		out := must[*cloudformation.DescribeStackResourceOutput](w.T)(w.cfn.DescribeStackResource(w.Context(),
			&cloudformation.DescribeStackResourceInput{StackName: aws.String("demo"), LogicalResourceId: aws.String("Web")}))
		if got := "Web: " + *out.StackResourceDetail.ResourceStatusReason; got != want {
			w.Errorf("got %s, want %s", got, want)
		}
	})
	inBubble(t, sandbox.Options{Faults: parse(t, "WebHTTPS=fail,*=fail:1e-12")}, func(w world) { // a "*" means no rollback
		w.createStack()
		time.Sleep(time.Hour)
		w.wantStatus(types.StackStatusRollbackComplete)
	})
}

// TestFailingHook: a fault is a hook that stands before every deployment.
func TestFailingHook(t *testing.T) {
	inBubble(t, sandbox.Options{Faults: parse(t, "Hook:MyCompany::Network::Guard=fail")}, func(w world) {
		w.createStack()
		w.wantStatus(types.StackStatusRollbackComplete)
		out := must[*cloudformation.ListHookResultsOutput](w.T)(w.cfn.ListHookResults(w.Context(), &cloudformation.ListHookResultsInput{}))
		if len(out.HookResults) != 1 || !strings.HasSuffix(*out.HookResults[0].HookStatusReason, "for hook MyCompany::Network::Guard") {
			w.Errorf("%+v", out.HookResults)
		}
	})
}

// TestWarningHook: one in the mode WARN fails and the deployment goes on; nothing but a hook has that mode.
func TestWarningHook(t *testing.T) {
	inBubble(t, sandbox.Options{Faults: parse(t, "Hook:MyCompany::Network::Guard=warn")}, func(w world) {
		w.createStack()
		w.wantStatus(types.StackStatusCreateComplete)
		out := must[*cloudformation.ListHookResultsOutput](w.T)(w.cfn.ListHookResults(w.Context(), &cloudformation.ListHookResultsInput{}))
		if len(out.HookResults) != 1 || out.HookResults[0].FailureMode != types.HookFailureModeWarn ||
			out.HookResults[0].Status != types.HookStatusHookCompleteFailed {
			w.Errorf("%+v", out.HookResults)
		}
	})
	_, err := sandbox.Open(t.TempDir(), sandbox.Options{Faults: parse(t, "GetParameter=warn")})
	if err == nil || !strings.HasSuffix(err.Error(), "no such fault: GetParameter=warn: only a hook can warn") {
		t.Errorf("got %v", err)
	}
}

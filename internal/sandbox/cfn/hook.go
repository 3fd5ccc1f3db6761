package cfn

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Hook is a check of the account's own that runs before a deployment. The sandbox has only those of its options, and they check
// nothing: Fails says how they answer this time.
type Hook struct {
	Type  string // "MyCompany::Network::Guard"
	Fails bool
	Warns bool // it fails in the mode WARN, which forbids nothing
}

// What hooks are invoked for, and how that ends.
const (
	hookOnChangeSet = "CHANGE_SET"
	hookOnStack     = "STACK"

	hookSucceeded = "HOOK_COMPLETE_SUCCEEDED"
	hookFailed    = "HOOK_COMPLETE_FAILED"

	preProvision = "PRE_PROVISION"
	modeFail     = "FAIL"
	modeWarn     = "WARN"
)

// hookResult is what a hook has said, as it is stored in hookTable.
type hookResult struct {
	ID         string
	Number     uint64 // in the order of invocation
	Type       string
	Status     string
	Reason     string
	Mode       string
	TargetType string
	Target     string // ARN of the change set or the stack
	Stack      string // ARN
	Time       time.Time
}

func (r hookResult) failed() bool { return r.Status == hookFailed }

func (r hookResult) typeARN(call *wire.Call) string {
	return call.ARN("cloudformation", "type/hook/"+strings.ReplaceAll(r.Type, "::", "-"))
}

// invokeHooks asks the account's hooks about a change set or an operation on a
// stack. The reason is why it fails, "" when none has failed (reported wording).
func (e *Engine) invokeHooks(call *wire.Call, s *stack, targetType, target string) (results []hookResult, reason string) {
	if e.opts.Hooks == nil {
		return nil, ""
	}
	var failed []string
	for _, hook := range e.opts.Hooks() {
		r := hookResult{
			ID: call.NewUUID(), Number: call.Tx.Sequence("cfn.hook-result"), Type: hook.Type, Status: hookSucceeded,
			Reason: "Hook succeeded with message: The sandbox's hooks look at nothing", Mode: modeFail, TargetType: targetType, Target: target,
			Stack: s.ID, Time: call.Now,
		}
		if hook.Warns {
			r.Mode = modeWarn
		}
		if hook.Fails {
			r.Status, r.Reason = hookFailed, "Hook failed with message: Failure injected by the sandbox for hook "+hook.Type
		}
		if hook.Fails && !hook.Warns {
			failed = append(failed, hook.Type)
		}
		store.Put(call.Tx, hookTable, call.Key(r.ID), r)
		results = append(results, r)
	}
	if len(failed) > 0 {
		reason = "The following hook(s) failed: [" + strings.Join(failed, ", ") + "]"
	}
	return results, reason
}

// HookResultSummary is what a hook has said, as ListHookResults shows it.
type HookResultSummary struct {
	HookResultId        string
	InvocationPoint     string
	FailureMode         string
	TypeName            string
	TypeVersionId       string
	Status              string
	HookStatusReason    string
	InvokedAt           *time.Time
	TargetType          string
	TargetId            string
	TypeArn             string
	HookExecutionTarget string
}

// ListHookResultsInput is ListHookResults' request.
type ListHookResultsInput struct {
	TargetType string
	TargetId   string
	TypeArn    string
	Status     string
	NextToken  string
}

// check holds the request to the constraints that CloudFormation documents.
func (in *ListHookResultsInput) check() error {
	c := constraints{}
	if in.TargetType != "" {
		c.Enum("targetType", in.TargetType, hookOnChangeSet, hookOnStack, "RESOURCE", "CLOUD_CONTROL")
	}
	if in.Status != "" {
		c.Enum("status", in.Status, "HOOK_IN_PROGRESS", hookSucceeded, hookFailed, "HOOK_FAILED")
	}
	switch err := c.err(); {
	case err != nil:
		return err
	case (in.TargetType == "") != (in.TargetId == ""): // both rules documented, their wording assumed
		return validation("TargetType and TargetId must be specified together")
	case in.Status != "" && in.TypeArn == "":
		return validation("Status can only be specified together with TypeArn")
	}
	return nil
}

// ListHookResultsOutput is ListHookResults' response.
type ListHookResultsOutput struct {
	TargetType  string
	TargetId    string
	HookResults []HookResultSummary
	NextToken   string
}

// listHookResults lists what hooks have said, the latest first (assumed order).
func (e *Engine) listHookResults(call *wire.Call, in *ListHookResultsInput) (*ListHookResultsOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	all := slices.Collect(maps.Values(maps.Collect(store.Scan[hookResult](call.Tx, hookTable, call.Prefix()))))
	slices.SortFunc(all, func(a, b hookResult) int { return cmp.Compare(b.Number, a.Number) })
	var summaries []HookResultSummary
	for _, r := range all {
		if in.TargetId != "" && (r.TargetType != in.TargetType || r.Target != in.TargetId) ||
			in.TypeArn != "" && r.typeARN(call) != in.TypeArn || in.Status != "" && r.Status != in.Status {
			continue
		}
		summary := HookResultSummary{
			HookResultId: r.ID, InvocationPoint: preProvision, FailureMode: r.Mode, TypeName: r.Type,
			TypeVersionId: "00000001", Status: r.Status, HookStatusReason: r.Reason, TargetType: r.TargetType,
			TargetId: r.Target, TypeArn: r.typeARN(call),
		}
		if in.TargetId == "" { // documented
			summary.InvokedAt, summary.HookExecutionTarget = &r.Time, r.Stack
		}
		summaries = append(summaries, summary)
	}
	shown, next, err := page(summaries, func(s HookResultSummary) string { return s.HookResultId }, in.NextToken)
	return &ListHookResultsOutput{TargetType: in.TargetType, TargetId: in.TargetId, HookResults: shown, NextToken: next}, err
}

// GetHookResultInput is GetHookResult's request.
type GetHookResultInput struct{ HookResultId string }

// HookAnnotation is one of the things that a hook has looked at.
type HookAnnotation struct {
	AnnotationName     string
	Status             string
	StatusMessage      string
	RemediationMessage string
	SeverityLevel      string
}

// GetHookResultOutput is GetHookResult's response.
type GetHookResultOutput struct {
	HookResultId     string
	InvocationPoint  string
	FailureMode      string
	TypeName         string
	OriginalTypeName string
	TypeVersionId    string
	TypeArn          string
	Status           string
	HookStatusReason string
	InvokedAt        time.Time
	Annotations      []HookAnnotation
}

// getHookResult shows what a hook has said in detail. The model's Target is of
// resources alone, and is left out.
func (e *Engine) getHookResult(call *wire.Call, in *GetHookResultInput) (*GetHookResultOutput, error) {
	r, ok := store.Get[hookResult](call.Tx, hookTable, call.Key(in.HookResultId))
	if !ok {
		return nil, &wire.Error{Code: "HookResultNotFound", Message: "Hook result " + in.HookResultId + " does not exist", Status: 404}
	}
	out := &GetHookResultOutput{
		HookResultId: r.ID, InvocationPoint: preProvision, FailureMode: r.Mode, TypeName: r.Type, OriginalTypeName: r.Type,
		TypeVersionId: "00000001", TypeArn: r.typeARN(call), Status: r.Status, HookStatusReason: r.Reason, InvokedAt: r.Time,
		Annotations: []HookAnnotation{},
	}
	if r.failed() {
		out.Annotations = append(out.Annotations, HookAnnotation{
			AnnotationName: r.Type, Status: "FAILED", StatusMessage: "The fault Hook:" + r.Type + "=fail is configured",
			RemediationMessage: "Start the sandbox without this fault", SeverityLevel: "HIGH",
		})
	}
	return out, nil
}

package stack

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// ValidationProblem is one thing that CloudFormation's validation of a change set, or a hook, found wrong.
type ValidationProblem struct {
	Name   string // of the validation or the hook, such as PROPERTY_VALIDATION
	Path   string // where in the template, such as /Resources/Web/Properties/VpcId; empty where that isn't told
	Reason string
}

func (p ValidationProblem) String() string {
	text := p.Name + ": " + p.Reason
	if p.Path != "" {
		return p.Path + ": " + text
	}
	return text
}

// problems are the details of a failed change set whose reason only says that there are some: what CloudFormation's own
// validation found, or a hook. An endpoint that doesn't know these operations, and one that denies them, gives none.
func (e *Engine) problems(ctx context.Context, p *Plan, reason string) []ValidationProblem {
	switch {
	case isEarlyValidation(reason):
		problems, _ := e.failedEvents(ctx, p)
		return problems
	case isHookFailure(reason):
		return e.hookFailures(ctx, p)
	default:
		return nil
	}
}

// warningTime bounds the look for warnings: no deployment waits longer for what forbids nothing.
const warningTime = 5 * time.Second

// warnings are what a validation or a hook said against a change set that was made all the same. Documented are their mode, WARN,
// and that DescribeEvents shows them; assumed, that they count as failed events.
func (e *Engine) warnings(ctx context.Context, p *Plan) []ValidationProblem {
	ctx, cancel := context.WithTimeout(ctx, warningTime)
	defer cancel()
	_, warnings := e.failedEvents(ctx, p)
	return warnings
}

// failedEvents reads what failed while a change set was made: what forbids it, and what only warns.
func (e *Engine) failedEvents(ctx context.Context, p *Plan) (problems, warnings []ValidationProblem) {
	pages := cloudformation.NewDescribeEventsPaginator(e.api, &cloudformation.DescribeEventsInput{
		ChangeSetName: aws.String(p.ChangeSetID),
		StackName:     aws.String(p.StackID),
		Filters:       &types.EventFilter{FailedEvents: aws.Bool(true)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			break
		}
		for _, ev := range page.OperationEvents {
			switch problem, mode := problemOf(ev); mode {
			case types.HookFailureModeFail:
				problems = append(problems, problem)
			case types.HookFailureModeWarn:
				warnings = append(warnings, problem)
			}
		}
	}
	slices.Reverse(problems) // the newest event comes first
	slices.Reverse(warnings)
	return problems, warnings
}

// problemOf is the problem that an event is about, and whether it forbids the change (FAIL, also where the event doesn't say) or
// only warns (WARN); any other event has no mode.
func problemOf(ev types.OperationEvent) (ValidationProblem, types.HookFailureMode) {
	switch ev.EventType {
	case types.EventTypeValidationError:
		return ValidationProblem{aws.ToString(ev.ValidationName), pathOf(ev), aws.ToString(ev.ValidationStatusReason)},
			cmp.Or(ev.ValidationFailureMode, types.HookFailureModeFail)
	case types.EventTypeHookInvocationError:
		return ValidationProblem{Name: aws.ToString(ev.HookType), Reason: aws.ToString(ev.HookStatusReason)},
			cmp.Or(ev.HookFailureMode, types.HookFailureModeFail)
	default:
		return ValidationProblem{}, ""
	}
}

// pathOf is where in the template a validation failed. The model calls it a path within the resource; it is reported to begin
// at the template's root.
func pathOf(ev types.OperationEvent) string {
	path, id := aws.ToString(ev.ValidationPath), aws.ToString(ev.LogicalResourceId)
	if id == "" || strings.HasPrefix(path, "/Resources/") {
		return path
	}
	return strings.TrimSuffix("/Resources/"+id+"/"+strings.TrimPrefix(path, "/"), "/")
}

// hookFailures reads which hooks refused a change set.
func (e *Engine) hookFailures(ctx context.Context, p *Plan) []ValidationProblem {
	var problems []ValidationProblem
	in := &cloudformation.ListHookResultsInput{
		TargetType: types.ListHookResultsTargetTypeChangeSet,
		TargetId:   aws.String(p.ChangeSetID),
	}
	for {
		page, err := e.api.ListHookResults(ctx, in)
		if err != nil {
			return problems
		}
		for _, r := range page.HookResults {
			failed := r.Status == types.HookStatusHookCompleteFailed || r.Status == types.HookStatusHookFailed
			if failed && r.FailureMode != types.HookFailureModeWarn {
				problems = append(problems, ValidationProblem{Name: aws.ToString(r.TypeName), Reason: aws.ToString(r.HookStatusReason)})
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return problems
		}
	}
}

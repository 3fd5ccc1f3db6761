package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// ErrNotFound says that no stack has that name.
var ErrNotFound = errors.New("stack doesn't exist")

// errTimeout is the cause of a context that Options.Timeout ended.
var errTimeout = errors.New("timeout of the engine")

// FailedError says that an operation ended otherwise than it was meant.
type FailedError struct {
	StackName string
	StackID   string
	Operation Operation
	Status    Status          // in which the stack was left
	First     ResourceEvent   // the failure that came first: the cause; zero if no event names one
	Failures  []ResourceEvent // all failures with a cause of their own, First included, in the order of time
	Events    []ResourceEvent // everything that happened
}

func (e *FailedError) Error() string {
	text := fmt.Sprintf("%s stack %s: ended in %s", e.Operation, e.StackName, e.Status)
	if e.First.LogicalID != "" {
		text += fmt.Sprintf(": %s (%s): %s", e.First.LogicalID, e.First.Type, e.First.Reason)
	}
	return text
}

// Hint says what to do about the cause, if it is one that is known, or else about the status.
func (e *FailedError) Hint() string {
	hint := hintFor(e.First.Reason)
	if _, stuck := waysOut[e.Status]; stuck && hint == "" {
		return "run the command again: it says what holds the stack in " + string(e.Status) + ", and the way out"
	}
	return hint
}

// ChangeSetError says that CloudFormation refused to make a change set, or failed to.
type ChangeSetError struct {
	StackName string
	Reason    string
	Problems  []ValidationProblem // what a validation before the deployment or a hook found, if one did
	Err       error               // the API's error; nil if the change set itself failed
}

func (e *ChangeSetError) Error() string {
	reason := e.Reason
	if len(e.Problems) > 0 {
		texts := make([]string, len(e.Problems))
		for i, p := range e.Problems {
			texts[i] = p.String()
		}
		reason = strings.Join(texts, "; ")
	}
	return fmt.Sprintf("plan changes of stack %s: %s", e.StackName, reason)
}

func (e *ChangeSetError) Unwrap() error { return e.Err }

// Hint says what to do about the cause, if it is one that is known.
func (e *ChangeSetError) Hint() string {
	for _, p := range e.Problems {
		if hint := hintFor(p.Reason); hint != "" {
			return hint
		}
	}
	return hintFor(e.Reason)
}

// PlanGoneError says that a plan can't be applied any more: another deployment has been made since, or somebody removed
// its change set.
type PlanGoneError struct {
	StackName string
	Err       error
}

func (e *PlanGoneError) Error() string {
	return fmt.Sprintf("apply changes to stack %s: the plan is not valid any more: %s", e.StackName, said(e.Err))
}

func (e *PlanGoneError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *PlanGoneError) Hint() string {
	return "somebody else has changed the stack or removed the plan meanwhile; run the command again for a new plan"
}

// StateError says that a stack is in a status whose way out is the user's decision: Engine.TakeWayOut.
type StateError struct {
	StackName string
	StackID   string
	Status    Status
	Reason    string          // CloudFormation's, often empty
	Held      []ResourceEvent // the resources that failed, which hold the stack there; the newest failure of each
}

func (e *StateError) Error() string {
	text := fmt.Sprintf("stack %s is in %s", e.StackName, e.Status)
	if len(e.Held) == 0 && e.Reason != "" {
		return text + ": " + e.Reason
	}
	for i, ev := range e.Held {
		text += []string{": ", "; "}[min(i, 1)] + fmt.Sprintf("%s (%s): %s", ev.LogicalID, ev.Type, ev.Reason)
	}
	return text
}

// WayOut is the operation that leads out of the status.
func (e *StateError) WayOut() WayOut { return waysOut[e.Status] }

// Resources are the logical IDs of what holds the stack: what a way out can leave alone.
func (e *StateError) Resources() []string {
	var ids []string
	for _, ev := range e.Held {
		if !slices.Contains(ids, ev.LogicalID) {
			ids = append(ids, ev.LogicalID)
		}
	}
	return ids
}

// Hint says how to get out of the status.
func (e *StateError) Hint() string {
	mend := "mend what is named"
	if len(e.Held) > 0 {
		mend = cmp.Or(hintFor(e.Held[0].Reason), mend)
	}
	switch e.WayOut() {
	case ContinueRollback:
		return mend + "; then the rollback can go on (aws cloudformation continue-update-rollback), and the command can be run again"
	case RollBack:
		return "roll the stack back (aws cloudformation rollback-stack), then run the command again"
	case DeleteAndCreate:
		return mend + "; then the stack can be deleted, and the command can be run again"
	default:
		return "look at the stack in the CloudFormation console: this tool knows no way out of the status"
	}
}

// ProtectedError says that a stack may not be deleted while its termination protection is on.
type ProtectedError struct{ StackName string }

func (e *ProtectedError) Error() string {
	return fmt.Sprintf("delete stack %s: termination protection is on", e.StackName)
}

// Hint says how to go on.
func (e *ProtectedError) Hint() string {
	return "switch the termination protection off first, if the stack is really meant to go"
}

// InterruptedError says that the context ended while the engine was at work. It wraps the context's error. What
// CloudFormation has begun goes on; Left says what was left behind.
type InterruptedError struct {
	StackName string
	StackID   string // empty before there is a stack
	Doing     string // such as "watching the update"
	Status    Status // the last one seen, Absent if none was
	Left      string // what is, or may be, left behind, such as a change set that nobody will execute; empty: nothing
	Err       error
}

func (e *InterruptedError) Error() string {
	return fmt.Sprintf("interrupted while %s of stack %s", e.Doing, e.StackName)
}

func (e *InterruptedError) Unwrap() error { return e.Err }

// Hint says what goes on without us, and how to come back to it.
func (e *InterruptedError) Hint() string {
	if e.Left != "" {
		return e.Left + "; the same command works again and removes it"
	}
	if e.Status == DeleteInProgress || e.Doing == watchingDeletion {
		return "the deletion goes on without this command, and what is gone stays gone: run the same command again to come back to it"
	}
	return "nothing was cancelled or deleted: what CloudFormation has begun goes on; run the same command again to come back to it"
}

// TimeoutError says that the engine's timeout expired.
type TimeoutError struct {
	StackName string
	StackID   string
	Doing     string
	Status    Status // the last one seen, Absent if none was
	Left      string // what is, or may be, left behind, such as a change set that nobody will execute; empty: nothing
	After     time.Duration
}

func (e *TimeoutError) Error() string {
	text := fmt.Sprintf("stopped %s of stack %s after %s", e.Doing, e.StackName, e.After)
	if e.Status != Absent {
		text += ", in " + string(e.Status)
	}
	return text
}

func (e *TimeoutError) Unwrap() error { return context.DeadlineExceeded }

// Hint says how to go on.
func (e *TimeoutError) Hint() string {
	if e.Left != "" {
		return e.Left + "; the same command works again and removes it"
	}
	return "CloudFormation goes on by itself; run the same command again to come back to it, or allow it more time"
}

// isNotFound recognises the answers about a stack or change set that doesn't exist; the former has no code of its own.
func isNotFound(err error) bool {
	_, changeSet := errors.AsType[*types.ChangeSetNotFoundException](err)
	return changeSet || hasCode(err, "ValidationError") && strings.Contains(err.Error(), "does not exist")
}

func isProtected(err error) bool {
	return hasCode(err, "ValidationError") && strings.Contains(err.Error(), "TerminationProtection is enabled")
}

// isPlanGone recognises the answers about a change set that can't be executed: executed, obsolete, or deleted.
func isPlanGone(err error) bool {
	_, gone := errors.AsType[*types.ChangeSetNotFoundException](err)
	_, status := errors.AsType[*types.InvalidChangeSetStatusException](err)
	return gone || status
}

// isExecuting recognises the answer about a change set that can't be deleted because it is being executed. (Assumed: that the
// status stands in the message.)
func isExecuting(err error) bool {
	status, ok := errors.AsType[*types.InvalidChangeSetStatusException](err)
	return ok && strings.Contains(status.ErrorMessage(), "EXECUTE_")
}

func isAlreadyThere(err error) bool {
	_, exists := errors.AsType[*types.AlreadyExistsException](err)
	return exists
}

// isAnswer reports whether err is what the API said, rather than a failure to reach it or to hear its answer.
func isAnswer(err error) bool {
	_, ok := errors.AsType[smithy.APIError](err)
	return ok
}

func hasCode(err error, code string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == code
}

// said is an error in the API's own words, without what the SDK puts around them.
func said(err error) string {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return err.Error()
	}
	text := api.ErrorMessage()
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok && answer.ServiceRequestID() != "" {
		text += " (request " + answer.ServiceRequestID() + ")"
	}
	return text
}

// refusal is what the API says about a request that it finds not valid.
func refusal(err error) (string, bool) {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || (api.ErrorCode() != "ValidationError" && api.ErrorCode() != "InsufficientCapabilitiesException") {
		return "", false
	}
	return api.ErrorMessage(), true
}

// isNoChange recognises the reason of a change set that failed for want of changes. The list of changes can't tell: it is
// empty also where only outputs change.
func isNoChange(reason string) bool {
	return strings.HasPrefix(reason, "The submitted information didn't contain changes.") ||
		strings.HasPrefix(reason, "No updates are to be performed.")
}

// isTemplateGone recognises what CloudFormation says of a template that isn't in its bucket; S3 tells those who may not list
// the bucket that access is denied.
func isTemplateGone(err error) bool {
	refused, ok := errors.AsType[*ChangeSetError](err)
	return ok && (strings.HasPrefix(refused.Reason, "S3 error: The specified key does not exist") ||
		strings.HasPrefix(refused.Reason, "S3 error: Access Denied"))
}

// isKeyDenied recognises S3's answer about a bucket whose encryption key the caller may not use.
func isKeyDenied(err error) bool {
	return hasCode(err, "AccessDenied") && strings.Contains(err.Error(), "not authorized to perform: kms:")
}

// isUnknownType recognises the reason of a template that is refused for a type of resources.
func isUnknownType(reason string) bool {
	return strings.Contains(reason, "Unrecognized resource types")
}

// isEarlyValidation recognises the reason of a change set that CloudFormation's validation before a deployment has failed.
func isEarlyValidation(reason string) bool { return strings.Contains(reason, "AWS::EarlyValidation") }

// isHookFailure recognises the reason of a change set, or of a resource, that a hook has failed.
func isHookFailure(reason string) bool { return strings.Contains(reason, "hook(s) failed") }

// isCauseless recognises a failure that only follows from another one.
func isCauseless(e ResourceEvent) bool {
	return e.Reason == "" || strings.HasPrefix(e.Reason, "Resource ") && strings.Contains(e.Reason, " cancelled")
}

// hints maps what AWS says (any of the phrases) to what a user can do; the first match counts.
var hints = []struct {
	says []string
	hint string
}{
	{[]string{"RulesPerSecurityGroupLimitExceeded", "maximum number of rules per security group"},
		"raise the quota of rules per security group (Service Quotas, L-0EA8095F), or merge rules"},
	{[]string{"SecurityGroupLimitExceeded", "maximum number of security groups", "maximum number of VPC security groups"},
		"raise the quota of security groups per region (Service Quotas, L-E79EC296), or delete unused ones"},
	{[]string{"InvalidPermission.Duplicate", "the specified rule "},
		"the group holds that rule already, added outside of the stack: remove it there, then run the command again"},
	{[]string{"InvalidVpcID.NotFound", "The vpc ID '", "arameter value vpc-"},
		"check the VPC's ID, the account and the region"},
	{[]string{"S3 error: Access Denied"},
		"CloudFormation reads the template with the caller's own permissions: s3:GetObject on it, and kms:Decrypt where the bucket has a key of its own"},
	{[]string{"not authorized to perform", "AccessDenied", "UnauthorizedOperation"},
		"the credentials lack a permission: add it to the policy of the user or role that runs the command"},
	{[]string{"is already exported by stack"},
		"another stack exports that name: give this deployment another name, or remove the other stack"},
	{[]string{"as it is in use by"},
		"another stack imports that value: change that stack first"},
	{[]string{"ParameterAlreadyExists", "parameter already exists", "'AWS::SSM::Parameter' with identifier"},
		"a parameter of that name exists outside of the stack: delete it, or give this deployment another name"},
	{[]string{"DependencyViolation", "has a dependent object"},
		"something still uses it, such as a network interface or another security group: detach that first"},
	{[]string{"custom-named resource requires replacing"},
		"a resource with a fixed name can't be replaced: give it another name"},
	{[]string{"Rate exceeded", "Throttling", "RequestLimitExceeded"},
		"AWS limits the rate of requests in this account: run the command again later"},
}

func hintFor(reason string) string {
	for _, h := range hints {
		if slices.ContainsFunc(h.says, func(phrase string) bool { return strings.Contains(reason, phrase) }) {
			return h.hint
		}
	}
	return ""
}

package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Outcome is how an operation ended that did what it was meant to.
type Outcome struct {
	Result  Result
	Stack   Stack           // as it is now; of a deleted stack only its ID, name and status
	Events  []ResourceEvent // what happened, in order
	Orphans []ResourceEvent // resources that the stack gave up but couldn't delete: they exist still, and nobody manages them
}

// Result is an outcome in one word.
type Result string

// The results.
const (
	Created    Result = "created"
	Updated    Result = "updated"
	Unchanged  Result = "unchanged"
	Deleted    Result = "deleted"
	WasAbsent  Result = "absent"
	RolledBack Result = "rolled-back"
)

// Apply carries a plan out and follows it to its end. If only the termination protection can't be switched on, the outcome
// comes with the error.
func (e *Engine) Apply(ctx context.Context, p *Plan) (Outcome, error) {
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	defer e.clearUpload(ctx, p)
	if p.Empty {
		return e.protected(ctx, p, Outcome{Result: Unchanged, Stack: p.Before})
	}
	op := &operation{
		kind: p.Kind, stackName: p.StackName, stackID: p.StackID, status: p.Before.Status,
		token: e.newToken(), since: p.created, resources: operations(p.Changes), first: p.took / 4,
	}
	if err := e.execute(ctx, p, op); err != nil {
		return Outcome{}, err
	}
	if err := e.follow(ctx, op); err != nil {
		return Outcome{}, err
	}
	st, err := e.settled(ctx, op)
	if err != nil {
		return Outcome{}, err
	}
	result := Updated
	if p.Kind == Create {
		result = Created
	}
	return e.protected(ctx, p, Outcome{Result: result, Stack: st, Events: op.events, Orphans: op.orphans()})
}

// execute starts the plan's change set. If that can't be done, it leaves nothing of the plan behind.
func (e *Engine) execute(ctx context.Context, p *Plan, op *operation) error {
	if p.ChangeSetID == "" || p.gone {
		return &PlanGoneError{StackName: p.StackName, Err: errors.New("it was a preview, or is discarded")}
	}
	_, err := e.api.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{
		ChangeSetName:      aws.String(p.ChangeSetID),
		StackName:          aws.String(p.StackName),
		ClientRequestToken: aws.String(op.token),
		DisableRollback:    aws.Bool(false),
	})
	if err == nil || ctx.Err() == nil && e.hasBegun(ctx, op) { // the first answer may have been lost
		return nil
	}
	left := e.giveUp(ctx, p)
	if _, refused := refusal(err); refused || isPlanGone(err) { // the stack is being changed, or has been
		return &PlanGoneError{StackName: p.StackName, Err: err}
	}
	err = leaving(left, fmt.Errorf("execute change set of stack %s: %w", p.StackName, err))
	return e.stopped(ctx, err, activity{name: p.StackName, id: p.StackID, doing: "starting the " + string(p.Kind), left: left})
}

// hasBegun reports whether the newest events of the stack know of op.
func (e *Engine) hasBegun(ctx context.Context, op *operation) bool {
	out, err := e.api.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: aws.String(op.stackID)})
	if err != nil {
		return false
	}
	for _, ev := range out.StackEvents {
		if aws.ToString(ev.ClientRequestToken) == op.token {
			return true
		}
	}
	return false
}

// settled describes a stack after an operation's end, which the description can lag behind for a moment.
func (e *Engine) settled(ctx context.Context, op *operation) (Stack, error) {
	pace := newPace(0, 0, e.opt.Poll)
	for range maxLag {
		st, err := e.Status(ctx, op.stackID)
		if err != nil {
			return Stack{}, e.stopped(ctx, fmt.Errorf("the %s is done, but: %w", op.kind, err), op.activity())
		}
		if !st.Status.InProgress() {
			return st, nil
		}
		if err := sleep(ctx, pace.next(time.Now())); err != nil {
			return Stack{}, e.stopped(ctx, err, op.activity())
		}
	}
	return e.Status(ctx, op.stackID) // by now somebody else's operation is under way
}

// maxLag is how often a description is read again because it lags behind: for a second or so.
const maxLag = 5

// protected switches the termination protection on where the plan asks for it and the stack has none.
func (e *Engine) protected(ctx context.Context, p *Plan, out Outcome) (Outcome, error) {
	if !p.spec.TerminationProtection || out.Stack.TerminationProtection {
		return out, nil
	}
	if err := e.Protect(ctx, out.Stack.Name, true); err != nil {
		err = fmt.Errorf("stack %s is %s, but not protected: %w", out.Stack.Name, out.Result, err)
		return out, e.stopped(ctx, err, activity{
			name: out.Stack.Name, id: out.Stack.ID, doing: "setting the termination protection", status: out.Stack.Status,
		})
	}
	out.Stack.TerminationProtection = true
	return out, nil
}

// operations counts the operations on resources that changes ask for: a replacement is an update and a later delete. What
// depends on the way isn't counted.
func operations(changes []Change) int {
	n := 0
	for _, c := range changes {
		switch c.Replacement {
		case Replaced:
			n += 2
		case Kept:
			n++
		case Conditional:
		}
	}
	return n
}

// orphans are the resources that op failed to delete, at last, or skipped.
func (op *operation) orphans() []ResourceEvent {
	var list []ResourceEvent
	for _, ev := range op.events {
		if ev.OfStack(op.stackID) || ev.PhysicalID == "" || ev.verb() != "DELETE" {
			continue
		}
		list = slices.DeleteFunc(list, func(o ResourceEvent) bool { return o.PhysicalID == ev.PhysicalID && o.Type == ev.Type })
		if ev.Failed() || ev.Status == "DELETE_SKIPPED" {
			list = append(list, ev)
		}
	}
	return list
}

package stack

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// WayOut is the operation that leads a stack out of a status which no deployment goes on from by itself.
type WayOut string

// The ways out. After one of them Plan goes on.
const (
	NoWayOut         WayOut = ""                  // none that this engine knows
	ContinueRollback WayOut = "continue-rollback" // Engine.ContinueRollback
	RollBack         WayOut = "rollback"          // Engine.Rollback
	DeleteAndCreate  WayOut = "delete"            // Engine.Delete; the next deployment creates the stack anew
)

// TakeWayOut carries out the way out of a state and follows it to its end. It is for a caller that has asked its user:
//
//	plan, err := engine.Plan(ctx, spec)
//	if state, ok := errors.AsType[*StateError](err); ok && confirm(state) {
//		_, err = engine.TakeWayOut(ctx, state)
//	}
//
// Resources to leave (logical IDs out of state.Held) are skipped by a rollback that is continued, and retained by the deletion
// of a stack in DELETE_FAILED: they exist on, and differ from what the stack says, or belong to none.
func (e *Engine) TakeWayOut(ctx context.Context, state *StateError, leave ...string) (Outcome, error) {
	switch state.WayOut() {
	case ContinueRollback:
		return e.ContinueRollback(ctx, state.StackID, leave...)
	case RollBack:
		return e.Rollback(ctx, state.StackID)
	case DeleteAndCreate:
		return e.Delete(ctx, state.StackID, leave...)
	default:
		return Outcome{}, state
	}
}

// ContinueRollback goes on with the rollback of an update that failed itself (UPDATE_ROLLBACK_FAILED), and follows it to its
// end. Resources to skip are named by their logical IDs; CloudFormation takes those alone whose own rollback failed.
func (e *Engine) ContinueRollback(ctx context.Context, nameOrID string, skip ...string) (Outcome, error) {
	return e.goBack(ctx, nameOrID, []Status{UpdateRollbackFailed}, func(ctx context.Context, op *operation) error {
		_, err := e.api.ContinueUpdateRollback(ctx, &cloudformation.ContinueUpdateRollbackInput{
			StackName: aws.String(op.stackID), ClientRequestToken: aws.String(op.token), ResourcesToSkip: skip,
		})
		return err
	})
}

// Rollback takes back a creation or an update that failed and was left as it was (CREATE_FAILED, UPDATE_FAILED), and follows
// it to its end.
func (e *Engine) Rollback(ctx context.Context, nameOrID string) (Outcome, error) {
	return e.goBack(ctx, nameOrID, []Status{CreateFailed, UpdateFailed}, func(ctx context.Context, op *operation) error {
		_, err := e.api.RollbackStack(ctx, &cloudformation.RollbackStackInput{
			StackName: aws.String(op.stackID), ClientRequestToken: aws.String(op.token),
		})
		return err
	})
}

// goBack starts a rollback of a stack in one of some statuses and follows it to its end. A stack that is past them needs none.
func (e *Engine) goBack(
	ctx context.Context, nameOrID string, from []Status, request func(context.Context, *operation) error,
) (Outcome, error) {
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	for {
		st, err := e.atRest(ctx, nameOrID)
		switch {
		case err != nil:
			return Outcome{}, err
		case !slices.Contains(from, st.Status) && answerTo(st.Status) == refuse:
			return Outcome{}, e.held(ctx, st)
		case !slices.Contains(from, st.Status):
			return Outcome{Result: Unchanged, Stack: st}, nil
		}
		out, err := e.revert(ctx, st, request)
		if !e.beaten(ctx, st, err) {
			return out, err
		}
	}
}

// revert rolls back a stack on which no operation is under way.
func (e *Engine) revert(ctx context.Context, st Stack, request func(context.Context, *operation) error) (Outcome, error) {
	op := &operation{
		kind: Revert, stackName: st.Name, stackID: st.ID, status: st.Status,
		token: e.newToken(), since: laterOf(st.Created, st.Updated),
	}
	if err := e.begin(ctx, op, func() error { return request(ctx, op) }); err != nil {
		return Outcome{}, err
	}
	if err := e.follow(ctx, op); err != nil {
		return Outcome{}, err
	}
	st, err := e.settled(ctx, op)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Result: RolledBack, Stack: st, Events: op.events, Orphans: op.orphans()}, nil
}

// beaten reports whether CloudFormation refused an operation because somebody else has begun one since the stack was looked at.
func (e *Engine) beaten(ctx context.Context, st Stack, err error) bool {
	if _, refused := refusal(err); !refused {
		return false
	}
	now, err := e.Status(ctx, st.ID)
	return err == nil && now.Status != st.Status
}

// atRest waits until no operation on a stack is under way.
func (e *Engine) atRest(ctx context.Context, nameOrID string) (Stack, error) {
	for seen := Absent; ; {
		st, err := e.lookAgain(ctx, nameOrID, seen)
		if err != nil || !st.Status.InProgress() {
			return st, err
		}
		if err := e.attach(ctx, st); err != nil {
			return Stack{}, err
		}
		seen = st.Status
	}
}

// begin asks for an operation and times the answer. Where none came, or one that repeats the first request's, the events
// tell whether the operation has begun all the same.
func (e *Engine) begin(ctx context.Context, op *operation, request func() error) error {
	asked := time.Now()
	err := request()
	op.first = time.Since(asked) / 2
	if err == nil || ctx.Err() == nil && e.hasBegun(ctx, op) {
		return nil
	}
	return e.stopped(ctx, fmt.Errorf("%s stack %s: %w", op.kind, op.stackName, err), op.activity())
}

// held says what holds a stack in a status whose way out is the user's decision: the resources that failed in the last part
// of its last operation. If they can't be read, it says less.
func (e *Engine) held(ctx context.Context, st Stack) *StateError {
	state := &StateError{StackName: st.Name, StackID: st.ID, Status: st.Status, Reason: st.StatusReason}
	pages := cloudformation.NewDescribeStackEventsPaginator(e.api, &cloudformation.DescribeStackEventsInput{
		StackName: aws.String(st.ID),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			break
		}
		for _, raw := range page.StackEvents {
			ev := resourceEvent(raw)
			switch {
			case ev.OfStack(st.ID) && ev.InProgress(): // here the part began
				slices.Reverse(state.Held)
				return state
			case ev.Failed() && !ev.OfStack(st.ID) && !isCauseless(ev) && !slices.ContainsFunc(state.Held, ev.sameResource):
				state.Held = append(state.Held, ev)
			}
		}
	}
	slices.Reverse(state.Held)
	return state
}

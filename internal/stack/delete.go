package stack

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Delete deletes the stack with that name or ID and follows it to its end. It waits for an operation that is under way.
//
// Resources to retain are named by their logical IDs. CloudFormation takes those alone that couldn't be deleted before, in
// DELETE_FAILED, and refuses all others. What is retained exists on, in no stack.
func (e *Engine) Delete(ctx context.Context, name string, retain ...string) (Outcome, error) {
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	gone := WasAbsent
	for seen := Absent; ; {
		st, err := e.lookAgain(ctx, name, seen)
		seen = st.Status
		switch {
		case errors.Is(err, ErrNotFound):
			return Outcome{Result: gone, Stack: Stack{Name: name}}, nil
		case err != nil:
			return Outcome{}, err
		case st.Status == DeleteComplete:
			return Outcome{Result: gone, Stack: st}, nil
		case st.Status.InProgress():
			if err := e.attach(ctx, st); err != nil {
				return Outcome{}, err
			}
			gone = Deleted // if it is gone by now, it went during this call
		case st.TerminationProtection:
			return Outcome{}, &ProtectedError{StackName: st.Name}
		case st.Status == ReviewInProgress:
			if err := e.deleteEmpty(ctx, st); err != nil {
				return Outcome{}, err
			}
			gone, seen = Deleted, Absent
		default:
			out, err := e.remove(ctx, st, retain...)
			if !e.beaten(ctx, st, err) {
				return out, err
			}
		}
	}
}

// remove deletes a stack on which no operation is under way.
func (e *Engine) remove(ctx context.Context, st Stack, retain ...string) (Outcome, error) {
	op := &operation{
		kind: Delete, stackName: st.Name, stackID: st.ID, status: st.Status,
		token: e.newToken(), since: laterOf(st.Created, st.Updated),
	}
	if err := e.deleteStack(ctx, op, retain...); err != nil {
		return Outcome{}, err
	}
	if err := e.follow(ctx, op); err != nil {
		return Outcome{}, err
	}
	gone := Stack{ID: st.ID, Name: st.Name, Status: op.status}
	return Outcome{Result: Deleted, Stack: gone, Events: op.events, Orphans: op.orphans()}, nil
}

// deleteStack asks for the deletion, by ID: a new stack of the same name is safe from it.
func (e *Engine) deleteStack(ctx context.Context, op *operation, retain ...string) error {
	err := e.begin(ctx, op, func() error {
		_, err := e.api.DeleteStack(ctx, &cloudformation.DeleteStackInput{
			StackName:          aws.String(op.stackID),
			ClientRequestToken: aws.String(op.token),
			RetainResources:    retain,
		})
		return err
	})
	if isProtected(err) {
		return &ProtectedError{StackName: op.stackName}
	}
	return err
}

// deleteReviewed deletes the empty stack that a change set of type CREATE made. Only while it has no change sets: then
// nobody can be starting it in the same moment.
func (e *Engine) deleteReviewed(ctx context.Context, name string) error {
	st, err := e.Status(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil || st.Status != ReviewInProgress {
		return err
	}
	return e.deleteEmpty(ctx, st)
}

// deleteEmpty deletes a stack that holds nothing. Whether its events tell of that isn't documented: its status does.
func (e *Engine) deleteEmpty(ctx context.Context, st Stack) error {
	op := &operation{kind: Delete, stackName: st.Name, stackID: st.ID, token: e.newToken()}
	if err := e.deleteStack(ctx, op); err != nil {
		return err
	}
	pace := newPace(0, 0, e.opt.Poll)
	for {
		if err := sleep(ctx, pace.next(time.Now())); err != nil {
			return e.stopped(ctx, err, op.activity())
		}
		st, err := e.Status(ctx, st.ID)
		switch {
		case errors.Is(err, ErrNotFound), err == nil && st.Status == DeleteComplete:
			return nil
		case err != nil:
			return e.stopped(ctx, err, op.activity())
		case st.Status == DeleteFailed:
			return &StateError{StackName: st.Name, StackID: st.ID, Status: st.Status, Reason: st.StatusReason}
		}
	}
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

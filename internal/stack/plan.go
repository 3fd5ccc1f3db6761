package stack

import (
	"context"
	"errors"
	"time"
)

// Plan is what a deployment would do: a change set that waits to be applied or discarded.
type Plan struct {
	StackName   string
	StackID     string
	ChangeSetID string    // empty if there is nothing to change
	Kind        Operation // Create or Update
	Empty       bool      // nothing to change; Apply then only sees to the termination protection
	Changes     []Change

	spec    Spec
	before  Stack         // zero for a stack that didn't exist
	created time.Time     // when the change set was made, by CloudFormation's clock
	took    time.Duration // how long CloudFormation needed for it
}

// Plan finds out what it takes to make a stack what spec says. It waits for an operation that is under way, and deletes
// a stack in ROLLBACK_COMPLETE, which holds nothing and takes no other operation. A plan is to be applied or discarded.
func (e *Engine) Plan(ctx context.Context, spec Spec) (*Plan, error) {
	if err := spec.validate(); err != nil {
		return nil, err
	}
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	before, kind, err := e.ready(ctx, spec.Name)
	if err != nil {
		return nil, err
	}
	p := &Plan{StackName: spec.Name, StackID: before.ID, Kind: kind, spec: spec, before: before}
	if err := e.prepare(ctx, p); err != nil {
		return nil, err
	}
	return p, nil
}

// ready brings a stack into a status that takes a change set, and says of which kind.
func (e *Engine) ready(ctx context.Context, name string) (Stack, Operation, error) {
	for seen := Absent; ; {
		st, err := e.lookAgain(ctx, name, seen)
		if errors.Is(err, ErrNotFound) {
			return Stack{Name: name}, Create, nil
		}
		if err != nil {
			return Stack{}, "", err
		}
		switch seen = st.Status; answerTo(st.Status) {
		case takesCreate:
			return st, Create, nil
		case takesUpdate:
			return st, Update, nil
		case wait:
			err = e.attach(ctx, st)
		case replace:
			e.notice("stack %s is left from a failed first try (%s): deleting it and starting over", name, st.Status)
			_, err = e.remove(ctx, st)
		default:
			err = &StateError{StackName: name, StackID: st.ID, Status: st.Status, Reason: st.StatusReason}
		}
		if err != nil {
			return Stack{}, "", err
		}
	}
}

// lookAgain describes a stack after something has happened to it. While it is still in the status seen before, it waits
// for a moment: descriptions can lag behind events.
func (e *Engine) lookAgain(ctx context.Context, name string, seen Status) (Stack, error) {
	at := activity{name: name, doing: "looking at the status"}
	st, err := e.Status(ctx, name)
	if err == nil && seen != Absent && st.Status == seen {
		if err := sleep(ctx, e.opt.Poll); err != nil {
			return Stack{}, e.stopped(ctx, err, at)
		}
		st, err = e.Status(ctx, name)
	}
	return st, e.stopped(ctx, err, at)
}

// attach follows an operation that somebody else began to its end, whatever that is.
func (e *Engine) attach(ctx context.Context, st Stack) error {
	e.notice("stack %s is being changed by another operation (%s): waiting for its end", st.Name, st.Status)
	return e.follow(ctx, &operation{kind: Attach, stackName: st.Name, stackID: st.ID, status: st.Status})
}

// activity says what the engine was doing when it met an error.
type activity struct {
	name, id, doing, left string
	status                Status
}

// stopped puts the reason for which ctx ended in the place of an error that only follows from it.
func (e *Engine) stopped(ctx context.Context, err error, at activity) error {
	switch {
	case err == nil, ctx.Err() == nil:
		return err
	case errors.Is(context.Cause(ctx), errTimeout):
		return &TimeoutError{StackName: at.name, StackID: at.id, Doing: at.doing, Status: at.status, After: e.opt.Timeout}
	default:
		return &InterruptedError{StackName: at.name, StackID: at.id, Doing: at.doing, Left: at.left, Err: ctx.Err()}
	}
}

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
	Warnings    []ValidationProblem // what a validation or a hook found that forbids nothing
	Before      Stack               // as it was found; of a stack that didn't exist only the name

	First   Step        // of a preview: what a deployment would do before it could make a change set
	Unknown bool        // of a preview: Changes can't be told before First is done
	Held    *StateError // of a preview with DecideFirst: what holds the stack, and the way out

	spec   Spec
	object *object // its template, where that lies in a bucket

	reliedOnOthers bool // the object was there before

	preview bool          // not meant to be applied
	gone    bool          // its change set is deleted
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
	for try := 1; ; try++ {
		before, kind, err := e.ready(ctx, spec.Name)
		if err != nil {
			return nil, err
		}
		p := &Plan{StackName: spec.Name, StackID: before.ID, Kind: kind, spec: spec, Before: before}
		err = e.prepare(ctx, p)
		if err == nil {
			return p, nil
		}
		if try == maxRaces || !e.overtaken(ctx, p, err) {
			return nil, err
		}
	}
}

// maxRaces is how often a plan is begun anew because somebody else was faster.
const maxRaces = 3

// overtaken reports whether a plan came to nothing because of somebody else: CloudFormation refused the change set of a stack
// that isn't what it was when it was looked at, or another run of this owner took the change set for a leftover.
func (e *Engine) overtaken(ctx context.Context, p *Plan, err error) bool {
	if isTemplateGone(err) && p.reliedOnOthers { // who had made the object took it away
		return true
	}
	refused, ok := errors.AsType[*ChangeSetError](err)
	if !ok || refused.Err == nil {
		return isNotFound(err) && ctx.Err() == nil
	}
	st, err := e.Status(ctx, p.StackName)
	known := err == nil || errors.Is(err, ErrNotFound)
	return known && answerTo(st.Status) != answerTo(p.Before.Status)
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
			err = e.held(ctx, st)
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
		return &TimeoutError{
			StackName: at.name, StackID: at.id, Doing: at.doing, Status: at.status, Left: at.left, After: e.opt.Timeout,
		}
	default:
		return &InterruptedError{
			StackName: at.name, StackID: at.id, Doing: at.doing, Status: at.status, Left: at.left, Err: ctx.Err(),
		}
	}
}

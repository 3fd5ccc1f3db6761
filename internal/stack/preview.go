package stack

import (
	"context"
	"errors"
)

// Step is what a deployment does with a stack before its change set can be made.
type Step string

// The steps. NoStep stands for a stack that takes a change set as it is.
const (
	NoStep      Step = ""
	WaitFirst   Step = "wait"   // an operation is under way: wait for its end, then look again
	DeleteFirst Step = "delete" // a failed first try that holds nothing: delete it, then create
	DecideFirst Step = "decide" // there is no way on but one that the user decides on: Plan.Held
)

// Preview finds out what Plan and Apply would do, and leaves everything as it is, whatever status the stack is in: its change
// set is deleted again, with the empty stack that was made for it, and so is what a killed preview of the same owner left. It
// neither waits for an operation under way nor clears a failed one away: Plan.First says that a deployment would. A preview
// can't be applied. If only its change set can't be deleted, the error comes with the preview.
func (e *Engine) Preview(ctx context.Context, spec Spec) (*Plan, error) {
	if err := spec.validate(); err != nil {
		return nil, err
	}
	ctx, cancel := e.bounded(ctx)
	defer cancel()
	for try := 1; ; try++ {
		p, err := e.look(ctx, spec)
		if err != nil || p.First != NoStep {
			return p, err
		}
		err = e.prepare(ctx, p)
		if err == nil {
			return p, e.takeBack(ctx, p)
		}
		if try == maxRaces || !e.overtaken(ctx, p, err) {
			return nil, err
		}
	}
}

// look is the plan as far as the stack's status tells it.
func (e *Engine) look(ctx context.Context, spec Spec) (*Plan, error) {
	st, err := e.Status(ctx, spec.Name)
	if errors.Is(err, ErrNotFound) {
		st, err = Stack{Name: spec.Name}, nil
	}
	if err != nil {
		return nil, e.stopped(ctx, err, activity{name: spec.Name, doing: "looking at the status"})
	}
	p := &Plan{StackName: spec.Name, StackID: st.ID, Kind: Update, spec: spec, preview: true, Before: st}
	if st.Status.leadsToCreate() {
		p.Kind = Create
	}
	switch answerTo(st.Status) {
	case takesCreate, takesUpdate:
		return p, nil
	case wait:
		p.First = WaitFirst
	case replace:
		p.First = DeleteFirst
	case refuse:
		p.First = DecideFirst
		p.Held = e.held(ctx, st)
	}
	p.Unknown = p.Kind != Create || spec.Resources == nil
	if !p.Unknown {
		p.Changes = additions(spec.Resources)
	}
	return p, nil
}

// additions are the changes that create a stack.
func additions(resources []Resource) []Change {
	changes := make([]Change, len(resources))
	for i, r := range resources {
		changes[i] = Change{LogicalID: r.LogicalID, Type: r.Type, Action: Add, Replacement: Kept}
	}
	return changes
}

// takeBack discards a plan that isn't to be applied.
func (e *Engine) takeBack(ctx context.Context, p *Plan) error {
	err := e.Discard(ctx, p)
	if err == nil {
		return nil
	}
	left := p.remains(err)
	if ctx.Err() != nil {
		left = e.giveUp(ctx, p)
	}
	return e.failed(ctx, p, err, left)
}

package cli

import (
	"context"
	"fmt"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/stack"
)

// ways are the ways out of a status that no deployment goes on from: the question before each, what it is in a hint, and
// whether --force alone answers the question. To delete what a stack holds is a decision of its own.
var ways = map[stack.WayOut]struct {
	question, hint string
	force          bool
}{
	stack.ContinueRollback: {"Continue the rollback of %s?", "continues the rollback", true},
	stack.RollBack:         {"Roll %s back?", "rolls it back", true},
	stack.DeleteAndCreate:  {"Delete %s with all that it holds, and create it anew?", "deletes the stack with all that it holds and creates it anew", false},
}

// recover leads the stack out of a status, if the user agrees.
func (d *deployment) recover(ctx context.Context, state *stack.StateError) error {
	way, known := ways[state.WayOut()]
	consent := d.app.opt.plan.recover || d.app.opt.force && way.force
	if !known || !consent && (d.app.opt.force || !d.app.env.StdinTerminal) {
		return stuck(state)
	}
	d.tell.say("%v", state)
	if !consent {
		if err := d.confirm(ctx, fmt.Sprintf(way.question, state.StackName)); err != nil {
			return err
		}
	}
	return awsenv.Explain(d.takeWayOut(ctx, state))
}

// takeWayOut carries out the way out of a state. Before one that deletes the stack, it revokes the rules by which the stack's
// groups name each other and of which CloudFormation doesn't know: they would keep it from deleting either group.
func (d *deployment) takeWayOut(ctx context.Context, state *stack.StateError) error {
	if state.WayOut() != stack.DeleteAndCreate {
		d.begun = true
		_, err := d.engine.TakeWayOut(ctx, state)
		return err
	}
	del := &deleter{session: d.session, cloud: d.cloud, engine: d.engine, result: newDeleteResult()}
	resources, err := d.engine.Resources(ctx, state.StackID)
	if err == nil {
		err = del.findTies(ctx, resources)
	}
	if err == nil {
		err = del.untie(ctx)
	}
	if err != nil {
		return err
	}
	_, err = d.engine.TakeWayOut(ctx, state)
	if err != nil {
		del.restoreTies(ctx, stack.Stack{ID: state.StackID, Name: state.StackName, Status: state.Status})
	}
	return err
}

// stuck is the error of a stack in a status that is left alone.
func stuck(state *stack.StateError) *exitError {
	hint := state.Hint()
	if way, known := ways[state.WayOut()]; known {
		flag := "--recover"
		if way.force {
			flag = "--force or --recover"
		}
		hint = "create-security-groups with " + flag + " " + way.hint + ", and goes on; what is named may have to be mended before"
	}
	return blockedf("STUCK", hint, "%w", state)
}

// guardStatus stands against a plan that can't begin before the user has decided what becomes of the stack. Only previews know
// such plans: they ask nobody.
func guardStatus(plan *stack.Plan) []barrier {
	if plan.Held == nil {
		return nil
	}
	e := stuck(plan.Held)
	return []barrier{{e.code, e.Error(), e.hint, []blockerJSON{{"stack-status", plan.StackName, string(plan.Held.Status)}}}}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/stack"
)

// apply carries a plan out, and revokes the remade rules that leave the stack when no traffic depends on them. A rule that names
// a group which the plan deletes is revoked before: nothing uses that group, and the rule would keep it. All others are revoked
// after the deployment (carryOut).
func (d *deployment) apply(ctx context.Context, plan *stack.Plan, v *review) (stack.Outcome, error) {
	if err := d.revokeLeaving(ctx, v, true); err != nil {
		d.putBack(ctx, v)
		return stack.Outcome{}, errors.Join(err, d.engine.Discard(context.WithoutCancel(ctx), plan))
	}
	outcome, err := d.engine.Apply(ctx, plan)
	if err == nil {
		return outcome, nil
	}
	switch {
	case len(leavingOf(v))+len(returningOf(v)) == 0:
	case d.cameToNothing(ctx, plan, err):
		d.putBack(ctx, v)
	default:
		err = d.unfinished(v, err)
	}
	return outcome, err
}

// unfinishedError is the error of a deployment that goes on without the tool and leaves the user something to do once it is over.
type unfinishedError struct {
	err  error
	then string // what there is to do
}

func (e *unfinishedError) Error() string { return e.err.Error() }
func (e *unfinishedError) Unwrap() error { return e.err }

// Hint is the hint of the error, and what there is to do.
func (e *unfinishedError) Hint() string {
	var hinted interface{ Hint() string }
	if !errors.As(e.err, &hinted) {
		return e.then
	}
	return hinted.Hint() + "; " + e.then
}

// unfinished is the error of a deployment that goes on without the tool: it says what becomes of the remade rules.
func (d *deployment) unfinished(v *review, err error) error {
	d.tellLeft(v)
	var then []string
	if n := len(leavingWhere(v, false)); n > 0 {
		then = append(then, fmt.Sprintf("when it is done, check-drift --fix --only-added revokes %s that CloudFormation has lost", plural(n, "rule")))
	}
	if n := len(leavingWhere(v, true)); n > 0 {
		then = append(then, fmt.Sprintf("should it be rolled back, check-drift --fix adds %s again that this run has revoked", plural(n, "rule")))
	}
	if n := len(returningOf(v)); n > 0 {
		then = append(then, fmt.Sprintf("when it is done, check-drift --fix adds %s again that CloudFormation has deleted", plural(n, "rule")))
	}
	return &unfinishedError{err, strings.Join(then, "; ")}
}

// leavingWhere are those of the remade rules that are revoked already, or those that are not.
func leavingWhere(v *review, revoked bool) []leavingRule {
	return slices.DeleteFunc(slices.Clone(leavingOf(v)), func(l leavingRule) bool { return l.revoked != revoked })
}

// cameToNothing reports whether a deployment that ended with an error is over: it was rolled back, or never began. One that goes on
// without the tool, or may, is not.
func (d *deployment) cameToNothing(ctx context.Context, plan *stack.Plan, err error) bool {
	if _, failed := errors.AsType[*stack.FailedError](err); failed {
		return true
	}
	now, err := d.engine.Status(context.WithoutCancel(ctx), plan.StackID)
	return err == nil && !now.Status.InProgress() && now.Updated.Equal(plan.Before.Updated)
}

// revokeLeaving revokes those remade rules whose time has come, if they are still what they were when the user agreed.
func (d *deployment) revokeLeaving(ctx context.Context, v *review, first bool) error {
	var due []*leavingRule
	for i := range leavingOf(v) {
		if v.leaving[i].first == first {
			due = append(due, &v.leaving[i])
		}
	}
	if len(due) == 0 {
		return nil
	}
	left, err := d.stillHeld(ctx, v, due)
	if err != nil {
		return d.notRevoked(due, first, err)
	}
	for i, l := range left {
		if err := d.revokeRemade(ctx, l, v.standing.groups); err != nil {
			return d.notRevoked(left[i:], first, err)
		}
	}
	gone, err := live.Settle(ctx, d.settings.VerifyTimeout, func(ctx context.Context) (bool, error) {
		left, err = d.stillHeld(ctx, v, due)
		return len(left) == 0, err
	})
	if gone {
		return nil
	}
	return d.notRevoked(left, first, err)
}

// revokeRemade revokes one rule; groups are the IDs of the groups by tier.
func (d *deployment) revokeRemade(ctx context.Context, l *leavingRule, groups map[string]string) error {
	if err := live.Revoke(ctx, d.cloud.ec2, ruleForEC2(l.held.Rule, l.held.ID, groups)); err != nil {
		return err
	}
	l.revoked = true
	text := fmt.Sprintf("revoked %s, which CloudFormation knew as %s", l, l.knownAs)
	d.tell.say("%s", text)
	d.story.notices = append(d.story.notices, text)
	d.log.record("revoked", "rule", l.String())
	return nil
}

// stillHeld are those of the rules that EC2 holds as they were.
func (d *deployment) stillHeld(ctx context.Context, v *review, rules []*leavingRule) ([]*leavingRule, error) {
	held, err := d.cloud.heldRules(ctx, v.standing.groups)
	if err != nil {
		return rules, err
	}
	return slices.DeleteFunc(slices.Clone(rules), func(l *leavingRule) bool {
		return !slices.ContainsFunc(held, func(h heldRule) bool { return h.ID == l.held.ID && h.Key == l.held.Key })
	}), nil
}

// notRevoked is the error of rules that EC2 holds still.
func (d *deployment) notRevoked(left []*leavingRule, first bool, err error) error {
	if first && err != nil {
		return awsenv.Explain(fmt.Errorf("revoke %s, without which nothing was deployed: %w", left[0], err))
	}
	commands := make([]string, len(left))
	for i, l := range left {
		commands[i] = revocation(l.held, d.cfg.Region)
	}
	text := fmt.Sprintf("EC2 still holds %s that the deployment takes away, first %s", plural(len(left), "rule"), left[0])
	if err != nil {
		err = awsenv.Explain(err)
		text += ": " + err.Error()
	}
	return &exitError{exit: exitFailed, code: "NOT_VERIFIED", err: errors.New(text), hint: "revoke with: " + strings.Join(commands, "; ")}
}

// putBack adds the rules again that were revoked for a deployment which has come to nothing, even after an interrupt.
func (d *deployment) putBack(ctx context.Context, v *review) {
	for i, l := range leavingOf(v) {
		if !l.revoked {
			continue
		}
		if err := live.Authorize(context.WithoutCancel(ctx), d.cloud.ec2, ruleForEC2(l.held.Rule, "", v.standing.groups)); err != nil {
			d.tell.say("warning: the rule %q is missing: check-drift --fix adds it again (%v)", l.held.Key, err)
			continue
		}
		v.leaving[i].revoked = false
		d.tell.say("put back the rule %q", l.held.Key)
	}
}

// tellLeft says what becomes of the rules of a deployment that goes on without the tool.
func (d *deployment) tellLeft(v *review) {
	for _, l := range leavingOf(v) {
		if l.revoked {
			d.tell.say("warning: %s is revoked; should the deployment be rolled back, check-drift --fix adds it again", l)
		} else {
			d.tell.say("warning: %s is left in EC2 when the deployment is done: check-drift --fix --only-added revokes it", l)
		}
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

type groupJSON struct {
	Tier      string `json:"tier"`
	ID        string `json:"id"`
	Parameter string `json:"ssm_parameter"`
	Export    string `json:"export"`
}

type deployResult struct {
	header
	Outcome        string       `json:"outcome"` // created, updated or unchanged; empty when nothing was deployed
	StackStatus    string       `json:"stack_status"`
	SecurityGroups []groupJSON  `json:"security_groups"`
	Orphans        []orphanJSON `json:"orphans"`
	changeReport

	took time.Duration
}

func newDeployResult() *deployResult {
	return &deployResult{SecurityGroups: []groupJSON{}, Orphans: []orphanJSON{}, changeReport: newChangeReport()}
}

func (r *deployResult) writeText(w io.Writer) {
	r.changeReport.writeText(w)
	if r.Outcome == "" {
		return
	}
	fmt.Fprintf(w, "%s %s (%s) in %s\n", r.StackName, r.Outcome, r.StackStatus, r.took.Round(10*time.Millisecond))
	table := newTable(w)
	for _, g := range r.SecurityGroups {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", g.Tier, g.ID, g.Parameter)
	}
	for _, o := range r.Orphans {
		fmt.Fprintf(table, "  left behind\t%s\t%s: %s\n", o.ID, o.Type, o.Reason)
	}
	table.Flush()
}

func (r *deployResult) writeMarkdown(m *markdown) {
	m.review(r.review)
	if len(r.SecurityGroups) == 0 {
		return
	}
	rows := make([][]string, len(r.SecurityGroups))
	for i, g := range r.SecurityGroups {
		rows[i] = []string{g.Tier, g.ID, g.Parameter}
	}
	m.heading(3, "Security groups")
	m.paragraph("The stack %s is %s (%s).", r.StackName, r.Outcome, r.StackStatus)
	m.table([]string{"Tier", "Group", "SSM parameter"}, rows)
	m.orphans(r.Orphans)
}

func (a *app) createSecurityGroups() *cobra.Command {
	r := newDeployResult()
	c := a.action("create-security-groups", "Deploy the security groups as one stack, or update them", r, func(ctx context.Context, s *session) error {
		if a.opt.plan.exitCode && !a.opt.dryRun {
			return usagef("--exit-code goes with --dry-run: after a deployment there are no changes left")
		}
		if err := s.loadDeployable(); err != nil {
			return err
		}
		return s.deploy(ctx, r)
	})
	a.planFlags(c)
	a.openFlag(c)
	c.Flags().BoolVar(&a.opt.plan.recover, "recover", false, "lead the stack out of a status that a deployment can't go on from, also by deleting it")
	return c
}

// loadDeployable loads a set that the checks and the user's flags allow to be deployed. It shows the findings, so that the user
// has seen the warnings before being asked.
func (s *session) loadDeployable() error {
	if err := s.load(); err != nil {
		return err
	}
	if err := s.blocked(); err != nil {
		return err
	}
	if err := s.mayWrite(); err != nil {
		return err
	}
	if s.app.opt.output != formatText {
		return nil
	}
	return s.showFindings(s.app.env.Stderr)
}

// deploy makes the stack what the config says. In a dry run it shows what that would change.
func (s *session) deploy(ctx context.Context, r *deployResult) (err error) {
	if s.app.opt.dryRun {
		return s.preview(ctx, &r.changeReport)
	}
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if r.StackStatus == "" {
			r.StackStatus = string(leftIn(err))
		}
		err = errors.Join(err, d.close())
	}()
	plan, err := d.plan(ctx)
	if err != nil {
		return err
	}
	s.tell.step("planned %d changes", len(plan.Changes))
	if err := d.approve(ctx, plan, r); err != nil {
		// The user may have pressed Ctrl-C at the question: what is to be cleaned up is cleaned up all the same.
		return errors.Join(err, d.engine.Discard(context.WithoutCancel(ctx), plan))
	}
	s.begun = true
	began := d.app.env.Now()
	return d.report(ctx, plan, r, began, d.carryOut(ctx, plan, r))
}

// leftIn is the status in which a deployment left its stack, as far as its error tells; empty where it doesn't.
func leftIn(err error) stack.Status {
	if e, ok := errors.AsType[*stack.FailedError](err); ok {
		return e.Status
	}
	if e, ok := errors.AsType[*stack.StateError](err); ok {
		return e.Status
	}
	if e, ok := errors.AsType[*stack.TimeoutError](err); ok {
		return e.Status
	}
	if e, ok := errors.AsType[*stack.InterruptedError](err); ok {
		return e.Status
	}
	return stack.Absent
}

// shortLag is how long EC2 is given to show the rules of a stack that this run has not changed.
const shortLag = 3 * time.Second

// carryOut applies a plan and verifies what has come of it.
func (d *deployment) carryOut(ctx context.Context, plan *stack.Plan, r *deployResult) error {
	start := d.app.env.Now()
	outcome, err := d.apply(ctx, plan, r.review)
	r.took = d.app.env.Now().Sub(start)
	if err != nil {
		return awsenv.Explain(err)
	}
	r.Outcome, r.StackStatus = string(outcome.Result), string(outcome.Stack.Status)
	within := d.settings.VerifyTimeout
	if outcome.Result == stack.Unchanged {
		r.Status = statusUnchanged
		within = min(within, shortLag) // nothing has been made just now, unless by a run that was killed
	}
	groups, err := d.publish(r, outcome)
	if err != nil {
		return err
	}
	if outcome.Result == stack.Unchanged { // no event tells what was left behind before
		r.Orphans = d.orphans(ctx, d.cloud, plan.StackName, tiersByID(groups))
	}
	err = d.revokeLeaving(ctx, r.review, false)
	r.fillLeaving(r.review)
	if err == nil {
		err = d.addReturning(ctx, r.review, groups)
	}
	if err != nil {
		return err
	}
	return d.verify(ctx, d.cloud, groups, within)
}

// approve shows a plan and asks for it, unless it changes nothing or something stands in its way.
func (d *deployment) approve(ctx context.Context, plan *stack.Plan, r *deployResult) error {
	if plan.Empty {
		return nil
	}
	v, err := d.review(ctx, plan)
	if err != nil {
		return err
	}
	r.fill(v)
	if err := writeText(d.app.env.Stderr, v); err != nil {
		return err
	}
	if err := d.tellWarnings(plan); err != nil {
		return err
	}
	if err := v.refusal(); err != nil {
		return err
	}
	if err := d.blocked(); err != nil { // by what the review has found
		return err
	}
	if err := d.checkBroadening(v); err != nil {
		return err
	}
	if err := d.confirm(ctx, "Deploy this to account "+d.cfg.AccountID+", "+d.cfg.Region+"?"); err != nil {
		return err
	}
	return d.approveBroadening(ctx, v)
}

// approveBroadening asks once more, and says why, where groups that are in use in production are opened.
func (d *deployment) approveBroadening(ctx context.Context, v *review) error {
	if !d.cfg.Production() || !v.isUpdate() || !v.flows.Broadens() {
		return nil
	}
	if d.app.opt.force {
		d.tell.say("warning: this broadens access in production: it opens %s", opened(v.flows))
		return nil
	}
	return d.confirm(ctx, fmt.Sprintf("This broadens access in production: it opens %s. Open it all the same?", opened(v.flows)))
}

// publish puts the groups into the result, by the outputs of the stack, and returns their IDs by tier.
func (s *session) publish(r *deployResult, outcome stack.Outcome) (map[string]string, error) {
	for _, o := range outcome.Orphans {
		r.Orphans = append(r.Orphans, orphanJSON{o.LogicalID, o.Type, o.PhysicalID, o.Reason})
		s.tell.say("warning: %s (%s) could not be deleted and is left without a stack: %s", o.PhysicalID, o.Type, o.Reason)
	}
	groups := make(map[string]string, len(s.set.Tiers))
	for _, t := range s.set.Tiers {
		id, ok := outcome.Stack.Outputs[template.OutputID(t.Name)]
		if !ok {
			return nil, fmt.Errorf("read output %s of stack %s: the stack does not have it", template.OutputID(t.Name), outcome.Stack.Name)
		}
		groups[t.Name] = id
		r.SecurityGroups = append(r.SecurityGroups, groupJSON{t.Name, id, s.cfg.Names.Parameter(t.Name), s.cfg.Names.Export(t.Name)})
	}
	return groups, nil
}

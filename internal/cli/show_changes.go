package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"
)

// planOptions are the flags of the actions that show a plan.
type planOptions struct {
	failOnBroadening bool
	exitCode         bool
	recover          bool
}

// planFlags adds the flags that all of these actions have.
func (a *app) planFlags(c *cobra.Command) {
	c.Flags().BoolVar(&a.opt.plan.failOnBroadening, "fail-on-broadening", false, "refuse a change after which something can flow that could not before")
	c.Flags().BoolVar(&a.opt.plan.exitCode, "exit-code", false, "of a plan: end with 10 where there are changes")
}

type showChangesResult struct {
	header
	changeReport
}

func (r *showChangesResult) writeText(w io.Writer) { r.changeReport.writeText(w) }

func (r *showChangesResult) writeMarkdown(m *markdown) { m.review(r.review) }

func (a *app) showChanges() *cobra.Command {
	r := &showChangesResult{changeReport: newChangeReport()}
	c := a.action("show-changes", "Show what a deployment would change, open and close, and leave nothing behind", r, func(ctx context.Context, s *session) error {
		a.opt.dryRun = true // that is what this action is
		if err := s.load(); err != nil {
			return err
		}
		if err := s.blocked(); err != nil {
			return err
		}
		return s.preview(ctx, &r.changeReport)
	})
	a.planFlags(c)
	return c
}

// preview shows what a deployment would change. It leaves nothing of it behind.
func (s *session) preview(ctx context.Context, r *changeReport) (err error) {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	plan, err := d.previewPlan(ctx)
	if err != nil {
		return err
	}
	v, err := d.review(ctx, plan)
	if err != nil {
		return err
	}
	r.fill(v)
	r.isResult = true
	s.warnExtra(rulesHeld(v.added))
	head := s.doc.head()
	head.Status = statusChanges
	if plan.Empty {
		head.Status = statusUnchanged
	}
	if err := s.blocked(); err != nil { // by what the review has found
		return err
	}
	if err := s.checkBroadening(v); err != nil {
		return err
	}
	if s.app.opt.plan.exitCode && !plan.Empty {
		s.app.exit = exitChanges
	}
	return nil
}

// checkBroadening refuses a change that opens something where the user has asked for that.
func (s *session) checkBroadening(v *review) error {
	if !s.app.opt.plan.failOnBroadening || !v.flows.Broadens() {
		return nil
	}
	return blockedf("BROADENS", "look at what it opens; without --fail-on-broadening it is no error",
		"the change broadens access: %s", opened(v.flows))
}

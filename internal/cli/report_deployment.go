package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/report"
	"mlops-infra-suite/internal/stack"
)

// story is what a stack's operations told, for the report.
type story struct {
	events  []stack.ResourceEvent
	notices []string
}

// handle takes note of one event.
func (s *story) handle(e stack.Event) {
	switch e := e.(type) {
	case stack.ResourceEvent:
		s.events = append(s.events, e)
	case stack.Notice:
		s.notices = append(s.notices, e.Text)
	}
}

// report writes the account of a deployment that was carried out, however it ended, and returns outcome with its own error. A
// test set has no account: it is gone in a minute.
func (d *deployment) report(ctx context.Context, plan *stack.Plan, r *deployResult, began time.Time, outcome error) error {
	if d.isTest() {
		return outcome
	}
	account, err := d.account(plan, r, outcome)
	if err != nil {
		return errors.Join(outcome, err)
	}
	account.Began = began
	page, err := account.HTML(d.stamp())
	if err == nil {
		r.Files.DeploymentHTML, err = d.writeReport(report.DeploymentKind, page)
	}
	if err == nil && d.app.opt.open {
		d.openReport(ctx, r.Files.DeploymentHTML)
	}
	return errors.Join(outcome, err)
}

// account gathers what the report tells.
func (d *deployment) account(plan *stack.Plan, r *deployResult, outcome error) (*report.Deployment, error) {
	text, err := d.template.YAML()
	if err != nil {
		return nil, err
	}
	a := &report.Deployment{
		Subject:  report.NewSubject(d.cfg, d.scenario.Description),
		Names:    report.NewNames(d.cfg, d.set, d.cfg.Names.Template(d.settings.Folders.Templates)),
		Template: report.NewTemplate(text, d.template.Resources),
		Outcome:  r.Outcome, StackID: plan.StackID, StackStatus: r.StackStatus, VPC: d.vpc.ID, Caller: d.cloud.caller.ARN,
		Sandbox: d.app.opt.sandbox, Took: r.took, Log: r.Files.Log, Notices: d.story.notices,
		Verified: r.Outcome != "" && outcome == nil,
	}
	for i, g := range a.Names.Groups {
		for _, known := range r.SecurityGroups {
			if known.Tier == g.Tier {
				a.Names.Groups[i].ID = known.ID
			}
		}
	}
	for _, t := range d.set.Tiers {
		a.RulesHeld += len(t.Effective())
	}
	for _, c := range plan.Changes {
		a.Changes = append(a.Changes, report.Change{
			Action: string(c.Action), LogicalID: c.LogicalID, Type: c.Type, Replaces: c.Replacement == stack.Replaced,
		})
	}
	for _, e := range d.story.events {
		a.Events = append(a.Events, reportEvent(e))
	}
	for _, o := range r.Orphans {
		a.Orphans = append(a.Orphans, report.Orphan(o))
	}
	for _, f := range d.findings {
		if f.ID == check.OutOfBand.ID {
			a.Warnings = append(a.Warnings, report.Finding{
				ID: f.ID, Severity: f.Severity.String(), Tier: f.Tier, Rule: f.Rule, Message: f.Summary, Why: f.Detail, Remedy: f.Hint,
			})
		}
	}
	explainFailure(a, outcome)
	return a, nil
}

// explainFailure says why a deployment did not end as it was meant.
func explainFailure(a *report.Deployment, outcome error) {
	if outcome == nil {
		return
	}
	e := classify(outcome)
	if a.Outcome != "" {
		a.Unverified = e.Error()
	}
	a.Left = e.exit == exitInterrupted || e.code == "TIMEOUT"
	a.Failure = &report.Failure{Message: e.Error(), Hint: e.hint}
	failed, ok := errors.AsType[*stack.FailedError](outcome)
	if !ok {
		return
	}
	a.StackStatus = string(failed.Status)
	if len(a.Events) == 0 {
		for _, event := range failed.Events {
			a.Events = append(a.Events, reportEvent(event))
		}
	}
	if failed.First.LogicalID == "" {
		return
	}
	first := reportEvent(failed.First)
	a.Failure.First = &first
	for _, other := range failed.Failures {
		if other != failed.First {
			a.Failure.Others = append(a.Failure.Others, reportEvent(other))
		}
	}
}

func reportEvent(e stack.ResourceEvent) report.Event {
	return report.Event{
		Time: e.Time, LogicalID: e.LogicalID, PhysicalID: e.PhysicalID, Type: e.Type, Status: e.Status, Reason: strings.TrimSpace(e.Reason),
	}
}

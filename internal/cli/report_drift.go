package cli

import (
	"context"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/report"
	"mlops-infra-suite/internal/sg/ruleset"
)

// reportDrift writes the report of what check-drift found. outcome is how putting it right ended: if that is an error it is the
// one returned, and an error of the report is only told.
func (s *session) reportDrift(ctx context.Context, r *driftResult, outcome error) error {
	if s.app.opt.dryRun || r.found == nil {
		return outcome
	}
	page, err := s.driftReport(r).HTML(s.stamp())
	if err == nil {
		r.Files.DriftHTML, err = s.writeReport(report.DriftKind, page)
	}
	if err == nil && s.app.opt.open {
		s.openReport(ctx, r.Files.DriftHTML)
	}
	if outcome != nil && err != nil {
		s.tell.say("warning: %v", err)
		return outcome
	}
	if outcome != nil {
		return outcome
	}
	return err
}

// driftReport puts the result into the words of the report.
func (s *session) driftReport(r *driftResult) *report.Drift {
	d := &report.Drift{
		Subject: report.NewSubject(s.cfg, s.scenario.Description), Sandbox: s.app.opt.sandbox,
		Drifted: r.DriftStatus == drifted, StackStatus: r.StackStatus,
		Opened: report.FlowsOf(r.delta.Opened), Closed: report.FlowsOf(r.delta.Closed),
		Findings: findingsInReport(s.findings),
		CFStatus: r.CloudFormation.DriftStatus, CFNotes: r.CloudFormation.Notes, Notes: r.Notes,
		Rules: rulesInReport(r.found), Others: othersInReport(r.found), Left: r.found.beyondRepair(),
	}
	if !r.found.reparable().isEmpty() {
		d.Command = r.command
	}
	for _, line := range r.pendingLines() {
		action := map[string]string{"+": "add", "-": "remove", "~": "change"}[line.sign]
		d.Pending = append(d.Pending, report.Pending{Action: action, What: line.text})
	}
	for _, o := range r.Orphans {
		d.Orphans = append(d.Orphans, report.Orphan(o))
	}
	if r.Fix != nil {
		for _, step := range r.Fix.Steps {
			d.Steps = append(d.Steps, report.Step{Text: step.Text, Done: step.Done})
		}
	}
	return d
}

// findingsInReport are those about what EC2 holds, but for the rules that nobody meant, which the report shows one by one.
func findingsInReport(list diag.List) []report.Finding {
	var out []report.Finding
	for _, f := range list {
		if c, _ := check.Find(f.ID); c.Live && f.ID != check.OutOfBand.ID {
			out = append(out, report.Finding{
				ID: f.ID, Title: c.Title, Severity: f.Severity.String(), Impact: string(c.Impact), Tier: f.Tier, Rule: f.Rule,
				Message: f.Summary, Why: f.Detail, Remedy: f.Hint, Waivable: c.Waivable, Waived: f.Waived,
			})
		}
	}
	return out
}

// rulesInReport are the rules that differ, those that somebody added first.
func rulesInReport(d *drift) []report.RuleDrift {
	var out []report.RuleDrift
	for _, group := range []struct {
		kind  string
		rules []*ruleDrift
	}{{report.RuleAdded, d.added}, {report.RuleRemoved, d.removed}, {report.RuleChanged, d.changed}} {
		for _, x := range group.rules {
			row := report.RuleDrift{Kind: group.kind, Tier: x.key().Tier, By: attributionOf(x.change)}
			var notes []string
			if x.held != nil {
				row.Held = wordsOf(x.held.Rule)
				notes = append(notes, x.held.ID)
			}
			if x.meant != nil {
				row.Meant = wordsOf(*x.meant)
			}
			if note := x.configNote(); note != "" {
				notes = append(notes, note)
			}
			if x.onlyDescription() {
				row.Kind = report.RuleDescribed
			}
			row.Note = strings.Join(notes, "; ")
			out = append(out, row)
		}
	}
	return out
}

func wordsOf(r ruleset.Rule) report.RuleWords {
	return report.RuleWords{Text: half(r.Key), Description: r.Description}
}

// othersInReport is what differs beside the rules.
func othersInReport(d *drift) []report.OtherDrift {
	var out []report.OtherDrift
	for _, g := range d.groups {
		out = append(out, report.OtherDrift{Tier: g.tier, What: "group, deleted", Meant: g.id, By: attributionOf(g.change)})
	}
	for _, p := range d.parameters {
		row := report.OtherDrift{Tier: p.tier, What: "parameter", Of: p.name, Held: p.actual, Meant: p.expected, By: attributionOf(p.change)}
		if !p.exists {
			row.What += ", deleted"
		}
		out = append(out, row)
	}
	for _, t := range d.tags {
		out = append(out, report.OtherDrift{
			Tier: t.tier, What: "tag " + t.key, Of: t.resource, Held: shownTag(t.actual), Meant: shownTag(t.expected), By: attributionOf(t.change),
		})
	}
	return out
}

func attributionOf(c change) report.Attribution {
	return report.Attribution{Known: c.found(), Who: c.Who, When: c.When, Event: c.Event, Source: c.SourceIP, Reason: c.Reason}
}

// shownTag is a tag's value as the report shows it, where nothing stands for no tag.
func shownTag(value *string) string {
	switch {
	case value == nil:
		return ""
	case *value == "":
		return `""`
	default:
		return *value
	}
}

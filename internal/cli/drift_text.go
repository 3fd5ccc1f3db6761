package cli

import (
	"fmt"
	"io"
	"strings"
)

// summary is the outcome in one line.
func (r *driftResult) summary() string {
	if r.found.isEmpty() {
		return fmt.Sprintf("%s: no drift: EC2 and SSM hold what the deployed template means (%s)", r.StackName, r.StackStatus)
	}
	outcome := "drift"
	if r.DriftStatus == inSync {
		outcome = "drift, put right"
	}
	counts, kinds := map[string]int{}, []string(nil)
	for _, line := range r.found.lines() {
		if counts[line.kind]++; counts[line.kind] == 1 {
			kinds = append(kinds, line.kind)
		}
	}
	for i, kind := range kinds {
		thing, verb, _ := strings.Cut(kind, " ")
		kinds[i] = plural(counts[kind], thing) + " " + verb
	}
	return fmt.Sprintf("%s: %s: %s (%s)", r.StackName, outcome, strings.Join(kinds, ", "), r.StackStatus)
}

func (r *driftResult) writeText(w io.Writer) {
	if r.DriftStatus == "" { // nothing was looked at
		return
	}
	if !r.shown {
		r.writeDrift(w)
	}
	if r.Fix != nil {
		r.Fix.writeText(w)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "\nnote: %s\n", note)
	}
}

// writeDrift writes what was found.
func (r *driftResult) writeDrift(w io.Writer) {
	fmt.Fprintln(w, r.summary())
	for _, line := range r.found.lines() {
		fmt.Fprintf(w, "  %s %s\n      %s\n", line.sign, line.text, line.change)
	}
	if r.delta.Broadens() || len(r.delta.Closed) > 0 {
		fmt.Fprintln(w, "\nBecause of it")
		writeFlows(w, "opens", r.delta.Opened)
		writeFlows(w, "closes", r.delta.Closed)
	}
	writeList(w, "What to do", r.advice())
	if lines := r.pendingLines(); len(lines) > 0 {
		fmt.Fprintln(w, "\nNot deployed yet: the config against the deployed template")
		for _, line := range lines {
			fmt.Fprintf(w, "  %s %s\n", line.sign, line.text)
		}
	}
	r.writeVerdict(w)
}

// advice is what to do about what differs, where --fix is not at it already.
func (r *driftResult) advice() []string {
	if r.found.isEmpty() || r.Fix != nil {
		return nil
	}
	var lines []string
	if part := r.found.reparable(); !part.isEmpty() {
		lines = append(lines, "to put it right: "+r.command)
		if len(part.rules())+len(part.tags) > 0 { // what a parameter publishes no config can say
			lines = append(lines, "to keep it: write it into the config, and deploy")
		}
	}
	return append(lines, r.found.beyondRepair()...)
}

// writeList writes lines below a title; without any, nothing.
func writeList(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, line := range lines {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// writeVerdict writes what CloudFormation says, and why that is not what was found.
func (r *driftResult) writeVerdict(w io.Writer) {
	fmt.Fprintf(w, "\nCloudFormation's own verdict: %s\n", r.CloudFormation.DriftStatus)
	if r.CloudFormation.Reason != "" {
		fmt.Fprintf(w, "  %s\n", r.CloudFormation.Reason)
	}
	reasons, resources := r.disputes()
	for _, note := range r.CloudFormation.Notes[:len(r.CloudFormation.Notes)-len(reasons)] {
		fmt.Fprintf(w, "  %s\n", note)
	}
	for _, why := range reasons {
		for _, res := range resources[why] {
			fmt.Fprintf(w, "  %s\n", res)
		}
		fmt.Fprintf(w, "      %s\n", why)
	}
}

// driftLine is one thing that differs, in words.
type driftLine struct {
	sign, kind, text string
	change           change
}

// lines are all things that differ, in words.
func (d *drift) lines() []driftLine {
	var lines []driftLine
	for _, r := range d.added {
		lines = append(lines, driftLine{"+", "rule added", r.held.Key.String() + quoted(r.held.Description) + ", " + r.held.ID + r.note(), r.change})
	}
	for _, r := range d.removed {
		lines = append(lines, driftLine{"-", "rule removed", r.meant.Key.String() + quoted(r.meant.Description) + r.note(), r.change})
	}
	for _, r := range d.changed {
		kind, text := "rule changed", fmt.Sprintf("%s -> %s, %s", r.meant.Key, r.held.Key, r.held.ID)
		switch {
		case r.onlyDescription():
			kind = "description changed"
			text = fmt.Sprintf("%s: description %q -> %q, %s", r.held.Key, r.meant.Description, r.held.Description, r.held.ID)
		case r.meant.Description != r.held.Description:
			text = fmt.Sprintf("%s %q -> %s %q, %s", r.meant.Key, r.meant.Description, r.held.Key, r.held.Description, r.held.ID)
		}
		lines = append(lines, driftLine{"~", kind, text + r.note(), r.change})
	}
	for _, g := range d.groups {
		lines = append(lines, driftLine{"-", "group deleted", fmt.Sprintf("group %s of the tier %s", g.id, g.tier), g.change})
	}
	for _, p := range d.parameters {
		line := driftLine{"-", "parameter deleted", fmt.Sprintf("parameter %s, which published %s", p.name, p.expected), p.change}
		if p.exists {
			line.sign, line.kind, line.text = "~", "parameter changed", fmt.Sprintf("parameter %s: %s -> %s", p.name, p.expected, p.actual)
		}
		lines = append(lines, line)
	}
	for _, t := range d.tags {
		text := fmt.Sprintf("tag %s of %s: %s -> %s", t.key, t.resource, tagValue(t.expected), tagValue(t.actual))
		lines = append(lines, driftLine{"~", "tag changed", text, t.change})
	}
	return lines
}

// note is what the config has to do with it, at the end of a line.
func (r *ruleDrift) note() string {
	if note := r.configNote(); note != "" {
		return "; " + note
	}
	return ""
}

func quoted(description string) string {
	if description == "" {
		return ""
	}
	return fmt.Sprintf(" %q", description)
}

func tagValue(text *string) string {
	if text == nil {
		return "none"
	}
	return fmt.Sprintf("%q", *text)
}

func (r *driftResult) writeMarkdown(m *markdown) {
	if r.DriftStatus == "" {
		return
	}
	m.paragraph("%s", r.summary())
	var rows [][]string
	for _, line := range r.found.lines() {
		rows = append(rows, []string{line.kind, line.text, line.change.String()})
	}
	if len(rows) > 0 {
		m.heading(3, "Drift")
		m.table([]string{"What", "Where", "By whom"}, rows)
		m.flows("Opened by it", r.delta.Opened)
		m.flows("Closed by it", r.delta.Closed)
	}
	if advice := r.advice(); len(advice) > 0 {
		m.heading(3, "What to do")
		for _, line := range advice {
			m.paragraph("%s.", capital(line))
		}
	}
	rows = nil
	for _, line := range r.pendingLines() {
		rows = append(rows, []string{line.sign, line.text})
	}
	if len(rows) > 0 {
		m.heading(3, "Not deployed yet")
		m.table([]string{"", "What"}, rows)
	}
	m.orphans(r.Orphans)
	m.heading(3, "CloudFormation")
	m.paragraph("Its own verdict: %s. %s", r.CloudFormation.DriftStatus, strings.Join(append(r.CloudFormation.Notes, r.CloudFormation.Reason), ". "))
	for _, note := range r.Notes {
		m.paragraph("Note: %s.", note)
	}
	if r.Fix != nil {
		r.Fix.writeMarkdown(m)
	}
}

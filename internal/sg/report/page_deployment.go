package report

import "strings"

// HTML is the account as a page.
func (d *Deployment) HTML(stamp Stamp) ([]byte, error) {
	b := d.banner()
	kind := "Deployment" + onlyIf(d.Sandbox, " in the sandbox")
	facts := append(d.Subject.facts(), fact{"Started", d.Began.UTC().Format("2 January 2006, 15:04:05 UTC")})
	return page{
		title: d.Subject.SGName + ": deployment",
		meta:  &Meta{DeploymentKind, d.Subject.SGName, stamp.Time, b.class, b.sentence, d.Sandbox},
		body:  parts{top(kind, d.Subject.SGName, facts), d.main(b)},
	}.write(stamp)
}

func (d *Deployment) main(b banner) part {
	deployed := d.Outcome != ""
	lead := "The names that they were to have."
	if strings.HasPrefix(d.StackStatus, "UPDATE_") {
		lead = "Their names. They exist since an earlier deployment."
	}
	var snippets []snippet
	if deployed {
		lead = "Their IDs, and where others find them."
		snippets = snippetsOf(d.Subject.Region, d.Names.Groups)
	}
	return h("main", id("main"), b.part(), d.cards(),
		contents(fact{"failure", onlyIf(d.Failure != nil, d.failureTitle())}, fact{"names", "Groups"}, fact{"use", onlyIf(len(snippets) > 0, "Use them")},
			fact{"timeline", onlyIf(len(d.Events) > 0, "Time line")}, fact{"changes", onlyIf(len(d.Changes) > 0, "Changes")}, fact{"record", "Record"}),
		d.failureSection(), d.warningsSection(), orphansSection(d.Orphans),
		section("names", "The groups", lead, d.names().part(deployed)),
		when(len(snippets) > 0, section("use", "How to use them", "Ready to copy. What is in capitals is for you to fill in.",
			h("div", class("snippets"), each(snippets, snippet.part)))),
		d.timeSection(), d.changesSection(), d.recordSection())
}

// names are the names of the set, with the ID of the VPC that it is in.
func (d *Deployment) names() Names {
	n := d.Names
	if d.VPC != "" && n.VPC != d.VPC {
		n.VPC, n.VPCFrom = d.VPC, n.VPC
	}
	return n
}

func (d *Deployment) cards() part {
	outcome, verified := answer("Failed", "red"), parts{answer("Not done", ""), small("There was nothing to verify.")}
	switch {
	case d.Outcome != "":
		outcome = answer(strings.ToUpper(d.Outcome[:1])+d.Outcome[1:], "")
	case d.Left:
		outcome = answer("Not known", "amber")
	}
	switch {
	case d.Verified:
		verified = parts{answer("Passed", "green"), small("EC2 holds " + count(d.RulesHeld) +
			" rules as they were meant, the groups' placeholders included, and SSM the IDs of " +
			plural(len(d.Names.Groups), "group") + ".")}
	case d.Unverified != "":
		verified = parts{answer("Failed", "red"), small(d.Unverified)}
	}
	return h("div", class("cards"),
		card("outcome", "Outcome", outcome, h("p", class("small"), text("Stack "), code(d.Names.Stack), when(d.StackStatus != "", text(" in "+d.StackStatus))),
			when(d.Failure != nil && d.now() != "", note(d.now()))),
		card("verification", "Verification", verified),
		card("planned", "Changes", answer(d.planned(), ""), when(len(d.Changes) > 0, small("In "+d.Duration()+", from the first call to the end of the stack's work."))),
		card("who", "Who and where", answer(d.Subject.Account, ""), when(d.Caller != "", h("p", class("small"), code("", breakable(d.Caller))))))
}

// breakable is an ARN or a path that breaks, where it has to, behind one of its parts.
func breakable(words string) part {
	var out parts
	from := 0
	for i, c := range words {
		if c == '/' || c == ':' {
			out = append(out, text(words[from:i+1]), h("wbr"))
			from = i + 1
		}
	}
	return append(out, text(words[from:]))
}

func (d *Deployment) failureTitle() string {
	if d.Left {
		return "What happened"
	}
	return "What failed"
}

func (d *Deployment) failureSection() part {
	f := d.Failure
	if f == nil {
		return parts(nil)
	}
	first := parts(nil)
	if e := f.First; e != nil {
		first = parts{
			pairOf("First to fail", h("strong", text(e.LogicalID)), text(" ("+e.Type+")")),
			pairOf("Why", text(e.Reason)), pairOf("When", text(e.Clock()+" UTC, "+e.Status)),
		}
	}
	return section("failure", d.failureTitle()+", and what to do", "", panel(
		pairs(first, pairOf("The error", text(f.Message)), when(f.Hint != "", pairOf("What to do", h("strong", text(f.Hint)))),
			pairOf("Then", text(d.then()))),
		when(len(f.Others) > 0, table([]string{"Resource", "Status", "Reason"}, each(f.Others, func(e Event) part {
			return h("tr", rowHead(e.LogicalID, class("says")), cell(text(e.Status)), cell(class("says"), text(e.Reason)))
		}), h("caption", text("What failed beside, for reasons of its own"))))))
}

// now is what there is after a deployment that failed.
func (d *Deployment) now() string {
	switch d.StackStatus {
	case "ROLLBACK_COMPLETE":
		return "Rolled back: what had been made is deleted again, there are no groups."
	case "UPDATE_ROLLBACK_COMPLETE":
		return "Rolled back: the groups have the rules of before."
	case "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED":
		return "The rollback failed too: the groups may have rules of before and of this deployment."
	default:
		return ""
	}
}

// then is what to do in the end.
func (d *Deployment) then() string {
	if d.Left {
		return "Run the same command again: it goes on from whatever state the stack is in."
	}
	return "Once the cause is mended, run the same command again: it goes on from whatever state the stack is in."
}

func (d *Deployment) warningsSection() part {
	return when(len(d.Warnings) > 0, section("warnings", "Warnings", "", each(d.Warnings, func(f Finding) part {
		return (&findingGroup{Finding: f, Cases: []Finding{f}}).part()
	})))
}

func orphansSection(orphans []Orphan) part {
	return when(len(orphans) > 0, section("orphans", "Left behind",
		"The stack gave these up and could not delete them: they exist still, and nobody manages them.",
		panel(table([]string{"ID", "Type", "Reason"}, each(orphans, func(o Orphan) part {
			return h("tr", rowHead("", code(o.ID, at("data-copy", "the ID"))), cell(text(o.Type)), cell(class("says"), text(o.Reason)))
		})))))
}

func (s snippet) part() part {
	return h("section", class("panel", "snippet"), h("header", class("snip"), h("h3", text(s.Title)), muted(s.About)),
		snippetPart("the snippet for "+s.Title, s.Text))
}

func (d *Deployment) timeSection() part {
	if len(d.Events) == 0 {
		return parts(nil)
	}
	c := chartOf(d.Events)
	ended := map[string]bool{}
	for _, e := range d.Events {
		ended[e.step()] = ended[e.step()] || !e.InProgress()
	}
	events := each(d.Events, func(e Event) part {
		status := part(text(e.Status))
		if e.HasFailed() {
			status = badge("failed", e.Status)
		}
		return h("tr", when(e.InProgress() && ended[e.step()], class("begun")), h("td", class("traffic"), text(e.Clock())), cell(text(e.LogicalID+" "), muted(e.Resource())), cell(status),
			cell(when(e.PhysicalID != "", code(e.PhysicalID), text(" ")), text(e.Reason)))
	})
	return section("timeline", "Time line", c.Longest+". Blue: groups. Grey: rules and parameters. Amber: deleted or rolled back. Red: failed. Pale: cancelled.",
		c.part(),
		h("details", class("panel", "events"), h("summary", text("All "+plural(len(d.Events), "event")), h("span", class("paper", "muted"), text(" (on paper: how each step ended)"))),
			scroller("All events", "", h("table", heads([]string{"Time (UTC)", "Resource", "Status", "Physical ID and reason"}), h("tbody", events)))))
}

// part draws the chart: names beside the bars, or above them where it is narrow.
func (c chart) part() part {
	return h("div", class("panel", "chart"), at("role", "img"), at("aria-label", "Time line: "+c.Longest+". The table of events below has every step."),
		h("svg", class("axis"), at("aria-hidden", "true"), each(c.Ticks, func(t chartTick) part {
			x := percent(t.X)
			return h("g", h("line", at("x1", x), at("x2", x), at("y1", "20"), at("y2", "100%")),
				h("text", at("x", x), at("y", "14"), at("text-anchor", "middle"), text(t.Text)))
		})),
		each(c.Rows, func(r chartRowView) part {
			return h("div", class("step"), h("span", class("who"), text(r.Name)),
				h("svg", class("bars"), at("aria-hidden", "true"), each(r.Bars, func(b chartBar) part {
					return h("rect", class("bar", b.Class), at("x", percent(b.X)), at("width", percent(b.W)), num("height", 12), num("rx", 2), h("title", text(b.Title)))
				})),
				h("span", class("took"), text(r.Took)))
		}))
}

func (d *Deployment) changesSection() part {
	title := "The plan that was carried out"
	if d.Outcome == "" {
		title = "The plan"
	}
	return when(len(d.Changes) > 0, section("changes", title, "",
		h("details", class("panel", "plan"), h("summary", text(plural(len(d.Changes), "resource"))),
			table([]string{"Action", "Resource", "Type"}, each(d.Changes, func(c Change) part {
				return h("tr", cell(text(c.Action), when(c.Replaces, text(" "), badge("warning", "replacement"))), cell(class("says"), text(c.LogicalID)), cell(text(c.Type)))
			})))))
}

func (d *Deployment) recordSection() part {
	return section("record", "For the record", "", panel(pairs(
		pairIf("Stack ID", d.StackID), pairIf("VPC", d.VPC), pairIf("Caller", d.Caller),
		pairOf("Template", code(d.Names.TemplateFile), text(", "+count(d.Template.Resources)+" resources, SHA-256 "), code(d.Template.SHA256)),
		pairIf("Log", d.Log), each(d.Notices, func(n string) part { return pairOf("Notice", text(n)) }))))
}

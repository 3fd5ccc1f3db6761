package report

import (
	"cmp"
	"slices"
	"strings"
)

// HTML is the comparison as a page.
func (d *Drift) HTML(stamp Stamp) ([]byte, error) {
	b := d.banner()
	return page{
		title: d.Subject.SGName + ": drift",
		meta:  &Meta{DriftKind, d.Subject.SGName, stamp.Time, b.class, b.sentence, d.Sandbox},
		body:  parts{top("Drift"+onlyIf(d.Sandbox, " in the sandbox"), d.Subject.SGName, d.Subject.facts()), d.main(b)},
	}.write(stamp)
}

func (d *Drift) main(b banner) part {
	return h("main", id("main"), b.part(), d.cards(), d.nextSection(), d.stepsSection(), d.rulesSection(), d.flowsSection(), d.othersSection(),
		orphansSection(d.Orphans), d.findingsSection(), d.pendingSection())
}

func (d *Drift) cards() part {
	flows := func(list []changeLine, colour string) part {
		if len(list) == 0 {
			return answer("Nothing", "")
		}
		return parts{
			answer(plural(len(list), "connection"), colour),
			few(list, func(c changeLine) part { return parts{text(c.From + " to " + c.To + " "), code(c.Traffic)} }),
		}
	}
	var differ []string
	for _, kind := range []string{RuleAdded, RuleRemoved, RuleChanged} {
		if n := d.Count(kind); n > 0 {
			differ = append(differ, count(n)+" "+kind)
		}
	}
	if n := d.Count(RuleDescribed); n > 0 {
		differ = append(differ, plural(n, "description"))
	}
	words, red := cmp.Or(strings.Join(differ, ", "), "None"), onlyIf(d.Drifted, "red")
	return h("div", class("cards"),
		card("differ", d.tense("Rules that differ", "Rules that differed"), answer(words, ""),
			note(d.tense("Rules that EC2 holds, against the deployed template.", "Rules that EC2 held before, against the deployed template.")),
			when(len(d.Others) > 0, note("And "+plural(len(d.Others), "difference")+" of groups, parameters and tags, below."))),
		card("opens", d.tense("What that opens", "What that opened"), flows(d.opened(), red)),
		card("closes", d.tense("What that closes", "What that closed"), flows(d.closed(), "")),
		card("cloudformation", d.tense("CloudFormation says", "CloudFormation said before"), answer(d.CFStatus, ""), each(d.CFNotes, note)))
}

func (d *Drift) rulesSection() part {
	if len(d.Rules) == 0 {
		return section("rules", "Rule by rule", "Every rule is as it was meant.")
	}
	told, held := d.unknown(), d.tense("EC2 holds", "EC2 held")
	return section("rules", "Rule by rule", d.unknownBy(), panel(table([]string{"Change", "Tier", held, "It was meant", "Who and when"},
		each(d.Rules, func(r RuleDrift) part {
			kind := map[string]string{RuleRemoved: "warning", RuleDescribed: "info"}[r.Kind]
			return h("tr", cell(badge(cmp.Or(kind, "error"), r.Kind)), rowHead(r.Tier),
				labelled(held, r.Held.part(), when(r.Note != "", h("div", class("cause"), text(r.Note)))),
				labelled("It was meant", r.Meant.part()), labelled("Who and when", r.By.part(told)))
		}))))
}

func (r RuleWords) part() part {
	return parts{orNothing(r.Text), when(r.Description != "", h("div", class("cause"), text("“"+r.Description+"”")))}
}

// orNothing is a value, or says that there is none.
func orNothing(value string) part {
	if value == "" {
		return muted("nothing")
	}
	return code(value)
}

// part says who, when and how, or why that is not known, but for a reason that has been told.
func (a Attribution) part(told string) part {
	line := func(words string) part { return when(words != "", h("div", class("cause"), text(words))) }
	if !a.Known {
		return parts{h("span", class("muted"), text("not known")), when(a.Reason != told, line(a.Reason))}
	}
	return parts{h("strong", breakable(a.Who)), line(a.When), line(a.Event + onlyIf(a.Source != "", " from "+a.Source))}
}

// stepsSection is what was done about it.
func (d *Drift) stepsSection() part {
	return when(d.past(), section("steps", "What was put back", "What is told below is what was found before.",
		panel(table([]string{"Done", "Call"}, each(d.Steps, func(s Step) part {
			done := badge("warning", "not done")
			if s.Done {
				done = badge("ok", "done")
			}
			return h("tr", cell(done), cell(class("says"), text(s.Text)))
		})))))
}

// unknownBy says why nobody is known, where that is one reason.
func (d *Drift) unknownBy() string {
	reason := d.unknown()
	return onlyIf(reason != "", "Who changed it, and when, is not known. "+reason)
}

// flowsSection has all that the cards have no room for.
func (d *Drift) flowsSection() part {
	lines := slices.Concat(d.opened(), d.closed())
	title := d.tense("What can flow because of it, and what can't", "What could flow because of it, and what couldn't")
	return when(len(lines) > 0, section("flows", title, "",
		panel(table([]string{"Change", "From", "To", "Traffic"}, each(lines, func(c changeLine) part {
			kind, word := "warning", "closed"
			if c.Opened {
				kind, word = "error", "opened"
			}
			return h("tr", cell(badge(kind, word)), rowHead(c.From, class("says")), labelled("To", class("says"), text(c.To)),
				labelled("Traffic", code(c.Traffic)))
		})))))
}

func (d *Drift) othersSection() part {
	told, held := d.unknown(), d.tense("It is", "It was found")
	return when(len(d.Others) > 0, section("others", "Groups, parameters and tags", onlyIf(len(d.Rules) == 0, d.unknownBy()),
		panel(table([]string{"What", "Tier", held, "It was meant", "Who and when"}, each(d.Others, func(o OtherDrift) part {
			return h("tr", cell(class("says"), text(o.What), when(o.Of != "", h("div", class("cause"), code("", breakable(o.Of))))), rowHead(o.Tier),
				labelled(held, orNothing(o.Held)), labelled("It was meant", orNothing(o.Meant)), labelled("Who and when", o.By.part(told)))
		})))))
}

// findingsSection shows findings that say the same together.
func (d *Drift) findingsSection() part {
	var groups []*findingGroup
	for _, f := range d.Findings {
		if n := len(groups) - 1; n < 0 || groups[n].ID != f.ID || groups[n].Remedy != f.Remedy || groups[n].Waived != f.Waived {
			groups = append(groups, &findingGroup{Finding: f})
		}
		last := groups[len(groups)-1]
		last.Cases = append(last.Cases, f)
	}
	return when(len(groups) > 0, section("findings", "Beside the drift", "What else is to be said of what EC2 holds. It is no drift.",
		each(groups, (*findingGroup).part)))
}

func (d *Drift) pendingSection() part {
	return when(len(d.Pending) > 0, section("pending", "Not deployed yet",
		"The config against the deployed template. It is no drift: a deployment would change it.",
		panel(table([]string{"Change", "What"}, each(d.Pending, func(p Pending) part {
			return h("tr", cell(badge("", p.Action)), labelled("What", class("says"), text(p.What)))
		})))))
}

// nextSection says what to do, and comes first where something is to be done.
func (d *Drift) nextSection() part {
	lines := parts{
		when(d.Drifted && d.Command != "", pairOf("To put it back", code(d.Command, at("data-copy", "the command")),
			text(" shows each step, and asks before it begins."))),
		each(d.Left, func(words string) part { return pairOf("Beyond that", text(words)) }),
		when(d.Drifted, pairOf("To keep it", text("Write it into the config and deploy. A rule that was added by hand stands in the way of that: "+
			"the deployment names the command that revokes it."))),
		when(len(d.Pending) > 0, pairOf("Pending", text("The config differs from the deployed template, "+plural(len(d.Pending), "change")+", below: a deployment would make them."))),
		each(d.Notes, func(n string) part { return pairOf("Note", text(n)) }),
	}
	title := "What to do"
	if !d.Drifted && len(d.Pending) == 0 {
		title = "To be noted"
	}
	return when(d.Drifted || len(d.Pending)+len(d.Notes) > 0, section("next", title, "", panel(pairs(lines))))
}

package report

import (
	"slices"
	"strings"
)

// main is everything of a review below its header: the answers of the first screen, then what they rest on.
func (v *reviewView) main() part {
	return h("main", id("main"), v.Banner.part(),
		h("div", class("cards"), v.worldCard(), v.databaseCard(), v.overridesCard(), v.findingsCard()),
		contents(fact{"topology", "Picture"}, fact{"reachability", "Reachability"}, fact{"changes", onlyIf(len(v.Changes) > 0, "Changes")},
			fact{"rules", "Rules"}, fact{"findings", "Findings"}, fact{"assertions", onlyIf(len(v.Assertions) > 0, "Assertions")},
			fact{"names", "Names"}, fact{"template", "Template"}),
		section("topology", "Who talks to whom", "Point at a tier, or reach it with the Tab key, to see its connections alone, in the picture and "+
			"in the table of the rules that make them."+onlyIf(v.Picture.Dense, " Ports are shown for what is pointed at."), v.Picture.part()),
		section("reachability", "Who can reach whom", "Every flow that the rules of both ends permit, computed exactly from address ranges and ports. "+
			"From the zone of the row to that of the column."+onlyIf(v.Picture.Hidden > 0, " In italics: what no rule means but wider ones let through, "+
			"such as one tier to another that is open to everybody.")+onlyIf(v.possible(), " A question mark: it depends on addresses that are not known."),
			v.matrix().part()),
		v.changesSection(), v.rulesSection(), v.findingsSection(), v.assertionsSection(),
		section("names", "Names to be made", "", v.Names.part(false)),
		section("template", "Template", count(v.Template.Resources)+" resources, "+count(v.Template.Bytes)+" bytes, SHA-256 "+v.Template.SHA256,
			h("details", class("panel", "template"), h("summary", text(v.Names.TemplateFile)), snippetPart("the template", v.Template.Text))))
}

// onlyIf is a text where a condition holds, else none.
func onlyIf(condition bool, words string) string {
	if condition {
		return words
	}
	return ""
}

func (v *reviewView) worldCard() part {
	const question = "Is anything open to the world?"
	sends := note("Nothing is sent to the internet.")
	if n := len(v.Outbound); n > 0 {
		var words []string
		for _, o := range v.Outbound[:min(n, firstLines)] {
			words = append(words, o.Zone+" on "+legibleList(o.Traffic))
		}
		sends = note("Sends to the internet: " + strings.Join(words, "; ") + onlyIf(n > firstLines, "; and "+count(n-firstLines)+" more") + ".")
	}
	if len(v.World) == 0 {
		return card("world", question, answer("No", "green"), small("No tier lets the internet in."), sends)
	}
	return card("world", question, answer(v.WorldAnswer, onlyIf(v.Alarming, "red")), few(v.World, func(w Reached) part {
		return parts{h("strong", text(w.Zone)), text(" on "), pieces(legibleList(w.Traffic)), when(!w.Expected, text(" "), h("span", class("red"), text("is no edge tier")))}
	}), sends)
}

// pieces is a list of traffic that breaks between its pieces alone.
func pieces(traffic string) part {
	var out parts
	for i, piece := range strings.Split(traffic, ", ") {
		out = append(out, when(i > 0, text(", ")), h("code", class("nowrap"), text(piece)))
	}
	return out
}

func (v *reviewView) databaseCard() part {
	why := parts(nil)
	switch {
	case len(v.Databases) == 0:
		why = parts{small("No tier of this set holds one.")}
	case len(v.Reaching) == 0:
		why = parts{small("No rule lets anything in.")}
	}
	return card("database", "What can reach the database?", answer(v.DatabaseAnswer, v.DatabaseClass), few(v.Reaching, func(l reachLine) part {
		words, colour := l.alarm()
		return parts{
			h("strong", text(l.From)), text(" to " + l.To + " on "), pieces(l.Traffic),
			when(words != "", text(" "), h("span", class(colour), text(words))),
		}
	}), why)
}

func (v *reviewView) overridesCard() part {
	words := "The set is the scenario " + v.Subject.Scenario + " as it is."
	if v.Overrides.Any() {
		words = "Against the scenario " + v.Subject.Scenario + " without them."
	}
	asked := v.changes(false)
	return card("overrides", "What did the overrides change?", answer(v.ChangeAnswer, ""), few(asked, func(c changeLine) part {
		return parts{c.badge(), text(" " + c.From + " to " + c.To + " "), pieces(c.Traffic)}
	}), note(words+onlyIf(len(v.Changes) > len(asked), " What follows for ranges within wider ones is listed below.")))
}

// changes are those that a rule means, or those that follow from wider ones.
func (v *reviewView) changes(follow bool) []changeLine {
	return slices.DeleteFunc(slices.Clone(v.Changes), func(c changeLine) bool { return c.Follows != follow })
}

func (c changeLine) badge() part {
	if c.Opened {
		return badge("mirror", "opens")
	}
	return badge("", "closes")
}

func (v *reviewView) findingsCard() part {
	return card("open", "Which findings are open?", answer(v.FindingsAnswer, v.FindingsClass), few(v.OpenFindings, func(o openFinding) part {
		tiers := o.Tiers()
		return parts{
			badge(o.Severity, o.ID), text(" " + onlyIf(o.Count > 1, count(o.Count)+" times ")),
			when(tiers != "", h("strong", text(tiers)), text(": ")), text(o.Title),
		}
	}), note(v.FindingsNote))
}

func (v *reviewView) changesSection() part {
	asked, follow := v.changes(false), v.changes(true)
	return when(len(v.Changes) > 0, section("changes", "What the overrides open and close",
		"The flows of this set against those of the scenario "+v.Subject.Scenario+" without overrides.",
		when(len(asked) > 0, panel(changeTable(asked))),
		when(len(follow) > 0, h("details", class("panel"), h("summary", text(count(len(follow))+" that follow from wider rules")), changeTable(follow)))))
}

func changeTable(changes []changeLine) part {
	return table([]string{"Change", "From", "To", "Traffic"}, each(changes, func(c changeLine) part {
		return h("tr", when(c.Follows, class("follows")), cell(c.badge()), labelled("From", class("says"), text(c.From)), labelled("To", class("says"), text(c.To)),
			h("td", class("traffic"), at("data-label", "Traffic"), text(c.Traffic)))
	}))
}

func (v *reviewView) rulesSection() part {
	legend := h("p", class("lead"), text("Where a rule comes from: "), badge("", "scenario"), text(" as the scenario has it, "),
		badge("override", "override"), text(" the config asked for it, "), badge("mirror", "mirror"),
		text(" the tool added it, as the other half of a connection that names a tier."))
	return section("rules", "The rules of each tier", "", legend, each(v.Tiers, Tier.part))
}

func (t Tier) part() part {
	name := "tier-" + t.Name
	words := t.Description + onlyIf(t.Description != "", "; ") + "role " + t.Role + onlyIf(t.Service != "", ", serves "+t.Service)
	columns := parts{h("col", class("c1")), h("col", class("c2")), h("col", class("c3")), h("col")}
	return h("section", class("panel", "tierblock"), id(name), at("aria-labelledby", name+"-h"),
		h("header", h("h3", id(name+"-h"), text(t.Name)), muted(words)),
		h("table", class("rules", "stack"), h("colgroup", columns), heads([]string{"Traffic", "From or to", "Description", "Origin"}),
			rulesPart("Lets in", "Nothing reaches this tier.", t.Ingress),
			rulesPart("Lets out", "Nothing leaves this tier: no outbound traffic at all.", t.Egress)))
}

// rulesPart are the rules of one direction.
func rulesPart(title, otherwise string, rules []Rule) part {
	return h("tbody", h("tr", class("side"), h("th", at("scope", "rowgroup"), at("colspan", "4"), text(title),
		when(len(rules) == 0, text(" "), muted(otherwise)))), each(rules, Rule.row))
}

func (r Rule) row() part {
	peer := part(h("span", class("mono"), text(r.Peer.String())))
	if r.Peer.Tier != "" {
		peer = h("a", at("href", "#tier-"+r.Peer.Tier), text(r.Peer.Tier))
	}
	return h("tr", id("r-"+r.LogicalID), class(r.Origin), h("td", class("traffic"), text(legible(r.Traffic))), cell(peer), cell(text(r.Description)),
		cell(badge(r.Origin, r.Origin), r.cause(), when(r.Covered, h("div", class("cause"), text("covered by the open egress: not in the template")))))
}

// cause is what made the rule what it is: of an override, as a difference to read.
func (r Rule) cause() part {
	line := func(sign string, p Place, kind string) part {
		return h("div", class("cause", kind), h("span", class("sign"), at("aria-hidden", "true"), text(sign)), text(p.String()+" "), code(p.Text))
	}
	switch {
	case r.Replaces != nil:
		return parts{
			text(" "), h("span", class("small"), text("in place of "), h("s", text(r.Replaces.Traffic))),
			line("−", r.Replaces.Cause, "was"), line("+", r.Cause, ""),
		}
	case r.Origin == "override":
		return line("+", r.Cause, "")
	case r.Origin == "mirror":
		return h("div", class("cause"), text("other half of "+r.Cause.String()+" "), code(r.Cause.Text))
	default:
		return parts{text(" "), h("span", class("cause"), text(r.Cause.String()))}
	}
}

func (v *reviewView) findingsSection() part {
	groups := v.FindingGroups()
	return section("findings", "Findings", v.FindingsNote, when(len(groups) == 0, h("p", text("Nothing was found."))),
		each(groups, (*findingGroup).part))
}

func (g *findingGroup) part() part {
	row := func(name, words string) part {
		return when(words != "", h("dt", text(name)), h("dd", text(words)))
	}
	return h("article", class("panel", "finding"),
		h("header", badge(g.Severity, g.Severity), when(g.Waived != "", badge("", "waived")), h("h3", text(g.ID+onlyIf(g.Title != "", ": "+g.Title)))),
		h("dl", row("Why it matters", g.Why), row("What to do", g.Remedy), row("Accepted because", g.Waived)),
		h("ul", class("plain", "cases"), each(g.Cases, func(f Finding) part {
			return h("li", text(f.Message), when(f.Place.File != "",
				h("div", class("cause"), text(f.Place.String()+" "), when(f.Place.Text != "", code(f.Place.Text)))))
		})),
		when(g.Waivable && g.Waived == "", h("details", h("summary", text("How to accept it with a reason and an end")),
			snippetPart("the waiver", waiver(g.Cases)))))
}

func (v *reviewView) assertionsSection() part {
	return when(len(v.Assertions) > 0, section("assertions", "Assertions", "What the config claims about its own rules, proved or refuted.",
		panel(table([]string{"Verdict", "Assertion", "Where"}, each(v.Assertions, func(a Assertion) part {
			verdict := badge("error", "does not hold")
			if a.Holds {
				verdict = badge("ok", "holds")
			}
			return h("tr", cell(verdict), cell(text(a.Text), when(a.CounterExample != "", h("div", class("cause"), text(a.CounterExample)))),
				h("td", class("where"), code(a.Place.String())))
		})))))
}

package report

import (
	"maps"
	"slices"
)

// fact is one line of what a report is about.
type fact struct{ name, value string }

func (s Subject) facts() []fact {
	return []fact{
		{"Company", s.Company}, {"Environment", s.Environment}, {"Account", s.Account}, {"Region", s.Region}, {"Workload", s.Workload},
		{"Scenario", s.Scenario}, {"Config", s.Config},
	}
}

// top is the header of a report: what it is, about which set, and the facts that tell it from others.
func top(kind, name string, facts []fact) part {
	return h("header", class("top"), h("p", class("eyebrow"), text(kind)), h("h1", text(name)),
		when(len(facts) > 0, h("dl", class("facts"), each(facts, func(f fact) part {
			return when(f.value != "", h("div", h("dt", text(f.name)), h("dd", text(f.value))))
		}))))
}

// banner is the verdict at the top of a report.
type banner struct {
	class    string // good, look or stop
	sentence string
	more     string
}

// signs are drawn beside a verdict, whose words say the same.
var signs = map[string][]string{
	"good": {"M8 13.5l3.5 3.5L18.5 9.5", "M13 1.5a11.5 11.5 0 1 1 0 23a11.5 11.5 0 1 1 0-23Z"},
	"look": {"M13 10v6M13 18v2", "M13 3L24 22.5H2Z"},
	"stop": {"M8.5 8.5l9 9M17.5 8.5l-9 9", "M13 1.5a11.5 11.5 0 1 1 0 23a11.5 11.5 0 1 1 0-23Z"},
}

func (b banner) part() part {
	return h("section", class("verdict", b.class), id("verdict"), at("aria-label", "Verdict"),
		h("svg", at("viewBox", "0 0 26 26"), at("aria-hidden", "true"), each(signs[b.class], func(d string) part {
			return h("path", at("d", d), at("fill", "none"), at("stroke", "currentColor"), at("stroke-width", "2.2"), at("stroke-linejoin", "round"))
		})),
		h("div", h("p", text(b.sentence)), when(b.more != "", h("p", class("muted"), text(b.more)))))
}

// card is one of the answers of the first screen.
func card(name, question string, of ...part) part {
	return h("section", class("card"), id(name), h("h2", text(question)), parts(of))
}

func answer(words, colour string) part { return h("p", class("answer", colour), text(words)) }
func note(words string) part           { return h("p", class("note"), text(words)) }
func small(words string) part          { return h("p", class("small"), text(words)) }

// firstLines is how many lines a card of the first screen has at most.
const firstLines = 4

// few is a list of as many lines as a card has room for.
func few[T any](all []T, line func(T) part) part {
	if len(all) == 0 {
		return parts(nil)
	}
	rest := len(all) - firstLines
	return h("ul", class("plain"), each(all[:min(len(all), firstLines)], func(x T) part { return h("li", line(x)) }),
		when(rest > 0, h("li", class("muted"), text("and "+count(rest)+" more, below"))))
}

// section is a part of a report with a heading, to which links lead.
func section(name, title, lead string, of ...part) part {
	return h("section", id(name), at("aria-labelledby", name+"-h"), h("h2", id(name+"-h"), text(title)),
		when(lead != "", h("p", class("lead"), text(lead))), parts(of))
}

// contents are links to the sections of a report that there are.
func contents(links ...fact) part {
	return h("nav", class("toc"), at("aria-label", "Contents"), each(links, func(l fact) part {
		return when(l.value != "", h("a", at("href", "#"+l.name), text(l.value)))
	}))
}

func badge(kind, word string) part { return h("span", class("badge", kind), text(word)) }
func muted(words string) part      { return h("span", class("muted", "small"), text(words)) }

// table is a table with one row of headers. On a narrow screen its rows become blocks.
func table(columns []string, rows part, more ...part) part {
	return h("table", class("stack"), parts(more), heads(columns), h("tbody", rows))
}

func heads(columns []string) part {
	return h("thead", h("tr", each(columns, func(c string) part { return h("th", at("scope", "col"), text(c)) })))
}

func rowHead(words string, of ...part) part {
	return h("th", at("scope", "row"), text(words), parts(of))
}
func cell(of ...part) part { return h("td", of...) }

// labelled is a cell that says on a narrow screen which column it is of.
func labelled(label string, of ...part) part { return h("td", at("data-label", label), parts(of)) }

func panel(of ...part) part { return h("div", class("panel"), parts(of)) }

// scroller is a region that scrolls by itself where it is too wide, also by keyboard.
func scroller(label string, classes string, of ...part) part {
	return h("div", class(classes, "scroll"), at("role", "region"), at("aria-label", label), at("tabindex", "0"), parts(of))
}

// pairs is a list of names and what they stand for; those that stand for nothing are left out.
func pairs(of ...part) part { return h("dl", class("pairs"), parts(of)) }

func pairOf(name string, value ...part) part { return parts{h("dt", text(name)), h("dd", value...)} }

func pairIf(name, value string) part { return when(value != "", pairOf(name, text(value))) }

// names are the names of a set; with the groups' IDs where it is deployed.
func (n Names) part(deployed bool) part {
	columns := []string{"Tier", "Group", "Name tag", "SSM parameter", "Export"}
	if !deployed {
		columns = slices.Delete(columns, 1, 2)
	}
	tags := each(slices.Sorted(maps.Keys(n.Tags)), func(key string) part { return parts{code(key+"="+n.Tags[key], class("tag")), text(" ")} })
	return h("div", class("panel", "names"),
		pairs(
			pairOf("Stack", code(n.Stack, at("data-copy", "the stack's name"))), pairOf("VPC", code(n.VPC), when(n.VPCFrom != "", text(", from the parameter "), code(n.VPCFrom))), pairOf("Template", code(n.TemplateFile)),
			pairOf("Tags", tags)),
		table(columns, each(n.Groups, func(g Group) part {
			return h("tr", rowHead(g.Tier), when(deployed, h("td", class("nowrap"), code(g.ID, at("data-copy", "the group's ID")))),
				labelled("Name tag", code(g.Name)),
				labelled("SSM parameter", code(g.Parameter, at("data-copy", "the parameter's name"))),
				labelled("Export", code(g.Export, at("data-copy", "the export's name"))))
		})))
}

// snippetPart is a text to copy.
func snippetPart(what, words string) part {
	return h("pre", at("tabindex", "0"), code(words, at("data-copy", what)))
}

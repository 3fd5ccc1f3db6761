package report

import "strconv"

func count(n int) string { return strconv.Itoa(n) }

// part is the picture with its legend, and the same in words.
func (p picture) part() part {
	return h("div", class("topo", "panel"), p.legend(),
		scroller("Picture of the connections", "", p.drawing()),
		p.words())
}

// words are the lines as a table: what the picture shows, for those who don't see it.
func (p picture) words() part {
	if len(p.Lines)+len(p.Within) == 0 {
		return h("p", class("empty"), text("No rule connects anything."))
	}
	return scroller("The connections in words", "", h("table", class("flows", "stack"),
		h("caption", text("The same in words, with the rules that make it")),
		heads([]string{"From", "To", "Traffic", "Made by"}),
		h("tbody", each(p.Lines, lineView.row), each(p.Within, lineView.row))))
}

// legend is for the eye alone: the table says what it says.
func (p picture) legend() part {
	sample := func(width int, group, words string, of ...part) part {
		return h("span", h("svg", class("pic"), num("width", width), num("height", 10), h("g", class(group), parts(of))), text(words))
	}
	line := h("path", class("way"), at("d", "M0 5H33"))
	diamond := func(x string) part { return h("path", class("mark"), at("d", "M"+x+" 1l4 4-4 4-4-4z")) }
	return h("div", class("head"), at("aria-hidden", "true"),
		sample(34, "scenario", "as the scenario has it", line),
		sample(34, "fromworld", "from the internet", line),
		sample(50, "override", "an override asked for it", line, diamond("44")),
		sample(10, "mirror", "one half added by the tool", diamond("5")),
		when(p.Possible, sample(34, "possible", "possible: addresses that are not known decide", line)))
}

func (p picture) drawing() part {
	dense := ""
	if p.Dense {
		dense = "dense"
	}
	tips := each([]string{"tip", "tip-world", "tip-override"}, func(name string) part {
		return h("marker", id(name), at("viewBox", "0 0 8 8"), at("refX", "7"), at("refY", "4"), at("markerWidth", "9"), at("markerHeight", "9"),
			at("markerUnits", "userSpaceOnUse"), at("orient", "auto"), h("path", class(name), at("d", "M0 0L8 4L0 8Z")))
	})
	return h("svg", class("pic"), id("picture"), num("width", p.W), num("height", p.H), at("viewBox", "0 0 "+count(p.W)+" "+count(p.H)),
		at("role", "group"), at("aria-label", p.Summary+" The table below says the same in words."),
		h("defs", tips),
		h("g", class(dense), at("aria-hidden", "true"), each(p.Lines, lineView.part), each(p.Lines, lineView.labels)),
		each(p.Boxes, boxView.part))
}

func (l lineView) part() part {
	return h("g", class("e", l.Of, l.Class), at("data-flows", l.Flows), l.title(),
		h("path", class("hit"), at("d", string(l.Way))), h("path", class("way"), at("d", string(l.Way))))
}

// labels are drawn when all lines are, so that none runs across them.
func (l lineView) labels() part {
	return h("g", class("items", l.Of), l.title(), each(l.Items, itemView.part))
}

func (l lineView) title() part { return h("title", text(l.From+" to "+l.To+": "+l.Traffic)) }

func (it itemView) part() part {
	mid := it.Y + it.H/2
	slim, half, base := "", 4, 4 // of the diamond, and from the middle to the letters' base line
	if it.H < itemHeight {
		slim, half, base = "slim", 3, 3
	}
	x := it.X + 6
	if it.Marked {
		x = it.X + 18
	}
	n := count(half)
	diamond := "M" + count(it.X+10) + " " + count(mid-half) + "l" + n + " " + n + "-" + n + " " + n + "-" + n + "-" + n + "z"
	return h("g", class(it.Class, slim), h("rect", num("x", it.X), num("y", it.Y+1), num("width", it.W), num("height", it.H-2), num("rx", 4)),
		when(it.Marked, h("path", class("mark"), at("d", diamond))),
		h("text", num("x", x), num("y", mid+base), text(it.Text)))
}

// row is the line in words.
func (l lineView) row() part {
	var rules parts
	for i, r := range l.Rules {
		words := r.Tier + " " + r.Direction + " " + legible(r.Traffic)
		if r.Peer.CIDR != "" {
			words += " " + r.Peer.CIDR
		}
		rules = append(rules, when(i > 0, text(", ")), h("a", at("href", "#r-"+r.LogicalID), text(words)),
			when(r.Origin != "scenario", text(" "), badge(r.Origin, r.Origin)))
	}
	return h("tr", class("fl", l.Of, l.Class), rowHead(l.From), labelled("to", text(l.To)), h("td", class("traffic"), text(l.Traffic)), cell(rules))
}

func (b boxView) part() part {
	words := b.Full + ", " + b.Sub
	if b.Findings > 0 {
		words += ", open findings: " + count(b.Findings)
	}
	line := func(kind string, n int, words string) part {
		return when(words != "", h("text", class(kind), num("x", b.x+14), num("y", b.textY()+18*n), text(words)))
	}
	return h("a", at("href", b.Link), class("n", "n"+count(b.Index)), at("data-zone", b.Zone), at("aria-label", words),
		h("g", class(b.Class), h("title", text(b.Full)),
			h("rect", class("card"), num("x", b.x), num("y", b.y), num("width", b.w), num("height", b.h), num("rx", 8)),
			line("title", 0, b.Title), line("sub", 1, b.Sub), when(b.Own != "", h("g", at("data-flows", b.OwnFlows), line("sub", 2, b.Own))), b.flag()))
}

// flag counts the open findings at the corner of a box.
func (b boxView) flag() part {
	grave := ""
	if b.Grave {
		grave = "grave"
	}
	return when(b.Findings > 0, h("g", class("flag", grave),
		h("circle", num("cx", b.x+b.w-2), num("cy", b.y+2), num("r", 9)), h("text", num("x", b.x+b.w-2), num("y", b.y+6), text(count(b.Findings)))))
}

// paperColumns is how many columns of a matrix there is room for on paper. A wider one is a list there, as every one is on a
// narrow screen.
const paperColumns = 6

// part is the table of all flows.
func (m matrixView) part() part {
	if len(m.Rows) == 0 {
		return h("p", text("Nothing can reach anything."))
	}
	head := []string{`from \ to`}
	wide := onlyIf(len(m.Columns) > paperColumns, "wide")
	return scroller("Reachability", "panel tall", h("table", class("matrix", wide), heads(append(head, m.Columns...)),
		h("tbody", each(m.Rows, func(r matrixRow) part { return h("tr", rowHead(r.Zone), each(r.Cells, matrixCell.part)) }))))
}

func (c matrixCell) part() part {
	return h("td", class(c.Class), when(len(c.Items) > 0, at("data-to", c.To)), each(c.Items, func(it phrase) part {
		return h("span", when(it.Follows, class("follows")), at("data-flows", it.told()), text(it.Text+onlyIf(it.Possible, "?")))
	}))
}

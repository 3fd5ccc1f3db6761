package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// reviewView is a review with what only its page needs.
type reviewView struct {
	*Review
	Banner  banner
	Picture picture

	WorldAnswer string
	Alarming    bool // somebody is open who should not be

	DatabaseAnswer string
	DatabaseClass  string
	Reaching       []reachLine

	ChangeAnswer string
	Changes      []changeLine

	FindingsAnswer string
	FindingsClass  string
	FindingsNote   string
	OpenFindings   []openFinding
}

// reachLine is who reaches a database.
type reachLine struct {
	From, To, Traffic string
	Alarming          bool
}

// rank puts first what is worth most attention.
func (l reachLine) rank() int {
	switch {
	case isInternet(l.From):
		return 0
	case isWorld(l.From):
		return 1
	case l.Alarming:
		return 2
	default:
		return 3
	}
}

// alarm is the warning beside it, with its colour.
func (l reachLine) alarm() (words, colour string) {
	switch {
	case !l.Alarming:
		return "", ""
	case isWorld(l.From) && !isInternet(l.From):
		return muchOfTheInternet, "red"
	case isWorld(l.From):
		return "from outside of the set", "red"
	default:
		return "from outside of the set", "amber"
	}
}

// changeLine is what overrides open or close between two zones.
type changeLine struct {
	Opened, Follows   bool
	From, To, Traffic string
}

// findingGroup are the findings of one check that are alike but for where they are.
type findingGroup struct {
	Finding
	Cases []Finding
}

// FindingGroups are the findings, those that say the same together, and those of one check below each other.
func (v *reviewView) FindingGroups() []*findingGroup {
	var out []*findingGroup
	for _, f := range v.Findings {
		i := slices.IndexFunc(out, func(g *findingGroup) bool {
			return g.ID == f.ID && g.Severity == f.Severity && g.Waived == f.Waived && g.Why == f.Why && g.Remedy == f.Remedy
		})
		if i < 0 {
			i = len(out)
			for n, g := range out {
				if g.ID == f.ID && g.Severity == f.Severity && g.Waived == f.Waived {
					i = n + 1
				}
			}
			out = slices.Insert(out, i, &findingGroup{Finding: f})
		}
		out[i].Cases = append(out[i].Cases, f)
	}
	return out
}

// openFinding are the open findings of one check.
type openFinding struct {
	ID, Severity, Title string
	Count               int
	tiers               []string
}

// Tiers are the tiers that the findings are about, in short.
func (o openFinding) Tiers() string { return list(o.tiers) }

// HTML is the review as a page.
func (r *Review) HTML(stamp Stamp) ([]byte, error) {
	v := &reviewView{Review: r, Picture: r.picture()}
	v.banner()
	v.answerWorld()
	v.answerDatabase()
	v.answerChanges()
	v.answerFindings()
	return page{
		title: r.Subject.SGName + ": review",
		meta:  &Meta{ReviewKind, r.Subject.SGName, stamp.Time, v.Banner.class, r.Verdict.Sentence, false},
		style: highlight(v.Picture),
		body:  parts{top("Security group review", r.Subject.SGName, r.Subject.facts()), v.main()},
	}.write(stamp)
}

func (v *reviewView) banner() {
	class := map[Decision]string{Approve: "good", Look: "look", Block: "stop"}[v.Verdict.Decision]
	v.Banner = banner{class: class, sentence: v.Verdict.Sentence}
	if v.Verdict.Decision == Block {
		v.Banner.more = "create-security-groups refuses this set until that is mended."
	}
}

func (v *reviewView) answerWorld() {
	var names []string
	for _, w := range v.World {
		names = append(names, w.Zone)
		v.Alarming = v.Alarming || !w.Expected
	}
	v.WorldAnswer = "Yes: " + list(names)
	if !v.Alarming {
		v.WorldAnswer = "Only the edge: " + list(names)
	}
}

func (v *reviewView) answerDatabase() {
	var names []string
	for _, d := range v.Databases {
		for _, f := range d.From {
			if v.follows(f.Zone, d.Tier) {
				continue // from the internet, which is told
			}
			v.Reaching = append(v.Reaching, reachLine{f.Zone, d.Tier, legibleList(f.Traffic), !f.Expected})
		}
	}
	slices.SortStableFunc(v.Reaching, func(a, b reachLine) int { return cmp.Compare(a.rank(), b.rank()) })
	for _, l := range v.Reaching {
		if !slices.Contains(names, l.From) {
			names = append(names, l.From)
		}
		if _, colour := l.alarm(); v.DatabaseClass != "red" && colour != "" {
			v.DatabaseClass = colour
		}
	}
	switch {
	case len(v.Databases) == 0:
		v.DatabaseAnswer = "There is none"
	case len(names) == 0:
		v.DatabaseAnswer = "Nothing"
	case len(names) == 1:
		v.DatabaseAnswer = "Only " + names[0]
	default:
		v.DatabaseAnswer = list(names)
	}
}

func (v *reviewView) answerChanges() {
	opened, closed := changeLines(v.Overrides.Opened, true), changeLines(v.Overrides.Closed, false)
	v.Changes = slices.Concat(opened, closed)
	slices.SortStableFunc(v.Changes, func(a, b changeLine) int {
		return cmp.Or(boolCompare(a.Follows, b.Follows), boolCompare(b.Opened, a.Opened), cmp.Compare(a.rank(v.isTier), b.rank(v.isTier)))
	})
	switch {
	case !v.Overrides.Any():
		v.ChangeAnswer = "There are none"
	case len(v.Changes) == 0:
		v.ChangeAnswer = "No flow"
	default:
		opened, closed := v.Overrides.Meant()
		v.ChangeAnswer = numberOrNone(opened) + " opened, " + numberOrNone(closed) + " closed"
	}
}

// rank puts first what is worth most attention: who comes in from the internet, then from elsewhere, then what is left.
func (c changeLine) rank(isTier func(zone string) bool) int {
	switch {
	case isWorld(c.From):
		return 0
	case !isTier(c.From):
		return 1
	case isWorld(c.To):
		return 2
	default:
		return 3
	}
}

func (v *reviewView) isTier(zone string) bool {
	return slices.ContainsFunc(v.Tiers, func(t Tier) bool { return t.Name == zone })
}

// numberOrNone is a number within a sentence.
func numberOrNone(n int) string {
	if n == 0 {
		return "none"
	}
	return count(n)
}

// meant counts the flows that a rule means.
func meant(flows []Flow) int { return tally(flows, func(f Flow) bool { return !f.Follows }) }

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// follows reports whether all that flows between two zones follows from rules for wider ranges, and the sender is no tier.
func (v *reviewView) follows(from, to string) bool {
	if v.isTier(from) {
		return false
	}
	return !slices.ContainsFunc(v.Flows, func(f Flow) bool { return f.From == from && f.To == to && !f.Follows })
}

// betweenPairs are flows by the zones that they connect, in the order of the first of each.
func betweenPairs(flows []Flow) (order []pair, between map[pair][]Flow) {
	between = map[pair][]Flow{}
	for _, f := range flows {
		p := pair{f.From, f.To}
		if between[p] == nil {
			order = append(order, p)
		}
		between[p] = append(between[p], f)
	}
	return order, between
}

// changeLines joins flows between the same zones, those that rules mean apart from those that follow.
func changeLines(flows []Flow, opened bool) []changeLine {
	order, between := betweenPairs(flows)
	var out []changeLine
	for _, p := range order {
		all := phrases(between[p])
		for _, follows := range []bool{false, true} {
			some := slices.DeleteFunc(slices.Clone(all), func(one phrase) bool { return one.Follows != follows })
			if len(some) > 0 {
				out = append(out, changeLine{opened, follows, p.from, p.to, sentence(some)})
			}
		}
	}
	return out
}

func (v *reviewView) answerFindings() {
	errors, warnings := v.Open("error"), v.Open("warning")
	switch {
	case errors > 0:
		v.FindingsClass, v.FindingsAnswer = "red", plural(errors, "error")
		if warnings > 0 {
			v.FindingsAnswer += ", " + plural(warnings, "warning")
		}
	case warnings > 0:
		v.FindingsClass, v.FindingsAnswer = "amber", plural(warnings, "warning")
	default:
		v.FindingsClass, v.FindingsAnswer = "green", "None"
	}
	for _, f := range v.Findings {
		if !f.Open() {
			continue
		}
		i := slices.IndexFunc(v.OpenFindings, func(o openFinding) bool { return o.ID == f.ID && o.Severity == f.Severity })
		if i < 0 {
			i = len(v.OpenFindings)
			v.OpenFindings = append(v.OpenFindings, openFinding{ID: f.ID, Severity: f.Severity, Title: f.Title})
		}
		o := &v.OpenFindings[i]
		if o.Count++; f.Tier != "" && !slices.Contains(o.tiers, f.Tier) {
			o.tiers = append(o.tiers, f.Tier)
		}
	}
	notes := []string{"None is waived"}
	if n := v.Waived(); n > 0 {
		notes[0] = plural(n, "finding") + " waived with a reason"
	}
	switch failed := v.failedAssertions(); {
	case len(v.Assertions) == 0:
		notes = append(notes, "the config asserts nothing")
	case failed == 0:
		notes = append(notes, v.holding())
	default:
		notes = append(notes, fmt.Sprintf("%d of %s", failed, plural(len(v.Assertions), "assertion"))+verb(failed, " does not hold", " do not hold"))
	}
	v.FindingsNote = strings.Join(notes, "; ") + "."
}

// list is "a, b and c", or as much of it as a headline bears.
func list(names []string) string {
	const most = 3
	if len(names) > most {
		return strings.Join(names[:most-1], ", ") + fmt.Sprintf(" and %d more", len(names)-most+1)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// What style.css leaves a panel: of the widest page, and beside it.
const (
	widestPanel = 1182
	aroundPanel = 58
)

// shrunk is how narrow a picture may be drawn and still be read.
func shrunk(width int) int { return width * 8 / 10 }

// highlight are the style rules that make one box, or one line, stand out where it is pointed at: they need no script, and
// are made of numbers alone.
func highlight(p picture) string {
	var b strings.Builder
	// A picture that is a little too wide for the screen shrinks until it fits; where its words would become too small to
	// read, it keeps its size and scrolls. Paper doesn't scroll.
	smallest, scrolled := shrunk(p.W), p.W
	screen := "screen"
	if smallest <= widestPanel {
		screen = fmt.Sprintf("screen and (max-width:%dpx)", smallest+aroundPanel)
	}
	if p.Dense {
		scrolled = smallest // more of it at a time
	}
	fmt.Fprintf(&b, "\n#picture{width:100%%;max-width:%dpx;height:auto}\n@media %s{#picture{min-width:%dpx}}\n", p.W, screen, scrolled)
	// What is pointed at leaves the rest pale. Of many lines the labels are not there until then, and of the table, which is
	// pages long, what remains is what to look at.
	others, pale, palest := ":is(.e,.items,.fl)", ".2", ".14"
	if p.Dense {
		others, palest = ":is(.e,.fl)", ".06"
	}
	shown := func(pointed, class string, i int, opacity string) {
		fmt.Fprintf(&b, "%s %s:not(.%s%d){opacity:%s}\n", pointed, others, class, i, opacity)
		if p.Dense {
			fmt.Fprintf(&b, "%s .items.%s%d{opacity:1}\n", pointed, class, i)
		}
	}
	for i := range p.Boxes {
		pointed := fmt.Sprintf(".topo:has(.n%d:is(:hover,:focus-visible))", i)
		shown(pointed, "b", i, palest)
		if p.Dense {
			fmt.Fprintf(&b, "%s .fl:not(.b%d){display:none}\n", pointed, i)
		}
	}
	for i := range p.Lines {
		shown(fmt.Sprintf(".topo:has(.k%d:hover)", i), "k", i, pale)
	}
	return b.String()
}

// waiver is what a config says to accept findings of one check, tier by tier.
func waiver(findings []Finding) string {
	lines := []string{"security_groups:", "  waivers:"}
	for _, f := range findings {
		tier := ""
		if f.Tier != "" {
			tier = ", tier: " + f.Tier
		}
		line := fmt.Sprintf("    - {check: %s%s, reason: \"why, and who decided\", expires: YYYY-MM-DD}", f.ID, tier)
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

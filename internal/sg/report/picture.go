package report

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
)

const (
	denseTiers  = 20 // from so many on, ports are shown on demand
	mostItems   = 4  // of a label, before the rest is counted
	itemHeight  = 18
	denseHeight = 6
	slimLabel   = 12   // the height of a label among very many, with the room to the next
	titleSize   = 16.5 // of a box's name: 15 px and bold, which is a tenth wider
	itemChar    = 6.7  // of the labels' fixed-width letters: 11 px of 0.6 em, and a little
	boxHeight   = 56
	boxWidth    = 132
	// of pictures with many boxes
	denseBoxHeight = 44
	denseBoxWidth  = 100
)

// boxWidths are how wide the boxes of a picture are at most, where it fits the screen: names are shown whole if they can be.
var boxWidths = []int{236, 184, boxWidth}

// muchOfTheInternet is a range that is as good as the world.
const muchOfTheInternet = "much of the internet"

// picture is the topology, laid out. Zones outside of the set stand on the left where they send and on the right where they
// receive, so that everything flows from left to right.
type picture struct {
	W, H     int
	Dense    bool
	Possible bool // some lines are
	Boxes    []boxView
	Lines    []lineView
	Within   []lineView // connections of a tier with itself: words in its box, and rows of the table
	Summary  string     // what it shows, in one sentence
	Hidden   int        // flows that it leaves out, for they follow from others
}

// boxView is a tier or a zone outside of the set.
type boxView struct {
	rect
	Index    int
	Zone     string
	Class    string
	Title    string // as long as there is room
	Full     string
	Sub      string
	Own      string // traffic within the tier
	OwnFlows string
	Link     string
	Findings int // open errors and warnings
	Grave    bool
}

// textY is the base line of the box's first line of text; the two or three lines stand in the middle.
func (b boxView) textY() int {
	lines := 2
	if b.Own != "" {
		lines = 3
	}
	return b.y + b.h/2 - 9*(lines-1) + 5
}

// lineView is a connection, as a line in the picture and as a row of the table below it.
type lineView struct {
	A, B     int // boxes
	From, To string
	Of       string // the classes of the line and its boxes
	Class    string // what kind of line it is
	Way      way
	Items    []itemView
	Traffic  string
	Flows    string // what programs compare: FROM|TO|TRAFFIC, separated by spaces
	Rules    []Rule
}

// itemView is one line of a label.
type itemView struct {
	X, Y, W, H int
	Text       string
	Class      string
	Marked     bool
}

// zoneView is a box before it has a place.
type zoneView struct {
	zone    string
	outside int // -1: sends from outside; 1: receives; 0: a tier
}

// picture draws the review's connections.
func (r *Review) picture() picture {
	p := &painter{review: r, at: map[zoneView]int{}, tierIndex: map[string]int{}, own: map[string]connection{}, rules: map[string]Rule{}}
	for i, t := range r.Tiers {
		p.tierIndex[t.Name] = i
		p.add(zoneView{t.Name, 0})
		for _, rule := range slices.Concat(t.Ingress, t.Egress) {
			p.rules[rule.LogicalID] = rule
		}
	}
	fromOutside := func(c connection) bool { return p.end(c.from, -1).outside < 0 }
	for _, outside := range []bool{true, false} { // the table begins where the picture does
		for _, c := range r.connections {
			if fromOutside(c) == outside {
				p.connect(c)
			}
		}
	}
	return p.paint()
}

type painter struct {
	review    *Review
	tierIndex map[string]int
	zones     []zoneView
	at        map[zoneView]int
	ends      [][2]int // the boxes of each connection that is drawn
	drawn     []connection
	own       map[string]connection // within one tier
	rules     map[string]Rule       // by their logical IDs
	out       picture
}

func (p *painter) add(z zoneView) int {
	if i, ok := p.at[z]; ok {
		return i
	}
	p.at[z] = len(p.zones)
	p.zones = append(p.zones, z)
	return p.at[z]
}

func (p *painter) connect(c connection) {
	if c.from == c.to {
		p.own[c.from] = c
		return
	}
	ends := [2]int{p.add(p.end(c.from, -1)), p.add(p.end(c.to, 1))}
	p.ends, p.drawn = append(p.ends, ends), append(p.drawn, c)
}

func (p *painter) end(zone string, side int) zoneView {
	if _, ok := p.tierIndex[zone]; ok {
		side = 0
	}
	return zoneView{zone, side}
}

// columns gives every box its column: who sends from outside, the tiers in most columns or fewer, who receives outside.
func (p *painter) columns(most int) []int {
	tiers := make([]place, len(p.review.Tiers))
	for i, t := range p.review.Tiers {
		tiers[i].innerEnd = t.Role == string(ruleset.Database)
	}
	var links [][2]int
	for _, e := range p.ends {
		a, b := p.zones[e[0]], p.zones[e[1]]
		switch {
		case a.outside == 0 && b.outside == 0:
			links = append(links, e) // the tiers are the first boxes
		case b.outside == 0:
			tiers[e[1]].entered = true
		}
	}
	columns := columnsOf(tiers, links, most)
	first, last := 0, 0
	for _, z := range p.zones {
		if z.outside < 0 {
			first = 1
		}
	}
	for _, c := range columns {
		last = max(last, c)
	}
	out := make([]int, len(p.zones))
	for i, z := range p.zones {
		switch z.outside {
		case 0:
			out[i] = first + columns[i]
		case 1:
			out[i] = first + last + 1
		}
	}
	return out
}

// families are, for each box, whether traffic of both families of the internet goes to or from it.
func (p *painter) families() (both []bool, names []string) {
	both, names = make([]bool, len(p.zones)), make([]string, len(p.zones))
	ipv4, ipv6 := make([]bool, len(p.zones)), make([]bool, len(p.zones))
	for i, c := range p.drawn {
		for _, b := range p.ends[i] {
			ipv4[b] = ipv4[b] || c.has(func(it item) bool { return it.ipv4 })
			ipv6[b] = ipv6[b] || c.has(func(it item) bool { return it.ipv6 })
		}
	}
	for i := range p.zones {
		both[i] = ipv4[i] && ipv6[i]
		names[i] = map[[2]bool]string{{true, true}: "IPv4 and IPv6", {true, false}: "IPv4", {false, true}: "IPv6"}[[2]bool{ipv4[i], ipv6[i]}]
	}
	return both, names
}

// box describes a zone.
func (p *painter) box(i int, z zoneView, families string) boxView {
	b := boxView{Index: i, Zone: z.zone, Full: z.zone, Link: "#reachability", Class: "outside"}
	if z.outside == 0 {
		t := p.review.Tiers[p.tierIndex[z.zone]]
		b.Class = "tier " + t.Role
		b.Sub = t.Role
		switch {
		case t.Role == string(ruleset.Other):
			b.Sub = "tier"
		case t.Role == string(ruleset.Database) && p.out.Dense:
			b.Sub = "db"
		case t.Role == string(ruleset.App) && !p.out.Dense:
			b.Sub = "application"
		}
		if t.Service != "" {
			b.Sub += ", " + t.Service
		}
		if own, ok := p.own[z.zone]; ok {
			b.Own = "within: " + own.traffic(false)
		}
		b.Link = "#tier-" + z.zone
		for _, f := range p.review.Findings {
			if f.Tier == z.zone && f.Open() {
				b.Findings++
				b.Grave = b.Grave || f.Severity == "error"
			}
		}
		return b
	}
	switch prefix, err := netip.ParsePrefix(z.zone); {
	case z.zone == reach.Internet:
		b.Full, b.Sub, b.Class = "Internet", families, "outside world"
	case strings.HasPrefix(z.zone, "sg-"):
		b.Sub = "security group"
	case strings.HasPrefix(z.zone, "pl-"):
		b.Sub = "prefix list"
	case isWorld(z.zone):
		b.Sub, b.Class = muchOfTheInternet, "outside world"
	case err == nil && ruleset.IsPublic(prefix):
		b.Sub = "public range"
	case err == nil && prefix.Addr().IsPrivate():
		b.Sub = "private range"
	default:
		b.Sub = "special-purpose range"
	}
	return b
}

// line describes a connection between two boxes.
func (p *painter) line(i int, c connection, both []bool) lineView {
	a, b := p.ends[i][0], p.ends[i][1]
	families := p.zones[a].outside != 0 && both[a] || p.zones[b].outside != 0 && both[b]
	v := p.words(c, a, b, families)
	v.Of = "k" + strconv.Itoa(i) + " " + v.Of
	for n, it := range c.items {
		if most := p.mostItems(); n == most-1 && len(c.items) > most {
			text := "+" + strconv.Itoa(len(c.items)-n) + " more"
			if n == 0 {
				text = strconv.Itoa(len(c.items)) + " ports"
			}
			v.Items = append(v.Items, itemOf(text, item{}))
			break
		}
		v.Items = append(v.Items, itemOf(it.words(families), it))
	}
	return v
}

// words are what the table says of a connection.
func (p *painter) words(c connection, a, b int, families bool) lineView {
	v := lineView{A: a, B: b, From: p.out.Boxes[a].Full, To: p.out.Boxes[b].Full, Traffic: c.traffic(families)}
	for _, r := range c.rules {
		v.Rules = append(v.Rules, p.rules[template.RuleID(r.Key)])
	}
	v.Of = "b" + strconv.Itoa(a)
	if b != a {
		v.Of += " b" + strconv.Itoa(b)
	}
	var classes []string
	if isWorld(c.from) {
		classes = append(classes, "fromworld")
	}
	if c.has(isOverride) {
		classes = append(classes, "override")
	}
	if c.has(isPossible) {
		classes = append(classes, "possible")
	}
	v.Class = strings.Join(classes, " ")
	var flows []string
	for _, f := range c.flows {
		flows = append(flows, f.From+"|"+f.To+"|"+f.Traffic.String())
	}
	v.Flows = strings.Join(flows, " ")
	return v
}

// mostItems is how many lines a label has at most.
func (p *painter) mostItems() int {
	if p.out.Dense {
		return 1
	}
	return mostItems
}

func itemOf(text string, it item) itemView {
	v := itemView{Text: text, Class: "scenario", H: itemHeight}
	switch {
	case it.override:
		v.Class, v.Marked = "override", true
	case it.mirror:
		v.Class, v.Marked = "mirror", true
	}
	v.W = int(itemChar*float64(utf8.RuneCountInString(text))) + 12
	if v.Marked {
		v.W += 12
	}
	return v
}

// summary says what a picture shows.
func (r *Review) summary(lines int) string {
	return plural(len(r.Tiers), "tier") + " and " + plural(lines, "connection") + " between them and the zones around, from the internet on the left inwards."
}

// hidden counts the flows that no connection shows.
func (r *Review) hidden() int { return len(r.Flows) - meant(r.Flows) }

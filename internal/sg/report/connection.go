package report

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// connection is what a picture shows as one line: the traffic between two zones that rules mean, because they name the zone
// at the other end. What flows beside that follows from rules for a wider range (a tier that lets everybody in lets the other
// tiers in too); the matrix has it, a picture would drown in it. The two families of the internet are one zone here.
type connection struct {
	from, to string
	items    []item
	rules    []ruleset.Rule // that make it, those of the sender first
	flows    []reach.Flow   // of the matrix, as far as they are shown
}

// item is traffic of a connection, as one rule or the two halves of a connection permit it.
type item struct {
	traffic    ruleset.Traffic
	override   bool // a config asked for it
	mirror     bool // one half was added by the tool
	possible   bool
	ipv4, ipv6 bool // to or from the internet: in this family
}

// pair are two zones.
type pair struct{ from, to string }

// connectionsOf finds the connections of a set, in the order of the zones.
func connectionsOf(set ruleset.Set, matrix *reach.Matrix) []connection {
	flows := map[pair][]reach.Flow{}
	var order []pair
	for _, f := range matrix.Flows() {
		p := pair{f.From, f.To}
		if flows[p] == nil {
			order = append(order, p)
		}
		flows[p] = append(flows[p], f)
	}
	naming := rulesByPair(set)
	var out []connection
	at := map[pair]int{}
	for _, p := range order {
		items, shown := itemsOf(p, flows[p], naming[p])
		if len(items) == 0 {
			continue
		}
		joined := pair{joinFamilies(p.from), joinFamilies(p.to)}
		i, known := at[joined]
		if !known {
			i = len(out)
			at[joined] = i
			out = append(out, connection{from: joined.from, to: joined.to})
		}
		out[i].add(items, naming[p], shown)
	}
	return out
}

// joinFamilies is the zone that stands for a zone in a picture.
func joinFamilies(zone string) string {
	if zone == reach.InternetIPv6 {
		return reach.Internet
	}
	return zone
}

// add adds the items of one pair of zones. What the internet may send in both families is one item.
func (c *connection) add(items []item, rules []ruleset.Rule, flows []reach.Flow) {
	c.flows = append(c.flows, flows...)
	c.rules = append(c.rules, rules...)
	for _, it := range items {
		i := slices.IndexFunc(c.items, func(known item) bool { return known.traffic == it.traffic })
		if i < 0 {
			c.items = append(c.items, it)
			continue
		}
		known := &c.items[i]
		known.override, known.mirror = known.override || it.override, known.mirror || it.mirror
		known.possible = known.possible && it.possible
		known.ipv4, known.ipv6 = known.ipv4 || it.ipv4, known.ipv6 || it.ipv6
	}
	slices.SortStableFunc(c.items, func(a, b item) int { return a.traffic.Compare(b.traffic) })
}

// rulesByPair are the rules of a set by the zones that they connect, the sender's before the receiver's.
func rulesByPair(set ruleset.Set) map[pair][]ruleset.Rule {
	out := map[pair][]ruleset.Rule{}
	for _, d := range []ruleset.Direction{ruleset.Egress, ruleset.Ingress} {
		for _, t := range set.Tiers {
			for _, r := range t.Rules(d) {
				p := pair{r.Tier, reach.ZoneName(r.Peer)}
				if d == ruleset.Ingress {
					p = pair{p.to, p.from}
				}
				out[p] = append(out[p], r)
			}
		}
	}
	return out
}

// itemsOf are what the rules that name two zones contribute to the flows between them, and those flows as far as they do.
func itemsOf(p pair, flows []reach.Flow, rules []ruleset.Rule) (items []item, shown []reach.Flow) {
	var sure, all []ruleset.Traffic
	for _, f := range flows {
		all = append(all, f.Traffic)
		if !f.Possible {
			sure = append(sure, f.Traffic)
		}
	}
	flowing, certain := ruleset.SetOf(all...), ruleset.SetOf(sure...)
	everybody := p.from
	if !isInternet(everybody) {
		everybody = p.to
	}
	for _, r := range rules {
		for _, t := range ruleset.SetOf(r.Traffic).Intersect(flowing).List() {
			it := item{
				traffic: t, override: r.Origin == ruleset.FromOverride, mirror: r.Origin == ruleset.FromMirror,
				possible: !certain.Covers(ruleset.SetOf(t)), ipv4: everybody == reach.Internet, ipv6: everybody == reach.InternetIPv6,
			}
			if i := slices.IndexFunc(items, func(known item) bool { return known.traffic == t }); i >= 0 {
				items[i].override, items[i].mirror = items[i].override || it.override, items[i].mirror || it.mirror
				continue
			}
			items = append(items, it)
		}
	}
	items = widest(items)
	var meant []ruleset.Traffic
	for _, it := range items {
		meant = append(meant, it.traffic)
	}
	for _, f := range flows {
		for _, t := range ruleset.SetOf(f.Traffic).Intersect(ruleset.SetOf(meant...)).List() {
			shown = append(shown, reach.Flow{From: f.From, To: f.To, Traffic: t, Possible: f.Possible})
		}
	}
	return items, shown
}

// widest leaves out items that are part of another one, from which they differ in nothing else.
func widest(items []item) []item {
	return slices.DeleteFunc(slices.Clone(items), func(a item) bool {
		return slices.ContainsFunc(items, func(b item) bool {
			return a.traffic != b.traffic && b.traffic.Covers(a.traffic) && a.override == b.override && a.possible == b.possible
		})
	})
}

func isInternet(zone string) bool { return zone == reach.Internet || zone == reach.InternetIPv6 }

// words is the item in words. The family is named where the picture shows traffic of both.
func (it item) words(families bool) string {
	text := legible(it.traffic.String())
	if families && it.ipv4 != it.ipv6 {
		text += map[bool]string{true: " IPv4", false: " IPv6"}[it.ipv4]
	}
	if it.possible {
		text += "?"
	}
	return text
}

// has reports whether a connection has an item of which something holds.
func (c connection) has(what func(item) bool) bool { return slices.ContainsFunc(c.items, what) }

func isOverride(it item) bool { return it.override }
func isPossible(it item) bool { return it.possible }

// traffic is all of a connection's traffic in words.
func (c connection) traffic(families bool) string {
	words := make([]string, len(c.items))
	for i, it := range c.items {
		words[i] = it.words(families)
	}
	return strings.Join(words, ", ")
}

// markFollowing marks those flows that no rule of a set means: none that names both zones permits any of it.
func markFollowing(flows []Flow, of []reach.Flow, set ruleset.Set) []Flow {
	naming := rulesByPair(set)
	for i, f := range of {
		flows[i].Follows = !slices.ContainsFunc(naming[pair{f.From, f.To}], func(r ruleset.Rule) bool { return r.Overlaps(f.Traffic) })
	}
	return flows
}

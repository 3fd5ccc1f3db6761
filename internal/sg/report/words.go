package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
)

// phrase is some of the traffic from one zone to another, as people say it.
type phrase struct {
	Text     string
	Follows  bool // from wider rules: no rule means it
	Possible bool
	flows    []Flow // that it stands for
}

// phrases are the flows between two zones in words: what rules mean first, then what is certain. A permission of everything
// is there in the parts that are left of it beside narrower ones; people call these "all else" or "all but tcp/22".
func phrases(flows []Flow) []phrase {
	type kind struct{ follows, possible bool }
	groups := map[kind][]Flow{}
	for _, f := range flows {
		k := kind{f.Follows, f.Possible()}
		groups[k] = append(groups[k], f)
	}
	var out []phrase
	for _, k := range []kind{{false, false}, {false, true}, {true, false}, {true, true}} {
		group := groups[k]
		if slices.ContainsFunc(group, func(f Flow) bool { return f.traffic.Protocol == ruleset.Others }) {
			rest := slices.DeleteFunc(slices.Clone(flows), func(f Flow) bool { return kind{f.Follows, f.Possible()} == k })
			if whole := nearlyAll(setOf(group), setOf(rest), len(group)); whole != "" {
				out = append(out, phrase{whole, k.follows, k.possible, group})
				continue
			}
		}
		for _, f := range group {
			out = append(out, phrase{legible(f.Traffic), k.follows, k.possible, []Flow{f}})
		}
	}
	return out
}

// nearlyAll says of a set that has the protocols without a name what it leaves out beside what is told with it, where that is shorter than its parts are.
func nearlyAll(set, beside ruleset.TrafficSet, parts int) string {
	everything := ruleset.SetOf(ruleset.Traffic{Protocol: ruleset.All, Ports: ruleset.AnyPorts})
	missing := everything.Minus(set).Minus(beside).List()
	name := "all else"
	if beside.IsEmpty() {
		name = "all"
	}
	switch {
	case len(missing) > 0 && len(missing) < parts:
		return name + " but " + joined(words(missing))
	case len(missing) == 0 && !beside.IsEmpty():
		return name
	default: // single protocols are missing, which a list does not tell apart
		return ""
	}
}

func setOf(flows []Flow) ruleset.TrafficSet {
	traffic := make([]ruleset.Traffic, len(flows))
	for i, f := range flows {
		traffic[i] = f.traffic
	}
	return ruleset.SetOf(traffic...)
}

// sentence is the phrases in a line.
func sentence(of []phrase) string {
	texts := make([]string, len(of))
	for i, p := range of {
		texts[i] = p.Text
		if p.Possible {
			texts[i] += possibly
		}
	}
	return joined(texts)
}

// told is what programs compare of the phrase: FROM|TO|TRAFFIC for each flow, separated by spaces.
func (p phrase) told() string {
	texts := make([]string, len(p.flows))
	for i, f := range p.flows {
		texts[i] = f.From + "|" + f.To + "|" + f.Traffic
	}
	return strings.Join(texts, " ")
}

// possibly is what stands behind traffic that depends on addresses that are not known.
const possibly = " (possibly)"

// legible is traffic for people, who would take a number alone for a port, and a protocol alone for one of its ports.
func legible(traffic string) string {
	if certain, ok := strings.CutSuffix(traffic, possibly); ok {
		return legible(certain) + possibly
	}
	if _, err := strconv.Atoi(traffic); err == nil {
		return "protocol " + traffic
	}
	return cmp.Or(map[string]string{
		"other": "other protocols", "tcp": "all of tcp", "udp": "all of udp", "icmp": "all of icmp", "icmpv6": "all of icmpv6",
	}[traffic], traffic)
}

// legibleList is several of them, in a line.
func legibleList(traffic []string) string {
	texts := make([]string, len(traffic))
	for i, t := range traffic {
		texts[i] = legible(t)
	}
	return joined(texts)
}

func joined(words []string) string { return strings.Join(words, ", ") }

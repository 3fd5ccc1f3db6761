package check

import (
	"fmt"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// exposure is what the same ingress rules of a tier open to the world, as far as one check is about it.
type exposure struct {
	check  string // its ID
	ports  []int
	rules  group
	silent bool // a graver check speaks of these rules
}

// portList are the ports that one check is about.
type portList struct {
	check     string
	ports     []int
	protocols []ruleset.Protocol
}

// portLists are the lists of ports, the gravest first. A port that stands in several belongs to the first of them.
func (s *subject) portLists() []portList {
	both := []ruleset.Protocol{ruleset.TCP, ruleset.UDP}
	return []portList{
		{idDatabase, s.databases, both},
		{idSSH, []int{22}, both},
		{idRDP, []int{3389}, both},
		{idAdmin, s.AdminPorts, both},
		{idHighRisk, s.HighRiskPorts, both},
		{idAmplification, s.AmplificationPorts, both[1:]},
		{idHTTP, []int{80}, both[:1]},
	}
}

// exposures are what the world may reach in a tier, by check. Where a rule opens every port, that is said once: of the
// rest, the database ports alone are named as well, for nobody can waive them.
func (v tierView) exposures(lists []portList) []exposure {
	var found collector
	var everything group
	for _, g := range wholeOpen(v.Ingress, v.ingress) {
		found.add(exposure{check: idEverything, rules: g})
		everything = join(everything, g)
	}
	for _, st := range v.ingress {
		all := st.world
		if len(all) == 0 || !st.protocol.HasPorts() {
			continue
		}
		rest := join(st.ipv4.beside(everything), st.ipv6.beside(everything))
		v.divide(st, lists, func(check string, port int) {
			e := exposure{check: check, ports: []int{port}, rules: rest}
			if check == idDatabase || len(rest) == 0 {
				e.rules, e.silent = all, check != idDatabase
			}
			found.add(e)
		})
	}
	found.silenceOther()
	return found.list
}

// beside are the rules that let the world in, less those that have been reported. Rules that do so only together count for
// nothing once one of them has been reported.
func (w world) beside(reported group) group {
	rest := w.rules.without(reported)
	if w.together && len(rest) < len(w.rules) {
		return nil
	}
	return rest
}

// divide gives every port of a stretch that is in a list to the check that it belongs to, and the first of the others,
// if they should not be public, to idOther.
func (v tierView) divide(st stretch, lists []portList, give func(check string, port int)) {
	var listed []int
	for _, l := range lists {
		if !slices.Contains(l.protocols, st.protocol) {
			continue
		}
		for _, port := range l.ports {
			if l.check == idDatabase && v.isWeb(port) {
				continue
			}
			if st.from <= port && port <= st.to && !slices.Contains(listed, port) {
				listed = append(listed, port)
				give(l.check, port)
			}
		}
	}
	for port := max(st.from, 1); port <= st.to; port++ {
		if !slices.Contains(listed, port) && !v.mayBePublic(st.protocol, port) {
			give(idOther, port)
			return
		}
	}
}

// unknowns are what the world may reach if a prefix list holds it, for each rule by the gravest check that is about it.
func (v tierView) unknowns(lists []portList) []exposure {
	var found []exposure
	for i, r := range v.Ingress {
		if r.Peer.Kind != ruleset.PrefixList {
			continue
		}
		var first exposure
		give := func(check string, port int) {
			if first.check == "" {
				first = exposure{check: check, ports: []int{port}, rules: group{i}}
			}
		}
		for _, p := range []ruleset.Protocol{ruleset.TCP, ruleset.UDP} {
			switch {
			case r.Protocol == ruleset.All:
				give(idEverything, 0)
			case r.Protocol == p:
				v.divide(stretch{protocol: p, from: r.Ports.From, to: r.Ports.To}, lists, give)
			}
		}
		if first.check != "" && first.check != idHTTP {
			found = append(found, first)
		}
	}
	return found
}

// wholeOpen are the groups of rules that open every port of TCP or UDP to the world.
func wholeOpen(rules []ruleset.Rule, stretches []stretch) []group {
	var found []group
	for _, p := range []ruleset.Protocol{ruleset.TCP, ruleset.UDP} {
		next := 1 // the first port that may be closed
		var by group
		for _, st := range stretches {
			if st.protocol == p && st.from <= next && len(st.world) > 0 {
				next, by = max(next, st.to+1), join(by, st.world)
			}
		}
		if next <= ruleset.MaxPort {
			continue
		}
		whole := slices.DeleteFunc(slices.Clone(by), func(i int) bool {
			from, to, _ := spanOf(rules[i], p)
			return from > 1 || to < ruleset.MaxPort
		})
		if ruleset.IsWorld(prefixesOf(pick(rules, whole))) {
			by = whole
		}
		if !slices.ContainsFunc(found, func(g group) bool { return slices.Equal(g, by) }) {
			found = append(found, by)
		}
	}
	return found
}

// collector joins the exposures of the same check and rules.
type collector struct {
	list []exposure
	at   map[string]int
}

func (c *collector) add(e exposure) {
	key := e.check + e.rules.key()
	if i, ok := c.at[key]; ok {
		if known := &c.list[i]; !slices.Contains(known.ports, e.ports[0]) {
			known.ports = append(known.ports, e.ports[0])
		}
		return
	}
	if c.at == nil {
		c.at = make(map[string]int)
	}
	c.at[key] = len(c.list)
	c.list = append(c.list, e)
}

// silenceOther silences what idOther would say of rules that have been named, by another check or by itself.
func (c *collector) silenceOther() {
	named := make(map[int]bool)
	name := func(e exposure) {
		for _, i := range e.rules {
			named[i] = true
		}
	}
	for _, e := range c.list {
		if e.check != idOther && e.check != idHTTP {
			name(e)
		}
	}
	for i := range c.list {
		if e := &c.list[i]; e.check == idOther {
			e.silent = e.silent || !slices.ContainsFunc(e.rules, func(i int) bool { return !named[i] })
			name(*e)
		}
	}
}

// exposed reports what one of the checks on ports finds.
func (s *subject) exposed(r *report, what string) {
	for _, v := range s.tiers {
		for _, e := range v.open {
			switch {
			case e.check != r.check.ID:
			case e.silent:
				r.elsewhere()
			default:
				rules := pick(v.Ingress, e.rules)
				r.rule(rules[0], "%s open to the world, from %s", e.subject(what, rules), peersOf(rules))
			}
		}
		for _, e := range v.perhaps {
			if e.check == r.check.ID {
				rule := v.Ingress[e.rules[0]]
				r.unknown(rule, "%s may be open to the world: it is not known here what %s holds", e.subject(what, []ruleset.Rule{rule}), rule.Peer)
			}
		}
	}
}

// subject is what an exposure is about: the ports, or where there is no list of them, the traffic.
func (e exposure) subject(what string, rules []ruleset.Rule) string {
	if e.check == idOther || e.check == idEverything {
		return fmt.Sprintf("%s (%s)", what, trafficOf(rules))
	}
	return fmt.Sprintf("%s (%s)", what, portsInWords(e.ports))
}

package check

import (
	"net/netip"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
)

// exposure is a set of ports that the same ingress rules open to the world.
type exposure struct {
	ports []int
	rules []ruleset.Rule // in the order of the tier; together their sources are the world
}

// exposed returns which of the ports a tier opens to the world over TCP or UDP, grouped by the rules that do it. It is the
// union of the sources that counts: two halves of the address space are the world.
func exposed(t ruleset.Tier, ports []int) []exposure {
	var out []exposure
	seen := make(map[string]int)
	for _, port := range ports {
		rules := worldRules(t, port)
		if len(rules) == 0 {
			continue
		}
		var id strings.Builder
		for _, r := range rules {
			id.WriteString(r.String() + "\n")
		}
		i, ok := seen[id.String()]
		if !ok {
			i = len(out)
			seen[id.String()] = i
			out = append(out, exposure{rules: rules})
		}
		out[i].ports = append(out[i].ports, port)
	}
	return out
}

// worldRules are the ingress rules of a tier that let the world reach a port, nil where it can't.
func worldRules(t ruleset.Tier, port int) []ruleset.Rule {
	for _, protocol := range []ruleset.Protocol{ruleset.TCP, ruleset.UDP} {
		want := ruleset.Traffic{Protocol: protocol, Ports: ruleset.SinglePort(port)}
		var rules []ruleset.Rule
		var sources []netip.Prefix
		for _, r := range t.Ingress {
			if r.Peer.Kind == ruleset.CIDR && r.Covers(want) {
				rules = append(rules, r)
				sources = append(sources, r.Peer.Prefix)
			}
		}
		if len(rules) > 0 && ruleset.IsWorld(sources) {
			return rules
		}
	}
	return nil
}

// portList is ports in words: "port 22", "ports 3306, 5432 and 8 more".
func portList(ports []int) string {
	const shown = 5
	words := make([]string, 0, shown)
	for _, p := range ports[:min(shown, len(ports))] {
		words = append(words, strconv.Itoa(p))
	}
	text := "port "
	if len(ports) > 1 {
		text = "ports "
	}
	text += strings.Join(words, ", ")
	if more := len(ports) - shown; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// reportExposure writes one finding per group of rules, at the first of them.
func reportExposure(in *Input, r *report, ports []int, severity severityOf, what, remedy string) {
	for _, t := range in.Set.Tiers {
		for _, e := range exposed(t, ports) {
			peers := make([]string, len(e.rules))
			for i, rule := range e.rules {
				peers[i] = rule.Peer.String()
			}
			r.rule(severity(in), e.rules[0], "%s (%s) open to the world, from %s", what, portList(e.ports), strings.Join(peers, " and ")).
				WithHint("%s", remedy)
		}
	}
}

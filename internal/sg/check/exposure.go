package check

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
)

// exposure is a set of ports that the same ingress rules open to the world.
type exposure struct {
	ports []int
	rules []ruleset.Rule // in the order of the tier
}

// exposed returns which of the ports a tier opens to the world over TCP or UDP, grouped by the rules that do it. It is the
// union of the sources that counts: two halves of the address space are the world.
func exposed(t ruleset.Tier, ports []int) []exposure {
	var out []exposure
	seen := make(map[string]int)
	for _, port := range ports {
		for _, protocol := range []ruleset.Protocol{ruleset.TCP, ruleset.UDP} {
			rules := worldRules(t, ruleset.Traffic{Protocol: protocol, Ports: ruleset.SinglePort(port)})
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
			if !slices.Contains(out[i].ports, port) {
				out[i].ports = append(out[i].ports, port)
			}
		}
	}
	return out
}

// worldRules are the ingress rules of a tier that let the world send the traffic: those that do so each by itself, or
// else all that do so together. It is nil where the world can't.
func worldRules(t ruleset.Tier, traffic ruleset.Traffic) []ruleset.Rule {
	var alone, together []ruleset.Rule
	var sources []netip.Prefix
	for _, r := range t.Ingress {
		if r.Peer.Kind != ruleset.CIDR || !r.Covers(traffic) {
			continue
		}
		if ruleset.IsWorld([]netip.Prefix{r.Peer.Prefix}) {
			alone = append(alone, r)
		}
		together = append(together, r)
		sources = append(sources, r.Peer.Prefix)
	}
	switch {
	case len(alone) > 0:
		return alone
	case ruleset.IsWorld(sources):
		return together
	default:
		return nil
	}
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

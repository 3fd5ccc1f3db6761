package scenario

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/yamldoc"
)

// readRule reads a rule as configs and scenarios write it. It returns false where the rule makes no sense, which is then
// reported; the shape has been validated before.
func readRule(m yamldoc.Map, tier string, dir ruleset.Direction, origin ruleset.Origin, problems *diag.List) (ruleset.Rule, bool) {
	rule := ruleset.Rule{
		Key:         ruleset.Key{Tier: tier, Direction: dir},
		Description: m.Text("description"),
		Origin:      origin,
		Pos:         m.Pos(),
	}
	before := len(*problems)
	rule.Traffic = readTraffic(m, problems)
	rule.Peer, rule.Written = readPeer(m, dir, problems)
	return rule, len(*problems) == before
}

// readTraffic reads protocol and ports, or ICMP type and code. It reports keys that don't go together.
func readTraffic(m yamldoc.Map, problems *diag.List) ruleset.Traffic {
	protocol := m.Get("protocol")
	p, err := ruleset.ParseProtocol(protocol.Text())
	if err != nil {
		problems.Errorf(diag.CodeValue, protocol.Pos(), "protocol: %v", err)
		return ruleset.Traffic{}
	}
	traffic := ruleset.Traffic{Protocol: p, Ports: ruleset.AnyPorts}
	switch {
	case p.HasPorts():
		refuseKeys(m, p, problems, "icmp_type", "icmp_code")
		traffic.Ports = readPorts(m, p, problems)
	case p.IsICMP():
		refuseKeys(m, p, problems, "port", "port_range")
		traffic.Ports = readICMP(m, problems)
	default:
		refuseKeys(m, p, problems, "port", "port_range", "icmp_type", "icmp_code")
	}
	return traffic
}

// refuseKeys reports keys that mean nothing for the protocol: EC2 would ignore them and open the whole protocol.
func refuseKeys(m yamldoc.Map, p ruleset.Protocol, problems *diag.List, keys ...string) {
	for _, key := range keys {
		if m.Has(key) {
			problems.Errorf(diag.CodePorts, m.KeyPos(key), "%s does not go with protocol %s", key, p).
				WithHint("a rule for %s covers %s; remove the key or change the protocol", p, coverage(p))
		}
	}
}

func coverage(p ruleset.Protocol) string {
	switch {
	case p.HasPorts():
		return "the ports in port or port_range"
	case p.IsICMP():
		return "the messages in icmp_type and icmp_code"
	default:
		return "the whole protocol"
	}
}

// readPorts reads the port or the range of ports that a rule for TCP or UDP must have.
func readPorts(m yamldoc.Map, p ruleset.Protocol, problems *diag.List) ruleset.Ports {
	if port, ok := m.Get("port").Int(); ok {
		return ruleset.SinglePort(port)
	}
	if !m.Has("port_range") {
		problems.Errorf(diag.CodePorts, m.Pos(), "a rule for %s needs a port or a port_range", p).
			WithHint("all ports are possible with protocol: all only")
		return ruleset.Ports{}
	}
	ports, err := ruleset.ParsePorts(m.Text("port_range"))
	if err != nil {
		problems.Errorf(diag.CodePorts, m.Get("port_range").Pos(), "port_range: %v", err)
	}
	return ports
}

// readICMP reads type and code; one that is left out is -1, any.
func readICMP(m yamldoc.Map, problems *diag.List) ruleset.Ports {
	kind, hasKind := m.Get("icmp_type").Int()
	code, hasCode := m.Get("icmp_code").Int()
	if !hasKind {
		kind = -1
	}
	if !hasCode {
		code = -1
	}
	if kind == -1 && code != -1 {
		problems.Errorf(diag.CodePorts, m.KeyPos("icmp_code"), "icmp_code without an icmp_type: a code belongs to a type").
			WithHint("add icmp_type, or leave both out for all ICMP")
	}
	return ruleset.Ports{From: kind, To: code}
}

// readPeer reads the one peer of a rule and, for a CIDR in another than its canonical form, how it was written.
func readPeer(m yamldoc.Map, dir ruleset.Direction, problems *diag.List) (_ ruleset.Peer, written string) {
	side := [...]string{"source", "destination"}[dir]
	switch {
	case m.Has(side + "_tier"):
		return ruleset.TierPeer(m.Text(side + "_tier")), ""
	case m.Has(side + "_sg"):
		return ruleset.GroupPeer(m.Text(side + "_sg")), ""
	case m.Has(side + "_prefix_list"):
		return ruleset.PrefixPeer(m.Text(side + "_prefix_list")), ""
	}
	text := m.Text(side)
	prefix, err := ruleset.ParseCIDR(text)
	if err != nil {
		p := problems.Errorf(diag.CodeAddress, m.Get(side).Pos(), "%s: %v", side, err)
		for start, key := range map[string]string{"sg-": "_sg", "pl-": "_prefix_list"} {
			if strings.HasPrefix(text, start) {
				p.Hint = "write it as " + side + key + ": " + text
			}
		}
		return ruleset.Peer{}, ""
	}
	if text != prefix.String() {
		written = text
	}
	return ruleset.CIDRPeer(prefix), written
}

// readRules reads the sound rules of a list.
func readRules(list []yamldoc.Map, tier string, dir ruleset.Direction, origin ruleset.Origin, problems *diag.List) []ruleset.Rule {
	var rules []ruleset.Rule
	for _, m := range list {
		if rule, ok := readRule(m, tier, dir, origin, problems); ok {
			rules = append(rules, rule)
		}
	}
	return rules
}

// checkPeers reports rules that name a tier which is not there, and returns the others.
func checkPeers(rules []ruleset.Rule, tiers []string, problems *diag.List) []ruleset.Rule {
	var known []ruleset.Rule
	for _, r := range rules {
		if r.Peer.Kind == ruleset.TierRef && !slices.Contains(tiers, r.Peer.Name) {
			unknownTier(r.Pos, r.Peer.Name, tiers, problems)
			continue
		}
		known = append(known, r)
	}
	return known
}

func unknownTier(pos diag.Pos, name string, tiers []string, problems *diag.List) {
	hint := diag.Suggest(name, tiers)
	problems.Errorf(diag.CodeUnknownTier, pos, "the scenario has no tier %q", name).WithHint("%s", hint)
}

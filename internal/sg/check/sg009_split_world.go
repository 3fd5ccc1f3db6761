package check

import (
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/diag"
)

var splitWorld = Check{
	ID:     "SG009",
	Title:  "the world in parts",
	Why:    "ranges that are the world together hide from whoever looks for 0.0.0.0/0, people and scanners alike",
	Notes:  "At least two ranges of a family that are the world, none of them 0.0.0.0/0 or ::/0. The checks on what is open there report it as well: this one is about the form.",
	Remedy: "write 0.0.0.0/0 if everybody is meant, so that all can see it; else the ranges that are meant",
	Fix:    "- {protocol: tcp, port: 443, source: 0.0.0.0/0, description: HTTPS from anywhere}\n",
	Impact: High,
	Levels: []Level{
		{Severity: diag.Error, When: "where SG001, SG002 or SG003 fails because of it"},
		{Severity: diag.Warning, When: "elsewhere"},
	},
	Waivable: true,
	Mappings: exposureControls(),
	Pass:     ingress("web", "protocol: tcp, port: 22, source: 198.51.100.0/24, description: SSH from the office"),
	Fail: Example{YAML: `security_groups:
  scenario: 3-tier-web
  overrides:
    web:
      additional_ingress:
        - {protocol: tcp, port: 22, source: 0.0.0.0/1, description: Half of the world}
        - {protocol: tcp, port: 22, source: 128.0.0.0/1, description: The other half}
`},
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			for _, family := range []func(stretch) world{func(st stretch) world { return st.ipv4 }, func(st stretch) world { return st.ipv6 }} {
				v.reportParts(r, family)
			}
		}
	},
}

// reportParts makes one finding of all that a tier opens to a world which no rule names as 0.0.0.0/0 or ::/0.
func (v tierView) reportParts(r *report, family func(stretch) world) {
	var parts group
	var traffic []string
	grave := false
	for _, st := range v.ingress {
		rules := family(st).rules
		if len(rules) < 2 || slices.ContainsFunc(rules, v.anywhere) || v.oneHoldsAll(rules) {
			continue
		}
		parts, traffic = append(parts, rules...), append(traffic, st.traffic())
		grave = grave || v.isGrave(st, rules)
	}
	if len(parts) == 0 {
		return
	}
	rules := pick(v.Ingress, join(parts, nil))
	d := r.rule(rules[0], "%s open to the world in parts: %s", inShort(traffic, ", "), peersOf(rules))
	if !grave {
		d.Severity = diag.Warning
	}
}

func (v tierView) anywhere(i int) bool { return v.Ingress[i].Peer.IsAnywhere() }

// oneHoldsAll reports whether the range of one rule contains those of all others.
func (v tierView) oneHoldsAll(rules group) bool {
	ranges := prefixesOf(pick(v.Ingress, rules))
	widest := slices.MinFunc(ranges, func(p, q netip.Prefix) int { return p.Bits() - q.Bits() })
	return !slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return !widest.Contains(p.Addr()) })
}

// isGrave reports whether one of the gravest checks that can be waived is about a part of a stretch.
func (v tierView) isGrave(st stretch, rules group) bool {
	has := func(port int) bool { return st.protocol.HasPorts() && st.from <= port && port <= st.to }
	if has(22) || has(3389) {
		return true
	}
	return slices.ContainsFunc(v.open, func(e exposure) bool { return e.check == idEverything && len(rules.without(e.rules)) == 0 })
}

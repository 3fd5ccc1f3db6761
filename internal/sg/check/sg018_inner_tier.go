package check

import (
	"slices"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

var openInnerTier = Check{
	ID:     "SG018",
	Title:  "a tier that is no edge, open to the world",
	Why:    "what stands behind the edge is not built to withstand everybody",
	Notes:  "A tier holds database ports if its role is database, or its service port or one of its ingress rules is for a single known database port. A rule for one database port alone is left to SG004, which can't be waived.",
	Remedy: "let the edge tier take it and pass it on; if the tier is an edge, give it role: edge",
	Fix:    "- {protocol: tcp, port: 8443, source_tier: web, description: Requests from the web tier}\n",
	Impact: High,
	Levels: []Level{
		{Severity: diag.Error, When: "for a tier that holds database ports"},
		{Severity: diag.Warning, When: "for other tiers"},
	},
	Waivable: true,
	Mappings: exposureControls(),
	Pass:     ingress("app", "protocol: tcp, port: 8443, source_tier: web, description: Requests from the web tier"),
	Fail:     ingress("app", "protocol: tcp, port: 443, source: 0.0.0.0/0, description: Requests from anywhere"),
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			if !v.isInner() {
				continue
			}
			before := len(r.list)
			v.reportWorld(r, "not an edge tier, and open to the world")
			if len(r.list) > before && !s.holdsDatabase(v.Tier) {
				r.list[before].Severity = diag.Warning
			}
			for i, rule := range v.Ingress {
				switch asked := func(e exposure) bool { return e.rules.has(i) }; {
				case rule.Peer.Kind != ruleset.PrefixList:
				case slices.ContainsFunc(v.perhaps, asked): // a check on ports has said so
					r.cantTell()
				default:
					r.unknown(rule, "not an edge tier, and perhaps open to the world: it is not known here what %s holds", rule.Peer)
				}
			}
		}
	},
}

package check

import "mlops-infra-suite/internal/sg/ruleset"

var rangeIntoTier = Check{
	ID:       "SG016",
	Title:    "an app or database tier that takes a range of addresses",
	Why:      "a range lets in whatever gets an address in it, today and later; a group lets in its members",
	Notes:    "Tiers with role app or database, and tiers without a role that hold database ports. Ranges that are the world are left to SG004, SG017 and SG018.",
	Remedy:   "name the tier or group of the clients: source_tier or source_sg in the place of source",
	Fix:      "- {protocol: tcp, port: 5432, source_sg: sg-0123456789abcdef0, description: The reporting servers}\n",
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: []Mapping{as(nist, "SC-7(21), AC-4")},
	Pass:     ingress("db", "protocol: tcp, port: 5432, source_sg: sg-0123456789abcdef0, description: The reporting servers"),
	Fail:     ingress("db", "protocol: tcp, port: 5432, source: 10.8.0.0/16, description: The reporting servers"),
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			if v.Role != ruleset.App && !v.database {
				continue
			}
			for i, rule := range v.Ingress {
				switch {
				case rule.Peer.Kind != ruleset.CIDR:
				case v.worldwide.has(i): // SG004 or SG018 is about that
					r.elsewhere()
				default:
					r.rule(rule, "%s from the range %s, not from a tier or group", rule.Traffic, rule.Peer)
				}
			}
		}
	},
}

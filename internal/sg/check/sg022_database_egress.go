package check

import "mlops-infra-suite/internal/sg/ruleset"

var databaseEgress = Check{
	ID:       "SG022",
	Title:    "a database tier that may call the world",
	Why:      "a database has no business on the internet; a way out is a way for its data",
	Remedy:   "remove the rule; managed databases need no egress, others a VPC endpoint or the range of one service",
	Fix:      "- {protocol: tcp, port: 443, destination_prefix_list: pl-0123456789abcdef0, description: Backups to S3 by the VPC endpoint}\n",
	Impact:   Medium,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: []Mapping{as(nist, "SC-7(11)"), as(pci, "1.3.2")},
	Pass:     egress("db", "protocol: tcp, port: 443, destination: 10.8.0.0/16, description: Backups to the hub"),
	Fail:     egress("db", "protocol: tcp, port: 443, destination: 0.0.0.0/0, description: Updates"),
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			if !v.database {
				continue
			}
			v.cantTellEgress(r, func(ruleset.Traffic) bool { return true })
			var g group
			for _, st := range v.egress {
				g = append(g, st.world...)
			}
			if rules := pick(v.Egress, join(g, nil)); len(rules) > 0 {
				r.rule(rules[0], "may call the world: %s at %s", trafficOf(rules), peersOf(rules))
			}
		}
	},
}

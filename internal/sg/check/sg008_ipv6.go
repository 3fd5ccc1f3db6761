package check

import (
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

var openOverIPv6 = Check{
	ID:       "SG008",
	Title:    "open to the world over IPv6, restricted over IPv4",
	Why:      "who restricted one family and forgot the other has restricted nothing",
	Notes:    "It fails where rules for IPv4 ranges let the same traffic in, and are not the world. IPv6 alone, without any rule for IPv4, is no asymmetry.",
	Remedy:   "restrict both families alike, or remove the IPv6 rule",
	Fix:      "- {protocol: tcp, port: 8443, source: \"2001:db8:1234::/48\", description: Admin page from the office over IPv6}\n",
	Impact:   High,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: exposureControls(as(securityHub, "EC2.54"), as(cis, "5.4 / 6.4")),
	Pass: Example{YAML: `security_groups:
  scenario: 3-tier-web
  overrides:
    web:
      additional_ingress:
        - {protocol: tcp, port: 8443, source: 198.51.100.0/24, description: Admin page from the office}
        - {protocol: tcp, port: 8443, source: "2001:db8:1234::/48", description: Admin page from the office over IPv6}
`},
	Fail: Example{YAML: `security_groups:
  scenario: 3-tier-web
  overrides:
    web:
      additional_ingress:
        - {protocol: tcp, port: 8443, source: 198.51.100.0/24, description: Admin page from the office}
        - {protocol: tcp, port: 8443, source: "::/0", description: Admin page over IPv6}
`},
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			told := map[string]bool{}
			for _, st := range v.ingress {
				restricted := slices.ContainsFunc(st.rules, func(i int) bool { return !v.Ingress[i].Peer.IsIPv6() })
				if len(st.ipv6.rules) == 0 || len(st.ipv4.rules) > 0 || !restricted || told[st.ipv6.rules.key()] {
					continue
				}
				told[st.ipv6.rules.key()] = true
				rules := pick(v.Ingress, st.ipv6.rules)
				four := slices.DeleteFunc(pick(v.Ingress, st.rules), func(r ruleset.Rule) bool { return r.Peer.IsIPv6() })
				r.rule(rules[0], "%s open to the world over IPv6, from %s, but over IPv4 only to %s", st.traffic(), peersOf(rules), peersOf(four))
			}
		}
	},
}

package check

import (
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// privateBlocks are the blocks of RFC 1918 and of RFC 6598 (carrier-grade NAT).
var privateBlocks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"),
}

var wholePrivateBlock = Check{
	ID:       "SG025",
	Title:    "a whole private block as the source",
	Why:      "it lets in every network that is or will be connected: other VPCs, offices, partners, clients of the VPN",
	Notes:    "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10, by one range or by several together.",
	Remedy:   "name the range of the VPC or network that is meant",
	Fix:      "- {protocol: tcp, port: 9090, source: 10.8.0.0/16, description: Metrics to the hub}\n",
	Impact:   Medium,
	Levels:   alwaysWarning,
	Waivable: true,
	Mappings: []Mapping{as(cfnNag, "W9"), as(kics, "0104165b")},
	Pass:     ingress("web", "protocol: tcp, port: 9090, source: 10.8.0.0/16, description: Metrics to the hub"),
	Fail:     ingress("web", "protocol: tcp, port: 9090, source: 10.0.0.0/8, description: Metrics to anybody inside"),
	run: func(s *subject, r *report) {
		for _, v := range s.tiers {
			told := map[string]bool{}
			for _, st := range v.ingress {
				for _, block := range privateBlocks {
					g := v.coverBlock(st, block)
					if len(g) == 0 || told[g.key()] {
						continue
					}
					told[g.key()] = true
					rules := pick(v.Ingress, g)
					r.rule(rules[0], "%s from the whole of %s, by %s", trafficOf(rules), block, peersOf(rules))
				}
			}
		}
	},
}

// coverBlock are the rules of a stretch that hold all of a block, but for those that hold the world. Two halves hold it.
func (v tierView) coverBlock(st stretch, block netip.Prefix) group {
	if len(st.ipv4.rules) > 0 {
		return nil
	}
	var inside group
	for _, i := range st.rules {
		p := v.Ingress[i].Peer.Prefix
		if p.Bits() <= block.Bits() && p.Contains(block.Addr()) {
			return group{i}
		}
		if block.Contains(p.Addr()) {
			inside = append(inside, i)
		}
	}
	if addresses(pick(v.Ingress, inside)) < sizeOf(block) {
		return nil
	}
	return inside
}

// addresses is how many addresses the ranges of rules have together.
func addresses(rules []ruleset.Rule) float64 {
	ranges := prefixesOf(rules)
	slices.SortFunc(ranges, netip.Prefix.Compare) // a range comes before those inside of it
	n := 0.0
	var last netip.Prefix
	for _, p := range ranges {
		if last.IsValid() && last.Contains(p.Addr()) {
			continue
		}
		n, last = n+sizeOf(p), p
	}
	return n
}

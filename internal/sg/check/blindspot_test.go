package check_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
)

// What other scanners are known not to see: each is seen here.
func TestBlindSpotsOfOthers(t *testing.T) {
	with := func(tier, rules string) string {
		return "security_groups:\n  scenario: 3-tier-web\n  overrides:\n    " + tier + ":\n" + rules
	}
	ingress := func(tier string, rules ...string) string {
		text := "      additional_ingress:\n"
		for _, r := range rules {
			text += "        - {" + r + ", description: why}\n"
		}
		return with(tier, text)
	}
	for _, tc := range []struct {
		name, text string
		want       []string // IDs, beside SG012 of the scenario
	}{
		{"a CIDR that is compared as text", ingress("web", "protocol: tcp, port: 22, source: 0.0.0.0/1", "protocol: tcp, port: 22, source: 128.0.0.0/1"), []string{"SG002", "SG009"}},
		{"one address less than everybody", ingress("web", "protocol: tcp, port: 22, source: 0.0.0.0/1", "protocol: tcp, port: 22, source: 128.0.0.0/2"), []string{"SG002", "SG009"}},
		{"a CIDR in another spelling", ingress("web", `protocol: tcp, port: 22, source: 1.2.3.4/0`), []string{"SG002", "SG028"}},
		{"IPv6 in another spelling", ingress("web", `protocol: tcp, port: 22, source: "0:0::0/0"`), []string{"SG002", "SG028"}},
		{"what a prefix list holds", ingress("web", "protocol: tcp, port: 22, source_prefix_list: pl-12345678"), []string{"SG002", "SG031"}},
		{"UDP", ingress("web", "protocol: udp, port: 5432, source: 0.0.0.0/0"), []string{"SG004"}},
		{"a protocol as a number", ingress("web", "protocol: 6, port: 22, source: 0.0.0.0/0"), []string{"SG002"}},
		{"a protocol as a number in quotes", ingress("web", `protocol: "17", port: 3389, source: "::/0"`), []string{"SG003"}},
		{"a port inside of a range", ingress("web", "protocol: tcp, port_range: 21-23, source: 0.0.0.0/0"), []string{"SG002", "SG005", "SG006", "SG013"}},
		{"all traffic has no ports", ingress("web", "protocol: -1, source: 0.0.0.0/0"), []string{"SG001", "SG004", "SG027"}},
		{"a protocol whose ports mean nothing", ingress("web", "protocol: 132, source: 0.0.0.0/0"), []string{"SG015"}},
		{"egress of its own resource", with("app", "      additional_egress:\n        - {protocol: all, destination: 0.0.0.0/0, description: why}\n"), []string{"SG020", "SG027"}},
		{"egress that nobody wrote", "security_groups: {scenario: 3-tier-web}\n", nil},
		{"what a connection between tiers means", ingress("db", "protocol: tcp, port: 5432, source_tier: web"), []string{"SG017"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, _ := resolve(t, tc.text)
			var got []string
			for _, d := range check.Run(settled(t, set)) {
				if d.ID != "SG012" && !slices.Contains(got, d.ID) {
					got = append(got, d.ID)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Whether a port is open to the world is what ruleset.IsWorld says of all sources that may reach it.
func TestTheWorldIsASet(t *testing.T) {
	sources := []string{
		"0.0.0.0/0", "0.0.0.0/1", "8.0.0.0/8", "8.0.0.0/9", "8.128.0.0/9", "11.0.0.0/10", "11.64.0.0/10", "20.0.0.0/10", "30.0.0.0/10",
		"10.0.0.0/8", "8.8.8.8/32", "::/0", "2600::/16", "2600::/17", "2600:8000::/17", "2a00::/18", "fd00::/8",
	}
	protocols := []string{"tcp/21-22", "tcp/22", "tcp/22-23", "udp/22", "all", "tcp/80", "6/1-65535", "50"}
	rapid.Check(t, func(rt *rapid.T) {
		var rules []ruleset.Rule
		for range rapid.IntRange(0, 8).Draw(rt, "rules") {
			rules = append(rules, rule("web", ruleset.Ingress, rapid.SampledFrom(protocols).Draw(rt, "traffic"), rapid.SampledFrom(sources).Draw(rt, "source")))
		}
		world := false
		for _, p := range []ruleset.Protocol{ruleset.TCP, ruleset.UDP} {
			var from []netip.Prefix
			for _, r := range rules {
				if r.Covers(ruleset.Traffic{Protocol: p, Ports: ruleset.SinglePort(22)}) {
					from = append(from, r.Peer.Prefix)
				}
			}
			world = world || ruleset.IsWorld(from)
		}
		outcomes := check.Judge(three(t, rules...))
		at := slices.IndexFunc(outcomes, func(o check.Outcome) bool { return o.Check.ID == "SG002" })
		if fails := outcomes[at].Verdict == check.Fail; fails != world {
			rt.Fatalf("SSH is open to the world: %t, SG002 fails: %t", world, fails)
		}
	})
}

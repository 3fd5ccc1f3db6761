package reach_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

var tierNames = []string{"web", "app"}

// prove judges one assertion.
func prove(t interface{ Fatalf(string, ...any) }, set ruleset.Set, opt reach.Options, a config.Assertion) reach.Verdict {
	claims, problems := reach.Claims([]config.Assertion{a}, tierNames)
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	opt.Zones = reach.Peers(claims)
	return reach.Compute(set, opt).Prove(claims[0])
}

// meant are the zones that an end of an assertion is about: with denials, every named part of a range, of the internet
// the public ones. The eighth of IPv4 from 224.0.0.0 on is for no host.
func (w world) meant(end string, allow bool) []party {
	var all []party
	for _, zone := range append(zones(w), party{kind: "block", block: block{v6: true}}) {
		everybody := zone.kind == "block" && zone.block.length == 0
		public := zone.kind == "block" && (zone.block.v6 || zone.block.length < 3 || zone.block.bits < 7)
		switch {
		case zone.zone() == end, end == "internet" && everybody:
			all = append(all, zone)
		case allow:
		case end == "internet" && public, end == "internet-ipv6" && public && zone.block.v6:
			all = append(all, zone)
		}
	}
	return all
}

func TestVerdictsAreThoseOfTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld.Draw(rt, "world")
		ends := []string{"web", "app", "internet", "internet-ipv6"}
		for _, zone := range zones(w) {
			if zone.kind != "block" {
				ends = append(ends, zone.name)
			}
		}
		a := config.Assertion{
			Allow: rapid.Bool().Draw(rt, "allow"),
			From:  rapid.SampledFrom(tierNames).Draw(rt, "tier"),
			To:    rapid.SampledFrom(ends).Draw(rt, "end"),
		}
		if rapid.Bool().Draw(rt, "towards the tier") {
			a.From, a.To = a.To, a.From
		}
		var traffic []ruleset.Traffic
		if rapid.Bool().Draw(rt, "some traffic") {
			traffic = rapid.SliceOfN(drawTraffic, 1, 2).Draw(rt, "traffic")
		}
		for _, one := range traffic {
			a.Ports = append(a.Ports, one.String())
		}
		verdict := prove(rt, w.set(), w.options(), a)
		if want := w.holds(a, traffic); verdict.Holds != want {
			rt.Fatalf("%+v holds: %t (%s), want %t", a, verdict.Holds, verdict.CounterExample, want)
		}
		if !a.Allow && !verdict.Holds && len(verdict.Rules) == 0 {
			rt.Fatalf("%+v is refuted without a rule: %s", a, verdict.CounterExample)
		}
	})
}

// holds is what the design says of an assertion, word by word.
func (w world) holds(a config.Assertion, traffic []ruleset.Traffic) bool {
	if !a.Allow && w.namesList(a, traffic) {
		return false
	}
	for _, from := range w.meant(a.From, a.Allow) {
		for _, to := range w.meant(a.To, a.Allow) {
			some, every := false, true
			for _, p := range packets() {
				if len(traffic) > 0 && !slices.ContainsFunc(traffic, func(t ruleset.Traffic) bool { return lets(t, p) }) {
					continue
				}
				flows := w.flows(from, to, p)
				if !a.Allow && flows != never {
					return false
				}
				some, every = some || flows == sure, every && flows == sure
			}
			if a.Allow && (!some || len(traffic) > 0 && !every) {
				return false
			}
		}
	}
	return true
}

// namesList reports whether a tier permits some of the traffic to a prefix list, which may lie in the range that an
// assertion is about.
func (w world) namesList(a config.Assertion, traffic []ruleset.Traffic) bool {
	isRange := func(end string) bool { return strings.HasPrefix(end, "internet") }
	return slices.ContainsFunc(w.rules, func(r permission) bool {
		return r.other.kind == "list" &&
			(r.egress && r.tier == a.From && isRange(a.To) || !r.egress && r.tier == a.To && isRange(a.From)) &&
			(len(traffic) == 0 || slices.ContainsFunc(traffic, r.traffic.Overlaps))
	})
}

func TestProve(t *testing.T) {
	at := func(line int, r ruleset.Rule) ruleset.Rule {
		r.Pos = diag.Pos{File: "my.yaml", Line: line, Column: 3}
		return r
	}
	in := func(tier, traffic, peer string, line int) ruleset.Rule {
		return at(line, rule(t, tier, ruleset.Ingress, traffic, peer))
	}
	out := func(tier, traffic, peer string, line int) ruleset.Rule {
		return at(line, rule(t, tier, ruleset.Egress, traffic, peer))
	}
	pair := []ruleset.Rule{out("web", "tcp/8080-8090", "app", 4), in("app", "tcp/8080", "web", 7)}
	for _, tt := range []struct {
		name  string
		rules []ruleset.Rule
		text  string // allow|deny FROM TO [PORT ...]
		want  string // the counter-example; none: it holds
	}{
		{"allowed", pair, "allow web app tcp/8080", ""},
		{"allowed at all", pair, "allow web app", ""},
		{
			"the destination's half is missing", pair, "allow web app tcp/8080-8082",
			`tcp/8081-8082 does not flow from web to app: no ingress rule of app lets it in; see the rule "web egress tcp/8080-8090 to app" (my.yaml:4:3)`,
		},
		{
			"the source's half is missing", pair[1:], "allow web app tcp/8080",
			`tcp/8080 does not flow from web to app: no egress rule of web lets it out; see the rule "app ingress tcp/8080 from web" (my.yaml:7:3)`,
		},
		{"both are missing", nil, "allow web app", "nothing flows from web to app: no egress rule of web lets it out"},
		{
			"possibly is not allowed", []ruleset.Rule{out("web", "tcp/8080", "10.0.0.0/8", 4), pair[1]}, "allow web app tcp/8080",
			`tcp/8080 does not flow from web to app for sure: it depends on addresses that are not known; see the rules "web egress tcp/8080 to 10.0.0.0/8" (my.yaml:4:3) and "app ingress tcp/8080 from web" (my.yaml:7:3)`,
		},
		{
			"but not denied either", []ruleset.Rule{out("web", "tcp/8080", "10.0.0.0/8", 4), pair[1]}, "deny web app",
			`tcp/8080 may flow from web to app; see the rules "web egress tcp/8080 to 10.0.0.0/8" (my.yaml:4:3) and "app ingress tcp/8080 from web" (my.yaml:7:3)`,
		},
		{
			"families don't mix", []ruleset.Rule{out("web", "tcp/80", "internet", 1), in("app", "tcp/80", "internet-ipv6", 2)}, "allow web app",
			`tcp/80 does not flow from web to app: the rules of the two ends are for different address families; see the rules "web egress tcp/80 to 0.0.0.0/0" (my.yaml:1:3) and "app ingress tcp/80 from ::/0" (my.yaml:2:3)`,
		},
		{"families don't mix, and so deny", []ruleset.Rule{out("web", "tcp/80", "internet", 1), in("app", "tcp/80", "internet-ipv6", 2)}, "deny web app", ""},
		{
			"the rules of a counter-example are for one family",
			[]ruleset.Rule{out("web", "tcp/80", "internet", 1), out("web", "tcp/80", "internet-ipv6", 2), in("app", "tcp/80", "internet-ipv6", 3)}, "deny web app",
			`tcp/80 flows from web to app; see the rules "web egress tcp/80 to ::/0" (my.yaml:2:3) and "app ingress tcp/80 from ::/0" (my.yaml:3:3)`,
		},
		{
			"denied, and flows", pair, "deny web app tcp/1-65535 udp",
			`tcp/8080 flows from web to app; see the rules "web egress tcp/8080-8090 to app" (my.yaml:4:3) and "app ingress tcp/8080 from web" (my.yaml:7:3)`,
		},
		{"denied other traffic", pair, "deny web app tcp/8081-9000 icmp", ""},
		{"denied the other way", pair, "deny app web", ""},
		{"half a connection flows nowhere", pair[:1], "deny web app", ""},
		{"the internet is both families", []ruleset.Rule{in("web", "tcp/443", "internet", 1), in("web", "tcp/443", "internet-ipv6", 2)}, "allow internet web tcp/443", ""},
		{
			"one family is not the internet", []ruleset.Rule{in("web", "tcp/443", "internet", 1)}, "allow internet web tcp/443",
			"tcp/443 does not flow from internet-ipv6 to web: no ingress rule of web lets it in",
		},
		{
			"IPv6 counts when the internet is denied", []ruleset.Rule{in("web", "tcp/443", "internet-ipv6", 1)}, "deny internet web",
			`tcp/443 flows from internet-ipv6 to web; see the rule "web ingress tcp/443 from ::/0" (my.yaml:1:3)`,
		},
		{
			"so does a part of it", []ruleset.Rule{in("web", "tcp/443", "8.8.8.0/24", 1)}, "deny internet web",
			`tcp/443 flows from 8.8.8.0/24 to web; see the rule "web ingress tcp/443 from 8.8.8.0/24" (my.yaml:1:3)`,
		},
		{"private addresses are not on it", []ruleset.Rule{in("web", "tcp/443", "10.0.0.0/8", 1), in("web", "tcp/443", "fd00::/8", 2)}, "deny internet web", ""},
		{
			"a denied range has its parts", []ruleset.Rule{in("web", "tcp/443", "10.1.2.0/24", 1)}, "deny 10.0.0.0/8 web",
			`tcp/443 flows from 10.1.2.0/24 to web; see the rule "web ingress tcp/443 from 10.1.2.0/24" (my.yaml:1:3)`,
		},
		{
			"and lies in wider ones", []ruleset.Rule{in("web", "tcp/443", "10.0.0.0/8", 1)}, "deny 10.1.2.0/24 web",
			`tcp/443 flows from 10.1.2.0/24 to web; see the rule "web ingress tcp/443 from 10.0.0.0/8" (my.yaml:1:3)`,
		},
		{"an allowed range needs all its parts", []ruleset.Rule{in("web", "tcp/443", "10.0.0.0/9", 1), in("web", "tcp/443", "10.128.0.0/9", 1)}, "allow 10.0.0.0/8 web tcp/443", ""},
		{
			"a part of it is not enough", []ruleset.Rule{in("web", "tcp/443", "10.0.0.0/9", 1)}, "allow 10.0.0.0/8 web tcp/443",
			`tcp/443 does not flow from 10.0.0.0/8 to web: no ingress rule of web lets it in`,
		},
		{
			"a prefix list may be on the internet", []ruleset.Rule{out("app", "tcp/443", "pl-00000001", 1)}, "deny app internet",
			`tcp/443 flows from app to pl-00000001, and it is not known which addresses pl-00000001 has; see the rule "app egress tcp/443 to pl-00000001" (my.yaml:1:3)`,
		},
		{"a group is not", []ruleset.Rule{out("app", "tcp/443", "sg-00000001", 1)}, "deny app internet", ""},
		{"all of TCP are the ports that a rule may name", []ruleset.Rule{in("web", "tcp/1-65535", "sg-00000001", 1)}, "allow sg-00000001 web tcp", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			words := strings.Fields(tt.text)
			a := config.Assertion{Allow: words[0] == "allow", From: words[1], To: words[2], Ports: words[3:]}
			verdict := prove(t, rules(t, tt.rules...), reach.Options{}, a)
			if diff := cmp.Diff(tt.want, verdict.CounterExample); diff != "" || verdict.Holds != (tt.want == "") {
				t.Errorf("holds: %t, counter-example (-want +got):\n%s", verdict.Holds, diff)
			}
		})
	}
}

// TestClaims wants what no proof can answer reported where it stands.
func TestClaims(t *testing.T) {
	pos := diag.Pos{File: "my.yaml", Line: 9, Column: 5}
	for _, tt := range []struct {
		a    config.Assertion
		want []string
	}{
		{config.Assertion{From: "web", To: "internet", Ports: []string{"tcp/443", "icmp"}}, nil},
		{config.Assertion{From: "wep", To: "app"}, []string{`the assertion names "wep", which is neither a tier nor internet, a CIDR, sg-... or pl-...`}},
		{config.Assertion{From: "web", To: "sg-app"}, []string{`the assertion names "sg-app", which is neither a tier nor internet, a CIDR, sg-... or pl-...`}},
		{config.Assertion{From: "web", To: "10.0.0.0/33"}, []string{`the assertion names "10.0.0.0/33", which is neither a tier nor internet, a CIDR, sg-... or pl-...`}},
		{config.Assertion{From: "web", To: "app", Ports: []string{"tcp/0", "http"}}, []string{
			`ports of the assertion "deny web -> app tcp/0, http": 0 lies outside of the ports 1-65535`,
			`ports of the assertion "deny web -> app tcp/0, http": "http" is not a protocol: use tcp, udp, icmp, icmpv6, all or a number from 0 to 255`,
		}},
		{config.Assertion{From: "internet", To: "sg-00000001"}, []string{`neither end of the assertion "deny internet -> sg-00000001" is a tier: nothing is known about flows past the set`}},
	} {
		tt.a.Pos = pos
		claims, problems := reach.Claims([]config.Assertion{tt.a}, tierNames)
		var got []string
		for _, p := range problems {
			if p.Pos != pos || p.ID != diag.CodeAssertion {
				t.Errorf("%s stands at %s", p.ID, p.Pos)
			}
			got = append(got, p.Summary)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || (len(claims) == 1) != (tt.want == nil) {
			t.Errorf("%+v: %d claims, problems (-want +got):\n%s", tt.a, len(claims), diff)
		}
	}
}

func FuzzParseZone(f *testing.F) {
	for _, seed := range []string{"web", "internet", "internet-ipv6", "10.0.0.0/8", "10.1.2.3/8", "::/0", "2001:DB8::1/32", "::ffff:10.0.0.0/104", "sg-00000001", "pl-", "fe80::%eth0/64", "0.0.0.0/0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := reach.ParseZone(text, tierNames)
		if !ok {
			return
		}
		again, ok := reach.ParseZone(p.String(), tierNames)
		if !ok || again != p {
			t.Errorf("%q is the zone %v, which is read as %v", text, p, again)
		}
		set := rules(t, ruleset.Rule{Key: ruleset.Key{Tier: "web", Traffic: ruleset.Traffic{Protocol: ruleset.All, Ports: ruleset.AnyPorts}, Peer: p}})
		flows := reach.Compute(set, reach.Options{}).Flows()
		if p.Kind != ruleset.TierRef && !slices.ContainsFunc(flows, func(f reach.Flow) bool { return f.To == "web" && !f.Possible }) {
			t.Errorf("nothing flows from %q, which a rule names: %v", text, flows)
		}
	})
}

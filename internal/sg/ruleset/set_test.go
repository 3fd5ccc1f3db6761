package ruleset_test

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// same compares rules with their netip values.
var same = gocmp.Comparer(func(a, b ruleset.Key) bool { return a == b })

func traffic(p ruleset.Protocol, from, to int) ruleset.Traffic {
	return ruleset.Traffic{Protocol: p, Ports: ruleset.Ports{From: from, To: to}}
}

func key(tier string, d ruleset.Direction, t ruleset.Traffic, p ruleset.Peer) ruleset.Key {
	return ruleset.Key{Tier: tier, Direction: d, Traffic: t, Peer: p}
}

var tierNames = []string{"web", "app", "db"}

func drawRule(t *rapid.T) ruleset.Rule {
	peer := rapid.SampledFrom([]ruleset.Peer{
		ruleset.TierPeer("web"), ruleset.TierPeer("app"), ruleset.TierPeer("db"),
		cidr("10.0.0.0/8"), cidr("::/0"), ruleset.GroupPeer("sg-12345678"), ruleset.PrefixPeer("pl-12345678"),
	}).Draw(t, "peer")
	return ruleset.Rule{
		Key: key(
			rapid.SampledFrom(tierNames).Draw(t, "tier"),
			rapid.SampledFrom([]ruleset.Direction{ruleset.Ingress, ruleset.Egress}).Draw(t, "direction"),
			drawTraffic(t, "traffic"),
			peer,
		),
		Description: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "description"),
	}
}

func drawRules(t *rapid.T) []ruleset.Rule {
	return rapid.SliceOfN(rapid.Custom(drawRule), 0, 12).Draw(t, "rules")
}

func TestKeyString(t *testing.T) {
	for want, k := range map[string]ruleset.Key{
		"app ingress tcp/8080 from web":   key("app", ruleset.Ingress, traffic(ruleset.TCP, 8080, 8080), ruleset.TierPeer("web")),
		"app egress all to 0.0.0.0/0":     key("app", ruleset.Egress, traffic(ruleset.All, -1, -1), cidr("0.0.0.0/0")),
		"db ingress 50 from pl-12345678":  key("db", ruleset.Ingress, traffic(50, -1, -1), ruleset.PrefixPeer("pl-12345678")),
		"db egress udp/1-9 to sg-1234567": key("db", ruleset.Egress, traffic(ruleset.UDP, 1, 9), ruleset.GroupPeer("sg-1234567")),
	} {
		if got := k.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Keys have one order, in which no two different keys are equal.
func TestKeyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b, c := drawRule(rt).Key, drawRule(rt).Key, drawRule(rt).Key
		if (a.Compare(b) == 0) != (a == b) || a.Compare(b) != -b.Compare(a) {
			rt.Fatalf("%v and %v compare as %d and %d", a, b, a.Compare(b), b.Compare(a))
		}
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0 {
			rt.Fatalf("%v, %v and %v have no order", a, b, c)
		}
	})
}

// Every rule of a given tier is in the set once, in its tier and direction, in the order of keys.
func TestNewSet(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rules := drawRules(rt)
		before := []ruleset.Tier{{Name: "web", Ingress: rules}, {Name: "app"}} // no db
		set := ruleset.NewSet(before, rules)

		byTier := func(a, b ruleset.Rule) int {
			return cmp.Or(
				cmp.Compare(slices.Index(tierNames, a.Tier), slices.Index(tierNames, b.Tier)),
				cmp.Compare(a.Direction, b.Direction),
				a.Compare(b.Key),
			)
		}
		want := slices.DeleteFunc(slices.Clone(rules), func(r ruleset.Rule) bool { return r.Tier == "db" })
		slices.SortStableFunc(want, byTier)
		if diff := gocmp.Diff(want, slices.AppendSeq([]ruleset.Rule{}, set.Rules()), same); diff != "" {
			rt.Fatalf("-want +got:\n%s", diff)
		}
		for _, tier := range set.Tiers {
			for _, d := range []ruleset.Direction{ruleset.Ingress, ruleset.Egress} {
				if slices.ContainsFunc(tier.Rules(d), func(r ruleset.Rule) bool { return r.Tier != tier.Name || r.Direction != d }) {
					rt.Fatalf("%s has foreign rules: %v", tier.Name, tier.Rules(d))
				}
			}
		}
		if before[1].Ingress != nil || len(before[0].Ingress) != len(rules) {
			rt.Fatal("NewSet changed what it was given")
		}
	})
}

func TestSetTier(t *testing.T) {
	set := ruleset.NewSet([]ruleset.Tier{{Name: "web", Role: ruleset.Edge}, {Name: "db"}}, nil)
	if got, ok := set.Tier("web"); !ok || got.Role != ruleset.Edge {
		t.Errorf("web: %v, %t", got, ok)
	}
	if got, ok := set.Tier("app"); ok {
		t.Errorf("there is no tier app, but it is %v", got)
	}
	if diff := gocmp.Diff([]string{"web", "db"}, set.TierNames()); diff != "" {
		t.Error(diff)
	}
}

func TestSetRulesCanStop(t *testing.T) {
	rules := []ruleset.Rule{
		{Key: key("web", ruleset.Ingress, traffic(ruleset.TCP, 1, 1), ruleset.TierPeer("web"))},
		{Key: key("web", ruleset.Egress, traffic(ruleset.TCP, 1, 1), ruleset.TierPeer("web"))},
	}
	set := ruleset.NewSet([]ruleset.Tier{{Name: "web"}}, rules)
	for stop := range rules {
		n := 0
		for range set.Rules() {
			if n++; n > stop {
				break
			}
		}
		if n != stop+1 {
			t.Errorf("%d rules before the stop, want %d", n, stop+1)
		}
	}
}

func TestTierID(t *testing.T) {
	for name, want := range map[string]string{
		"web": "Web", "web-front": "WebFront", "a-1-b2": "A1B2", "web-": "Web", "a--b": "AB", "x": "X",
	} {
		if got := (ruleset.Tier{Name: name}).ID(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestEgressPostures(t *testing.T) {
	all := traffic(ruleset.All, -1, -1)
	out := func(t ruleset.Traffic, p ruleset.Peer) ruleset.Rule {
		return ruleset.Rule{Key: key("app", ruleset.Egress, t, p), Pos: diag.Pos{Line: 1}}
	}
	open4, open6 := out(all, cidr("0.0.0.0/0")), out(all, cidr("::/0"))
	https := out(traffic(ruleset.TCP, 443, 443), cidr("0.0.0.0/0"))
	toDB := out(traffic(ruleset.TCP, 5432, 5432), ruleset.TierPeer("db"))
	toGroup := out(all, ruleset.GroupPeer("sg-12345678"))
	toList := out(all, ruleset.PrefixPeer("pl-12345678"))
	in := ruleset.Rule{Key: key("app", ruleset.Ingress, all, cidr("0.0.0.0/0"))}
	placeholder := ruleset.Placeholder("app")

	type posture struct{ Inline, Standalone, Covered []ruleset.Rule }
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  posture
	}{
		{"none", nil, posture{Inline: []ruleset.Rule{placeholder}}},
		{"some", []ruleset.Rule{https, toDB, toGroup, toList}, posture{
			Inline: []ruleset.Rule{placeholder}, Standalone: []ruleset.Rule{toGroup, toList, https, toDB},
		}},
		{"everything to everywhere", []ruleset.Rule{https, toDB, toGroup, toList, open4}, posture{
			Inline: []ruleset.Rule{open4, toList, https}, Covered: []ruleset.Rule{toGroup, toDB},
		}},
		{"everything over IPv6", []ruleset.Rule{open6, https}, posture{Inline: []ruleset.Rule{open6, https}}},
		{"everything over both", []ruleset.Rule{open6, open4}, posture{Inline: []ruleset.Rule{open4, open6}}},
		{"all protocols to half of the world", []ruleset.Rule{out(all, cidr("0.0.0.0/1"))}, posture{
			Inline: []ruleset.Rule{placeholder}, Standalone: []ruleset.Rule{out(all, cidr("0.0.0.0/1"))},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tier := ruleset.NewSet([]ruleset.Tier{{Name: "app"}}, append(tc.rules, in)).Tiers[0]
			got := posture{tier.InlineEgress(), tier.StandaloneEgress(), tier.CoveredEgress()}
			if diff := gocmp.Diff(tc.want, got, same); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			effective := slices.Concat([]ruleset.Rule{in}, tc.want.Inline, tc.want.Standalone)
			if diff := gocmp.Diff(effective, tier.Effective(), same); diff != "" {
				t.Errorf("effective (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlaceholderPermitsNothingReal(t *testing.T) {
	p := ruleset.Placeholder("app")
	if got, want := p.Key.String(), "app egress icmp/252.86 to 255.255.255.255/32"; got != want || p.Description != "Disallow all traffic" {
		t.Errorf("%s (%s), want %s", got, p.Description, want)
	}
}

func TestCompare(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want, have := drawRules(rt), drawRules(rt)
		d := ruleset.Compare(want, have)
		if !ruleset.Compare(want, want).IsEmpty() {
			rt.Fatal("rules differ from themselves")
		}
		// Who takes away what is extra, adds what is missing and changes the descriptions, has what was wanted.
		mended := map[ruleset.Key]string{}
		first := func(into map[ruleset.Key]string, rules []ruleset.Rule) {
			for _, r := range rules {
				if _, ok := into[r.Key]; !ok {
					into[r.Key] = r.Description
				}
			}
		}
		first(mended, have)
		for _, r := range d.Extra {
			delete(mended, r.Key)
		}
		for _, r := range slices.Concat(d.Missing, d.Redescribed) {
			mended[r.Key] = r.Description
		}
		wanted := map[ruleset.Key]string{}
		first(wanted, want)
		if diff := gocmp.Diff(wanted, mended, same); diff != "" {
			rt.Fatalf("-want +mended:\n%s", diff)
		}
		if d.IsEmpty() != (len(d.Missing) == 0 && len(d.Extra) == 0 && len(d.Redescribed) == 0) {
			rt.Fatalf("empty: %t, but %v", d.IsEmpty(), d)
		}
		for _, list := range [][]ruleset.Rule{d.Missing, d.Extra, d.Redescribed} {
			if !slices.IsSortedFunc(list, func(a, b ruleset.Rule) int { return a.Compare(b.Key) }) {
				rt.Fatalf("not sorted: %v", list)
			}
		}
	})
}

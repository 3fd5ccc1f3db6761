package reach_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// concerned are the hosts that a rule for one party lets in or out: all that there may be.
func concerned(p party) []host {
	var all []host
	for bits := range 16 {
		h := host{address: address{bits > 7, bits % 8}}
		switch p.kind {
		case "block":
			if !p.block.has(h.address) {
				continue
			}
		case "list":
			h.lists = []string{p.name}
		default:
			h.member = p.name
		}
		all = append(all, h)
	}
	return all
}

// withoutLoss reports whether all that a rule of the world lets through is let through by others of its half.
func (w world) withoutLoss(r permission, key ruleset.Key) bool {
	others := w
	others.rules = nil
	for i, o := range w.rules {
		if w.key(i) != key {
			others.rules = append(others.rules, o)
		}
	}
	for _, h := range concerned(r.other) {
		for _, p := range packets() {
			if lets(r.traffic, p) && !others.allows(r.tier, r.egress, h, p) {
				return false
			}
		}
	}
	return true
}

func (w world) key(i int) ruleset.Key {
	single := w
	single.rules = w.rules[i : i+1]
	for r := range single.set().Rules() {
		return r.Key
	}
	return ruleset.Key{}
}

func TestShadowsAreThoseOfTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld.Draw(rt, "world")
		got := make(map[ruleset.Key]bool)
		for _, s := range reach.Shadows(w.set()) {
			got[s.Rule.Key] = true
			checkShadow(rt, s)
		}
		for i, r := range w.rules {
			if key := w.key(i); got[key] != w.withoutLoss(r, key) {
				rt.Fatalf("%v is shadowed: %t, want %t", key, got[key], !got[key])
			}
		}
	})
}

// checkShadow wants the rules that a shadow names to cover its rule by themselves.
func checkShadow(rt *rapid.T, s reach.Shadow) {
	if slices.ContainsFunc(s.By, func(r ruleset.Rule) bool { return r.Key == s.Rule.Key }) {
		rt.Fatalf("%v is in its own shadow", s.Rule.Key)
	}
	alone := ruleset.NewSet([]ruleset.Tier{{Name: s.Rule.Tier}}, append(slices.Clone(s.By), s.Rule))
	if len(s.By) == 0 || !slices.ContainsFunc(reach.Shadows(alone), func(o reach.Shadow) bool { return o.Rule.Key == s.Rule.Key }) {
		rt.Fatalf("%v is not covered by %v", s.Rule.Key, s.By)
	}
}

func TestShadows(t *testing.T) {
	in := func(traffic, peer string) ruleset.Rule { return rule(t, "web", ruleset.Ingress, traffic, peer) }
	for _, tt := range []struct {
		name  string
		rules []ruleset.Rule
		want  []string // the rule, and those that cover it
	}{
		{"none", []ruleset.Rule{in("tcp/443", "10.0.0.0/8"), in("tcp/443", "app")}, nil},
		{"ports", []ruleset.Rule{in("tcp/1-100", "app"), in("tcp/22", "app")}, []string{"tcp/22 from app < tcp/1-100 from app"}},
		{"a range around it", []ruleset.Rule{in("tcp/443", "10.0.0.0/8"), in("tcp/443", "10.1.0.0/16")}, []string{"tcp/443 from 10.1.0.0/16 < tcp/443 from 10.0.0.0/8"}},
		{
			"two halves", []ruleset.Rule{in("tcp/443", "10.0.0.0/8"), in("tcp/443", "10.0.0.0/9"), in("all", "10.128.0.0/9")},
			[]string{
				"tcp/443 from 10.0.0.0/8 < all from 10.128.0.0/9 < tcp/443 from 10.0.0.0/9",
				"tcp/443 from 10.0.0.0/9 < tcp/443 from 10.0.0.0/8",
			},
		},
		{"everybody of one family is not everybody", []ruleset.Rule{in("tcp/443", "internet"), in("tcp/443", "app")}, nil},
		{
			"everybody", []ruleset.Rule{in("tcp/443", "internet"), in("tcp/443", "internet-ipv6"), in("tcp/443", "app")},
			[]string{"tcp/443 from app < tcp/443 from 0.0.0.0/0 < tcp/443 from ::/0"},
		},
		{"the same rule twice", []ruleset.Rule{in("tcp/443", "app"), in("tcp/443", "app")}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, s := range reach.Shadows(rules(t, tt.rules...)) {
				line := s.Rule.Traffic.String() + " from " + s.Rule.Peer.String()
				for _, by := range s.By {
					line += " < " + by.Traffic.String() + " from " + by.Peer.String()
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("shadows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHalfOpenAreThoseOfTheModel wants the rules for tiers of which a packet is not permitted for sure on the other side.
func TestHalfOpenAreThoseOfTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld.Draw(rt, "world")
		w.vpc = nil
		got := make(map[ruleset.Key]bool)
		for _, r := range reach.HalfOpen(w.set()) {
			got[r.Key] = true
		}
		for i, r := range w.rules {
			want := false
			for _, p := range packets() {
				me := party{kind: "tier", name: r.tier}
				answered := max(w.permits(r.other.name, !r.egress, me, false, p), w.permits(r.other.name, !r.egress, me, true, p))
				want = want || r.other.kind == "tier" && lets(r.traffic, p) && answered != sure
			}
			if got[w.key(i)] != want {
				rt.Fatalf("%v is half open: %t, want %t", w.key(i), got[w.key(i)], want)
			}
		}
	})
}

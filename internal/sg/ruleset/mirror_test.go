package ruleset_test

import (
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// half is one half of one connection between two tiers.
type half struct {
	from, to string
	packet   packet
}

// halves are the connections between tiers that the rules of a direction permit, one by one.
func halves(rules []ruleset.Rule, d ruleset.Direction, all []packet) map[half]bool {
	out := map[half]bool{}
	for _, r := range rules {
		if r.Direction != d || r.Peer.Kind != ruleset.TierRef {
			continue
		}
		from, to := r.Tier, r.Peer.Name
		if d == ruleset.Ingress {
			from, to = to, from
		}
		for _, p := range all {
			if permits(r.Traffic, p) {
				out[half{from, to, p}] = true
			}
		}
	}
	return out
}

// After mirroring, both halves permit exactly what one of them asked for.
func TestWithMirrorsCompletesConnections(t *testing.T) {
	all := packets()
	rapid.Check(t, func(rt *rapid.T) {
		rules := drawRules(rt)
		out := ruleset.WithMirrors(rules)

		asked := halves(rules, ruleset.Ingress, all)
		maps.Copy(asked, halves(rules, ruleset.Egress, all))
		for _, d := range []ruleset.Direction{ruleset.Ingress, ruleset.Egress} {
			if got := halves(out, d, all); !maps.Equal(got, asked) {
				rt.Fatalf("%s permits %d halves, asked for are %d", d, len(got), len(asked))
			}
		}
		if diff := gocmp.Diff(rules, out[:len(rules)], same); diff != "" {
			rt.Fatalf("declared rules changed:\n%s", diff)
		}
		if diff := gocmp.Diff(out, ruleset.WithMirrors(out), same); diff != "" {
			rt.Fatalf("mirroring twice is not mirroring once:\n%s", diff)
		}
		for i, m := range out[len(rules):] {
			if m.Origin != ruleset.FromMirror || m.Peer.Kind != ruleset.TierRef {
				rt.Fatalf("%v is no mirror", m)
			}
			if slices.ContainsFunc(out[:len(rules)+i], func(r ruleset.Rule) bool { return r.Key == m.Key }) {
				rt.Fatalf("%v is there twice", m)
			}
		}
	})
}

func TestWithMirrors(t *testing.T) {
	rule := func(tier string, d ruleset.Direction, t ruleset.Traffic, peer ruleset.Peer, line int) ruleset.Rule {
		return ruleset.Rule{Key: key(tier, d, t, peer), Description: "why", Origin: ruleset.FromOverride, Pos: diag.Pos{File: "f", Line: line}}
	}
	mirror := func(tier string, d ruleset.Direction, t ruleset.Traffic, peer string, line int) ruleset.Rule {
		r := rule(tier, d, t, ruleset.TierPeer(peer), line)
		r.Origin = ruleset.FromMirror
		return r
	}
	web, app := ruleset.TierPeer("web"), ruleset.TierPeer("app")
	tcp := func(from, to int) ruleset.Traffic { return traffic(ruleset.TCP, from, to) }
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  []ruleset.Rule // the mirrors
	}{
		{"ingress from a tier", []ruleset.Rule{rule("app", ruleset.Ingress, tcp(80, 80), web, 3)}, []ruleset.Rule{mirror("web", ruleset.Egress, tcp(80, 80), "app", 3)}},
		{"egress to a tier", []ruleset.Rule{rule("web", ruleset.Egress, tcp(80, 80), app, 3)}, []ruleset.Rule{mirror("app", ruleset.Ingress, tcp(80, 80), "web", 3)}},
		{"both halves", []ruleset.Rule{rule("web", ruleset.Egress, tcp(80, 80), app, 3), rule("app", ruleset.Ingress, tcp(80, 80), web, 4)}, nil},
		{"the other half is wider", []ruleset.Rule{rule("web", ruleset.Egress, tcp(80, 80), app, 3), rule("app", ruleset.Ingress, traffic(ruleset.All, -1, -1), web, 4)}, []ruleset.Rule{
			mirror("web", ruleset.Egress, traffic(ruleset.All, -1, -1), "app", 4),
		}},
		{"the other half is narrower", []ruleset.Rule{rule("web", ruleset.Egress, tcp(80, 90), app, 3), rule("app", ruleset.Ingress, tcp(80, 80), web, 4)}, []ruleset.Rule{
			mirror("app", ruleset.Ingress, tcp(80, 90), "web", 3),
		}},
		{"a CIDR is no half for a tier", []ruleset.Rule{rule("web", ruleset.Egress, tcp(80, 80), app, 3), rule("app", ruleset.Ingress, tcp(80, 80), cidr("0.0.0.0/0"), 4)}, []ruleset.Rule{
			mirror("app", ruleset.Ingress, tcp(80, 80), "web", 3),
		}},
		{"a tier that names itself", []ruleset.Rule{rule("app", ruleset.Ingress, tcp(7946, 7946), app, 3)}, []ruleset.Rule{mirror("app", ruleset.Egress, tcp(7946, 7946), "app", 3)}},
		{"the same rule twice", []ruleset.Rule{rule("app", ruleset.Ingress, tcp(80, 80), web, 3), rule("app", ruleset.Ingress, tcp(80, 80), web, 4)}, []ruleset.Rule{
			mirror("web", ruleset.Egress, tcp(80, 80), "app", 3),
		}},
		{"no tier", []ruleset.Rule{rule("app", ruleset.Ingress, tcp(80, 80), cidr("10.0.0.0/8"), 3), rule("app", ruleset.Egress, tcp(80, 80), ruleset.GroupPeer("sg-12345678"), 4)}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := slices.Concat(tc.rules, tc.want)
			if diff := gocmp.Diff(want, ruleset.WithMirrors(tc.rules), same); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

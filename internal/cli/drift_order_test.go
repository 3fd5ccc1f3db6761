package cli

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// orderOf makes the order of calls for two sets of rules, which are of the tiers web and app.
func orderOf(meant, held []ruleset.Rule, quota int) (*ruleOrder, *drift) {
	tiers := []ruleset.Tier{{Name: "web"}, {Name: "app"}}
	set := func(rules []ruleset.Rule) ruleset.Set {
		return ruleset.NewSet(tiers, withoutPlaceholders(slices.Clone(rules)))
	}
	o := &ruleOrder{meant: set(meant), held: set(held), quota: quota}
	o.zones()
	delta := ruleset.Compare(meant, held)
	d := &drift{}
	for _, r := range delta.Missing {
		d.removed = append(d.removed, &ruleDrift{meant: &r})
	}
	for i, r := range delta.Extra {
		d.added = append(d.added, &ruleDrift{held: &heldRule{Rule: r, ID: "sgr-" + string(rune('a'+i))}})
	}
	return o, d
}

func ruleFor(tier string, d ruleset.Direction, ports ruleset.Ports, peer ruleset.Peer) ruleset.Rule {
	return ruleset.Rule{Key: ruleset.Key{Tier: tier, Direction: d, Traffic: ruleset.Traffic{Protocol: ruleset.TCP, Ports: ports}, Peer: peer}}
}

var (
	everywhere = ruleset.CIDRPeer(netip.MustParsePrefix("0.0.0.0/0"))
	inside     = ruleset.CIDRPeer(netip.MustParsePrefix("10.0.0.0/8"))
	onPort     = ruleset.SinglePort
)

func stepTexts(steps []ruleStep) []string {
	out := make([]string, len(steps))
	for i, s := range steps {
		out[i] = s.String()
	}
	return out
}

func TestOrderOfPuttingRulesRight(t *testing.T) {
	wide := ruleFor("web", ruleset.Ingress, ruleset.Ports{From: 1, To: 1000}, everywhere)
	https := ruleFor("web", ruleset.Ingress, onPort(443), everywhere)
	out := ruleFor("web", ruleset.Egress, ruleset.Ports{From: 1, To: 1000}, ruleset.TierPeer("app"))
	backdoor := ruleFor("app", ruleset.Ingress, onPort(22), ruleset.TierPeer("web"))
	anything := ruleFor("app", ruleset.Egress, ruleset.Ports{From: 1, To: 65535}, everywhere)
	for _, tc := range []struct {
		name        string
		meant, held []ruleset.Rule
		quota       int
		want        []string
	}{
		{
			"what is meant lives on a wider rule: it is added before that goes",
			[]ruleset.Rule{https}, []ruleset.Rule{wide}, 60,
			[]string{"add web ingress tcp/443 from 0.0.0.0/0", "revoke web ingress tcp/1-1000 from 0.0.0.0/0 (sgr-a)"},
		},
		{
			"what is missing would meet a half that nobody meant: that goes first",
			[]ruleset.Rule{out}, []ruleset.Rule{backdoor}, 60,
			[]string{"revoke app ingress tcp/22 from web (sgr-a)", "add web egress tcp/1-1000 to app"},
		},
		{
			"only what would meet it has to wait",
			[]ruleset.Rule{out, https}, []ruleset.Rule{backdoor}, 60,
			[]string{"add web ingress tcp/443 from 0.0.0.0/0", "revoke app ingress tcp/22 from web (sgr-a)", "add web egress tcp/1-1000 to app"},
		},
		{
			"the placeholder permits nothing: it is there before the last rule of egress goes",
			[]ruleset.Rule{ruleset.Placeholder("app")}, []ruleset.Rule{anything}, 60,
			[]string{"add app egress icmp/252.86 to 255.255.255.255/32", "revoke app egress tcp/1-65535 to 0.0.0.0/0 (sgr-a)"},
		},
		{
			"a full group makes room first",
			[]ruleset.Rule{https}, []ruleset.Rule{wide}, 1,
			[]string{"revoke web ingress tcp/1-1000 from 0.0.0.0/0 (sgr-a)", "add web ingress tcp/443 from 0.0.0.0/0"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, d := orderOf(tc.meant, tc.held, tc.quota)
			if diff := cmp.Diff(tc.want, stepTexts(o.steps(d))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A rule that became another one is made the old one in one call; if that would open something, it goes first and comes back.
func TestOrderOfChangedRules(t *testing.T) {
	meant := ruleFor("web", ruleset.Egress, ruleset.Ports{From: 1, To: 1000}, ruleset.TierPeer("app"))
	held := ruleFor("web", ruleset.Egress, onPort(7), ruleset.TierPeer("app"))
	backdoor := ruleFor("app", ruleset.Ingress, onPort(22), ruleset.TierPeer("web"))
	changed := &ruleDrift{meant: &meant, held: &heldRule{Rule: held, ID: "sgr-x"}}
	o, _ := orderOf([]ruleset.Rule{meant}, []ruleset.Rule{held}, 1)
	if diff := cmp.Diff([]string{"make sgr-x web egress tcp/1-1000 to app again"}, stepTexts(o.steps(&drift{changed: []*ruleDrift{changed}}))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	o, d := orderOf([]ruleset.Rule{meant}, []ruleset.Rule{held, backdoor}, 60)
	d.added = slices.DeleteFunc(d.added, func(r *ruleDrift) bool { return r.held.Key == held.Key })
	d.removed, d.changed = nil, []*ruleDrift{changed}
	want := []string{
		"revoke web egress tcp/7 to app (sgr-x)", "revoke app ingress tcp/22 from web (" + d.added[0].held.ID + ")", "add web egress tcp/1-1000 to app",
	}
	if diff := cmp.Diff(want, stepTexts(o.steps(d))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// At no moment between two calls flows what did not flow before and is not meant; and what flowed before and is meant goes on
// flowing, as long as nothing had to wait for what was revoked.
func TestOrderKeepsProtectionAndAvailability(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		drawn := rapid.Custom(func(t *rapid.T) ruleset.Rule {
			ports := rapid.SampledFrom([]ruleset.Ports{{From: 1, To: 9}, {From: 5, To: 5}, {From: 7, To: 20}, {From: 1, To: 100}}).Draw(t, "ports")
			return ruleFor(rapid.SampledFrom([]string{"web", "app"}).Draw(t, "tier"), rapid.SampledFrom([]ruleset.Direction{0, 1}).Draw(t, "direction"),
				ports, rapid.SampledFrom([]ruleset.Peer{everywhere, inside, ruleset.TierPeer("web"), ruleset.TierPeer("app")}).Draw(t, "peer"))
		})
		keyOf := func(r ruleset.Rule) ruleset.Key { return r.Key }
		meant := rapid.SliceOfNDistinct(drawn, 0, 6, keyOf).Draw(rt, "meant")
		held := rapid.SliceOfNDistinct(drawn, 0, 6, keyOf).Draw(rt, "held")
		o, d := orderOf(meant, held, 60)
		state := slices.Clone(held)
		steps := o.steps(d)
		waiting := len(o.safe(d.removed)) < len(d.removed)
		set := func(rules []ruleset.Rule) ruleset.Set { return ruleset.NewSet(o.held.Tiers, rules) }
		opened := func(before, after []ruleset.Rule) []reach.Flow {
			return reach.Compare(set(before), set(after), o.vpc).Opened
		}
		unmeantBefore := opened(meant, held)
		for _, step := range steps {
			state = slices.DeleteFunc(state, func(r ruleset.Rule) bool { return step.verb == live.Revoked && r.Key == step.rule.Key })
			if step.verb == live.Authorized {
				state = append(state, step.rule)
			}
			// What is not meant now is no more than what was not meant before.
			for _, f := range opened(meant, state) {
				if !covered(f, unmeantBefore) {
					rt.Fatalf("after %s: %v flows, which neither did nor is meant\n%v", step, f, stepTexts(steps))
				}
			}
			if waiting {
				continue
			}
			for _, f := range opened(state, meant) { // meant, and not flowing now
				for _, part := range flowsOfBoth(f, reach.Compute(set(held), o.vpc).Flows()) {
					rt.Fatalf("after %s: %v has stopped\n%v", step, part, stepTexts(steps))
				}
			}
		}
		if delta := ruleset.Compare(meant, state); !delta.IsEmpty() {
			rt.Fatalf("at the end: %+v", delta)
		}
	})
}

// covered reports whether a flow is a part of some others.
func covered(f reach.Flow, by []reach.Flow) bool {
	rest := ruleset.SetOf(f.Traffic)
	for _, g := range by {
		if g.From == f.From && g.To == f.To && (g.Possible == f.Possible || !g.Possible) {
			rest = rest.Minus(ruleset.SetOf(g.Traffic))
		}
	}
	return rest.IsEmpty()
}

// flowsOfBoth are the parts of a flow that are among others, for sure.
func flowsOfBoth(f reach.Flow, others []reach.Flow) []reach.Flow {
	var parts []reach.Flow
	for _, g := range others {
		if g.From == f.From && g.To == f.To && !g.Possible && !f.Possible && g.Overlaps(f.Traffic) {
			parts = append(parts, g)
		}
	}
	return parts
}

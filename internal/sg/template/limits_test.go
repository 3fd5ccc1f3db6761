package template_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
)

func rule(tier string, d ruleset.Direction, protocol ruleset.Protocol, ports ruleset.Ports, peer ruleset.Peer) ruleset.Rule {
	return ruleset.Rule{
		Key:         ruleset.Key{Tier: tier, Direction: d, Traffic: ruleset.Traffic{Protocol: protocol, Ports: ports}, Peer: peer},
		Description: "why",
		Pos:         diag.Pos{File: "f", Line: 7, Column: 3},
	}
}

func cidr(text string) ruleset.Peer { return ruleset.CIDRPeer(netip.MustParsePrefix(text)) }

func input(tiers []ruleset.Tier, rules ...ruleset.Rule) template.Input {
	return template.Input{
		Set: ruleset.NewSet(tiers, rules), Scenario: "my", Names: config.Names{SGName: "my-set"}, Tags: map[string]string{}, MaxResources: 500,
	}
}

func TestResourceLimit(t *testing.T) {
	// A tier takes a group and a parameter; 498 rules fill the stack.
	var rules []ruleset.Rule
	for i := range 499 {
		rules = append(rules, rule("web", ruleset.Ingress, ruleset.TCP, ruleset.SinglePort(i+1), cidr("10.0.0.0/8")))
	}
	tiers := []ruleset.Tier{{Name: "web"}}
	tmpl, problems := template.Build(input(tiers, rules[:498]...))
	if len(problems) > 0 || tmpl.Resources != 500 {
		t.Errorf("%d resources, %v", tmpl.Resources, problems)
	}
	_, problems = template.Build(input(tiers, rules...))
	want := diag.List{{
		ID:      diag.CodeTemplateLimit,
		Summary: "the set needs 501 resources, over CloudFormation's limit of 500 in one stack",
		Hint:    "split it into several sets: one config per part, told apart by security_groups.workload",
	}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOutputLimit(t *testing.T) {
	var tiers []ruleset.Tier
	for i := range 201 {
		tiers = append(tiers, ruleset.Tier{Name: fmt.Sprintf("t%d", i)})
	}
	if _, problems := template.Build(input(tiers[:200])); len(problems) > 0 {
		t.Error(problems)
	}
	_, problems := template.Build(input(tiers))
	want := diag.List{{
		ID:      diag.CodeTemplateLimit,
		Summary: "the set has 201 tiers, over CloudFormation's limit of 200 outputs in one stack",
		Hint:    "split it into several sets: one config per part, told apart by security_groups.workload",
	}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Egress of everything over IPv6 alone can't stand beside a rule for a group: either way of writing it changes what is
// permitted.
func TestEgressThatNoTemplateHolds(t *testing.T) {
	open := func(peer string) ruleset.Rule {
		return rule("app", ruleset.Egress, ruleset.All, ruleset.AnyPorts, cidr(peer))
	}
	toDB := rule("app", ruleset.Egress, ruleset.TCP, ruleset.SinglePort(5432), ruleset.TierPeer("db"))
	toGroup := rule("app", ruleset.Egress, ruleset.All, ruleset.AnyPorts, ruleset.GroupPeer("sg-12345678"))
	problem := func(r ruleset.Rule) diag.List {
		return diag.List{{
			ID: diag.CodeEgress, Pos: diag.Pos{File: "f", Line: 7, Column: 3},
			Summary: fmt.Sprintf("tier app: egress of all protocols to ::/0 can't stand beside the rule %q", r.Key),
			Hint:    "a separate egress rule would strip the open one: narrow the rule to ::/0, or open 0.0.0.0/0 as well",
		}}
	}
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  diag.List
	}{
		{"IPv6 and a tier", []ruleset.Rule{open("::/0"), toDB}, problem(toDB)},
		{"IPv6 and a group", []ruleset.Rule{open("::/0"), toGroup}, problem(toGroup)},
		{"IPv6 alone", []ruleset.Rule{open("::/0")}, nil},
		{"both and a tier", []ruleset.Rule{open("::/0"), open("0.0.0.0/0"), toDB}, nil},
		{"IPv4 and a tier", []ruleset.Rule{open("0.0.0.0/0"), toDB}, nil},
		{"a tier alone", []ruleset.Rule{toDB, toGroup}, nil},
	} {
		_, problems := template.Build(input([]ruleset.Tier{{Name: "app"}, {Name: "db"}}, tc.rules...))
		if diff := cmp.Diff(tc.want, problems); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// Rules of equal keys are one rule: the checks refuse them, and a template shows one.
func TestEqualRulesAreOneResource(t *testing.T) {
	in := rule("web", ruleset.Ingress, ruleset.TCP, ruleset.SinglePort(1), cidr("10.0.0.0/8"))
	open := rule("web", ruleset.Egress, ruleset.All, ruleset.AnyPorts, cidr("0.0.0.0/0"))
	once, _ := build(t, input([]ruleset.Tier{{Name: "web"}}, in, open))
	twice, _ := build(t, input([]ruleset.Tier{{Name: "web"}}, in, open, open, in))
	if diff := cmp.Diff(string(once), string(twice)); diff != "" {
		t.Errorf("-once +twice:\n%s", diff)
	}
}

// Different keys have different logical IDs that CloudFormation takes, also where their readable parts are the same.
func TestRuleIDs(t *testing.T) {
	peer := rapid.OneOf(
		rapid.Custom(func(rt *rapid.T) ruleset.Peer {
			ip := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "address")))
			return ruleset.CIDRPeer(netip.PrefixFrom(ip, rapid.IntRange(0, 32).Draw(rt, "bits")))
		}),
		rapid.Map(rapid.StringMatching(`[a-z][a-z0-9-]{0,30}`), ruleset.TierPeer),
		rapid.Map(rapid.StringMatching(`sg-[0-9a-f]{8}`), ruleset.GroupPeer),
		rapid.Map(rapid.StringMatching(`pl-[0-9a-f]{8}`), ruleset.PrefixPeer),
	)
	rapid.Check(t, func(rt *rapid.T) {
		seen := map[string]ruleset.Key{}
		for range 20 {
			port := rapid.IntRange(1, 3).Draw(rt, "port")
			k := ruleset.Key{
				Tier:      rapid.SampledFrom([]string{"web", "web-1", strings.Repeat("t", 31)}).Draw(rt, "tier"),
				Direction: rapid.SampledFrom([]ruleset.Direction{ruleset.Ingress, ruleset.Egress}).Draw(rt, "direction"),
				Traffic:   ruleset.Traffic{Protocol: rapid.SampledFrom([]ruleset.Protocol{1, 6, 17, 58, 255}).Draw(rt, "protocol"), Ports: ruleset.SinglePort(port)},
				Peer:      peer.Draw(rt, "peer"),
			}
			id := template.RuleID(k)
			if other, taken := seen[id]; taken && other != k {
				rt.Fatalf("%v and %v are both %s", k, other, id)
			}
			seen[id] = k
			if len(id) > 255 || strings.ContainsFunc(id, func(r rune) bool { return !strings.ContainsRune(alphanumeric, r) }) {
				rt.Fatalf("%v: CloudFormation does not take the logical ID %s", k, id)
			}
		}
	})
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// No two kinds of resources can get one logical ID, however the tiers are called.
func TestLogicalIDsOfTiersAreDistinct(t *testing.T) {
	names := []string{"web", "web-security-group", "web-security-group-id-parameter", "web-ingress", "web-security", "security-group"}
	var tiers []ruleset.Tier
	var rules []ruleset.Rule
	for _, name := range names {
		tiers = append(tiers, ruleset.Tier{Name: name})
		for _, peer := range names {
			rules = append(rules, rule(name, ruleset.Ingress, ruleset.All, ruleset.AnyPorts, ruleset.TierPeer(peer)))
		}
	}
	tmpl, problems := template.Build(input(tiers, slices.Clone(rules)...))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	text, err := tmpl.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(parse(t, text).Resources), 2*len(tiers)+len(rules); got != want || tmpl.Resources != want {
		t.Errorf("%d logical IDs and %d resources, want %d", got, tmpl.Resources, want)
	}
}

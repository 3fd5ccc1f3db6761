package check_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
)

func TestOpenToWorld(t *testing.T) {
	rule := func(traffic, source string) ruleset.Rule {
		what, err := ruleset.ParseTraffic(traffic)
		if err != nil {
			t.Fatal(err)
		}
		return ruleset.Rule{Key: ruleset.Key{Tier: "web", Traffic: what, Peer: ruleset.CIDRPeer(netip.MustParsePrefix(source))}}
	}
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  []string
	}{
		{"nothing", nil, nil},
		{"a private range", []ruleset.Rule{rule("tcp/22", "10.0.0.0/8")}, nil},
		{"both families", []ruleset.Rule{rule("tcp/443", "0.0.0.0/0"), rule("tcp/80", "::/0")}, []string{"tcp/80", "tcp/443"}},
		{"half of everybody", []ruleset.Rule{rule("tcp/443", "0.0.0.0/1")}, []string{"tcp/443"}},
		{"only together, and only where they overlap", []ruleset.Rule{
			rule("tcp/80-90", "64.0.0.0/9"), rule("tcp/85-99", "64.128.0.0/9"),
		}, []string{"tcp/85-90"}},
		{"everything", []ruleset.Rule{rule("all", "0.0.0.0/0"), rule("tcp/80", "::/0")}, []string{"all"}},
		{"everything from a part, one port from the rest", []ruleset.Rule{
			rule("all", "64.0.0.0/9"), rule("tcp/80", "64.128.0.0/9"),
		}, []string{"tcp/80"}},
		{"ICMP", []ruleset.Rule{rule("icmp/8", "0.0.0.0/0"), rule("icmp/3.4", "0.0.0.0/0"), rule("47", "0.0.0.0/0")}, []string{"icmp/3.4", "icmp/8", "47"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, open := range check.OpenToWorld(ruleset.Tier{Name: "web", Ingress: tc.rules}) {
				got = append(got, open.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDatabaseTiers(t *testing.T) {
	service := ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.SinglePort(6000)}
	set := ruleset.NewSet([]ruleset.Tier{
		{Name: "web", Role: ruleset.Edge}, {Name: "store", Role: ruleset.Other, Service: &service}, {Name: "db", Role: ruleset.Database}, {Name: "misc", Role: ruleset.Other},
	}, []ruleset.Rule{{Key: ruleset.Key{Tier: "store", Traffic: service, Peer: ruleset.TierPeer("web")}}})
	if diff := cmp.Diff([]string{"store", "db"}, check.DatabaseTiers(set, []int{6000})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"db"}, check.DatabaseTiers(set, []int{5432})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

package scenario_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sg/ruleset"
)

// small is a scenario in which all kinds of matches and mismatches can be tried.
const small = `name: small
tiers:
  web:
    role: edge
    service_port: tcp/443
    ingress:
      - {protocol: tcp, port: 443, source: 0.0.0.0/0, description: https}
      - {protocol: tcp, port: 80, source: 0.0.0.0/0, description: http}
    egress:
      - {protocol: tcp, port: 8080, destination_tier: app, description: requests}
      - {protocol: tcp, port: 443, destination: 0.0.0.0/0, description: apis}
  app:
    service_port: tcp/8080
    ingress:
      - {protocol: tcp, port: 8080, source_tier: web, description: requests}
      - {protocol: tcp, port_range: 9000-9100, source_tier: web, description: metrics}
      - {protocol: udp, port: 8080, source: 10.0.0.0/8, description: udp}
`

// only keeps the rules that a config caused.
func only(lines []string) []string {
	var out []string
	for _, line := range lines {
		if strings.Contains(line, "configs/my.yaml") || !strings.HasPrefix(line, " ") {
			out = append(out, line)
		}
	}
	return out
}

func TestOverrides(t *testing.T) {
	for _, tc := range []struct {
		name, overrides string
		want            []string // the tiers, and the rules that the overrides caused
	}{
		{"none", "    web: {additional_ingress: []}\n", []string{"web: edge on tcp/443", "app: other on tcp/8080"}},
		{
			"a port override moves the ingress, the egress that points at it and the service port",
			"    app:\n      port_overrides:\n        - {protocol: tcp, old_port: 8080, new_port: 8443}\n",
			[]string{
				"web: edge on tcp/443",
				"  web egress tcp/8443 to app - requests (override configs/my.yaml:8:11)",
				"app: other on tcp/8443",
				"  app ingress tcp/8443 from web - requests (override configs/my.yaml:8:11)",
			},
		},
		{
			"ports may swap, and egress to elsewhere stays",
			"    web:\n      port_overrides:\n        - {protocol: tcp, old_port: 443, new_port: 80}\n        - {protocol: 6, old_port: 80, new_port: 443}\n",
			[]string{
				"web: edge on tcp/80",
				"  web ingress tcp/80 from 0.0.0.0/0 - https (override configs/my.yaml:8:11)",
				"  web ingress tcp/443 from 0.0.0.0/0 - http (override configs/my.yaml:9:11)",
				"app: other on tcp/8080",
			},
		},
		{
			"another port than the service port",
			"    web: {port_overrides: [{protocol: tcp, old_port: 80, new_port: 8000}]}\n    app: {port_overrides: [{protocol: udp, old_port: 8080, new_port: 53}]}\n",
			[]string{
				"web: edge on tcp/443",
				"  web ingress tcp/8000 from 0.0.0.0/0 - http (override configs/my.yaml:6:28)",
				"app: other on tcp/8080",
				"  app ingress udp/53 from 10.0.0.0/8 - udp (override configs/my.yaml:7:28)",
			},
		},
		{
			"an additional rule that names a tier has its mirror",
			"    app:\n      additional_ingress:\n        - {protocol: tcp, port: 9090, source_tier: web, description: more}\n",
			[]string{
				"web: edge on tcp/443",
				"  web egress tcp/9090 to app - more (mirror configs/my.yaml:8:11)",
				"app: other on tcp/8080",
				"  app ingress tcp/9090 from web - more (override configs/my.yaml:8:11)",
			},
		},
		{
			"both halves written out need no mirror",
			"    app:\n      additional_ingress:\n        - {protocol: tcp, port: 9200, source_tier: web, description: in}\n    web:\n      additional_egress:\n        - {protocol: tcp, port: 9200, destination_tier: app, description: out}\n",
			[]string{
				"web: edge on tcp/443",
				"  web egress tcp/9200 to app - out (override configs/my.yaml:11:11)",
				"app: other on tcp/8080",
				"  app ingress tcp/9200 from web - in (override configs/my.yaml:8:11)",
			},
		},
		{
			"every protocol and peer",
			`    app:
      additional_ingress:
        - {protocol: all, source_tier: app, description: a}
        - {protocol: -1, source_sg: sg-0123456789abcdef0, description: b}
        - {protocol: icmp, source_prefix_list: pl-12345678, description: c}
        - {protocol: icmp, icmp_type: 8, source: 10.0.0.0/8, description: d}
        - {protocol: icmpv6, icmp_type: 1, icmp_code: 4, source: "2001:db8::/32", description: e}
        - {protocol: 50, source: 10.0.0.0/8, description: f}
        - {protocol: "17", port_range: 1-65535, source: 2001:db8::/32, description: g}
        - {protocol: icmp, icmp_type: -1, icmp_code: -1, source: 10.0.0.0/8, description: h}
        - {protocol: icmp, icmp_type: 3.0, source: 10.0.0.0/8, description: i}
`,
			[]string{
				"web: edge on tcp/443",
				"app: other on tcp/8080",
				"  app ingress all from app - a (override configs/my.yaml:8:11)",
				"  app ingress all from sg-0123456789abcdef0 - b (override configs/my.yaml:9:11)",
				"  app ingress icmp from 10.0.0.0/8 - h (override configs/my.yaml:15:11)",
				"  app ingress icmp from pl-12345678 - c (override configs/my.yaml:10:11)",
				"  app ingress icmp/3 from 10.0.0.0/8 - i (override configs/my.yaml:16:11)",
				"  app ingress icmp/8 from 10.0.0.0/8 - d (override configs/my.yaml:11:11)",
				"  app ingress udp/1-65535 from 2001:db8::/32 - g (override configs/my.yaml:14:11)",
				"  app ingress 50 from 10.0.0.0/8 - f (override configs/my.yaml:13:11)",
				"  app ingress icmpv6/1.4 from 2001:db8::/32 - e (override configs/my.yaml:12:11)",
				"  app egress all to app - a (mirror configs/my.yaml:8:11)",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, problems := resolve(t, files{"small.yaml": small}, "small", tc.overrides)
			if len(problems) > 0 {
				t.Error(problems)
			}
			if diff := cmp.Diff(tc.want, only(table(set))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestBadOverrides(t *testing.T) {
	ports := func(tier, list string) string { return "    " + tier + ":\n      port_overrides:\n" + list }
	for _, tc := range []struct {
		name, overrides string
		want            []string
	}{
		{"an unknown tier", "    ap: {additional_ingress: []}\n", []string{
			`error CFG022 configs/my.yaml:6:5: the scenario has no tier "ap" [did you mean "app"?]`,
		}},
		{"a port that no rule has", ports("app", "        - {protocol: tcp, old_port: 8081, new_port: 8443}\n"), []string{
			"error CFG023 configs/my.yaml:8:11: the port override matches nothing: no rule for tier app has tcp/8081 [the tier app is served on tcp/8080, udp/8080]",
		}},
		{"a port that only other tiers have", ports("web", "        - {protocol: tcp, old_port: 8080, new_port: 8443}\n"), []string{
			"error CFG023 configs/my.yaml:8:11: the port override matches nothing: no rule for tier web has tcp/8080 [the tier web is served on tcp/443, tcp/80]",
		}},
		{"a port inside of a range", ports("app", "        - {protocol: tcp, old_port: 9090, new_port: 9091}\n"), []string{
			`error CFG023 configs/my.yaml:8:11: the port override matches nothing: no rule for tier app has tcp/9090 [tcp/9090 is part of tcp/9000-9100 in the rule "app ingress tcp/9000-9100 from web"; a port override replaces single ports]`,
		}},
		{"no change", ports("app", "        - {protocol: tcp, old_port: 8080, new_port: 8080}\n"), []string{
			"error CFG024 configs/my.yaml:8:53: the port override changes nothing: tcp/8080 stays tcp/8080 [remove it]",
		}},
		{"the same port twice", ports("app", "        - {protocol: tcp, old_port: 8080, new_port: 8443}\n        - {protocol: 6, old_port: 8080, new_port: 9443}\n"), []string{
			"error CFG024 configs/my.yaml:9:35: tcp/8080 of tier app is overridden twice, to tcp/8443 and to tcp/9443 [keep one of the two]",
		}},
		{"a protocol without ports", ports("app", "        - {protocol: icmp, old_port: 8, new_port: 9}\n        - {protocol: all, old_port: 8, new_port: 9}\n"), []string{
			`error CFG007 configs/my.yaml:8:22: a port override is for tcp or udp, not for "icmp"`,
			`error CFG007 configs/my.yaml:9:22: a port override is for tcp or udp, not for "all"`,
		}},
		{"a port that another rule has", ports("web", "        - {protocol: tcp, old_port: 80, new_port: 443}\n"), []string{
			`error CFG024 configs/my.yaml:8:11: the port override repeats the rule "web ingress tcp/443 from 0.0.0.0/0", which is there from the scenario (scenarios/small.yaml:7:9) [override to another port]`,
		}},
		{"two ports that become one", ports("web", "        - {protocol: tcp, old_port: 80, new_port: 1}\n        - {protocol: tcp, old_port: 443, new_port: 1}\n"), []string{
			`error CFG024 configs/my.yaml:9:11: the port override repeats the rule "web ingress tcp/1 from 0.0.0.0/0", which is there from the override (configs/my.yaml:8:11) [override to another port]`,
		}},
		{"rules that are there already", `    app:
      additional_ingress:
        - {protocol: 6, port_range: 8080-8080, source_tier: web, description: from the scenario}
        - {protocol: tcp, port: 1, source: 10.0.0.0/8, description: new}
        - {protocol: tcp, port: 1, source: 10.1.2.3/8, description: from above}
    web:
      additional_egress:
        - {protocol: tcp, port: 8080, destination_tier: app, description: from the scenario}
`, []string{
			`error CFG024 configs/my.yaml:8:11: the rule "app ingress tcp/8080 from web" is there already, from the scenario (scenarios/small.yaml:15:9) [remove it here]`,
			`error CFG024 configs/my.yaml:10:11: the rule "app ingress tcp/1 from 10.0.0.0/8" is there already, from the override (configs/my.yaml:9:11) [remove it here]`,
			`error CFG024 configs/my.yaml:13:11: the rule "web egress tcp/8080 to app" is there already, from the scenario (scenarios/small.yaml:10:9) [remove it here]`,
		}},
		{"a rule that a port override has moved there", `    app:
      port_overrides: [{protocol: tcp, old_port: 8080, new_port: 8443}]
      additional_ingress:
        - {protocol: tcp, port: 8443, source_tier: web, description: again}
        - {protocol: tcp, port: 8080, source_tier: web, description: the old one is free}
`, []string{
			`error CFG024 configs/my.yaml:9:11: the rule "app ingress tcp/8443 from web" is there already, from the override (configs/my.yaml:7:24) [remove it here]`,
		}},
		{"peers", `    app:
      additional_ingress:
        - {protocol: tcp, port: 1, source_tier: weeb, description: x}
        - {protocol: tcp, port: 1, source: 10.0.0.1, description: x}
      additional_egress:
        - {protocol: tcp, port: 1, destination_tier: internet, description: x}
        - {protocol: tcp, destination_tier: web, description: x}
`, []string{
			`error CFG022 configs/my.yaml:8:11: the scenario has no tier "weeb" [did you mean "web"?]`,
			`error CFG010 configs/my.yaml:9:44: source: "10.0.0.1" has no prefix length: a single address is 10.0.0.1/32`,
			`error CFG022 configs/my.yaml:11:11: the scenario has no tier "internet" [known are: web, app]`,
			"error CFG009 configs/my.yaml:12:11: a rule for tcp needs a port or a port_range [all ports are possible with protocol: all only]",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, problems := resolve(t, files{"small.yaml": small}, "small", tc.overrides)
			if diff := cmp.Diff(tc.want, text(problems)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A scenario can be resolved again and again: overrides of one config don't show in another.
func TestResolveLeavesTheScenarioAlone(t *testing.T) {
	s, _, err := library(t, files{"small.yaml": small}).Load("small")
	if err != nil {
		t.Fatal(err)
	}
	before, _ := s.Resolve(nil)
	want := table(before)
	changes := readOverrides(t, "    app:\n      port_overrides: [{protocol: tcp, old_port: 8080, new_port: 1}]\n      additional_ingress: [{protocol: tcp, port: 2, source_tier: web, description: x}]\n")
	if set, problems := s.Resolve(changes); len(problems) > 0 || slices.Equal(table(set), want) {
		t.Fatalf("the overrides did nothing: %v", problems)
	}
	after, _ := s.Resolve(nil)
	if diff := cmp.Diff(want, table(after)); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
}

// Resolving is the same whatever order the config has its tiers in.
func TestResolveIgnoresTheOrderOfOverrides(t *testing.T) {
	const web = "    web: {additional_ingress: [{protocol: tcp, port: 1, source_tier: app, description: x}]}\n"
	const app = "    app: {port_overrides: [{protocol: tcp, old_port: 8080, new_port: 1}]}\n"
	strip := func(set []string) []string { // positions differ
		for i, line := range set {
			set[i], _, _ = strings.Cut(line, " (")
		}
		return set
	}
	one, _ := resolve(t, files{"small.yaml": small}, "small", web+app)
	other, _ := resolve(t, files{"small.yaml": small}, "small", app+web)
	if diff := cmp.Diff(strip(table(one)), strip(table(other))); diff != "" {
		t.Errorf("-one +other:\n%s", diff)
	}
}

func FuzzScenario(f *testing.F) {
	f.Add(small)
	f.Add("name: small\nextends: 3-tier-web\ntiers: {db: {service_port: tcp/1}, a: {ingress: [{protocol: all, source_tier: a}]}}\n")
	f.Fuzz(func(t *testing.T, file string) {
		s, problems, err := library(t, files{"small.yaml": file}).Load("small")
		if err != nil {
			t.Fatal(err)
		}
		if problems.HasErrors() {
			return
		}
		set, found := s.Resolve(nil)
		if len(found) > 0 || len(set.Tiers) == 0 {
			t.Errorf("a sound scenario does not resolve: %v", found)
		}
		for r := range set.Rules() {
			mirror, ok := r.Mirror()
			if !ok {
				continue
			}
			other, _ := set.Tier(mirror.Tier)
			if !slices.ContainsFunc(other.Rules(mirror.Direction), func(o ruleset.Rule) bool { return o.Peer == mirror.Peer && o.Covers(mirror.Traffic) }) {
				t.Errorf("%v has no other half", r.Key)
			}
		}
	})
}

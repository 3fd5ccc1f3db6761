package check_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
)

// three is a set of the tiers web, app and db, in production; the rules have mirrors.
func three(t *testing.T, rules ...ruleset.Rule) check.Input {
	t.Helper()
	serves := func(port int) *ruleset.Traffic {
		return &ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.SinglePort(port)}
	}
	return settled(t, ruleset.NewSet([]ruleset.Tier{
		{Name: "web", Role: ruleset.Edge, Service: serves(8443)},
		{Name: "app", Role: ruleset.App, Service: serves(8080)},
		{Name: "db", Role: ruleset.Database, Service: serves(6543)},
	}, ruleset.WithMirrors(rules)))
}

// briefer are findings as "severity ID summary".
func briefer(in check.Input) []string {
	var out []string
	for _, d := range check.Run(in) {
		out = append(out, d.Severity.String()+" "+d.ID+" "+d.Summary)
	}
	return out
}

// Every finding of a set, so that one mistake is not told in the same words by several checks.
func TestFindings(t *testing.T) {
	in, out := ruleset.Ingress, ruleset.Egress
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  []string
	}{
		{"nothing", nil, nil},
		{"what an edge is for", []ruleset.Rule{rule("web", in, "tcp/443", "0.0.0.0/0"), rule("web", in, "tcp/443", "::/0"), rule("web", in, "tcp/8443", "0.0.0.0/0")}, nil},
		{"what tiers are for", []ruleset.Rule{rule("app", in, "tcp/8080", "web"), rule("db", in, "tcp/6543", "app"), rule("app", out, "tcp/443", "0.0.0.0/0")}, nil},
		{"high risk", []ruleset.Rule{rule("web", in, "tcp/8080", "0.0.0.0/0")}, []string{
			"warning SG005 tier web: high-risk ports (port 8080) open to the world, from 0.0.0.0/0",
		}},
		{"high risk and others in one range", []ruleset.Rule{rule("web", in, "tcp/8087-8089", "0.0.0.0/0")}, []string{
			"warning SG005 tier web: high-risk ports (port 8088) open to the world, from 0.0.0.0/0",
			"warning SG013 tier web: tcp/8087-8089 from 0.0.0.0/0: a range of 3 ports",
		}},
		{"administration", []ruleset.Rule{rule("web", in, "tcp/23", "0.0.0.0/0"), rule("web", in, "udp/2049", "::/0")}, []string{
			"warning SG006 tier web: administrative ports (port 23) open to the world, from 0.0.0.0/0",
			"warning SG006 tier web: administrative ports (port 2049) open to the world, from ::/0",
		}},
		{"a port of no list", []ruleset.Rule{rule("web", in, "tcp/9999", "0.0.0.0/0")}, []string{
			"warning SG007 tier web: another port than the web's (tcp/9999) open to the world, from 0.0.0.0/0",
		}},
		{"everything", []ruleset.Rule{rule("web", in, "all", "0.0.0.0/0")}, []string{
			"error SG001 tier web: every port (all) open to the world, from 0.0.0.0/0",
			"error SG004 tier web: database ports (ports 1433, 1434, 1521, 2483, 2484 and 22 more) open to the world, from 0.0.0.0/0",
		}},
		{"IPv6 forgotten", []ruleset.Rule{rule("web", in, "tcp/443", "198.51.100.0/24"), rule("web", in, "tcp/443", "::/0")}, []string{
			"warning SG008 tier web: tcp/443 open to the world over IPv6, from ::/0, but over IPv4 only to 198.51.100.0/24",
		}},
		{"a split world on a harmless port", []ruleset.Rule{rule("web", in, "tcp/443", "0.0.0.0/1"), rule("web", in, "tcp/443", "128.0.0.0/1")}, []string{
			"warning SG009 tier web: tcp/443 open to the world in parts: 0.0.0.0/1 and 128.0.0.0/1",
		}},
		{"one part of the world inside of another", []ruleset.Rule{rule("web", in, "tcp/443", "8.0.0.0/7"), rule("web", in, "tcp/443", "8.0.0.0/8")}, []string{
			`info SG027 tier web: the rule "web ingress tcp/443 from 8.0.0.0/8" is contained in "web ingress tcp/443 from 8.0.0.0/7"`,
		}},
		{"a split world on every port", []ruleset.Rule{rule("web", in, "udp/1-65535", "8000::/1"), rule("web", in, "udp/1-65535", "::/1")}, []string{
			"error SG001 tier web: every port (udp/1-65535) open to the world, from ::/1 and 8000::/1",
			"error SG004 tier web: database ports (ports 1433, 1434, 1521, 2483, 2484 and 22 more) open to the world, from ::/1 and 8000::/1",
			"error SG009 tier web: udp/1-65535 open to the world in parts: ::/1 and 8000::/1",
		}},
		{"a split world beside all of it", []ruleset.Rule{rule("web", in, "tcp/22", "0.0.0.0/1"), rule("web", in, "tcp/22", "128.0.0.0/1"), rule("web", in, "tcp/22", "0.0.0.0/0")}, []string{
			"error SG002 tier web: SSH (port 22) open to the world, from 0.0.0.0/0 and 0.0.0.0/1 and 128.0.0.0/1",
			`info SG027 tier web: the rule "web ingress tcp/22 from 0.0.0.0/0" is contained in 2 others together: web ingress tcp/22 from 0.0.0.0/1; web ingress tcp/22 from 128.0.0.0/1`,
			`info SG027 tier web: the rule "web ingress tcp/22 from 0.0.0.0/1" is contained in "web ingress tcp/22 from 0.0.0.0/0"`,
			`info SG027 tier web: the rule "web ingress tcp/22 from 128.0.0.0/1" is contained in "web ingress tcp/22 from 0.0.0.0/0"`,
		}},
		{"wide sources", []ruleset.Rule{
			rule("web", in, "tcp/9999", "52.0.0.0/15"), rule("web", in, "tcp/9999", "2600::/31"), rule("web", in, "tcp/9998", "52.4.4.0/23"), rule("web", in, "tcp/9997", "52.4.5.0/24"), rule("web", in, "tcp/9999", "2600:1f00::/32"),
		}, []string{
			"warning SG010 tier web: tcp/9998 from 52.4.4.0/23, a wide range of public addresses",
			"warning SG010 tier web: tcp/9999 from 52.0.0.0/15, a wide range of public addresses",
			"warning SG010 tier web: tcp/9999 from 2600::/31, a wide range of public addresses",
		}},
		{"a content delivery network before the edge", []ruleset.Rule{rule("web", in, "tcp/443", "104.16.0.0/13")}, nil},
		{"amplification is UDP's", []ruleset.Rule{rule("web", in, "udp/53", "0.0.0.0/0"), rule("web", in, "tcp/53", "0.0.0.0/0")}, []string{
			"warning SG007 tier web: another port than the web's (tcp/53) open to the world, from 0.0.0.0/0",
			"warning SG011 tier web: UDP that amplifies attacks (port 53) open to the world, from 0.0.0.0/0",
		}},
		{"HTTP over UDP is none, HTTPS is", []ruleset.Rule{rule("web", in, "udp/80", "0.0.0.0/0"), rule("web", in, "udp/443", "0.0.0.0/0")}, []string{
			"warning SG007 tier web: another port than the web's (udp/80) open to the world, from 0.0.0.0/0",
		}},
		{"ranges", []ruleset.Rule{
			rule("web", in, "tcp/7000-7001", "sg-12345678"), rule("app", in, "tcp/7000-7999", "web"), rule("app", in, "udp/7000-8000", "web"), rule("web", out, "tcp/1-65535", "10.8.0.0/16"),
		}, []string{
			"warning SG013 tier web: tcp/7000-7001 from sg-12345678: a range of 2 ports",
			"warning SG013 tier app: udp/7000-8000 from web: a range of 1001 ports",
		}},
		{"ICMP", []ruleset.Rule{
			rule("web", in, "icmp", "0.0.0.0/0"), rule("web", in, "icmpv6", "10.0.0.0/16"),
		}, []string{"warning SG014 tier web: icmp open to the world, from 0.0.0.0/0"}},
		{"another protocol", []ruleset.Rule{rule("app", in, "50", "web")}, []string{
			`warning SG015 tier app: the rule "app ingress 50 from web" opens the whole of protocol 50`,
		}},
		{"another protocol from the world", []ruleset.Rule{rule("db", in, "47", "0.0.0.0/0")}, []string{
			`warning SG015 tier db: the rule "db ingress 47 from 0.0.0.0/0" opens the whole of protocol 47`,
			"error SG017 tier db: the internet gets past web and app: 47 from 0.0.0.0/0",
			"error SG018 tier db: not an edge tier, and open to the world: 47 from 0.0.0.0/0",
		}},
		{"a database port from the world", []ruleset.Rule{rule("db", in, "tcp/6543", "0.0.0.0/0")}, []string{
			"error SG004 tier db: database ports (port 6543) open to the world, from 0.0.0.0/0",
		}},
		{"a range into an inner tier", []ruleset.Rule{rule("db", in, "tcp/6543", "10.8.0.0/16"), rule("app", in, "tcp/9100", "10.8.0.0/16"), rule("web", in, "tcp/9100", "10.8.0.0/16")}, []string{
			"warning SG016 tier app: tcp/9100 from the range 10.8.0.0/16, not from a tier or group",
			"warning SG016 tier db: tcp/6543 from the range 10.8.0.0/16, not from a tier or group",
		}},
		{"past the app tier", []ruleset.Rule{rule("web", out, "tcp/6543", "db")}, []string{
			"error SG017 tier db: tcp/6543 from web gets past app",
		}},
		{"outwards nothing is skipped", []ruleset.Rule{rule("web", in, "tcp/9999", "db")}, nil},
		{"past the app tier through a shared group", []ruleset.Rule{rule("web", out, "tcp/22", "sg-12345678"), rule("db", in, "tcp/6543", "sg-12345678")}, []string{
			"error SG017 tier db: through sg-12345678, web gets past app",
		}},
		{"the world past the edge", []ruleset.Rule{rule("app", in, "tcp/443", "0.0.0.0/0")}, []string{
			"error SG017 tier app: the internet gets past web: tcp/443 from 0.0.0.0/0",
			"warning SG018 tier app: not an edge tier, and open to the world: tcp/443 from 0.0.0.0/0",
		}},
		{"a part of the world past the edge", []ruleset.Rule{rule("app", in, "tcp/443", "8.0.0.0/8")}, []string{
			"error SG017 tier app: the internet gets past web: tcp/443 from 8.0.0.0/8",
			"warning SG018 tier app: not an edge tier, and open to the world: tcp/443 from 8.0.0.0/8",
		}},
		{"open egress", []ruleset.Rule{rule("app", out, "all", "0.0.0.0/0"), rule("app", out, "tcp/25", "0.0.0.0/0")}, []string{
			"warning SG020 tier app: every port (all) of the world may be reached, at 0.0.0.0/0",
			"warning SG021 tier app: tcp/25 may be reached anywhere, at 0.0.0.0/0",
			`info SG027 tier app: the rule "app egress tcp/25 to 0.0.0.0/0" is contained in "app egress all to 0.0.0.0/0"`,
		}},
		{"egress ports", []ruleset.Rule{
			rule("app", out, "tcp/25", "0.0.0.0/1"), rule("app", out, "tcp/25", "128.0.0.0/1"), rule("app", out, "udp/53", "0.0.0.0/0"), rule("app", out, "tcp/25", "10.0.0.0/8"),
		}, []string{"warning SG021 tier app: tcp/25 may be reached anywhere, at 0.0.0.0/1 and 128.0.0.0/1", `info SG027 tier app: the rule "app egress tcp/25 to 10.0.0.0/8" is contained in "app egress tcp/25 to 0.0.0.0/1"`}},
		{"egress of a database", []ruleset.Rule{rule("db", out, "tcp/25", "0.0.0.0/0"), rule("db", out, "tcp/443", "10.0.0.0/8")}, []string{
			"warning SG022 tier db: may call the world: tcp/25 at 0.0.0.0/0",
		}},
		{"a tier open to itself", []ruleset.Rule{rule("app", in, "tcp/1-65535", "app"), rule("web", in, "tcp/7946", "web")}, []string{
			"warning SG024 tier app: tcp/1-65535 from the tier itself",
		}},
		{"private blocks", []ruleset.Rule{rule("web", in, "tcp/9100", "10.0.0.0/8"), rule("web", in, "tcp/9101", "172.16.0.0/13"), rule("web", in, "tcp/9101", "172.24.0.0/13"), rule("web", in, "tcp/9102", "100.64.0.0/11")}, []string{
			"warning SG025 tier web: tcp/9100 from the whole of 10.0.0.0/8, by 10.0.0.0/8",
			"warning SG025 tier web: tcp/9101 from the whole of 172.16.0.0/12, by 172.16.0.0/13 and 172.24.0.0/13",
		}},
		{"prefix lists", []ruleset.Rule{rule("web", in, "tcp/443", "pl-12345678"), rule("app", in, "tcp/20-25", "pl-12345678"), rule("db", in, "icmp", "pl-12345678")}, []string{
			"info SG002 tier app: SSH (port 22) may be open to the world: it is not known here what pl-12345678 holds",
			"warning SG013 tier app: tcp/20-25 from pl-12345678: a range of 6 ports",
			"info SG018 tier db: not an edge tier, and perhaps open to the world: it is not known here what pl-12345678 holds",
			"info SG031 tier web: 1 ingress rules, if each prefix list counts as one: its real weight, in pl-12345678, is not known here",
			"info SG031 tier app: 1 ingress rules, if each prefix list counts as one: its real weight, in pl-12345678, is not known here",
			"info SG031 tier db: 1 ingress rules, if each prefix list counts as one: its real weight, in pl-12345678, is not known here",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, briefer(three(t, tc.rules...))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Between tiers of one role, and past databases, nothing is skipped; tiers without a role are all in between.
func TestTierSkippingKnowsLayers(t *testing.T) {
	tiers := func(roles ...ruleset.Role) []ruleset.Tier {
		var out []ruleset.Tier
		for i, role := range roles {
			out = append(out, ruleset.Tier{Name: string(rune('a' + i)), Role: role})
		}
		return out
	}
	const edge, app, database, other = ruleset.Edge, ruleset.App, ruleset.Database, ruleset.Other
	for _, tc := range []struct {
		name  string
		tiers []ruleset.Tier
		from  string // to the last tier
		skips bool
	}{
		{"the neighbour", tiers(edge, database), "a", false},
		{"past an app tier", tiers(edge, app, database), "a", true},
		{"past tiers of no role", tiers(other, other, other), "a", true},
		{"two edges", tiers(edge, edge, app), "a", false},
		{"two app tiers before a database", tiers(edge, app, app, database), "b", false},
		{"into the second app tier", tiers(edge, app, app), "a", false},
		{"past both app tiers", tiers(edge, app, app, database), "a", true},
		{"a cache behind the database", tiers(edge, app, database, database), "b", false},
		{"monitoring behind the database", tiers(edge, app, database, other), "b", false},
		{"the world into a second edge", tiers(edge, app, database, edge), "0.0.0.0/0", false},
		{"the world into the first tier of no role", tiers(other, other), "0.0.0.0/0", true},
		{"the world into the only tier", tiers(other), "0.0.0.0/0", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			last := tc.tiers[len(tc.tiers)-1].Name
			r := rule(last, ruleset.Ingress, "tcp/443", tc.from)
			got := only(check.Run(settled(t, ruleset.NewSet(tc.tiers, []ruleset.Rule{r}))), "SG017")
			if (len(got) == 1) != tc.skips {
				t.Errorf("%v, want a finding: %t", brief(got), tc.skips)
			}
		})
	}
}

// A tier without a role that holds database ports is taken for a database.
func TestDatabasesWithoutARole(t *testing.T) {
	tiers := []ruleset.Tier{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	for i := range tiers {
		tiers[i].Role = ruleset.Other
	}
	in := settled(t, ruleset.NewSet(tiers, ruleset.WithMirrors([]ruleset.Rule{
		rule("b", ruleset.Ingress, "tcp/3306", "a"), rule("b", ruleset.Ingress, "tcp/3306", "10.8.0.0/16"), rule("b", ruleset.Egress, "tcp/443", "0.0.0.0/0"),
		rule("c", ruleset.Ingress, "tcp/8081", "a"), rule("c", ruleset.Ingress, "tcp/8081", "10.8.0.0/16"), rule("c", ruleset.Egress, "tcp/443", "0.0.0.0/0"),
	})))
	want := []string{
		"warning SG016 tier b: tcp/3306 from the range 10.8.0.0/16, not from a tier or group",
		"warning SG022 tier b: may call the world: tcp/443 at 0.0.0.0/0",
	}
	if diff := cmp.Diff(want, briefer(in)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// SG018 blocks where data is: by the tier's role, its service port or the ports that it lets in.
func TestInnerTiersOfData(t *testing.T) {
	postgres := &ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.SinglePort(5432)}
	moved := &ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.SinglePort(6543)}
	for _, tc := range []struct {
		name string
		tier ruleset.Tier
		more []ruleset.Rule
		want string
	}{
		{"role", ruleset.Tier{Role: ruleset.Database, Service: moved}, nil, "error"},
		{"role, and the port is its own", ruleset.Tier{Role: ruleset.Database}, nil, ""}, // SG004 is about that
		{"service port", ruleset.Tier{Role: ruleset.Other, Service: postgres}, nil, "error"},
		{"ingress", ruleset.Tier{Role: ruleset.Other}, []ruleset.Rule{rule("x", ruleset.Ingress, "tcp/6379", "x")}, "error"},
		{"none", ruleset.Tier{Role: ruleset.Other}, []ruleset.Rule{rule("x", ruleset.Ingress, "tcp/8080", "x")}, "warning"},
		{"edge", ruleset.Tier{Role: ruleset.Edge, Service: postgres}, nil, ""},
	} {
		tc.tier.Name = "x"
		rules := slices.Concat(tc.more, []ruleset.Rule{rule("x", ruleset.Ingress, "tcp/443", "0.0.0.0/0")})
		got := ""
		for _, d := range only(check.Run(settled(t, ruleset.NewSet([]ruleset.Tier{tc.tier}, rules))), "SG018") {
			got += d.Severity.String()
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// A set as other tools make it: one half of a connection.
func TestDeadPath(t *testing.T) {
	in := three(t)
	in.Set = ruleset.NewSet(in.Set.Tiers, []ruleset.Rule{rule("web", ruleset.Egress, "tcp/8080", "app"), rule("app", ruleset.Ingress, "tcp/8443", "web")})
	want := []string{
		`warning SG023 tier web: the rule "web egress tcp/8080 to app" has no other half: app ingress does not let all of it through`,
		`warning SG023 tier app: the rule "app ingress tcp/8443 from web" has no other half: web egress does not let all of it through`,
	}
	if diff := cmp.Diff(want, briefer(in)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A check that leaves the word to a graver one has failed all the same, and what isn't known is neither good nor bad.
func TestVerdicts(t *testing.T) {
	verdicts := func(rules ...ruleset.Rule) map[check.Verdict][]string {
		out := map[check.Verdict][]string{}
		for _, o := range check.Judge(three(t, rules...)) {
			if o.Verdict != check.Pass {
				out[o.Verdict] = append(out[o.Verdict], o.Check.ID)
			}
		}
		return out
	}
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  map[check.Verdict][]string
	}{
		{"nothing", nil, map[check.Verdict][]string{}},
		{"everything", []ruleset.Rule{rule("web", ruleset.Ingress, "all", "0.0.0.0/0")}, map[check.Verdict][]string{
			check.Fail: {"SG001", "SG002", "SG003", "SG004", "SG005", "SG006", "SG007", "SG011", "SG012", "SG013", "SG014"},
		}},
		{"a database port", []ruleset.Rule{rule("db", ruleset.Ingress, "tcp/6543", "::/0")}, map[check.Verdict][]string{
			check.Fail: {"SG004", "SG016", "SG017", "SG018"},
		}},
		{"egress of a database", []ruleset.Rule{rule("db", ruleset.Egress, "all", "0.0.0.0/0")}, map[check.Verdict][]string{
			check.Fail: {"SG020", "SG021", "SG022"},
		}},
		{"a prefix list", []ruleset.Rule{rule("web", ruleset.Ingress, "tcp/3389", "pl-12345678")}, map[check.Verdict][]string{
			check.Unknown: {"SG003", "SG031"},
		}},
		{"prefix lists of an inner tier", []ruleset.Rule{rule("db", ruleset.Ingress, "tcp/443", "pl-12345678"), rule("db", ruleset.Egress, "tcp/443", "pl-12345678")}, map[check.Verdict][]string{
			check.Unknown: {"SG018", "SG022", "SG031"},
		}},
		{"everything to a prefix list", []ruleset.Rule{rule("web", ruleset.Egress, "all", "pl-12345678"), rule("web", ruleset.Egress, "tcp/25", "pl-12345678")}, map[check.Verdict][]string{
			check.Fail: {"SG027"}, check.Unknown: {"SG020", "SG021", "SG031"},
		}},
		{"a prefix list and the world", []ruleset.Rule{rule("web", ruleset.Ingress, "tcp/3389", "pl-12345678"), rule("web", ruleset.Ingress, "tcp/3389", "::/0")}, map[check.Verdict][]string{
			check.Fail: {"SG003"}, check.Unknown: {"SG031"},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, verdicts(tc.rules...)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A database on a port of the web is guarded everywhere but in the tiers that serve the web.
func TestDatabaseOnHTTPS(t *testing.T) {
	search := ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.SinglePort(443)}
	tiers := []ruleset.Tier{
		{Name: "web", Role: ruleset.Edge}, {Name: "app", Role: ruleset.App}, {Name: "hub", Role: ruleset.Other},
		{Name: "search", Role: ruleset.Database, Service: &search},
	}
	var rules []ruleset.Rule
	for _, t := range tiers {
		rules = append(rules, rule(t.Name, ruleset.Ingress, "tcp/443", "0.0.0.0/0"))
	}
	if diff := cmp.Diff([]string{"app", "hub", "search"}, open(settled(t, ruleset.NewSet(tiers, rules)), "SG004")); diff != "" {
		t.Errorf("tiers with SG004 (-want +got):\n%s", diff)
	}
}

// open are the tiers of the findings of a check.
func open(in check.Input, id string) []string {
	var tiers []string
	for _, d := range only(check.Run(in), id) {
		tiers = append(tiers, d.Tier)
	}
	return tiers
}

// A database that doesn't say what it serves is guarded on the ports that it takes in, and these elsewhere; not on those by
// which it is administered.
func TestDatabaseWithoutAServicePort(t *testing.T) {
	in := ruleset.Ingress
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  []string
	}{
		{"its port", []ruleset.Rule{rule("db", in, "tcp/7777", "0.0.0.0/0")}, []string{"db"}},
		{"its port, elsewhere", []ruleset.Rule{rule("db", in, "tcp/7777", "app"), rule("web", in, "tcp/7777", "0.0.0.0/0")}, []string{"web"}},
		{"a few ports", []ruleset.Rule{rule("db", in, "udp/7700-7799", "::/0")}, []string{"db"}},
		{"SSH from a bastion", []ruleset.Rule{rule("db", in, "tcp/22", "app"), rule("web", in, "tcp/22", "0.0.0.0/0")}, nil},
		{"an agent's port", []ruleset.Rule{rule("db", in, "tcp/10250", "app"), rule("web", in, "tcp/10250", "0.0.0.0/0")}, nil},
		{"whatever comes", []ruleset.Rule{rule("db", in, "tcp/10000-20000", "app"), rule("web", in, "tcp/12345", "0.0.0.0/0")}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tiers := []ruleset.Tier{{Name: "web", Role: ruleset.Edge}, {Name: "app", Role: ruleset.App}, {Name: "db", Role: ruleset.Database}}
			if diff := cmp.Diff(tc.want, open(settled(t, ruleset.NewSet(tiers, tc.rules)), "SG004")); diff != "" {
				t.Errorf("tiers with SG004 (-want +got):\n%s", diff)
			}
		})
	}
}

// Two tiers that name ranges in the place of each other connect all the same: for sure where a range holds the whole VPC.
func TestTierSkippingByRange(t *testing.T) {
	in, out := ruleset.Ingress, ruleset.Egress
	inner, sends := rule("db", in, "tcp/6543", "10.0.0.0/16"), rule("web", out, "tcp/6543", "10.0.0.0/16")
	const (
		certain = "error SG017 tier db: tcp/6543 from web gets past app, by the range 10.0.0.0/16"
		perhaps = "warning SG017 tier db: tcp/6543 from web may get past app, by the range 10.0.0.0/16: it depends on addresses that are not known here"
	)
	for _, tc := range []struct {
		name  string
		vpc   string
		rules []ruleset.Rule
		want  []string
	}{
		{"nothing is known", "", []ruleset.Rule{inner, sends}, []string{perhaps}},
		{"the VPC is inside", "10.0.0.0/16", []ruleset.Rule{inner, sends}, []string{certain}},
		{"a part of the VPC is inside", "10.0.0.0/15", []ruleset.Rule{inner, sends}, []string{perhaps}},
		{"the VPC is elsewhere", "10.1.0.0/16", []ruleset.Rule{inner, sends}, nil},
		{"it may call anybody", "10.0.0.0/16", []ruleset.Rule{inner, rule("web", out, "all", "0.0.0.0/0")}, []string{certain}},
		{"in halves", "10.0.0.0/16", []ruleset.Rule{rule("db", in, "tcp/6543", "10.0.0.0/17"), rule("db", in, "tcp/6543", "10.0.128.0/17"), sends}, []string{
			"error SG017 tier db: tcp/6543 from web gets past app, by the range 10.0.0.0/17 and 10.0.128.0/17",
		}},
		{"by a prefix list", "10.0.0.0/16", []ruleset.Rule{inner, rule("web", out, "tcp/6543", "pl-12345678")}, []string{perhaps}},
		{"another port", "10.0.0.0/16", []ruleset.Rule{inner, rule("web", out, "tcp/443", "0.0.0.0/0")}, nil},
		{"it doesn't send", "10.0.0.0/16", []ruleset.Rule{inner}, nil},
		{"the tier before", "10.0.0.0/16", []ruleset.Rule{inner, rule("app", out, "tcp/6543", "10.0.0.0/16")}, nil},
		{"named as well", "10.0.0.0/16", []ruleset.Rule{inner, rule("db", in, "tcp/6543", "web"), sends}, []string{
			"error SG017 tier db: tcp/6543 from web gets past app",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			input := three(t, tc.rules...)
			if tc.vpc != "" {
				input.VPC = []netip.Prefix{netip.MustParsePrefix(tc.vpc)}
			}
			var got []string
			for _, d := range check.Skipping(input) {
				got = append(got, d.Severity.String()+" "+d.ID+" "+d.Summary)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

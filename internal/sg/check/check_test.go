package check_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/scenario"
)

// in is a rule for the tier db as "tcp/22 from 0.0.0.0/0"; a port without protocol is TCP.
func in(traffic, source string) ruleset.Rule {
	return rule("db", ruleset.Ingress, traffic, source)
}

func rule(tier string, d ruleset.Direction, traffic, peer string) ruleset.Rule {
	name, ports, hasPorts := strings.Cut(traffic, "/")
	protocol, err := ruleset.ParseProtocol(name)
	t := ruleset.Traffic{Protocol: protocol, Ports: ruleset.AnyPorts}
	if err == nil && hasPorts {
		t.Ports, err = ruleset.ParsePorts(ports)
	}
	if err != nil {
		panic(err) //nolint:forbidigo // a typo in a table of this package
	}
	r := ruleset.Rule{Key: ruleset.Key{Tier: tier, Direction: d, Traffic: t}, Description: "why"}
	switch {
	case strings.HasPrefix(peer, "sg-"):
		r.Peer = ruleset.GroupPeer(peer)
	case strings.HasPrefix(peer, "pl-"):
		r.Peer = ruleset.PrefixPeer(peer)
	case strings.Contains(peer, "/"):
		r.Peer = ruleset.CIDRPeer(netip.MustParsePrefix(peer))
	default:
		r.Peer = ruleset.TierPeer(peer)
	}
	return r
}

// input is a set of the tiers web and db, whose database listens on the moved port 6432, in production.
func input(rules ...ruleset.Rule) check.Input {
	moved := ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.SinglePort(6432)}
	for i := range rules {
		rules[i].Pos = diag.Pos{File: "f", Line: i + 1, Column: 1}
	}
	return check.Input{
		Set: ruleset.NewSet([]ruleset.Tier{
			{Name: "web", Role: ruleset.Edge, Service: &ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.SinglePort(443)}},
			{Name: "db", Role: ruleset.Database, Service: &moved},
		}, rules),
		Env:               "prod",
		DatabasePorts:     []int{3306, 5432},
		RulesPerDirection: 60,
		GroupDescription:  func(tier string) string { return "my-set " + tier + " tier" },
	}
}

// only are the findings of some checks.
func only(l diag.List, ids ...string) diag.List {
	return slices.DeleteFunc(l, func(d diag.Diagnostic) bool { return !slices.Contains(ids, d.ID) })
}

// brief are findings as "severity ID place: summary", in their order.
func brief(l diag.List) []string {
	var out []string
	for _, d := range l {
		out = append(out, fmt.Sprintf("%s %s %s: %s", d.Severity, d.ID, d.Pos, d.Summary))
	}
	return out
}

func TestExposure(t *testing.T) {
	const every = "error SG001 f:1:1: tier db: every port"
	const ssh, rdp, db = "error SG002 f:1:1: tier db: SSH (port 22)", "error SG003 f:1:1: tier db: RDP (port 3389)", "error SG004 f:1:1: tier db: database ports"
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  []string
	}{
		{"SSH", []ruleset.Rule{in("tcp/22", "0.0.0.0/0")}, []string{ssh + " open to the world, from 0.0.0.0/0"}},
		{"SSH over IPv6", []ruleset.Rule{in("tcp/22", "::/0")}, []string{ssh + " open to the world, from ::/0"}},
		{"SSH over both", []ruleset.Rule{in("tcp/22", "0.0.0.0/0"), in("tcp/22", "::/0")}, []string{ssh + " open to the world, from 0.0.0.0/0 and ::/0"}},
		{"SSH over UDP", []ruleset.Rule{in("udp/22", "0.0.0.0/0")}, []string{ssh + " open to the world, from 0.0.0.0/0"}},
		{"SSH by protocol number", []ruleset.Rule{in("6/22", "0.0.0.0/0")}, []string{ssh + " open to the world, from 0.0.0.0/0"}},
		{"SSH in a range", []ruleset.Rule{in("tcp/20-25", "0.0.0.0/0")}, []string{ssh + " open to the world, from 0.0.0.0/0"}},
		{"half of the world", []ruleset.Rule{in("tcp/22", "128.0.0.0/1")}, []string{ssh + " open to the world, from 128.0.0.0/1"}},
		{"four quarters of a /8", []ruleset.Rule{in("tcp/22", "8.0.0.0/10"), in("tcp/22", "8.64.0.0/10"), in("tcp/22", "8.128.0.0/10"), in("tcp/22", "8.192.0.0/10")}, []string{
			ssh + " open to the world, from 8.0.0.0/10 and 8.64.0.0/10 and 8.128.0.0/10 and 8.192.0.0/10",
		}},
		{"quarters by different rules", []ruleset.Rule{in("tcp/22", "8.0.0.0/10"), in("tcp/1-100", "8.64.0.0/10"), in("6/1-65535", "8.128.0.0/10"), in("all", "8.192.0.0/10")}, []string{
			"error SG002 f:4:1: tier db: SSH (port 22) open to the world, from 8.192.0.0/10 and 8.64.0.0/10 and 8.128.0.0/10 and 8.0.0.0/10",
		}},
		{"the culprit, not its neighbours", []ruleset.Rule{in("tcp/22", "128.0.0.0/1"), in("tcp/22", "1.2.3.4/32"), in("tcp/22", "10.0.0.0/8")}, []string{
			ssh + " open to the world, from 128.0.0.0/1",
		}},
		{"TCP and UDP by two rules", []ruleset.Rule{in("tcp/22", "0.0.0.0/0"), in("udp/22", "0.0.0.0/0")}, []string{
			ssh + " open to the world, from 0.0.0.0/0", "error SG002 f:2:1: tier db: SSH (port 22) open to the world, from 0.0.0.0/0",
		}},
		{"RDP", []ruleset.Rule{in("tcp/3389", "0.0.0.0/0")}, []string{rdp + " open to the world, from 0.0.0.0/0"}},
		{"a known database port", []ruleset.Rule{in("tcp/3306", "0.0.0.0/0")}, []string{db + " (port 3306) open to the world, from 0.0.0.0/0"}},
		{"the moved database port", []ruleset.Rule{in("tcp/6432", "0.0.0.0/0")}, []string{db + " (port 6432) open to the world, from 0.0.0.0/0"}},
		{"a database port in another tier", []ruleset.Rule{rule("web", ruleset.Ingress, "tcp/5432", "::/0")}, []string{
			"error SG004 f:1:1: tier web: database ports (port 5432) open to the world, from ::/0",
		}},
		{"several in a range", []ruleset.Rule{in("udp/3000-7000", "0.0.0.0/0")}, []string{
			rdp + " open to the world, from 0.0.0.0/0", db + " (ports 3306, 5432, 6432) open to the world, from 0.0.0.0/0",
		}},
		{"all protocols", []ruleset.Rule{in("all", "::/0")}, []string{
			every + " (all) open to the world, from ::/0", db + " (ports 3306, 5432, 6432) open to the world, from ::/0",
		}},
		{"all of TCP", []ruleset.Rule{in("tcp/1-65535", "0.0.0.0/0")}, []string{
			every + " (tcp/1-65535) open to the world, from 0.0.0.0/0", db + " (ports 3306, 5432, 6432) open to the world, from 0.0.0.0/0",
		}},
		{"all of TCP by two rules", []ruleset.Rule{in("tcp/1-2999", "0.0.0.0/0"), in("tcp/3000-65535", "0.0.0.0/0")}, []string{
			every + " (tcp/1-2999, tcp/3000-65535) open to the world, from 0.0.0.0/0",
			"error SG004 f:2:1: tier db: database ports (ports 3306, 5432, 6432) open to the world, from 0.0.0.0/0",
		}},
		{"everything, and SSH again", []ruleset.Rule{in("all", "0.0.0.0/0"), in("tcp/22", "0.0.0.0/0")}, []string{
			every + " (all) open to the world, from 0.0.0.0/0", "error SG002 f:2:1: tier db: SSH (port 22) open to the world, from 0.0.0.0/0",
			db + " (ports 3306, 5432, 6432) open to the world, from 0.0.0.0/0",
		}},
		{"all but one port", []ruleset.Rule{in("udp/2-65535", "0.0.0.0/0")}, []string{
			ssh + " open to the world, from 0.0.0.0/0", rdp + " open to the world, from 0.0.0.0/0", db + " (ports 3306, 5432, 6432) open to the world, from 0.0.0.0/0",
		}},
		{"private ranges", []ruleset.Rule{in("all", "10.0.0.0/8"), in("all", "172.16.0.0/12"), in("all", "192.168.0.0/16"), in("all", "fc00::/7")}, nil},
		{"an office", []ruleset.Rule{in("all", "203.0.113.0/24"), in("all", "8.8.0.0/16")}, nil},
		{"peers that are no ranges", []ruleset.Rule{in("all", "web"), in("all", "sg-12345678")}, nil},
		{"neighbouring ports", []ruleset.Rule{in("tcp/23-3305", "0.0.0.0/0"), in("tcp/3390-5431", "0.0.0.0/0")}, nil},
		{"other protocols", []ruleset.Rule{in("icmp", "0.0.0.0/0"), in("50", "0.0.0.0/0")}, nil},
		{"egress", []ruleset.Rule{rule("db", ruleset.Egress, "tcp/22", "0.0.0.0/0")}, nil},
		{"three quarters", []ruleset.Rule{in("tcp/22", "8.0.0.0/10"), in("tcp/22", "8.64.0.0/10"), in("tcp/22", "8.128.0.0/10"), in("tcp/23", "8.192.0.0/10")}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, brief(only(check.Run(input(tc.rules...)), "SG001", "SG002", "SG003", "SG004"))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRemoteAdminDependsOnTheEnvironment(t *testing.T) {
	want := map[string][]diag.Severity{
		"prod":    {diag.Error, diag.Error, diag.Error},
		"staging": {diag.Error, diag.Error, diag.Error},
		"test":    {diag.Warning, diag.Warning, diag.Error},
		"dev":     {diag.Warning, diag.Warning, diag.Error},
	}
	got := map[string][]diag.Severity{}
	for env := range want {
		set := input(in("tcp/22", "0.0.0.0/0"), in("tcp/3389", "0.0.0.0/0"), in("tcp/5432", "0.0.0.0/0"))
		set.Env = env
		for _, d := range only(check.Run(set), "SG002", "SG003", "SG004") {
			got[env] = append(got[env], d.Severity)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAFindingIsComplete(t *testing.T) {
	want := diag.List{{
		Severity: diag.Error, ID: "SG002", Tier: "db", Rule: "db ingress tcp/22 from 0.0.0.0/0", Pos: diag.Pos{File: "f", Line: 1, Column: 1},
		Summary: "tier db: SSH (port 22) open to the world, from 0.0.0.0/0",
		Detail:  "anybody on the internet may try passwords, keys and exploits on the SSH server",
		Hint:    "use AWS Systems Manager Session Manager, or name the range of your office or VPN as the source",
	}}
	if diff := cmp.Diff(want, only(check.Run(input(in("tcp/22", "0.0.0.0/0"))), "SG002")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPortsAreListedInShort(t *testing.T) {
	set := input(in("all", "0.0.0.0/0"))
	set.DatabasePorts = []int{7, 6, 5, 4, 3, 2, 1, 1}
	got := only(check.Run(set), "SG004")[0].Summary
	if want := "tier db: database ports (ports 1, 2, 3, 4, 5 and 3 more) open to the world, from 0.0.0.0/0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestText(t *testing.T) {
	describe := func(text string) []ruleset.Rule {
		r := in("tcp/1", "10.0.0.0/8")
		r.Description = text
		return []ruleset.Rule{r}
	}
	mirrored := func(text string) []ruleset.Rule {
		r := rule("web", ruleset.Egress, "tcp/1", "db")
		r.Description, r.Origin = text, ruleset.FromMirror
		return []ruleset.Rule{r}
	}
	const name = `"db ingress tcp/1 from 10.0.0.0/8"`
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  []string
	}{
		{"fine", describe("Letters, 0-9 and ._-:/()#,@[]+=;{}!$*"), nil},
		{"longest", describe(strings.Repeat("x", 255)), nil},
		{"none", describe(""), []string{"error SG029 f:1:1: tier db: the rule " + name + " has no description"}},
		{"blank", describe("  "), []string{"error SG029 f:1:1: tier db: the rule " + name + " has no description"}},
		{"too long", describe(strings.Repeat("x", 256)), []string{"error SG030 f:1:1: tier db: the description of the rule " + name + " is too long"}},
		{"ampersand", describe("R&D"), []string{"error SG030 f:1:1: tier db: the description of the rule " + name + ` has the character "&", which EC2 does not take`}},
		{"umlaut", describe("Büro"), []string{"error SG030 f:1:1: tier db: the description of the rule " + name + ` has the character "ü", which EC2 does not take`}},
		{"apostrophe", describe("team's"), []string{"error SG030 f:1:1: tier db: the description of the rule " + name + ` has the character "'", which EC2 does not take`}},
		{"line feed", describe("a\nb"), []string{"error SG030 f:1:1: tier db: the description of the rule " + name + " has the character \"\n\", which EC2 does not take"}},
		{"a mirror says nothing twice", slices.Concat(mirrored(""), mirrored("R&D")), []string{
			`error SG026 f:2:1: tier web: the rule "web egress tcp/1 to db" stands twice`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, brief(only(check.Run(input(tc.rules...)), "SG026", "SG029", "SG030"))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}

	set := input()
	set.GroupDescription = func(tier string) string { return "Büro " + tier }
	want := []string{
		`error SG030 : tier web: the description of the group has the character "ü", which EC2 does not take`,
		`error SG030 : tier db: the description of the group has the character "ü", which EC2 does not take`,
	}
	if diff := cmp.Diff(want, brief(only(check.Run(set), "SG030"))); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	set.GroupDescription = func(string) string { return "" }
	want = []string{"error SG030 : tier web: the group has no description", "error SG030 : tier db: the group has no description"}
	if diff := cmp.Diff(want, brief(only(check.Run(set), "SG030"))); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestDuplicatesAndSpelling(t *testing.T) {
	loose := in("tcp/1", "10.1.2.3/8")
	loose.Written = "10.1.2.3/8"
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  []string
	}{
		{"different", []ruleset.Rule{in("tcp/1", "10.0.0.0/8"), in("tcp/1", "10.0.0.0/9"), in("udp/1", "10.0.0.0/8"), rule("web", ruleset.Ingress, "tcp/1", "10.0.0.0/8")}, nil},
		{"equal", []ruleset.Rule{in("tcp/1", "10.0.0.0/8"), in("tcp/2", "10.0.0.0/8"), in("6/1-1", "10.0.0.0/8")}, []string{
			`error SG026 f:3:1: tier db: the rule "db ingress tcp/1 from 10.0.0.0/8" stands twice`,
		}},
		{"three times", []ruleset.Rule{in("all", "web"), in("all", "web"), in("all", "web")}, []string{
			`error SG026 f:2:1: tier db: the rule "db ingress all from web" stands twice`,
			`error SG026 f:3:1: tier db: the rule "db ingress all from web" stands twice`,
		}},
		{"not canonical", []ruleset.Rule{loose}, []string{"error SG028 f:1:1: tier db: 10.1.2.3/8 is not canonical: EC2 holds it as 10.0.0.0/8"}},
		{"equal by another spelling", []ruleset.Rule{in("tcp/1", "10.0.0.0/8"), loose}, []string{
			`error SG026 f:2:1: tier db: the rule "db ingress tcp/1 from 10.0.0.0/8" stands twice`,
			"error SG028 f:2:1: tier db: 10.1.2.3/8 is not canonical: EC2 holds it as 10.0.0.0/8",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, brief(only(check.Run(input(tc.rules...)), "SG026", "SG028"))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestQuota(t *testing.T) {
	// many are n rules of the tier db for different ports.
	many := func(n int, d ruleset.Direction, peer string) []ruleset.Rule {
		var rules []ruleset.Rule
		for i := range n {
			rules = append(rules, rule("db", d, fmt.Sprintf("tcp/%d", i+10_000), peer))
		}
		return rules
	}
	const inWarn, inOver = "warning SG031 : tier db: %d ingress rules are over 80%% of the quota of 60", "error SG031 : tier db: %d ingress rules are over the quota of 60"
	const outWarn, outOver = "warning SG031 : tier db: %d egress rules are over 80%% of the quota of 60", "error SG031 : tier db: %d egress rules are over the quota of 60"
	for _, tc := range []struct {
		name  string
		rules []ruleset.Rule
		want  string
	}{
		{"80%", many(48, ruleset.Ingress, "10.0.0.0/8"), ""},
		{"over 80%", many(49, ruleset.Ingress, "10.0.0.0/8"), fmt.Sprintf(inWarn, 49)},
		{"all", many(60, ruleset.Ingress, "10.0.0.0/8"), fmt.Sprintf(inWarn, 60)},
		{"one too many", many(61, ruleset.Ingress, "10.0.0.0/8"), fmt.Sprintf(inOver, 61)},
		{"the placeholder counts", many(59, ruleset.Egress, "10.0.0.0/8"), fmt.Sprintf(outWarn, 60)},
		{"one too many with the placeholder", many(60, ruleset.Egress, "10.0.0.0/8"), fmt.Sprintf(outOver, 61)},
		{"but not over IPv6", many(48, ruleset.Egress, "2001:db8::/32"), ""},
		{"families have a quota each", slices.Concat(many(48, ruleset.Ingress, "10.0.0.0/8"), many(48, ruleset.Ingress, "2001:db8::/32")), ""},
		{"the fuller family counts", slices.Concat(many(1, ruleset.Ingress, "10.0.0.0/8"), many(49, ruleset.Ingress, "2001:db8::/32")), fmt.Sprintf(inWarn, 49)},
		{"groups count in both", slices.Concat(many(30, ruleset.Ingress, "web"), many(19, ruleset.Ingress, "2001:db8::/32")), fmt.Sprintf(inWarn, 49)},
		{"prefix lists count in both", slices.Concat(many(30, ruleset.Ingress, "pl-12345678"), many(19, ruleset.Ingress, "10.0.0.0/8")), fmt.Sprintf(inWarn, 49)},
		{"directions have a quota each", slices.Concat(many(48, ruleset.Ingress, "10.0.0.0/8"), many(47, ruleset.Egress, "10.0.0.0/8")), ""},
		{"what open egress covers is not there", append(many(60, ruleset.Egress, "web"), rule("db", ruleset.Egress, "all", "0.0.0.0/0")), ""},
		{"beside open egress there is no placeholder", append(many(59, ruleset.Egress, "10.0.0.0/8"), rule("db", ruleset.Egress, "all", "0.0.0.0/0")), fmt.Sprintf(outWarn, 60)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var want []string
			if tc.want != "" {
				want = []string{tc.want}
			}
			if diff := cmp.Diff(want, brief(only(check.Run(input(tc.rules...)), "SG031"))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}

	raised := input(many(61, ruleset.Ingress, "10.0.0.0/8")...)
	raised.RulesPerDirection = 100
	if got := only(check.Run(raised), "SG031"); len(got) > 0 {
		t.Errorf("61 rules are fine where the quota is 100: %v", got)
	}
	raised = input(many(1001, ruleset.Ingress, "10.0.0.0/8")...)
	raised.RulesPerDirection = 2000
	want := []string{"error SG031 : tier db: 1001 ingress rules are over 1000, beyond which no quota goes"}
	if diff := cmp.Diff(want, brief(only(check.Run(raised), "SG031"))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	twice := input(slices.Concat(many(48, ruleset.Ingress, "10.0.0.0/8"), many(1, ruleset.Ingress, "10.0.0.0/8"))...)
	if got := brief(only(check.Run(twice), "SG026", "SG031")); len(got) != 1 || !strings.Contains(got[0], "SG026") {
		t.Errorf("a rule that stands twice counts once: %v", got)
	}
}

// The built-in scenarios, as they ship, have no finding but SG012: port 80 is open for the redirect.
func TestBuiltinScenariosAreClean(t *testing.T) {
	library := scenario.NewLibrary(filepath.Join(t.TempDir(), "none"), "scenarios")
	entries, _, err := library.List()
	if err != nil || len(entries) != 9 {
		t.Fatal(len(entries), err)
	}
	for _, e := range entries {
		s, _, err := library.Load(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		set, problems := s.Resolve(nil)
		for _, env := range []string{"prod", "dev"} {
			in := settled(t, set)
			in.Env = env
			want := []string{"warning SG012 builtin/web-edge.yaml:11:9: tier web: HTTP without TLS (port 80) open to the world, from 0.0.0.0/0 and ::/0"}
			if diff := cmp.Diff(want, brief(check.Run(in))); diff != "" || len(problems) > 0 {
				t.Errorf("%s in %s: %v\n%s", e.Name, env, problems, diff)
			}
		}
	}
}

// settled is a set with the default settings and a tag.
func settled(t testing.TB, set ruleset.Set) check.Input {
	t.Helper()
	s, _, _, err := config.LoadSettings(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return check.Input{
		Set: set, Env: "prod", Tags: map[string]string{"owner": "team"},
		DatabasePorts: s.DatabasePorts, AdminPorts: s.AdminPorts, HighRiskPorts: s.HighRiskPorts, AmplificationPorts: s.AmplificationPorts,
		RulesPerDirection: s.RulesPerDirection,
		GroupDescription:  func(tier string) string { return "x " + tier + " tier" },
	}
}

func TestCatalogue(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var ids, fixed []string
	for _, c := range check.All() {
		ids = append(ids, c.ID)
		if !c.Waivable {
			fixed = append(fixed, c.ID)
		}
		for what, text := range map[string]string{
			"title": c.Title, "why": c.Why, "remedy": c.Remedy, "fix": c.Fix, "impact": string(c.Impact), "pass": c.Pass.YAML, "fail": c.Fail.YAML,
		} {
			if example := what == "pass" || what == "fail"; (text == "") != (c.Live && example) {
				t.Errorf("%s has the %s %q", c.ID, what, text)
			}
		}
		if !slices.IsSortedFunc(c.Levels, func(a, b check.Level) int { return int(a.Severity) - int(b.Severity) }) || len(c.Levels) == 0 {
			t.Errorf("%s has the levels %v, which should begin with the gravest", c.ID, c.Levels)
		}
		prefix := strings.ToLower(c.ID) + "_"
		if !slices.ContainsFunc(files, func(f os.DirEntry) bool { return strings.HasPrefix(f.Name(), prefix) }) {
			t.Errorf("%s has no file of its own", c.ID)
		}
	}
	var want []string
	for i := range 33 {
		want = append(want, fmt.Sprintf("SG%03d", i+1))
	}
	want = append(want, "SG101", "SG102", "SG103", "SG104")
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"SG004", "SG026", "SG028", "SG029", "SG030", "SG031", "SG103"}, fixed); diff != "" {
		t.Errorf("what can't be waived (-want +got):\n%s", diff)
	}
}

// The levels are a promise: scripts depend on what blocks.
func TestLevels(t *testing.T) {
	want := map[string][]string{
		"error": {"SG001", "SG004", "SG026", "SG028", "SG029", "SG030", "SG033"},
		"warning": {
			"SG005", "SG006", "SG007", "SG008", "SG010", "SG011", "SG012", "SG013", "SG014", "SG015", "SG016",
			"SG019", "SG020", "SG021", "SG022", "SG023", "SG024", "SG025", "SG101", "SG103",
		},
		"info": {"SG027", "SG032", "SG102", "SG104"},
		"error in prod and staging, warning in test and dev":                                                 {"SG002", "SG003"},
		"error where SG001, SG002 or SG003 fails because of it, warning elsewhere":                           {"SG009"},
		"error where the connection is certain, warning where it depends on addresses that are not known":    {"SG017"},
		"error for a tier that holds database ports, warning for other tiers":                                {"SG018"},
		"error over the quota, warning over 80% of it, info where prefix lists are counted as one rule each": {"SG031"},
	}
	got := map[string][]string{}
	for _, c := range check.All() {
		got[c.LevelText()] = append(got[c.LevelText()], c.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

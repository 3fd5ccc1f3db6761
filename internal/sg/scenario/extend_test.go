package scenario_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sg/scenario"
)

func TestExtends(t *testing.T) {
	const base = `name: base
description: The base
tiers:
  front:
    role: edge
    description: First
    service_port: tcp/80
    ingress:
      - {protocol: tcp, port: 80, source: 0.0.0.0/0, description: in}
  back:
    role: database
    service_port: tcp/5432
    ingress:
      - {protocol: tcp, port: 5432, source_tier: front, description: data}
      - {protocol: tcp, port: 22, source: 10.0.0.0/8, description: admin}
`
	for _, tc := range []struct {
		name, file string
		want       []string
	}{
		{"nothing of its own", "name: my\nextends: base\n", []string{
			"front: edge on tcp/80 - First",
			"  front ingress tcp/80 from 0.0.0.0/0 - in (scenario scenarios/base.yaml:9:9)",
			"  front egress tcp/5432 to back - data (mirror scenarios/base.yaml:14:9)",
			"back: database on tcp/5432",
			"  back ingress tcp/22 from 10.0.0.0/8 - admin (scenario scenarios/base.yaml:15:9)",
			"  back ingress tcp/5432 from front - data (scenario scenarios/base.yaml:14:9)",
		}},
		{"a service port moves the inherited rules for the old one, and their mirrors", "name: my\nextends: base\ntiers:\n  back: {service_port: tcp/3306}\n", []string{
			"front: edge on tcp/80 - First",
			"  front ingress tcp/80 from 0.0.0.0/0 - in (scenario scenarios/base.yaml:9:9)",
			"  front egress tcp/3306 to back - data (mirror scenarios/my.yaml:4:24)",
			"back: database on tcp/3306",
			"  back ingress tcp/22 from 10.0.0.0/8 - admin (scenario scenarios/base.yaml:15:9)",
			"  back ingress tcp/3306 from front - data (scenario scenarios/my.yaml:4:24)",
		}},
		{"rules of its own are not moved", "name: my\nextends: base\ntiers:\n  back:\n    service_port: tcp/3306\n    ingress:\n      - {protocol: tcp, port: 5432, source_tier: front, description: old}\n", []string{
			"front: edge on tcp/80 - First",
			"  front ingress tcp/80 from 0.0.0.0/0 - in (scenario scenarios/base.yaml:9:9)",
			"  front egress tcp/5432 to back - old (mirror scenarios/my.yaml:7:9)",
			"back: database on tcp/3306",
			"  back ingress tcp/5432 from front - old (scenario scenarios/my.yaml:7:9)",
		}},
		{"each key replaces its own", "name: my\nextends: base\ntiers:\n  front: {description: Other, egress: [{protocol: all, destination_sg: sg-12345678, description: out}]}\n  back: {role: app, ingress: []}\n", []string{
			"front: edge on tcp/80 - Other",
			"  front ingress tcp/80 from 0.0.0.0/0 - in (scenario scenarios/base.yaml:9:9)",
			"  front egress all to sg-12345678 - out (scenario scenarios/my.yaml:4:40)",
			"back: app on tcp/5432",
		}},
		{"more tiers, one with nothing but its name", "name: my\nextends: base\ntiers:\n  cache:\n  front: {egress: [{protocol: tcp, port: 6379, destination_tier: cache, description: keys}]}\n", []string{
			"front: edge on tcp/80 - First",
			"  front ingress tcp/80 from 0.0.0.0/0 - in (scenario scenarios/base.yaml:9:9)",
			"  front egress tcp/5432 to back - data (mirror scenarios/base.yaml:14:9)",
			"  front egress tcp/6379 to cache - keys (scenario scenarios/my.yaml:5:20)",
			"back: database on tcp/5432",
			"  back ingress tcp/22 from 10.0.0.0/8 - admin (scenario scenarios/base.yaml:15:9)",
			"  back ingress tcp/5432 from front - data (scenario scenarios/base.yaml:14:9)",
			"cache: other",
			"  cache ingress tcp/6379 from front - keys (mirror scenarios/my.yaml:5:20)",
		}},
		{"without a base", "name: my\ntiers: {one: {}}\n", []string{"one: other"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, problems := resolve(t, files{"base.yaml": base, "my.yaml": tc.file}, "my", "")
			if len(problems) > 0 {
				t.Error(problems)
			}
			if diff := cmp.Diff(tc.want, table(set)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestExtendsABuiltIn(t *testing.T) {
	const my = `name: my
extends: 3-tier-web
tiers:
  db: {service_port: tcp/5439}
  web: {ingress: [{protocol: tcp, port: 443, source: 10.0.0.0/8, description: Company network}]}
`
	set, problems := resolve(t, files{"my.yaml": my}, "my", "")
	if len(problems) > 0 {
		t.Error(problems)
	}
	want := []string{
		"web: edge on tcp/443 - Takes requests from the internet",
		"  web ingress tcp/443 from 10.0.0.0/8 - Company network (scenario scenarios/my.yaml:5:19)",
		"  web egress tcp/443 to 0.0.0.0/0 - HTTPS to AWS APIs and updates (scenario builtin/2-tier-web.yaml:8:9)",
		"  web egress tcp/8080 to app - Requests to the app tier (scenario builtin/2-tier-web.yaml:7:9)",
		"app: app on tcp/8080 - Runs the application",
		"  app ingress tcp/8080 from web - Requests from the web tier (scenario builtin/2-tier-web.yaml:14:9)",
		"  app egress tcp/443 to 0.0.0.0/0 - HTTPS to AWS APIs (scenario builtin/3-tier-web.yaml:8:9)",
		"  app egress tcp/5439 to db - Database connections to the db tier (scenario scenarios/my.yaml:4:22)",
		"db: database on tcp/5439 - PostgreSQL",
		"  db ingress tcp/5439 from app - Database connections from the app tier (scenario scenarios/my.yaml:4:22)",
	}
	if diff := cmp.Diff(want, table(set)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBadScenarios(t *testing.T) {
	const rule = "{protocol: tcp, port: 443, source: 0.0.0.0/0, description: x}"
	for _, tc := range []struct {
		name string
		own  files
		want []string
	}{
		{"no such scenario", nil, []string{`error CFG020 : there is no scenario "my" [known are: ` + builtinNames + "]"}},
		{"a base that is nearly one", files{"my-sets.yaml": "name: my-sets\n", "my.yaml": "name: my\nextends: my-set\n"}, []string{`error CFG020 scenarios/my.yaml:2:10: there is no scenario "my-set" [did you mean "my-sets"?]`}},
		{"another name inside", files{"my.yaml": "name: your\ntiers: {a: {ingress: [{protocol: tcp, port: 1, source_tier: b, description: x}]}}\n"}, []string{
			`error CFG021 scenarios/my.yaml:1:7: the scenario's name is "your", but its file is called my.yaml [name: my]`,
			`error CFG022 scenarios/my.yaml:2:23: the scenario has no tier "b" [known are: a]`,
		}},
		{"no tiers", files{"my.yaml": "name: my\n"}, []string{"error CFG006 scenarios/my.yaml:1:1: the scenario has no tiers [add tiers, or extend another scenario]"}},
		{"a base that is nowhere", files{"my.yaml": "name: my\nextends: 3-teir-web\n"}, []string{
			`error CFG020 scenarios/my.yaml:2:10: there is no scenario "3-teir-web" [did you mean "3-tier-web"?]`,
		}},
		{"itself as base", files{"my.yaml": "name: my\nextends: my\n"}, []string{
			"error CFG021 scenarios/my.yaml:2:10: the scenario builds on itself: my extends my",
		}},
		{"a cycle", files{"my.yaml": "name: my\nextends: b\n", "b.yaml": "name: b\nextends: c\n", "c.yaml": "name: c\nextends: my\n"}, []string{
			"error CFG021 scenarios/c.yaml:2:10: the scenario builds on itself: my extends b extends c extends my",
		}},
		{"a path as base", files{"my.yaml": "name: my\nextends: ../my\n"}, []string{
			`error CFG007 scenarios/my.yaml:2:10: extends: the text "../my" does not match ^[a-z0-9][a-z0-9-]*$ [the scenario whose tiers this one takes over and replaces key by key]`,
		}},
		{"a base with problems", files{"my.yaml": "name: my\nextends: b\ntiers: {x: {rol: app}}\n", "b.yaml": "name: b\ntiers: {a: {role: front}}\n"}, []string{
			`error CFG007 scenarios/b.yaml:2:19: tiers.a.role: the text "front" is not one of edge, app, database, other [known are: edge, app, database, other]`,
			`error CFG003 scenarios/my.yaml:3:13: tiers.x: unknown key "rol" [did you mean "role"?]`,
		}},
		{"names of tiers", files{"my.yaml": "name: my\ntiers: {Web: {}, internet: {}, internet-ipv6: {}, 1st: {}, t234567890123456789012345678901x: {}}\n"}, []string{
			"error CFG007 scenarios/my.yaml:2:9: tiers: the name \"Web\" is not allowed " + nameHint,
			"error CFG007 scenarios/my.yaml:2:18: tiers: the name \"internet\" is not allowed " + nameHint,
			"error CFG007 scenarios/my.yaml:2:32: tiers: the name \"internet-ipv6\" is not allowed " + nameHint,
			"error CFG007 scenarios/my.yaml:2:51: tiers: the name \"1st\" is not allowed " + nameHint,
			"error CFG007 scenarios/my.yaml:2:60: tiers: the name \"t234567890123456789012345678901x\" is not allowed " + nameHint,
		}},
		{"tiers of one logical ID", files{"my.yaml": "name: my\ntiers:\n  web-1: {}\n  web1: {}\n"}, []string{
			`error CFG025 scenarios/my.yaml:4:3: the tiers "web-1" and "web1" would get the same logical ID Web1 [rename one of them]`,
		}},
		{"a tier of one logical ID with one of the base", files{"my.yaml": "name: my\nextends: b\ntiers: {web-: {}}\n", "b.yaml": "name: b\ntiers: {web: {}}\n"}, []string{
			`error CFG025 scenarios/my.yaml:3:9: the tiers "web" and "web-" would get the same logical ID Web [rename one of them]`,
		}},
		{"service ports", files{"my.yaml": "name: my\ntiers:\n  a: {service_port: tcp/0}\n  b: {service_port: tcp/70000, rol: x}\n  c: {service_port: icmp/8}\n  d: {service_port: 443}\n"}, []string{
			"error CFG009 scenarios/my.yaml:3:21: service_port: 0 lies outside of the ports 1-65535",
			"error CFG009 scenarios/my.yaml:4:21: service_port: 70000 lies outside of the ports 1-65535",
			`error CFG003 scenarios/my.yaml:4:32: tiers.b: unknown key "rol" [did you mean "role"?]`,
			`error CFG007 scenarios/my.yaml:5:21: tiers.c.service_port: the text "icmp/8" does not match ^(tcp|udp)/[0-9]{1,5}$ ` + serviceHint,
			`error CFG005 scenarios/my.yaml:6:21: tiers.d.service_port: text is wanted here, not the number 443 [quote it, and mind what is wanted: the port that the tier serves, such as tcp/5432; in an extending scenario it moves the inherited rules for the old port along]`,
		}},
		{"a name that is built in", files{"3-tier-web.yaml": "name: 3-tier-web\n", "my.yaml": "name: my\nextends: 3-tier-web\n"}, []string{
			"error CFG021 scenarios/3-tier-web.yaml: the file has the name of the built-in scenario 3-tier-web [give it another name; with 'extends: 3-tier-web' it can build on the built-in one]",
		}},
		{"rules", files{"my.yaml": `name: my
tiers:
  a:
    ingress:
      - {protocol: tcp, source: 10.0.0.0/8, description: x}
      - {protocol: all, port: 443, source: 10.0.0.0/8, description: x}
      - {protocol: 50, port_range: 1-2, icmp_type: 8, source: 10.0.0.0/8, description: x}
      - {protocol: icmp, port: 8, source: 10.0.0.0/8, description: x}
      - {protocol: icmp, icmp_code: 0, source: 10.0.0.0/8, description: x}
      - {protocol: tcp, port: 443, icmp_code: 0, source: 10.0.0.0/8, description: x}
      - {protocol: tcp, port_range: 90-80, source: 10.0.0.0/8, description: x}
      - {protocol: "300", source: 10.0.0.0/8, description: x}
      - {protocol: tcp, port: 443, source: sg-12345678, description: x}
      - {protocol: tcp, port: 443, source: pl-12345678, description: x}
      - {protocol: tcp, port: 443, source: 10.0.0.1, description: x}
      - {protocol: tcp, port: 443, source: b, description: x}
      - ` + rule + `
    egress:
      - {protocol: tcp, port: 443, destination: sg-12345678, description: x}
      - {protocol: tcp, port: 443, destination_tier: internet, description: x}
`}, []string{
			"error CFG009 scenarios/my.yaml:5:9: a rule for tcp needs a port or a port_range [all ports are possible with protocol: all only]",
			"error CFG009 scenarios/my.yaml:6:25: port does not go with protocol all [a rule for all covers the whole protocol; remove the key or change the protocol]",
			"error CFG009 scenarios/my.yaml:7:24: port_range does not go with protocol 50 [a rule for 50 covers the whole protocol; remove the key or change the protocol]",
			"error CFG009 scenarios/my.yaml:7:41: icmp_type does not go with protocol 50 [a rule for 50 covers the whole protocol; remove the key or change the protocol]",
			"error CFG009 scenarios/my.yaml:8:26: port does not go with protocol icmp [a rule for icmp covers the messages in icmp_type and icmp_code; remove the key or change the protocol]",
			"error CFG009 scenarios/my.yaml:9:26: icmp_code without an icmp_type: a code belongs to a type [add icmp_type, or leave both out for all ICMP]",
			"error CFG009 scenarios/my.yaml:10:36: icmp_code does not go with protocol tcp [a rule for tcp covers the ports in port or port_range; remove the key or change the protocol]",
			"error CFG009 scenarios/my.yaml:11:37: port_range: 90-80 runs backwards: write 80-90",
			`error CFG007 scenarios/my.yaml:12:20: protocol: "300" is not a protocol: use tcp, udp, icmp, icmpv6, all or a number from 0 to 255`,
			`error CFG010 scenarios/my.yaml:13:44: source: "sg-12345678" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32 [write it as source_sg: sg-12345678]`,
			`error CFG010 scenarios/my.yaml:14:44: source: "pl-12345678" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32 [write it as source_prefix_list: pl-12345678]`,
			`error CFG010 scenarios/my.yaml:15:44: source: "10.0.0.1" has no prefix length: a single address is 10.0.0.1/32`,
			`error CFG010 scenarios/my.yaml:16:44: source: "b" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
			`error CFG010 scenarios/my.yaml:19:49: destination: "sg-12345678" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32 [write it as destination_sg: sg-12345678]`,
			`error CFG022 scenarios/my.yaml:20:9: the scenario has no tier "internet" [known are: a]`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, problems := resolve(t, tc.own, "my", "")
			if diff := cmp.Diff(tc.want, text(problems)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

const (
	builtinNames = "2-tier-rds-postgresql, 2-tier-web, 3-tier-documentdb, 3-tier-oracle, 3-tier-rds-mysql, 3-tier-rds-postgresql, 3-tier-redshift, 3-tier-sqlserver, 3-tier-web"

	nameHint    = "[a tier's name is 1 to 31 lower-case letters, digits and hyphens, a letter first; internet and internet-ipv6 are taken]"
	serviceHint = "[the port that the tier serves, such as tcp/5432; in an extending scenario it moves the inherited rules for the old port along]"
)

func TestList(t *testing.T) {
	l := library(t, files{
		"good.yaml": "name: good\ndescription: Mine\ntiers: {a: {}, b: {}}\n", "bad.yaml": "name: bad\n", "old.yml": "name: old\n", "notes.txt": "",
		"2-tier-web.yaml": "name: 2-tier-web\ntiers: {a: {}}\n", "web-edge.yaml": "name: web-edge\n",
	})
	entries, problems, err := l.List()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	var own []scenario.Entry
	for _, e := range entries {
		names = append(names, e.Name)
		if !e.Builtin {
			own = append(own, e)
		}
	}
	wantNames := []string{
		"2-tier-rds-postgresql", "2-tier-web", "3-tier-documentdb", "3-tier-oracle", "3-tier-rds-mysql", "3-tier-rds-postgresql", "3-tier-redshift",
		"3-tier-sqlserver", "3-tier-web", "good",
	}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]scenario.Entry{{Name: "good", Description: "Mine", Tiers: []string{"a", "b"}}}, own); diff != "" {
		t.Errorf("own (-want +got):\n%s", diff)
	}
	want := []string{
		"error CFG021 scenarios/2-tier-web.yaml: the file has the name of the built-in scenario 2-tier-web [give it another name; with 'extends: 2-tier-web' it can build on the built-in one]",
		"error CFG006 scenarios/bad.yaml:1:1: the scenario has no tiers [add tiers, or extend another scenario]",
		"warning CFG021 scenarios/old.yml: the file is not read as a scenario [rename it so that it ends in .yaml]",
		"error CFG021 scenarios/web-edge.yaml: the file has the name of the built-in scenario web-edge [give it another name; with 'extends: web-edge' it can build on the built-in one]",
	}
	if diff := cmp.Diff(want, text(problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// A base can be built on, but not be chosen.
func TestBasesAreHidden(t *testing.T) {
	_, problems := resolve(t, nil, "web-edge", "")
	if diff := cmp.Diff([]string{`error CFG020 : there is no scenario "web-edge" [known are: ` + builtinNames + "]"}, text(problems)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	set, problems := resolve(t, files{"my.yaml": "name: my\nextends: web-edge\n"}, "my", "")
	if diff := cmp.Diff([]string{"web"}, set.TierNames()); diff != "" || len(problems) > 0 {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	folder := t.TempDir()
	if err := errors.Join(
		os.Mkdir(filepath.Join(folder, "my.yaml"), 0o700),
		os.Symlink("2-tier-web.yaml", filepath.Join(folder, "2-tier-web.yaml")),
		os.WriteFile(filepath.Join(folder, "file"), nil, 0o600),
	); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ folder, name, want string }{
		{folder, "my", "error CFG001 scenarios/my.yaml: the scenario cannot be read: it is a directory, not a file"},
		{folder, "2-tier-web", "error CFG001 scenarios/2-tier-web.yaml: the scenario cannot be read: too many levels of symbolic links"},
		{filepath.Join(folder, "file"), "2-tier-web", "error CFG001 scenarios/2-tier-web.yaml: the scenario cannot be read: not a directory"},
	} {
		_, problems, err := scenario.NewLibrary(tc.folder, "scenarios").Load(tc.name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{tc.want}, text(problems)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	nowhere := scenario.NewLibrary(filepath.Join(folder, "nowhere"), "scenarios")
	if _, problems, err := nowhere.Load("2-tier-web"); err != nil || len(problems) > 0 {
		t.Errorf("a folder that is not there is no error: %v, %v", err, problems)
	}
	if entries, problems, err := nowhere.List(); err != nil || len(problems) > 0 || len(entries) != 9 {
		t.Errorf("%d entries, %v, %v", len(entries), err, problems)
	}
}

// The sources of everything that was read are there for the messages to show.
func TestSources(t *testing.T) {
	l := library(t, files{"my.yaml": "name: my\nextends: 2-tier-web\n"})
	if _, _, err := l.Load("my"); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for name, text := range l.Sources {
		got[name] = len(text) > 0
	}
	want := map[string]bool{"scenarios/my.yaml": true, "builtin/2-tier-web.yaml": true, "builtin/web-edge.yaml": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

package template_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/scenario"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/testkit"
)

// load reads a config, with the scenario of testdata beside it, into what a template is made from.
func load(t testing.TB, text []byte) template.Input {
	t.Helper()
	workdir := t.TempDir()
	exotic, err := os.ReadFile("testdata/exotic-scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"my.yaml": text, "exotic.yaml": exotic} {
		if err := os.WriteFile(filepath.Join(workdir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, problems, err := config.Load(workdir, "configs", "my.yaml")
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	s, problems, err := scenario.NewLibrary(workdir, "scenarios").Load(c.Scenario)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	set, problems := s.Resolve(c.Overrides)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return template.Input{Set: set, Scenario: c.Scenario, Names: c.Names, Tags: template.Tags(c), MaxResources: 500}
}

const configHead = `client: {company_name: Global Bank, company_prefix: globalbank, account_id: "123456789012", tenant_id: "c001"}
environment: {env: prod, region: us-west-2}
tags: {cost_center: Fraud Operations, owner: fraud-ml}
`

// overridden are changes that make sense in every built-in scenario with the given tiers.
func overridden(tiers []string) string {
	text := `  overrides:
    web:
      port_overrides: [{protocol: tcp, old_port: 80, new_port: 8000}]
      additional_ingress:
        - {protocol: icmp, icmp_type: 8, source: 203.0.113.0/24, description: Echo requests from the office}
        - {protocol: tcp, port: 22, source_prefix_list: pl-0123456789abcdef0, description: SSH from the VPN}
      additional_egress:
        - {protocol: udp, port: 53, destination: 10.0.0.2/32, description: DNS}
`
	if slices.Contains(tiers, "app") {
		text += `    app:
      port_overrides: [{protocol: tcp, old_port: 8080, new_port: 8443}]
      additional_ingress:
        - {protocol: tcp, port: 9090, source_tier: web, description: Prometheus metrics from web tier}
      additional_egress:
        - {protocol: tcp, port_range: 9000-9100, destination: 10.8.0.0/16, description: Metrics to the hub}
`
	}
	if slices.Contains(tiers, "db") {
		text += `    db:
      additional_ingress:
        - {protocol: tcp, port: 6000, source_sg: sg-0123456789abcdef0, description: Backups}
`
	}
	return text
}

// inputs are all configs whose templates are frozen, by the name of the golden file.
func inputs(t testing.TB) map[string]template.Input {
	t.Helper()
	entries, problems, err := scenario.NewLibrary(filepath.Join(t.TempDir(), "none"), "scenarios").List()
	if err != nil || len(problems) > 0 || len(entries) != 9 {
		t.Fatal(entries, problems, err)
	}
	in := map[string]template.Input{}
	for _, e := range entries {
		text := configHead + "security_groups:\n  scenario: " + e.Name + "\n"
		in[e.Name] = load(t, []byte(text))
		in[e.Name+"-overrides"] = load(t, []byte(text+"  workload: fraud\n"+overridden(e.Tiers)))
	}
	exotic, err := os.ReadFile("testdata/exotic-config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	in["exotic"] = load(t, exotic)
	return in
}

func build(t testing.TB, in template.Input) (yamlText, jsonText []byte) {
	t.Helper()
	tmpl, problems := template.Build(in)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	before, err := tmpl.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if yamlText, err = tmpl.YAML(); err != nil {
		t.Fatal(err)
	}
	if jsonText, err = tmpl.JSON(); err != nil || !bytes.Equal(before, jsonText) {
		t.Fatalf("%v, or writing YAML changes the JSON", err)
	}
	return yamlText, jsonText
}

// The template of a given config is frozen: a new version of the tool must not make a plan where nothing was asked for.
// Change these files only where a change of every deployed stack is meant.
func TestGolden(t *testing.T) {
	for name, in := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			text, _ := build(t, in)
			testkit.Golden(t, "golden/"+name+".yaml", string(text))
		})
	}
}

// document is what a template's text means.
type document struct {
	Resources map[string]struct {
		Type       string
		Metadata   map[string]any
		Properties map[string]any
	}
	Outputs map[string]struct {
		Description string
		Value       any
		Export      struct{ Name any }
	}
}

func parse(t testing.TB, text []byte) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Logical IDs never change: a rule whose ID changed would be created and deleted under one EC2 key, and be lost. Lines may
// be added to the golden file. Never change or remove one.
func TestLogicalIDsAreFrozen(t *testing.T) {
	ids := map[string]bool{}
	for _, in := range inputs(t) {
		for r := range in.Set.Rules() {
			ids[template.RuleID(r.Key)+" "+r.Key.String()] = true
		}
		_, text := build(t, in)
		d := parse(t, text)
		for id, r := range d.Resources {
			if !strings.Contains(r.Type, "SecurityGroupIngress") && !strings.Contains(r.Type, "SecurityGroupEgress") {
				ids[id+" "+r.Type] = true
			}
		}
		for _, tier := range in.Set.Tiers {
			if _, ok := d.Outputs[template.OutputID(tier.Name)]; !ok {
				t.Errorf("the template has no output %s", template.OutputID(tier.Name))
			}
			ids[template.OutputID(tier.Name)+" output"] = true
		}
	}
	comment := "# Logical IDs, and what they stand for. Add lines; never change or remove one: it would lose rules of deployed stacks.\n"
	testkit.Golden(t, "logical-ids.txt", comment+strings.Join(slices.Sorted(maps.Keys(ids)), "\n")+"\n")
}

func TestJSONIsTheSameDocument(t *testing.T) {
	for name, in := range inputs(t) {
		yamlText, jsonText := build(t, in)
		var fromYAML, fromJSON any
		if err := yaml.Unmarshal(yamlText, &fromYAML); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(jsonText, &fromJSON); err != nil { // JSON is YAML: the numbers have the same types
			t.Fatal(err)
		}
		if diff := cmp.Diff(fromYAML, fromJSON); diff != "" {
			t.Errorf("%s (-YAML +JSON):\n%s", name, diff)
		}
		if !json.Valid(jsonText) || bytes.ContainsRune(jsonText, '\n') || len(jsonText) >= len(yamlText) {
			t.Errorf("%s: the JSON is not valid, not minified or longer than the YAML", name)
		}
	}
}

// The same rules give the same bytes, in whatever order they and the tags come.
func TestBuildIsDeterministic(t *testing.T) {
	for name, in := range inputs(t) {
		want, wantJSON := build(t, in)
		for range 5 {
			rules := slices.Collect(in.Set.Rules())
			rand.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
			shuffled := in
			shuffled.Set = ruleset.NewSet(in.Set.Tiers, rules)
			shuffled.Tags = maps.Clone(in.Tags)
			got, gotJSON := build(t, shuffled)
			if !bytes.Equal(got, want) || !bytes.Equal(gotJSON, wantJSON) {
				t.Errorf("%s depends on the order: %s", name, cmp.Diff(string(want), string(got)))
			}
		}
	}
}

// What a template holds, seen as EC2 would: every group with its inline egress and the rules that refer to it are exactly
// the effective rules of its tier.
func TestTemplateHoldsTheEffectiveRules(t *testing.T) {
	for name, in := range inputs(t) {
		_, text := build(t, in)
		d := parse(t, text)
		got := map[string]bool{}
		for id, r := range d.Resources {
			switch r.Type {
			case "AWS::EC2::SecurityGroup":
				if _, fixed := r.Properties["GroupName"]; fixed {
					t.Errorf("%s: %s has a fixed name", name, id)
				}
				for _, inline := range list(r.Properties["SecurityGroupEgress"]) {
					got[rendered(id, "Egress", object(inline))] = true
				}
			case "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress":
				group := object(r.Properties["GroupId"])["Ref"]
				got[rendered(fmt.Sprint(group), strings.TrimPrefix(r.Type, "AWS::EC2::SecurityGroup"), r.Properties)] = true
			}
		}
		want := map[string]bool{}
		for _, tier := range in.Set.Tiers {
			for _, r := range tier.Effective() {
				want[expected(r)] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// object and list are values of a JSON document that are known to be such; another one reads as empty.
func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// rendered is a rule of a template in one line.
func rendered(group, direction string, properties map[string]any) string {
	var peer any
	for key, value := range properties {
		if strings.HasPrefix(key, "Cidr") || strings.HasPrefix(key, "Source") || strings.HasPrefix(key, "Destination") {
			peer = fmt.Sprint(key, "=", value)
		}
	}
	return fmt.Sprintf("%s %s %v %v %v %v %v", group, direction, properties["IpProtocol"], properties["FromPort"], properties["ToPort"], peer, properties["Description"])
}

func expected(r ruleset.Rule) string {
	direction, side := "Ingress", "Source"
	if r.Direction == ruleset.Egress {
		direction, side = "Egress", "Destination"
	}
	peer := map[ruleset.PeerKind]string{
		ruleset.CIDR:       "CidrIp=" + r.Peer.String(),
		ruleset.TierRef:    fmt.Sprintf("%sSecurityGroupId=map[Ref:%sSecurityGroup]", side, ruleset.Tier{Name: r.Peer.Name}.ID()),
		ruleset.GroupRef:   side + "SecurityGroupId=" + r.Peer.Name,
		ruleset.PrefixList: side + "PrefixListId=" + r.Peer.Name,
	}[r.Peer.Kind]
	if r.Peer.IsIPv6() {
		peer = "CidrIpv6=" + r.Peer.String()
	}
	var from, to any
	if r.Ports != ruleset.AnyPorts || r.Protocol == ruleset.ICMP {
		from, to = r.Ports.From, r.Ports.To
	}
	return fmt.Sprintf("%sSecurityGroup %s %v %v %v %v %v", ruleset.Tier{Name: r.Tier}.ID(), direction, r.Protocol.EC2(), from, to, peer, r.Description)
}

func TestTags(t *testing.T) {
	c := &config.Config{
		Names: config.Names{SGName: "my-set"}, Env: "prod", TenantID: "c001", Scenario: "3-tier-web",
		Tags: map[string]string{"owner": "me"},
	}
	want := map[string]string{
		"owner": "me", "Name": "my-set", "Environment": "prod", "Tenant": "c001", "Scenario": "3-tier-web", "ManagedBy": "sg-provisioner",
	}
	if diff := cmp.Diff(want, template.Tags(c)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	c.Workload, want["Workload"] = "fraud", "fraud"
	if diff := cmp.Diff(want, template.Tags(c)); diff != "" {
		t.Errorf("with a workload (-want +got):\n%s", diff)
	}
	if len(c.Tags) != 1 {
		t.Errorf("Tags changed the config: %v", c.Tags)
	}
	reserved := append(slices.Collect(maps.Keys(want)), "Tier")
	for _, name := range config.ReservedTags {
		if !slices.Contains(reserved, name) {
			t.Errorf("%s is reserved, but not set", name)
		}
	}
	for _, name := range reserved {
		if name != "owner" && !slices.Contains(config.ReservedTags, name) {
			t.Errorf("%s is set, but not reserved", name)
		}
	}
}

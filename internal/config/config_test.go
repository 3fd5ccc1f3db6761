package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/testkit"
	"mlops-infra-suite/internal/yamldoc"
)

// load reads a config with the given text, from a file configs/my.yaml.
func load(t testing.TB, text string) (*config.Config, diag.List) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "my.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems, err := config.Load(folder, "configs", "my.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c, problems
}

// Each archive of testdata holds configs and, behind each, everything that is said about it.
func TestBadConfigs(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			in, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out := &txtar.Archive{Comment: in.Comment}
			for _, f := range in.Files {
				if name, isConfig := strings.CutSuffix(f.Name, ".yaml"); isConfig {
					out.Files = append(out.Files, f, txtar.File{Name: name + ".txt", Data: findings(t, f.Data)})
				}
			}
			testkit.Golden(t, filepath.Base(file), string(txtar.Format(out)))
		})
	}
}

func findings(t *testing.T, text []byte) []byte {
	t.Helper()
	c, problems := load(t, string(text))
	problems.Sort()
	var b bytes.Buffer
	if err := problems.WriteText(&b, diag.Sources{c.File: c.Source}, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const minimal = `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups: {scenario: 3-tier-web}
`

func TestLoad(t *testing.T) {
	const full = `version: 1
client:
  company_name: Global Bank
  company_prefix: globalbank
  account_id: "123456789012"
  tenant_id: "c001"
environment:
  env: prod
  region: us-west-2
security_groups:
  scenario: 3-tier-web
  vpc_source: direct
  vpc_id: vpc-0123456789abcdef0
  sg_name_override: ""
  workload: reporting
  overrides:
    app:
      port_overrides: [{protocol: tcp, old_port: 8080, new_port: 8443}]
      additional_ingress:
        - {protocol: tcp, port: 9090, source_tier: web, description: in}
      additional_egress:
        - {protocol: tcp, port_range: 9000-9100, destination: 10.8.0.0/16, description: out}
    web: {additional_ingress: []}
  assertions:
    - {allow: {from: web, to: app, ports: [tcp/8443]}}
    - deny: {from: internet, to: db}
  waivers:
    - {check: SG013, tier: app, reason: "legacy exporter, ticket NET-812", expires: 2027-03-31}
    - {check: SG002, reason: r, expires: "2027-12-31"}
tags: {cost_center: Fraud Operations, empty: ""}
`
	c, problems := load(t, full)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	at := func(line, column int) diag.Pos { return diag.Pos{File: "configs/my.yaml", Line: line, Column: column} }
	want := &config.Config{
		File: "configs/my.yaml", Source: []byte(full),
		CompanyName: "Global Bank", Prefix: "globalbank", AccountID: "123456789012", TenantID: "c001",
		Env: "prod", Region: "us-west-2",
		Scenario: "3-tier-web", ScenarioPos: at(11, 13),
		VPCID: "vpc-0123456789abcdef0", Workload: "reporting",
		Names:     config.Names{SGName: "globalbank-prod-c001-us-west-2-reporting-sg"},
		Overrides: []config.Override{{Tier: "app", Pos: at(17, 5)}, {Tier: "web", Pos: at(23, 5)}},
		Assertions: []config.Assertion{
			{Allow: true, From: "web", To: "app", Ports: []string{"tcp/8443"}, Pos: at(25, 7)},
			{From: "internet", To: "db", Pos: at(26, 7)},
		},
		Waivers: []config.Waiver{
			{Check: "SG013", Tier: "app", Reason: "legacy exporter, ticket NET-812", Expires: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), Pos: at(28, 7)},
			{Check: "SG002", Reason: "r", Expires: time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC), Pos: at(29, 7)},
		},
		Tags: map[string]string{"cost_center": "Fraud Operations", "empty": ""},
	}
	ignored := cmpopts.IgnoreFields(config.Override{}, "PortOverrides", "Ingress", "Egress")
	if diff := cmp.Diff(want, c, ignored); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	type rule struct {
		tier, list string
		line       int
	}
	var got []rule
	for _, o := range c.Overrides {
		for list, maps := range map[string][]yamldoc.Map{"ports": o.PortOverrides, "ingress": o.Ingress, "egress": o.Egress} {
			for _, m := range maps {
				got = append(got, rule{o.Tier, list, m.Pos().Line})
			}
		}
	}
	wantRules := []rule{{"app", "ports", 18}, {"app", "ingress", 20}, {"app", "egress", 22}}
	byLine := cmpopts.SortSlices(func(a, b rule) bool { return a.line < b.line })
	if diff := cmp.Diff(wantRules, got, byLine, cmp.AllowUnexported(rule{})); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

// What has a problem reads as empty: nothing is derived from it, least of all a path.
func TestBrokenValuesReadAsEmpty(t *testing.T) {
	c, problems := load(t, `client: {company_name: 5, company_prefix: My, account_id: 123456789012, tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups: {scenario: ../../x, sg_name_override: A, workload: /, vpc_source: direct, vpc_id: x}
tags: {a: 1}
`)
	if !problems.HasErrors() {
		t.Fatal("no errors")
	}
	want := &config.Config{
		File: "configs/my.yaml", TenantID: "m001", Env: "dev", Region: "us-west-2",
		ScenarioPos: diag.Pos{File: "configs/my.yaml", Line: 3, Column: 29},
		Tags:        map[string]string{"a": ""},
	}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreFields(config.Config{}, "Source")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestVPC(t *testing.T) {
	for _, tc := range []struct{ name, lines, id, path string }{
		{"derived from the names", "", "", "/vpc/my-dev-m001-us-west-2-vpc/VPCId"},
		{"the workload is not part of it", "  workload: x\n", "", "/vpc/my-dev-m001-us-west-2-vpc/VPCId"},
		{"nor is the set's own name", "  sg_name_override: x\n", "", "/vpc/my-dev-m001-us-west-2-vpc/VPCId"},
		{"given as a path", "  vpc_source: parameter-store\n  vpc_parameter_store_path: /vpc/x/VPCId\n", "", "/vpc/x/VPCId"},
		{"given directly", "  vpc_source: direct\n  vpc_id: vpc-12345678\n", "vpc-12345678", ""},
		{"given directly, with an empty path", "  vpc_source: direct\n  vpc_id: vpc-12345678\n  vpc_parameter_store_path: \"\"\n", "vpc-12345678", ""},
		{"an empty ID is none", "  vpc_id: \"\"\n", "", "/vpc/my-dev-m001-us-west-2-vpc/VPCId"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, problems := load(t, strings.Replace(minimal, "security_groups: {scenario: 3-tier-web}", "security_groups:\n  scenario: 3-tier-web\n"+tc.lines, 1))
			if len(problems) > 0 {
				t.Error(problems)
			}
			if c.VPCID != tc.id || c.VPCPath != tc.path {
				t.Errorf("got %q and %q, want %q and %q", c.VPCID, c.VPCPath, tc.id, tc.path)
			}
		})
	}
}

func TestLoadWhatIsNoFile(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"bad.yaml", "good.yaml"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(minimal), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	nowhere := filepath.Join(folder, "nowhere")
	for _, tc := range []struct {
		folder, name string
		want         diag.Diagnostic
	}{
		{folder, "bed.yaml", diag.Diagnostic{Summary: "the config cannot be read: there is no such file", Hint: `did you mean "bad.yaml"?`}},
		{folder, "folder.yaml", diag.Diagnostic{Summary: "the config cannot be read: it is a directory, not a file"}},
		{nowhere, "bad.yaml", diag.Diagnostic{
			Summary: "the config cannot be read: there is no such file",
			Hint:    "the folder " + nowhere + " does not exist; --workdir names the folder that holds it",
		}},
	} {
		tc.want.ID, tc.want.Pos = diag.CodeUnreadable, diag.Pos{File: "configs/" + tc.name}
		c, problems, err := config.Load(tc.folder, "configs", tc.name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(diag.List{tc.want}, problems); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if diff := cmp.Diff(&config.Config{File: "configs/" + tc.name}, c); diff != "" {
			t.Errorf("%s: the config is not empty:\n%s", tc.name, diff)
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"my.yaml": true, "my": true, "My Config.yaml": true, "a.b.c": true, "-": true,
		"": false, "a/b.yaml": false, "/etc/passwd": false, `a\b.yaml`: false, "..": false, "../my.yaml": false, "a..b": false, "a\x00": false,
	} {
		if err := config.CheckName(name); (err == nil) != ok {
			t.Errorf("CheckName(%q) = %v, want ok: %t", name, err, ok)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(minimal)
	for _, line := range []string{"  vpc_id: x\n", "  overrides: {a: {port_overrides: [{}]}}\n", "  waivers: [{check: SG001, reason: x, expires: 2027-02-30}]\n", "tags: {'aws:a': b}\n"} {
		f.Add(strings.Replace(minimal, "{scenario: 3-tier-web}", "\n  scenario: x\n", 1) + line)
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(filepath.Join(folder, "my.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, problems, err := config.Load(folder, "configs", "my.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if problems.HasErrors() {
			return
		}
		if (c.VPCID == "") == (c.VPCPath == "") || c.Scenario == "" || c.Names.SGName == "" || len(c.AccountID) != 12 {
			t.Errorf("a config without errors lacks something: %+v", c)
		}
		if strings.ContainsAny(c.Names.SGName+c.Scenario, "/\\. \x00") {
			t.Errorf("a name is a path: %q, %q", c.Names.SGName, c.Scenario)
		}
	})
}

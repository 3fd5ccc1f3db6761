package scenario_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/scenario"
	"mlops-infra-suite/internal/testkit"
)

// files are scenario files by name, without .yaml.
type files map[string]string

func library(t testing.TB, own files) *scenario.Library {
	t.Helper()
	folder := t.TempDir()
	for name, text := range own {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return scenario.NewLibrary(folder, "scenarios")
}

// resolve loads a scenario, from own files or built in, with the overrides of a config written as YAML.
func resolve(t testing.TB, own files, name, overrides string) (ruleset.Set, diag.List) {
	t.Helper()
	s, problems, err := library(t, own).Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if problems.HasErrors() {
		return ruleset.Set{}, problems
	}
	set, found := s.Resolve(readOverrides(t, overrides))
	return set, append(problems, found...)
}

// overridesHead is what stands before the overrides in a config: they begin in line 6.
const overridesHead = `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: dev, region: us-west-2}
security_groups:
  scenario: x
  overrides:
`

func readOverrides(t testing.TB, text string) []config.Override {
	t.Helper()
	if text == "" {
		return nil
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "my.yaml"), []byte(overridesHead+text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems, err := config.Load(folder, "configs", "my.yaml")
	if err != nil || problems.HasErrors() {
		t.Fatal(err, problems)
	}
	return c.Overrides
}

// table is a set as text: a line for each tier and each rule.
func table(set ruleset.Set) []string {
	var out []string
	for _, t := range set.Tiers {
		line := fmt.Sprintf("%s: %s", t.Name, t.Role)
		if t.Service != nil {
			line += " on " + t.Service.String()
		}
		if t.Description != "" {
			line += " - " + t.Description
		}
		out = append(out, line)
		for _, r := range slices.Concat(t.Ingress, t.Egress) {
			out = append(out, fmt.Sprintf("  %s - %s (%s %s)", r.Key, r.Description, r.Origin, r.Pos))
		}
	}
	return out
}

// text are diagnostics, one a line.
func text(l diag.List) []string {
	l.Sort()
	var out []string
	for _, d := range l {
		line := fmt.Sprintf("%s %s %s: %s", d.Severity, d.ID, d.Pos, d.Summary)
		if d.Hint != "" {
			line += " [" + d.Hint + "]"
		}
		out = append(out, line)
	}
	return out
}

func TestCatalogue(t *testing.T) {
	l := library(t, nil)
	entries, problems, err := l.List()
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	var out []string
	for _, e := range entries {
		if !e.Builtin {
			t.Errorf("%s is not built in", e.Name)
		}
		out = append(out, fmt.Sprintf("%s: %s (%s)", e.Name, e.Description, strings.Join(e.Tiers, ", ")))
		set, problems := resolve(t, nil, e.Name, "")
		if len(problems) > 0 {
			t.Errorf("%s: %v", e.Name, problems)
		}
		out = append(append(out, table(set)...), "")
	}
	testkit.Golden(t, "catalogue.txt", strings.Join(out, "\n"))
}

// The nine scenarios, held to the table of what they promise by their traffic and peers alone.
func TestCatalogueKeepsItsPromise(t *testing.T) {
	web := func(next string, port int) []string {
		return []string{
			"web ingress tcp/80 from 0.0.0.0/0", "web ingress tcp/80 from ::/0", "web ingress tcp/443 from 0.0.0.0/0", "web ingress tcp/443 from ::/0",
			"web egress tcp/443 to 0.0.0.0/0", fmt.Sprintf("web egress tcp/%d to %s", port, next),
		}
	}
	db := func(from string, port int) []string {
		return []string{fmt.Sprintf("db ingress tcp/%d from %s", port, from)}
	}
	three := func(port int) []string {
		app := []string{"app ingress tcp/8080 from web", "app egress tcp/443 to 0.0.0.0/0", fmt.Sprintf("app egress tcp/%d to db", port)}
		return slices.Concat(web("app", 8080), app, db("app", port))
	}
	want := map[string][]string{
		"3-tier-web":            three(5432),
		"3-tier-rds-postgresql": three(5432),
		"3-tier-rds-mysql":      three(3306),
		"3-tier-redshift":       three(5439),
		"3-tier-oracle":         three(1521),
		"3-tier-sqlserver":      three(1433),
		"3-tier-documentdb":     three(27017),
		"2-tier-web":            slices.Concat(web("app", 8080), []string{"app ingress tcp/8080 from web", "app egress tcp/443 to 0.0.0.0/0"}),
		"2-tier-rds-postgresql": slices.Concat(web("db", 5432), db("web", 5432)),
	}
	entries, _, err := library(t, nil).List()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, e := range entries {
		set, _ := resolve(t, nil, e.Name, "")
		for r := range set.Rules() {
			got[e.Name] = append(got[e.Name], r.Key.String())
		}
	}
	for _, lists := range []map[string][]string{got, want} {
		for _, rules := range lists {
			slices.Sort(rules)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

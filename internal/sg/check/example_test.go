package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/scenario"
)

// TestExamples runs what the documentation of each check shows: through the real readers, with the default settings.
func TestExamples(t *testing.T) {
	for _, c := range check.Catalogue() {
		t.Run(c.ID, func(t *testing.T) {
			pass := outcome(t, c.ID, c.Pass)
			if pass.Verdict != check.Pass || len(pass.Findings) > 0 {
				t.Errorf("the example that passes: %s %v", pass.Verdict, brief(pass.Findings))
			}
			if c.Constructed != "" {
				if !strings.HasPrefix(c.Fail.YAML, "Resources:") {
					t.Error("where no set of this tool can fail, the example is a template")
				}
				return
			}
			fail := outcome(t, c.ID, c.Fail)
			if fail.Verdict != check.Fail || len(fail.Findings) == 0 {
				t.Errorf("the example that fails: %s %v", fail.Verdict, brief(fail.Findings))
			}
			for _, d := range fail.Findings {
				if !slices.ContainsFunc(c.Levels, func(l check.Level) bool { return l.Severity == d.Severity }) {
					t.Errorf("%s is none of the levels %v", d.Severity, c.Levels)
				}
				if d.Detail != c.Why || d.Hint == "" || strings.Contains(d.Summary, "%!") {
					t.Errorf("the finding is not complete: %+v", d)
				}
			}
		})
	}
}

// outcome is what a check says of an example.
func outcome(t *testing.T, id string, e check.Example) check.Outcome {
	t.Helper()
	set, tags := resolve(t, e.YAML)
	in := settled(t, set)
	in.Tags = tags
	if e.Quota > 0 {
		in.RulesPerDirection = e.Quota
	}
	outcomes := check.Judge(in)
	return outcomes[slices.IndexFunc(outcomes, func(o check.Outcome) bool { return o.Check.ID == id })]
}

// resolve reads an example as a user's file.
func resolve(t *testing.T, text string) (ruleset.Set, map[string]string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if name, ok := strings.CutPrefix(text, "name: "); ok {
		name, _, _ = strings.Cut(name, "\n")
		write(name+".yaml", text)
		text = "security_groups: {scenario: " + name + "}\n"
	}
	write("config.yaml", `client: {company_name: My, company_prefix: my, account_id: "123456789012", tenant_id: m001}
environment: {env: prod, region: us-west-2}
`+text)
	cfg, problems, err := config.Load(dir, "configs", "config.yaml")
	mustBeSound(t, problems, err)
	s, problems, err := scenario.NewLibrary(dir, "scenarios").Load(cfg.Scenario)
	mustBeSound(t, problems, err)
	set, problems := s.Resolve(cfg.Overrides)
	mustBeSound(t, problems, nil)
	return set, cfg.Tags
}

func mustBeSound(t *testing.T, problems diag.List, err error) {
	t.Helper()
	if err != nil || len(problems) > 0 {
		t.Fatal(err, brief(problems))
	}
}

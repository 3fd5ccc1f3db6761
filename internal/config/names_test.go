package config_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/config"
)

func TestNames(t *testing.T) {
	const sgName = "globalbank-prod-c001-us-west-2-sg"
	n := config.Names{SGName: sgName}
	got := map[string]string{
		"stack":       n.Stack(),
		"group":       n.Group("web"),
		"description": n.GroupDescription("web"),
		"parameter":   n.Parameter("web"),
		"export":      n.Export("web"),
		"template":    n.Template("templates"),
		"log":         n.Log("reports", "create-template", "20270331T120000Z"),
	}
	want := map[string]string{
		"stack":       "globalbank-prod-c001-us-west-2-sg-stack",
		"group":       "globalbank-prod-c001-us-west-2-sg-web",
		"description": "globalbank-prod-c001-us-west-2-sg web tier",
		"parameter":   "/sg/globalbank-prod-c001-us-west-2-sg/web/SecurityGroupId",
		"export":      "globalbank-prod-c001-us-west-2-sg-web-SecurityGroupId",
		"template":    "templates/globalbank-prod-c001-us-west-2-sg-template.yaml",
		"log":         "reports/globalbank-prod-c001-us-west-2-sg-create-template-20270331T120000Z.log",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSGName(t *testing.T) {
	for _, tc := range []struct{ lines, want string }{
		{"", "my-dev-m001-us-west-2-sg"},
		{"  workload: reporting\n", "my-dev-m001-us-west-2-reporting-sg"},
		{"  workload: 2nd\n", "my-dev-m001-us-west-2-2nd-sg"},
		{"  sg_name_override: my-own\n", "my-own"},
		{"  sg_name_override: my-own\n  workload: reporting\n", "my-own"},
		{"  sg_name_override: \"\"\n  workload: \"\"\n", "my-dev-m001-us-west-2-sg"},
	} {
		c, problems := load(t, strings.Replace(minimal, "{scenario: 3-tier-web}", "\n  scenario: 3-tier-web\n"+tc.lines, 1))
		if len(problems) > 0 || c.Names.SGName != tc.want {
			t.Errorf("%q: got %q and %v, want %q", tc.lines, c.Names.SGName, problems, tc.want)
		}
	}
}

// Whatever config is accepted, its names keep to the limits of AWS, with the suffix of a test set too.
func TestNamesKeepToAWSLimits(t *testing.T) {
	stack := regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)
	parameter := regexp.MustCompile(`^(/[a-zA-Z0-9_.-]+){1,15}$`)
	export := regexp.MustCompile(`^[A-Za-z0-9:-]{1,255}$`)
	rapid.Check(t, func(rt *rapid.T) {
		word := func(name string) string { return rapid.StringMatching(`[a-z][a-z0-9-]{0,62}`).Draw(rt, name) }
		text := strings.Replace(minimal, "company_prefix: my", "company_prefix: "+word("prefix"), 1)
		text = strings.Replace(text, "3-tier-web}", `3-tier-web, workload: "`+word("workload")+`"}`, 1)
		c, problems := load(t, text)
		tooLong := len(c.Names.SGName) > 110
		if problems.HasErrors() != tooLong {
			rt.Fatalf("%d characters: %v", len(c.Names.SGName), problems)
		}
		if tooLong {
			return
		}
		test := config.Names{SGName: c.Names.SGName + "-t0123ab"}
		tier := strings.Repeat("t", 31)
		if !stack.MatchString(test.Stack()) || !parameter.MatchString(test.Parameter(tier)) || len(test.Parameter(tier)) > 1011 ||
			!export.MatchString(test.Export(tier)) || len(test.GroupDescription(tier)) > 255 || len(test.Group(tier)) > 256 {
			rt.Fatalf("a name breaks a limit: %+v", test)
		}
	})
}

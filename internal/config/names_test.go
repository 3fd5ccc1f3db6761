package config_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
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

func TestTestSets(t *testing.T) {
	n := config.Names{SGName: "my-set"}
	test := n.Test("0123ab")
	if test.SGName != "my-set-t0123ab" {
		t.Errorf("a test set is called %s", test.SGName)
	}
	for stack, want := range map[string]string{
		test.Stack():                 "my-set-t0123ab",
		n.Stack():                    "",
		"my-set-t0123a-stack":        "",
		"my-set-t0123abc-stack":      "",
		"my-set-tools-stack":         "",
		"other-t0123ab-stack":        "",
		"my-set-two-t0123ab-stack":   "",
		"my-set-t0123ab-stack-stack": "",
	} {
		got, ok := n.TestSet(stack)
		if got.SGName != want || ok != (want != "") {
			t.Errorf("%s is of the test set %q, %t; want %q", stack, got.SGName, ok, want)
		}
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

// EC2 refuses names of groups that begin as IDs do, and CloudFormation derives them from the stack's name.
func TestNamesLikeIDs(t *testing.T) {
	for _, tc := range []struct {
		old, replacement string
		refused          bool
	}{
		{"company_prefix: my", "company_prefix: sg", true},
		{"company_prefix: my", "company_prefix: sg-x", true},
		{"company_prefix: my", "company_prefix: sgx", false},
		{"{scenario: 3-tier-web}", "{scenario: 3-tier-web, sg_name_override: sg-foo}", true},
		{"{scenario: 3-tier-web}", "{scenario: 3-tier-web, sg_name_override: sg}", true}, // the stack is sg-stack
		{"{scenario: 3-tier-web}", "{scenario: 3-tier-web, sg_name_override: my-sg-foo}", false},
	} {
		_, problems := load(t, strings.Replace(minimal, tc.old, tc.replacement, 1))
		refused := slices.ContainsFunc(problems, func(d diag.Diagnostic) bool { return d.ID == diag.CodeName && d.IsError() })
		if refused != tc.refused || len(problems) > 1 {
			t.Errorf("%s: %v", tc.replacement, problems)
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
		likeID := strings.HasPrefix(c.Names.SGName, "sg-")
		if problems.HasErrors() != (tooLong || likeID) {
			rt.Fatalf("%s: %v", c.Names.SGName, problems)
		}
		if tooLong || likeID {
			return
		}
		test := c.Names.Test("0123ab")
		tier := strings.Repeat("t", 31)
		if !stack.MatchString(test.Stack()) || !parameter.MatchString(test.Parameter(tier)) || len(test.Parameter(tier)) > 1011 ||
			!export.MatchString(test.Export(tier)) || len(test.GroupDescription(tier)) > 255 || len(test.Group(tier)) > 256 {
			rt.Fatalf("a name breaks a limit: %+v", test)
		}
	})
}

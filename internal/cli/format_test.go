package cli_test

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/cli"
	"mlops-infra-suite/internal/testkit"
)

// ran is what a run of the program left.
type ran struct {
	Stdout, Stderr string
	Exit           int
}

// invoke runs the program in this process at noon of the first of November 2026.
func invoke(t *testing.T, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit := cli.Main(t.Context(), args, cli.Env{
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Version: "test",
		Now: func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) },
	})
	return ran{stdout.String(), stderr.String(), exit}
}

// full is a disk that takes nothing more.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// A result that can't be written is a failure, not wrong usage, and what the run itself failed with is told all the same.
func TestResultCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/formats")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{"list-scenarios"}, 1, "error: write result: no space left on device"},
		{[]string{"list-scenarios", "-o", "json"}, 1, "error: write result: no space left on device"},
		{[]string{"validate-config", "-c", "nothing.yaml", "-o", "json"}, 3, "the input is not valid"},
	} {
		var stderr bytes.Buffer
		env := cli.Env{Stdin: strings.NewReader(""), Stdout: full{}, Stderr: &stderr, Version: "test", Now: time.Now}
		exit := cli.Main(t.Context(), append(tc.args, "--workdir", dir), env)
		if exit != tc.exit || !strings.Contains(stderr.String(), tc.want) || strings.Contains(stderr.String(), "--help") {
			t.Errorf("%v: exit code %d\n%s", tc.args, exit, stderr.String())
		}
	}
}

func TestMarkdown(t *testing.T) {
	dir := t.TempDir() // the sandbox writes there
	if err := os.CopyFS(dir, os.DirFS("testdata/formats")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		golden string
		exit   int
		args   string
	}{
		{"validate-plain", 0, "validate-config -c plain.yaml"},
		{"validate-open", 5, "validate-config -c open.yaml"},
		{"validate-wrong", 3, "validate-config -c wrong.yaml"},
		{"validate-missing", 3, "validate-config -c missing.yaml"},
		{"validate-nothing", 2, "validate-config"},
		{"scenario-plain", 0, "show-scenario -c plain.yaml"},
		{"reach-open", 0, "show-reachability -c open.yaml --to db"},
		{"reach-against", 0, "show-reachability -c open.yaml --against plain.yaml --from internet"},
		{"reach-nonsense", 2, "show-reachability -c plain.yaml --from nonsense"},
		{"plan", 0, "create-security-groups -c plain.yaml --dry-run --sandbox"},
		{"plan-blocked", 5, "create-security-groups -c open.yaml --dry-run --sandbox"},
	} {
		t.Run(tc.golden, func(t *testing.T) {
			got := invoke(t, append(strings.Fields(tc.args), "--output", "markdown", "--workdir", dir)...)
			testkit.Golden(t, "markdown/"+tc.golden+".md", got.Stdout)
			if got.Exit != tc.exit {
				t.Errorf("exit code %d, want %d", got.Exit, tc.exit)
			}
			if failed := strings.Contains(got.Stderr, "error: "); failed != (tc.exit != 0) {
				t.Errorf("exit code %d and on stderr: %s", got.Exit, got.Stderr)
			}
		})
	}
}

func TestFormatsOfActions(t *testing.T) {
	const hint = "hint: these have one: "
	for _, tc := range []struct {
		args string
		want ran
	}{
		{"validate-config -o yaml", ran{
			Stderr: "error: --output is text, json, markdown or sarif, not \"yaml\"\nhint: sg-provisioner --help shows the actions and flags\n", Exit: 2,
		}},
		{"list-scenarios -o markdown", ran{
			Stderr: "error: list-scenarios has no form for --output markdown\n" +
				hint + "check-drift, create-policy, create-review-report, create-security-groups, delete-security-groups, show-changes, " +
				"show-reachability, show-scenario, test-deploy, validate-config, validate-template\n", Exit: 2,
		}},
		{"create-security-groups -c plain.yaml -o sarif", ran{
			Stderr: "error: create-security-groups has no form for --output sarif\n" +
				hint + "create-template, show-reachability, show-scenario, validate-config, validate-template\n", Exit: 2,
		}},
		{"show-scenario -o sarif", ran{ // the action has begun, but there was nothing to analyse
			Stderr: "error: show-scenario needs a config: -con FILE\nhint: sg-provisioner --help shows the actions and flags\n", Exit: 2,
		}},
	} {
		t.Run(tc.args, func(t *testing.T) {
			got := invoke(t, append(strings.Fields(tc.args), "--workdir", "testdata/formats")...)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFormatsAreCompleted(t *testing.T) {
	for action, want := range map[string]string{
		"":                       "text\njson\nmarkdown\nsarif\n:4\n",
		"validate-config":        "text\njson\nmarkdown\nsarif\n:4\n",
		"create-security-groups": "text\njson\nmarkdown\n:4\n",
		"create-template":        "text\njson\nsarif\n:4\n",
		"version":                "text\njson\n:4\n",
	} {
		args := append(strings.Fields("__complete "+action), "--output", "")
		if diff := cmp.Diff(want, invoke(t, args...).Stdout); diff != "" {
			t.Errorf("%s (-want +got):\n%s", action, diff)
		}
	}
}

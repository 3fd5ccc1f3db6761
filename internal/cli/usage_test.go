package cli_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/cli"
)

// Programs that read an action's JSON find its keys whatever went wrong: with a wrong flag they are those of any other failure, and
// nothing is null.
func TestUsageErrorsHaveTheKeysOfTheAction(t *testing.T) {
	failing := []string{
		"validate-config", "show-scenario", "show-reachability", "create-policy", "create-template", "create-review-report", "validate-template",
		"show-changes", "check-drift", "test-deploy", "create-security-groups", "delete-security-groups",
	}
	dir := workdir(t, "dev")
	keys := func(want int, args ...string) []string {
		var stdout, stderr bytes.Buffer
		env := cli.Env{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now, Version: "test"}
		exit := cli.Main(t.Context(), append(args, "-o", "json", "--workdir", dir), env)
		var doc map[string]any
		if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil || exit != want {
			t.Fatalf("%v: exit code %d, %v\n%s%s", args, exit, err, stdout.String(), stderr.String())
		}
		if doc["action"] != args[0] || strings.Contains(stdout.String(), "null") {
			t.Errorf("%v:\n%s", args, stdout.String())
		}
		return slices.Sorted(maps.Keys(doc))
	}
	for _, action := range failing {
		if diff := cmp.Diff(keys(3, action, "-c", "none.yaml", "--force", "--sandbox"), keys(2, action, "--nope")); diff != "" {
			t.Errorf("%s: keys (-not valid +wrong usage):\n%s", action, diff)
		}
	}
}

// On a narrow terminal prose is broken into its lines; in a pipe it isn't.
func TestProseFitsTheTerminal(t *testing.T) {
	dir := workdir(t, "dev")
	run := func(width int, args ...string) string {
		var out bytes.Buffer
		env := cli.Env{
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Now: time.Now, Version: "test", StdoutWidth: width, StderrWidth: width,
		}
		cli.Main(t.Context(), append(args, "--workdir", dir), env)
		return out.String()
	}
	for _, args := range [][]string{{"validate-config", "-c", "my.yaml"}, {"create-security-groups", "-c", "my.yaml"}, {"--help"}} {
		long, narrow := run(0, args...), run(60, args...)
		if diff := cmp.Diff(strings.Fields(long), strings.Fields(narrow)); diff != "" || len(narrow) == 0 {
			t.Errorf("%v: words (-pipe +terminal):\n%s", args, diff)
		}
		prose := false // whether the lines are those of a reason or a mend
		for line := range strings.Lines(narrow) {
			line = strings.TrimRight(line, "\n")
			prose = strings.HasPrefix(line, "  why: ") || strings.HasPrefix(line, "  hint: ") || prose && strings.HasPrefix(line, "    ") ||
				strings.HasPrefix(line, "error: ") || strings.HasPrefix(line, "hint: ")
			if prose && utf8.RuneCountInString(line) > 60 {
				t.Errorf("%v: too long: %s", args, line)
			}
		}
		if strings.Count(long, "\n") >= strings.Count(narrow, "\n") {
			t.Errorf("%v: no line is broken:\n%s", args, narrow)
		}
	}
}

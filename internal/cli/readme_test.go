package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestREADME runs what the README shows: the transcript, and the config beside the rules that it yields.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(strings.Fields(string(readme))); n > 600 {
		t.Errorf("%d words, more than anybody reads", n)
	}
	program, dir := build(t), t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples", "configs"), os.DirFS("../../examples/configs")); err != nil {
		t.Fatal(err)
	}

	command, shown, _ := strings.Cut(block(t, string(readme), "console"), "\n")
	args, ok := strings.CutPrefix(command, "$ go run ./cmd/sg-provisioner ")
	if !ok {
		t.Fatalf("transcript begins with %q", command)
	}
	got := combined(t, dir, program, strings.Fields(args)...)
	if !matches(steady(shown), steady(got)) {
		t.Errorf("the transcript shows\n%s\nthe program printed\n%s", steady(shown), steady(got))
	}

	config := filepath.Join(dir, "examples", "configs", "readme.yaml")
	if err := os.WriteFile(config, []byte(block(t, string(readme), "yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := stdout(t, dir, program, "--workdir", "examples", "-c", "readme.yaml", "show-scenario")
	rules = regexp.MustCompile(`(?m) \(\S+:\d+:\d+\)$`).ReplaceAllString(rules, "")
	if diff := cmp.Diff(block(t, string(readme), "text"), rules); diff != "" {
		t.Errorf("rules (-README +program):\n%s", diff)
	}
}

// block is the first fenced block of a language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "```"+language+"\n")
	content, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("the README has no %s block", language)
	}
	return content
}

// combined is what a user sees of a run that succeeds: stdout and stderr together.
func combined(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// stdout is the result of a run that succeeds.
func stdout(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// steady replaces what differs from run to run.
func steady(text string) string {
	for _, r := range []struct{ pattern, by string }{
		{`\b(sg|vpc)-[0-9a-f]{17}\b`, "$1-ID"},
		{`(?m)^\d\d:\d\d:\d\d `, "TIME "},
		{`in [0-9.]+m?s\b`, "in TIME"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.by)
	}
	return text
}

// matches reports whether text is what a transcript shows, in which a line "..." stands for any lines.
func matches(shown, text string) bool {
	pattern := regexp.QuoteMeta(shown)
	pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta("...\n"), "(?:.*\n)*?")
	return regexp.MustCompile("^" + pattern + "$").MatchString(text)
}

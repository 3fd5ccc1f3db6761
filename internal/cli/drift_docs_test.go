//go:build tools

package cli_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// watch is a working directory with a deployed set in a sandbox, where the examples of the documentation are run as they stand.
type watch struct {
	dir string
	env []string
}

func newWatch(t *testing.T) *watch {
	t.Helper()
	w := &watch{dir: t.TempDir()}
	if err := os.CopyFS(w.dir, os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	w.env = append(os.Environ(), "PATH="+filepath.Dir(build(t))+":"+os.Getenv("PATH"), "SG_SANDBOX=1",
		"GITHUB_STEP_SUMMARY="+filepath.Join(w.dir, "summary"), "GITHUB_OUTPUT="+filepath.Join(w.dir, "output"))
	w.run(t, 0, "bash", "sg-provisioner create-security-groups --force -c globalbank-prod.yaml")
	return w
}

// run runs a script and wants an exit code; it returns what the script prints.
func (w *watch) run(t *testing.T, want int, shell, script string, environ ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell, "-e", "-c", script) // as GitHub runs bash
	cmd.Dir, cmd.Env = w.dir, slices.Concat(w.env, environ)
	out, err := cmd.CombinedOutput()
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%s\nends with %d, want %d:\n%s", script, got, want, out)
	}
	return string(out)
}

// drift has alice add a rule.
func (w *watch) drift(t *testing.T) {
	t.Helper()
	h := openHands(t, w.dir, nil)
	h.allow("alice", "web", 22, "198.51.100.7/32")
	h.close()
}

// examples are the fenced blocks of the page about drift in a language.
func examples(t *testing.T, language string) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/drift.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("the page has no block of %s", language)
	}
	return blocks
}

func TestDriftDocsShell(t *testing.T) {
	w := newWatch(t)
	w.drift(t)
	for _, script := range examples(t, "sh") {
		out := w.run(t, 0, "bash", script)
		if want := "web ingress tcp 22 198.51.100.7/32 arn:aws:sts::123456789012:assumed-role/Operator/alice\n"; !strings.HasSuffix(out, want) {
			t.Errorf("%s\nprints\n%s", script, out)
		}
	}
}

func TestDriftDocsCron(t *testing.T) {
	w := newWatch(t)
	for _, line := range examples(t, "cron") {
		fields := regexp.MustCompile(`^(\S+) (\S+) (\S+) (\S+) (\S+) +(\S.*)\n$`).FindStringSubmatch(line)
		if fields == nil || strings.Contains(line, "%") { // % ends a command of cron
			t.Fatalf("no line of cron: %q", line)
		}
		script := strings.Replace(fields[6], "/srv/security-groups", w.dir, 1)
		if out := w.run(t, 0, "sh", script); out != "" {
			t.Errorf("mail without drift:\n%s", out)
		}
		w.drift(t)
		if out := w.run(t, 0, "sh", script); !strings.Contains(out, "1 rule added") {
			t.Errorf("no mail of drift:\n%s", out)
		}
		if out := w.run(t, 0, "sh", script, "SG_SANDBOX_FAULTS=DescribeStacks=denied"); !strings.Contains(out, "error: ") {
			t.Errorf("no mail of a failure:\n%s", out)
		}
	}
}

// workflow is a workflow of GitHub Actions, as far as it is looked at.
type workflow struct {
	On          map[string]any
	Permissions map[string]string
	Jobs        map[string]struct {
		RunsOn string `yaml:"runs-on"`
		Steps  []struct{ Uses, Run, ID, If, Name string }
	}
}

func TestDriftDocsWorkflow(t *testing.T) {
	var flow workflow
	if err := yaml.Unmarshal([]byte(examples(t, "yaml")[0]), &flow); err != nil {
		t.Fatal(err)
	}
	if flow.On["schedule"] == nil || flow.Permissions["id-token"] != "write" || len(flow.Jobs) != 1 {
		t.Fatalf("%+v", flow)
	}
	steps := flow.Jobs["check"].Steps
	look, say := steps[len(steps)-2], steps[len(steps)-1]
	if look.ID != "drift" || say.If != "steps.drift.outputs.code == 10" {
		t.Fatalf("%+v", steps)
	}
	w := newWatch(t)
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	w.run(t, 0, "bash", look.Run)
	if code, summary := read("output"), read("summary"); code != "code=0\n" || !strings.Contains(summary, "no drift") {
		t.Errorf("without drift: %s%s", code, summary)
	}
	w.drift(t)
	w.run(t, 0, "bash", look.Run)
	if code, summary := read("output"), read("summary"); code != "code=10\n" || !strings.Contains(summary, "assumed-role/Operator/alice") {
		t.Errorf("with drift: %s%s", code, summary)
	}
	if out := w.run(t, 1, "bash", say.Run); !strings.HasPrefix(out, "::error title=Drift::") {
		t.Errorf("it says %s", out)
	}
	w.run(t, 1, "bash", look.Run, "SG_SANDBOX_FAULTS=DescribeStacks=denied")
}

//go:build tools

package template_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cfn-lint finds nothing in any template that is written, not even something to inform about.
func TestCFNLint(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden templates: %v", err)
	}
	args := append([]string{"--include-checks", "I", "--"}, files...)
	out, err := exec.CommandContext(t.Context(), "cfn-lint", args...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("cfn-lint: %v\n%s", err, out)
	}
}

// PyYAML reads YAML 1.1, as CloudFormation does: there too the YAML must be what the JSON is, whatever the tags look like.
func TestYAML11ReadsTheSame(t *testing.T) {
	const script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.buffer)))"
	for name, in := range inputs(t) {
		text, want := build(t, in)
		cmd := exec.CommandContext(t.Context(), "python3", "-c", script)
		cmd.Stdin = bytes.NewReader(text)
		got, err := cmd.Output()
		if err != nil {
			t.Fatalf("python3 with PyYAML: %v", err)
		}
		if diff := cmp.Diff(parseAny(t, want), parseAny(t, got)); diff != "" {
			t.Errorf("%s (-JSON +YAML 1.1):\n%s", name, diff)
		}
	}
}

func parseAny(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

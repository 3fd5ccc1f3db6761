//go:build tools

package template_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mlops-infra-suite/internal/diag"
)

// lintFinding is what cfn-lint finds.
type lintFinding struct {
	Filename string
	Rule     struct{ ID string }
	Message  string
	Level    string
	Location struct{ Start struct{ LineNumber int } }
}

// cfnLint are cfn-lint's errors in templates, by file. One run for all: most of its time is its start.
func cfnLint(t *testing.T, files []string) map[string][]lintFinding {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "cfn-lint", append([]string{"--format", "json", "--"}, files...)...).Output()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatalf("cfn-lint: %v", err)
	}
	var all []lintFinding
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatalf("cfn-lint: %v\n%s", err, out)
	}
	found := map[string][]lintFinding{}
	for _, f := range all {
		if f.Level == "Error" {
			found[f.Filename] = append(found[f.Filename], f)
		}
	}
	return found
}

// Whatever cfn-lint calls an error in these templates is one here, on the same line or beside it; and a template in which it
// finds none has none here. Where the two differ, TestValidate has the case, and notForLint says why.
func TestValidateAgreesWithCFNLint(t *testing.T) {
	files := append(examples(t), toLint(t)...)
	theirs := cfnLint(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var ours diag.List
		near := map[int]bool{} // lines with an error, and those beside
		for _, d := range validate(file, string(text)).Problems {
			if d.Severity == diag.Error && strings.HasPrefix(d.ID, "CFG") {
				ours = append(ours, d)
				near[d.Pos.Line-1], near[d.Pos.Line], near[d.Pos.Line+1] = true, true, true
			}
		}
		name := filepath.Base(file)
		for _, f := range theirs[file] {
			known := notForLint[name] != "" && strings.Contains(f.Rule.ID+" "+f.Message, notForLint[name])
			cycle := f.Rule.ID == "E3004" && len(ours) > 0 // reported at each resource of a circle; here once
			if line := f.Location.Start.LineNumber; !near[line] && !known && !cycle {
				t.Errorf("%s:%d: cfn-lint says %s %s, this tool nothing", name, line, f.Rule.ID, f.Message)
			}
		}
		if len(theirs[file]) == 0 && len(ours) > 0 && notForLint[name] == "" {
			t.Errorf("%s: cfn-lint finds nothing, this tool\n%s", name, lines(ours))
		}
	}
}

// toLint writes each of TestValidate's templates, one mistake each, to a file.
func toLint(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for name, tt := range cases() {
		file := filepath.Join(dir, strings.NewReplacer(" ", "-", "'", "", ",", "").Replace(name)+".yaml")
		// cfn-lint judges resources by their types, and knows none of A::B::C.
		text := strings.ReplaceAll(tt.text, "A::B::C", "Custom::Any")
		text = strings.ReplaceAll(text, "{Type: Custom::Any}", "{Type: AWS::CloudFormation::WaitConditionHandle}")
		text = strings.ReplaceAll(text, "Custom::Any, Properties: {", "Custom::Any, Properties: {ServiceToken: x, ")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// notForLint are templates on which the two differ: a part of what cfn-lint says and this tool doesn't, or else what is known of
// AWS and not to cfn-lint, for resources of any type at least.
var notForLint = map[string]string{
	"cdk.json":       "E0000", // cfn-lint's YAML library does not read all of JSON
	"broken.yaml":    "'10.1.2.3/16' is not a 'ipv4-network'",
	"host-bits.yaml": "'10.1.2.3/16' is not a 'ipv4-network'", // EC2 takes it and drops the host bits (documented): a warning

	"a-type-that-is-merely-alike.yaml":  "is a required property", // of a type that is not checked here
	"the-list-of-rules-by-a-macro.yaml": "E3012",                  // the macro resolves it

	"a-port-too-high.yaml": "documented", "ports-backwards.yaml": "documented", "an-address.yaml": "documented", "an-unknown-protocol.yaml": "documented",
	"a-long-description.yaml": "documented", "a-descriptions-quote.yaml": "documented", "a-name-like-an-ID.yaml": "documented",
	"a-rule-for-no-group.yaml": "documented", "another-kinds-ID.yaml": "documented", "a-name-that-SSM-reserves.yaml": "documented",
	"a-path-without-its-slash.yaml": "documented", "a-Select-past-the-end.yaml": "documented", "empty-resources.yaml": "documented", "a-default-that-is-no-number.yaml": "documented",
	"an-alias.yaml": "documented", "a-merge-key.yaml": "documented", "a-map-that-is-not-there.yaml": "documented",
	"a-key-that-a-map-doesnt-have.yaml": "documented", "conditions-in-a-circle.yaml": "documented",
	"null.yaml": "reported", "a-function-that-there-is-not.yaml": "reported", "a-function-beside-a-key.yaml": "reported",
}

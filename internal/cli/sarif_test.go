package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/testkit"
)

// The golden files leave the rules out, and the places of results among them: the catalogue of checks grows.
func TestSARIF(t *testing.T) {
	schema := sarifSchema(t)
	for _, tc := range []struct {
		golden string
		exit   int
		args   string
	}{
		{"validate-plain", 0, "validate-config -c plain.yaml"},
		{"validate-open", 5, "validate-config -c open.yaml"},
		{"validate-wrong", 3, "validate-config -c wrong.yaml"},
		{"validate-missing", 3, "validate-config -c missing.yaml"},
		{"scenario-plain", 0, "show-scenario -c plain.yaml"},
		{"reach-open", 0, "show-reachability -c open.yaml"},
		{"template-open", 5, "create-template -c open.yaml --dry-run"},
	} {
		t.Run(tc.golden, func(t *testing.T) {
			got := invoke(t, append(strings.Fields(tc.args), "--output", "sarif", "--workdir", "testdata/formats")...)
			if got.Exit != tc.exit {
				t.Errorf("exit code %d, want %d", got.Exit, tc.exit)
			}
			if failed := strings.HasPrefix(got.Stderr, "error: "); failed != (tc.exit != 0) {
				t.Errorf("exit code %d and on stderr: %s", got.Exit, got.Stderr)
			}
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(got.Stdout))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(document); err != nil {
				t.Error(err)
			}
			testkit.Golden(t, "sarif/"+tc.golden+".json", withoutRules(t, got.Stdout))
		})
	}
}

func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// withoutRules is a log without its rules, after a look at whether each result leads to its own.
func withoutRules(t *testing.T, text string) string {
	t.Helper()
	var log map[string]any
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	sarifRun := log["runs"].([]any)[0].(map[string]any)
	driver := sarifRun["tool"].(map[string]any)["driver"].(map[string]any)
	rules := driver["rules"].([]any)
	for _, r := range sarifRun["results"].([]any) {
		result := r.(map[string]any)
		index := int(result["ruleIndex"].(float64))
		if index < 0 || rules[index].(map[string]any)["id"] != result["ruleId"] {
			t.Errorf("the rule of %v is not number %d", result["ruleId"], index)
		}
		delete(result, "ruleIndex")
	}
	delete(driver, "rules")
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(log); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sarifLog is what the tests below read of a log.
type sarifLog struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct {
					ID                                      string
					ShortDescription, FullDescription, Help struct{ Text string }
					DefaultConfiguration                    struct{ Level string }
				}
			}
		}
		Results []struct {
			RuleID              string
			PartialFingerprints map[string]string
			Locations           []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine int }
				}
			}
		}
	}
}

func readSARIF(t *testing.T, args ...string) sarifLog {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal([]byte(invoke(t, append(args, "--output", "sarif")...).Stdout), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

// Every ID that a finding may have is described, completely, within the limits of GitHub's code scanning.
func TestSARIFRules(t *testing.T) {
	var want, got []string
	for _, c := range diag.Codes() {
		want = append(want, c.ID)
	}
	for _, c := range check.Catalogue() {
		want = append(want, c.ID)
	}
	want = append(want, reach.CodeRefuted)
	for _, rule := range readSARIF(t, "validate-config", "-c", "plain.yaml", "--workdir", "testdata/formats").Runs[0].Tool.Driver.Rules {
		got = append(got, rule.ID)
		for _, text := range []string{rule.ShortDescription.Text, rule.FullDescription.Text, rule.Help.Text, rule.DefaultConfiguration.Level} {
			if text == "" || len(text) > 1024 && text != rule.Help.Text {
				t.Errorf("%s has a text that is empty or too long: %q", rule.ID, text)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Lines that move change no fingerprint, and no two results have the same.
func TestSARIFFingerprints(t *testing.T) {
	fingerprints := func(dir, config string) []string {
		var all []string
		for _, r := range readSARIF(t, "validate-config", "-c", config, "--workdir", dir).Runs[0].Results {
			all = append(all, r.RuleID+" "+r.PartialFingerprints["finding/v1"])
		}
		slices.Sort(all)
		return all
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/formats")); err != nil {
		t.Fatal(err)
	}
	for _, config := range []string{"open.yaml", "wrong.yaml"} {
		before := fingerprints(dir, config)
		if len(before) < 3 || len(slices.Compact(slices.Clone(before))) != len(before) {
			t.Errorf("%s: too few results, or two alike: %v", config, before)
		}
		text, err := os.ReadFile("testdata/formats/configs/" + config)
		if err != nil {
			t.Fatal(err)
		}
		moved := "# A comment\n\n" + strings.ReplaceAll(string(text), ": {", ":   {")
		if err := os.WriteFile(dir+"/configs/"+config, []byte(moved), 0o600); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, fingerprints(dir, config)); diff != "" {
			t.Errorf("%s (-before +after):\n%s", config, diff)
		}
	}
}

// Nobody reviews the built-in scenarios: a finding about one of their rules stands where the config chooses the scenario.
func TestSARIFBuiltinLocations(t *testing.T) {
	results := readSARIF(t, "validate-config", "-c", "builtin.yaml", "--workdir", "testdata/formats").Runs[0].Results
	if len(results) == 0 {
		t.Error("no results")
	}
	for _, r := range results {
		if uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI; uri != "testdata/formats/configs/builtin.yaml" {
			t.Errorf("%s stands in %s", r.RuleID, uri)
		}
	}
}

// A file's URI is its way from where the program was started, or from an absolute working directory.
func TestSARIFLocations(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/formats")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir+"/configs/wrong.yaml", dir+"/configs/a b#é.yaml"); err != nil {
		t.Fatal(err)
	}
	const escaped = "configs/a%20b%23%C3%A9.yaml"
	for _, tc := range []struct{ start, workdir, want string }{
		{dir, ".", escaped},
		{dir + "/configs", "..", escaped},
		{"/", dir, escaped},
		{dir + "/..", "./" + dir[strings.LastIndex(dir, "/")+1:], dir[strings.LastIndex(dir, "/")+1:] + "/" + escaped},
	} {
		t.Chdir(tc.start)
		for _, r := range readSARIF(t, "validate-config", "-c", "a b#é.yaml", "--workdir", tc.workdir).Runs[0].Results {
			at := r.Locations[0].PhysicalLocation
			if at.ArtifactLocation.URI != tc.want || at.Region.StartLine < 1 {
				t.Errorf("in %s with --workdir %s: %s, line %d, want %s", tc.start, tc.workdir, at.ArtifactLocation.URI, at.Region.StartLine, tc.want)
			}
		}
	}
}

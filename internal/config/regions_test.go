package config

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The list is the SDK's own, read from the version that this module is built with.
func TestRegionsAreThoseOfTheSDK(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal", "endpoints", "awsrulesfn", "partitions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Partitions []struct{ Regions map[string]any }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, p := range file.Partitions {
		for name := range p.Regions {
			if !strings.HasSuffix(name, "-global") { // pseudo regions, for services that have none
				want = append(want, name)
			}
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, regions); diff != "" {
		t.Errorf("-SDK +ours:\n%s", diff)
	}
	for _, name := range regions {
		if !knownRegion(name) {
			t.Errorf("%s is not known", name)
		}
	}
	if knownRegion("aws-global") || knownRegion("us-west-3") {
		t.Error("a region is known that does not exist")
	}
}

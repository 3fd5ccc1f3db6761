package report_test

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// everyKey makes a review that has every key of its file.
const everyKey = bank + `        - {protocol: tcp, port: 8081, source: 10.0.0.0/8, description: a range}
        - {protocol: tcp, port: 8081, source: 10.1.0.0/16, description: a range within}
        - {protocol: tcp, port: 6379, source_sg: sg-0123456789abcdef0, description: cache}
        - {protocol: tcp, port: 9443, source_prefix_list: pl-0123456789abcdef0, description: cloud front}
      additional_egress:
        - {protocol: all, destination: 0.0.0.0/0, description: all}
  assertions: [{deny: {from: internet, to: db}}, {deny: {from: app, to: db}}]
  waivers: [{check: SG012, tier: web, reason: a redirect, expires: 2027-01-01}]
`

// The keys of the review file: below each path those that stand there, in some review.
const (
	flowKeys  = "certainty follows from from_port protocol to to_port"
	placeKeys = "column file line text"
	ruleKeys  = "cause covered description direction from_port logical_id origin peer protocol replaces tier to_port"
	peerKeys  = "cidr prefix_list security_group tier"
)

var reviewKeys = map[string]string{
	"":                          "assertions databases findings flows names open_to_the_world outbound_to_the_internet overrides subject template tiers verdict version zones",
	"assertions":                "counterexample holds place text",
	"assertions.place":          placeKeys,
	"databases":                 "reached_from tier",
	"databases.reached_from":    "expected traffic zone",
	"findings":                  "id impact message place remedy rule severity tier title waivable waived why",
	"findings.place":            placeKeys,
	"flows":                     flowKeys,
	"names":                     "groups stack tags template_file vpc",
	"names.groups":              "export group_description name_tag ssm_parameter tier",
	"open_to_the_world":         "expected traffic zone",
	"outbound_to_the_internet":  "expected traffic zone",
	"overrides":                 "closed opened rules_added rules_moved",
	"overrides.closed":          "from from_port protocol to to_port", // that one is closed, and nothing follows from it
	"overrides.opened":          flowKeys,
	"subject":                   "account_id company config environment region scenario scenario_description sg_name tenant_id workload",
	"template":                  "bytes resources sha256",
	"tiers":                     "description egress ingress name role service",
	"tiers.RULE":                ruleKeys,
	"tiers.RULE.cause":          placeKeys,
	"tiers.RULE.peer":           peerKeys,
	"tiers.RULE.replaces":       "cause traffic",
	"tiers.RULE.replaces.cause": placeKeys,
	"verdict":                   "decision sentence",
}

// keysOf notes all keys of a document, by the path to them. A rule is the same on both sides of a tier.
func keysOf(value any, path string, into map[string][]string) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			into[path] = append(into[path], key)
			below := strings.TrimPrefix(path+"."+key, ".")
			if below == "tiers.ingress" || below == "tiers.egress" {
				below = "tiers.RULE"
			}
			if below != "names.tags" { // these keys are the user's
				keysOf(inner, below, into)
			}
		}
	case []any:
		for _, inner := range value {
			keysOf(inner, path, into)
		}
	}
}

// The keys are what programs rely on: one that goes, or gets another name, needs another version. reference.md tells of those
// on top.
func TestKeysOfTheReviewFile(t *testing.T) {
	var back map[string]any
	if err := yaml.Unmarshal(reviewOf(t, everyKey).YAML(), &back); err != nil {
		t.Fatalf("the file is not YAML: %v", err)
	}
	found := map[string][]string{}
	keysOf(back, "", found)
	got := map[string]string{}
	for path, keys := range found {
		slices.Sort(keys)
		got[path] = strings.Join(slices.Compact(keys), " ")
	}
	if diff := cmp.Diff(reviewKeys, got); diff != "" {
		t.Errorf("the keys of the file (-want +got):\n%s", diff)
	}
	reference, err := os.ReadFile("../../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(back)) {
		if !bytes.Contains(reference, []byte("`"+key+"`")) {
			t.Errorf("docs/reference.md does not tell of the key %s", key)
		}
	}
}

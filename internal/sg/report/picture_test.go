package report_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/report"
	"mlops-infra-suite/internal/sg/scenario"
)

func TestMermaid(t *testing.T) {
	chart := reviewOf(t, bank).Mermaid()
	want := `flowchart LR
  z3(["Internet<br>IPv4 and IPv6"])
  z0["web<br>edge, tcp/443"]
  z1["app<br>application, tcp/8443"]
  z2[("db<br>database, tcp/5432")]
  z4(["Internet<br>IPv4"])
  z3 -->|"tcp/80, tcp/443"| z0
  z0 -->|"tcp/8443, tcp/9090"| z1
  z0 -->|"tcp/443"| z4
  z1 -->|"tcp/5432"| z2
  z1 -->|"tcp/443"| z4
`
	if diff := cmp.Diff(want, chart); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A set that nobody reviews has the same chart.
func TestChart(t *testing.T) {
	s, _, err := scenario.NewLibrary(t.TempDir(), "scenarios").Load("3-tier-web")
	if err != nil {
		t.Fatal(err)
	}
	set, _ := s.Resolve(nil)
	if diff := cmp.Diff(reviewOf(t, "  scenario: 3-tier-web\n").Mermaid(), report.Chart(set, reach.Compute(set, reach.Options{}))); diff != "" {
		t.Errorf("-reviewed +not reviewed:\n%s", diff)
	}
}

// Every line of the picture and every cell of the matrix are flows of the set, and no flow is missing in the matrix.
func TestPictureAndMatrixAgreeWithTheFlows(t *testing.T) {
	r := reviewOf(t, bank)
	page := pageOf(t, r)
	flows := map[string]bool{}
	for _, f := range r.Flows {
		flows[f.From+"|"+f.To+"|"+f.Traffic] = true
	}
	told := func(pattern string) map[string]bool {
		out := map[string]bool{}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
			for flow := range strings.FieldsSeq(html.UnescapeString(m[1])) {
				out[flow] = true
			}
		}
		return out
	}
	if diff := cmp.Diff(flows, told(`<span[^>]* data-flows="([^"]*)"`)); diff != "" {
		t.Errorf("matrix (-flows +matrix):\n%s", diff)
	}
	drawn := told(`<g[^>]* data-flows="([^"]*)"`)
	for flow := range drawn {
		if !flows[flow] {
			t.Errorf("the picture has %s, which does not flow", flow)
		}
	}
	if len(drawn) == 0 || drawn["app|web|tcp/443"] {
		t.Errorf("the picture shows %v", drawn)
	}
}

// No line runs across a label, whichever connection it is of.
func TestLabelsAreDrawnOverLines(t *testing.T) {
	page := pageOf(t, reviewOf(t, bank))
	labels, line := strings.Index(page, `<g class="items `), strings.LastIndex(page, `<path class="way" d=`)
	if labels < 0 || line > labels {
		t.Errorf("the first label is at %d, the last line at %d", labels, line)
	}
}

// What a tier sends to itself stands in its box, in the table and in the chart.
func TestTierThatTalksToItself(t *testing.T) {
	r := reviewOf(t, "  scenario: 3-tier-web\n  overrides: {app: {additional_ingress: [{protocol: tcp, port: 7946, source_tier: app, description: gossip}]}}\n")
	page := pageOf(t, r)
	for _, want := range []string{`data-flows="app|app|tcp/7946"`, "within: tcp/7946", `<th scope="row">app</th><td data-label="to">app</td>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
	if chart := r.Mermaid(); !strings.Contains(chart, `z1 -->|"tcp/7946"| z1`) {
		t.Errorf("the chart is\n%s", chart)
	}
}

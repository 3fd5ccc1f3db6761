package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/report"
	"mlops-infra-suite/internal/sg/scenario"
	"mlops-infra-suite/internal/sg/template"
)

var stamp = report.Stamp{Time: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Version: "test"}

const client = `client: {company_name: "<b>Corner</b> & Shop", company_prefix: shop, account_id: "123456789012", tenant_id: "c001"}
environment: {env: prod, region: us-west-2}
tags: {owner: me}
security_groups:
`

// reviewOf makes the review of a config, given as what stands below security_groups.
func reviewOf(t *testing.T, groups string, scenarios ...string) *report.Review {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("my.yaml", client+groups)
	for _, text := range scenarios {
		name := regexp.MustCompile(`name: (\S+)`).FindStringSubmatch(text)[1]
		write(name+".yaml", text)
	}
	fail := func(problems diag.List, err error) {
		t.Helper()
		if err != nil || problems.HasErrors() {
			t.Fatalf("%v %v", problems, err)
		}
	}
	cfg, problems, err := config.Load(dir, "configs", "my.yaml")
	fail(problems, err)
	library := scenario.NewLibrary(dir, "scenarios")
	s, problems, err := library.Load(cfg.Scenario)
	fail(problems, err)
	set, problems := s.Resolve(cfg.Overrides)
	fail(problems, nil)
	plain, _ := s.Resolve(nil)
	findings := check.Run(check.Input{
		Set: set, Env: cfg.Env, DatabasePorts: []int{5432}, RulesPerDirection: 60, GroupDescription: cfg.Names.GroupDescription, Tags: cfg.Tags,
	})
	fail(check.Waive(findings, cfg.Waivers, set.TierNames(), stamp.Time), nil)
	claims, problems := reach.Claims(cfg.Assertions, set.TierNames())
	fail(problems, nil)
	matrix := reach.Compute(set, reach.Options{Zones: reach.Peers(claims)})
	var verdicts []reach.Verdict
	for _, c := range claims {
		verdicts = append(verdicts, matrix.Prove(c))
	}
	findings = append(findings, reach.Findings(verdicts)...)
	built, problems := template.Build(template.Input{Set: set, Scenario: s.Name, Names: cfg.Names, Tags: template.Tags(cfg), MaxResources: 500})
	fail(problems, nil)
	text, err := built.YAML()
	fail(nil, err)
	sources := library.Sources
	sources[cfg.File] = cfg.Source
	return report.NewReview(report.Input{
		Config: cfg, About: s.Description, Set: set, Plain: plain, Findings: findings, Verdicts: verdicts, Sources: sources,
		Template: text, TemplateFile: "templates/t.yaml", Resources: built.Resources, DatabasePorts: []int{5432},
	})
}

func pageOf(t *testing.T, r *report.Review) string {
	t.Helper()
	page, err := r.HTML(stamp)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

const bank = `  scenario: 3-tier-web
  overrides:
    app:
      port_overrides:
        - {protocol: tcp, old_port: 8080, new_port: 8443}
      additional_ingress:
        - {protocol: tcp, port: 9090, source_tier: web, description: Metrics}
`

func TestReviewSaysWhatIsReplaced(t *testing.T) {
	r := reviewOf(t, bank)
	got := map[string]string{}
	for _, tier := range r.Tiers {
		for _, rule := range append(tier.Ingress, tier.Egress...) {
			if rule.Origin != "scenario" {
				text := rule.Origin + " by " + rule.Cause.String()
				if rule.Replaces != nil {
					text += ", was " + rule.Replaces.Traffic + " by " + rule.Replaces.Cause.String() + " " + rule.Replaces.Cause.Text
				}
				got[rule.Tier+" "+rule.Direction+" "+rule.Traffic] = text
			}
		}
	}
	want := map[string]string{
		"web egress tcp/8443": "override by configs/my.yaml:9, was tcp/8080 by builtin/2-tier-web.yaml:7 " +
			"{protocol: tcp, port: 8080, destination_tier: app, description: Requests to the app tier}",
		"app ingress tcp/8443": "override by configs/my.yaml:9, was tcp/8080 by builtin/2-tier-web.yaml:14 " +
			"{protocol: tcp, port: 8080, source_tier: web, description: Requests from the web tier}",
		"app ingress tcp/9090": "override by configs/my.yaml:11",
		"web egress tcp/9090":  "mirror by configs/my.yaml:11",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.Overrides.Moved != 2 || r.Overrides.Added != 2 || len(r.Overrides.Opened) != 2 || len(r.Overrides.Closed) != 1 {
		t.Errorf("overrides: %+v", r.Overrides)
	}
}

func TestVerdict(t *testing.T) {
	const waived = "  waivers: [{check: SG012, tier: web, reason: a redirect, expires: 2027-01-01}]\n"
	for _, tc := range []struct {
		name, groups string
		want         report.Verdict
	}{
		{"nothing is open", "  scenario: 3-tier-web\n" + waived,
			report.Verdict{Decision: report.Approve, Sentence: "Nothing speaks against approving: no finding is open."}},
		{"an assertion holds", "  scenario: 3-tier-web\n  assertions: [{deny: {from: internet, to: db}}]\n" + waived,
			report.Verdict{Decision: report.Approve, Sentence: "Nothing speaks against approving: no finding is open, and the assertion holds."}},
		{"a warning", "  scenario: 3-tier-web\n",
			report.Verdict{Decision: report.Look, Sentence: "Approve after a look at 1 open warning: no error and no assertion blocks."}},
		{"an assertion does not hold", "  scenario: 3-tier-web\n  assertions: [{deny: {from: app, to: db}}]\n" + waived,
			report.Verdict{Decision: report.Block, Sentence: "Do not approve: 1 assertion that does not hold blocks the deployment."}},
		{"an error", `  scenario: 3-tier-web
  overrides: {db: {additional_ingress: [{protocol: tcp, port: 5432, source: 0.0.0.0/0, description: all}]}}
` + waived,
			report.Verdict{Decision: report.Block, Sentence: "Do not approve: 1 security error blocks the deployment."}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, reviewOf(t, tc.groups).Verdict); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFirstScreen(t *testing.T) {
	page := pageOf(t, reviewOf(t, bank))
	for _, want := range []string{
		"Only the edge: web", "Only app", "2 opened, 1 closed", "1 warning",
		"Approve after a look at 1 open warning", "in place of <s>tcp/8080</s>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	open := pageOf(t, reviewOf(t, "  scenario: 3-tier-web\n  overrides: {db: {additional_ingress: "+
		"[{protocol: tcp, port: 5432, source: 0.0.0.0/0, description: all}]}}\n"))
	for _, want := range []string{"Yes: web and db", "internet and app", "is no edge tier", "Do not approve"} {
		if !strings.Contains(open, want) {
			t.Errorf("the page of an open database does not say %q", want)
		}
	}
}

// Half of the internet is as good as all of it, and what is only possible is told like what is certain.
func TestDatabaseOpenToMuchOfTheInternet(t *testing.T) {
	page := pageOf(t, reviewOf(t, `  scenario: 3-tier-web
  overrides:
    db:
      additional_ingress:
        - {protocol: tcp, port: 5432, source: 128.0.0.0/1, description: half}
        - {protocol: 47, source_prefix_list: pl-0123456789abcdef0, description: tunnels}
      additional_egress:
        - {protocol: all, destination: 0.0.0.0/0, description: all}
`))
	wantTexts(t, page, `<p class="answer red">128.0.0.0/1, pl-0123456789abcdef0 and 2 more</p>`, `<span class="red">much of the internet</span>`,
		`<span class="amber">from outside of the set</span>`, ">protocol 47 (possibly)</code>",
		`<g class="outside world"><title>128.0.0.0/1</title>`, `fromworld override" data-flows="128.0.0.0/1|db|tcp/5432"`)
	wantNoTexts(t, page, ">47 (possibly)<", "most of the internet")
}

// Who comes in from outside is told before what the tiers do among themselves, and a protocol is not taken for a port.
func TestOverridesFromOutsideComeFirst(t *testing.T) {
	r := reviewOf(t, `  scenario: 3-tier-web
  overrides:
    app:
      additional_ingress:
        - {protocol: tcp, port: 7946, source_tier: app, description: gossip}
        - {protocol: 47, source: 10.0.0.0/24, description: tunnels}
        - {protocol: tcp, port: 9443, source: 0.0.0.0/0, description: all}
`)
	page := pageOf(t, r)
	if opened, closed := r.Overrides.Meant(); opened != 3 || closed != 0 {
		t.Errorf("%d opened, %d closed", opened, closed)
	}
	from := 0
	for _, want := range []string{
		"3 opened, none closed", "internet to app <code class=\"nowrap\">tcp/9443</code>", "10.0.0.0/24 to app <code class=\"nowrap\">protocol 47</code>", "app to app <code class=\"nowrap\">tcp/7946</code>",
	} {
		i := strings.Index(page[from:], want)
		if i < 0 {
			t.Fatalf("the page does not say %q, or says it too early", want)
		}
		from += i
	}
}

// What is left of everything is one change, as the page has it, not one for each protocol.
func TestChangesAreCountedAsTheyAreTold(t *testing.T) {
	r := reviewOf(t, `  scenario: 3-tier-web
  overrides: {app: {additional_egress: [{protocol: all, destination: 10.8.0.0/16, description: all}]}}
`)
	if len(r.Overrides.Opened) < 2 {
		t.Fatalf("opened %v", r.Overrides.Opened)
	}
	if opened, closed := r.Overrides.Meant(); opened != 1 || closed != 0 {
		t.Errorf("%d opened, %d closed", opened, closed)
	}
	wantTexts(t, pageOf(t, r), "1 opened, none closed", "app to 10.8.0.0/16 <code class=\"nowrap\">all but tcp/443</code>")
}

// A set without rules is told in words, not in tables of nothing.
func TestSetWithoutRules(t *testing.T) {
	page := pageOf(t, reviewOf(t, "  scenario: silent\n", "name: silent\ndescription: nothing\ntiers: {alone: {}}\n"))
	wantTexts(t, page, "No rule connects anything.", "Nothing can reach anything.", "There is none", "No tier lets the internet in.", `data-zone="alone"`)
	wantNoTexts(t, page, `class="matrix`, "The same in words")
}

// The same set gives the same bytes; a page of three tiers is small.
func TestReviewIsDeterministicAndSmall(t *testing.T) {
	r := reviewOf(t, bank)
	first, again := pageOf(t, r), pageOf(t, reviewOf(t, bank))
	if first != again {
		t.Error("the page of the same config differs")
	}
	if len(first) > 100<<10 {
		t.Errorf("the page has %d bytes", len(first))
	}
	a := r.YAML()
	if !bytes.Equal(a, reviewOf(t, bank).YAML()) {
		t.Error("the file of the same config differs")
	}
}

var quotedValue = regexp.MustCompile(`(?m)^\s*(?:- )?[\w-]+: (.*)$`)

// Programs that read YAML 1.1 must not take a text for anything else.
func TestReviewFileQuotesTexts(t *testing.T) {
	text := reviewOf(t, strings.Replace(bank, "Metrics", "yes", 1)).YAML()
	for _, m := range quotedValue.FindAllStringSubmatch(string(text), -1) {
		if v := m[1]; !strings.HasPrefix(v, `"`) && !regexp.MustCompile(`^(-?\d+|true|false|\[\]|\{\})$`).MatchString(v) {
			t.Errorf("%q is not in quotes", v)
		}
	}
}

// The file says what the review does: the YAML library reads back every value of it.
func TestReviewFileIsComplete(t *testing.T) {
	r := reviewOf(t, bank+"  assertions: [{deny: {from: app, to: db}}]\n")
	var back report.Review
	if err := yaml.Unmarshal(r.YAML(), &back); err != nil {
		t.Fatal(err)
	}
	ignore := cmp.FilterPath(func(p cmp.Path) bool {
		last := p.Last().String()
		return last == ".Traffic" && len(p) > 3 && p.Index(-2).Type().Name() != "Reached" && p.Index(-2).Type().Name() != "Replaced" ||
			last == ".Text" && p.Index(-2).Type().Name() == "Template" || (last == ".ID" || last == ".Role") && p.Index(-2).Type().Name() == "Group"
	}, cmp.Ignore())
	if diff := cmp.Diff(*r, back, ignore, cmpopts.IgnoreUnexported(report.Review{}, report.Flow{})); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
}

// What the page's policy permits by hash is exactly what stands in it.
func TestPolicyMatches(t *testing.T) {
	page := pageOf(t, reviewOf(t, bank))
	policy := html.UnescapeString(regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)[1])
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	for _, element := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), element)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("%s is not in %s", want, policy)
		}
	}
	if inline := regexp.MustCompile(`\s(style|on\w+)="`).FindString(page); inline != "" {
		t.Errorf("the policy forbids the attribute %s", inline)
	}
	if outside := regexp.MustCompile(`(src|href)="(?:[a-z]+:|//)[^"]*"`).FindString(page); outside != "" {
		t.Errorf("the page points outside: %s", outside)
	}
}

const hostileScenario = `name: hostile
description: "<img src=x onerror=alert(1)>"
tiers:
  web:
    role: edge
    description: "--></title><script>alert('d')</script>"
    ingress: [{protocol: tcp, port: 443, source: 0.0.0.0/0, description: HTTPS}]
`

func TestHostileTextStaysText(t *testing.T) {
	page := pageOf(t, reviewOf(t, `  scenario: hostile
  overrides:
    web:
      additional_ingress:
        - {protocol: tcp, port: 444, source: 0.0.0.0/0, description: more} # </code><script>alert('c')</script><img src=x>
`, hostileScenario))
	for _, bad := range []string{"<img", "</code><script", "<script>alert", "</title><script>", "<b>Corner"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s as markup", bad)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;alert('d')") {
		t.Error("the description is gone")
	}
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("the page has %d scripts", n)
	}
}

func TestEveryBuiltinScenarioHasAReview(t *testing.T) {
	entries, _, err := scenario.NewLibrary(t.TempDir(), "scenarios").List()
	if err != nil || len(entries) != 9 {
		t.Fatalf("%d scenarios: %v", len(entries), err)
	}
	for _, e := range entries {
		page := pageOf(t, reviewOf(t, "  scenario: "+e.Name+"\n"))
		for _, tier := range e.Tiers {
			if !strings.Contains(page, fmt.Sprintf(`data-zone="%s"`, tier)) {
				t.Errorf("%s: the picture has no tier %s", e.Name, tier)
			}
		}
	}
}

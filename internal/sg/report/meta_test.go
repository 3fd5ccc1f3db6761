package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sg/report"
)

func TestReportsSayWhatTheyAre(t *testing.T) {
	r := reviewOf(t, bank)
	got, ok := report.ParseMeta("shop-prod-c001-us-west-2-sg-review.html", []byte(pageOf(t, r)))
	want := report.Meta{
		Kind: report.ReviewKind, SGName: "shop-prod-c001-us-west-2-sg", Time: stamp.Time, Outcome: "look", Says: r.Verdict.Sentence,
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Who reads the list takes a deployment in the sandbox for no other.
func TestReportsOfTheSandboxSaySo(t *testing.T) {
	d := deployed()
	d.Sandbox = true
	for file, page := range map[string]string{
		"shop-sg-deployment.html": deploymentPage(t, d), "shop-sg-drift.html": driftPage(t, &report.Drift{Sandbox: true}),
	} {
		if m, ok := report.ParseMeta(file, []byte(page)); !ok || !m.Sandbox {
			t.Errorf("%s says of itself %+v", file, m)
		}
	}
}

// What anybody may put into the folder is no report.
func TestForeignFilesAreNoReports(t *testing.T) {
	page := pageOf(t, reviewOf(t, bank))
	const name = "shop-prod-c001-us-west-2-sg-review.html"
	change := func(old, by string) string {
		t.Helper()
		if !strings.Contains(page, old) {
			t.Fatalf("the page does not have %s", old)
		}
		return strings.Replace(page, old, by, 1)
	}
	for what, file := range map[string][2]string{
		"nothing":              {name, ""},
		"another name":         {"other-review.html", page},
		"a page of others":     {name, "<!doctype html><title>x</title>"},
		"a page cut off":       {name, page[:200]},
		"no JSON":              {name, change("{&#34;kind", "&#34;kind")},
		"an unknown kind":      {name, change("&#34;kind&#34;:&#34;review", "&#34;kind&#34;:&#34;revue")},
		"an unknown outcome":   {name, change("&#34;outcome&#34;:&#34;look", "&#34;outcome&#34;:&#34;&lt;b&gt;")},
		"a hostile name":       {"../x-review.html", change("sg_name&#34;:&#34;shop-prod-c001-us-west-2-sg", "sg_name&#34;:&#34;../x")},
		"a time that is none":  {name, change("2026-11-01T12:00:00Z", "yesterday")},
		"text before the page": {name, " " + page},
	} {
		if m, ok := report.ParseMeta(file[0], []byte(file[1])); ok {
			t.Errorf("%s is taken for %+v", what, m)
		}
	}
}

func TestIndex(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 1, hour, 0, 0, 0, time.UTC) }
	page, err := report.Index([]report.Meta{
		{Kind: report.ReviewKind, SGName: "old-sg", Time: at(8), Outcome: "good", Says: "fine"},
		{Kind: report.DeploymentKind, SGName: "new-sg", Time: at(10), Outcome: "stop", Says: "<script>alert(1)</script>", Sandbox: true},
	}, stamp)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	first, second := strings.Index(text, `href="new-sg-deployment.html"`), strings.Index(text, `href="old-sg-review.html"`)
	if first < 0 || second < first {
		t.Errorf("the newest is not the first: %d, %d", first, second)
	}
	if n := strings.Count(text, "(sandbox)"); n != 1 || strings.Index(text, "(sandbox)") > second {
		t.Errorf("%d reports are told to be of the sandbox, or another one", n)
	}
	if strings.Contains(text, "<script>alert") {
		t.Error("a report's text is markup in the list")
	}
	if _, ok := report.ParseMeta("index.html", page); ok {
		t.Error("the list of reports is taken for a report")
	}
	empty, err := report.Index(nil, stamp)
	if err != nil || !strings.Contains(string(empty), "There are no reports here.") {
		t.Errorf("an empty list: %v", err)
	}
}

// Whatever stands at the top of a file, reading it does not fail, and what is taken for a report links to itself alone.
func FuzzParseMeta(f *testing.F) {
	f.Add("a-review.html", "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"sg-provisioner-report\" content=\""+
		`{&#34;kind&#34;:&#34;review&#34;,&#34;sg_name&#34;:&#34;a&#34;,&#34;time&#34;:&#34;2026-11-01T12:00:00Z&#34;,&#34;outcome&#34;:&#34;good&#34;}">`+"\n")
	f.Fuzz(func(t *testing.T, file, head string) {
		if m, ok := report.ParseMeta(file, []byte(head)); ok && (m.File() != file || strings.ContainsAny(file, "/\\\"<>")) {
			t.Errorf("%q is taken for %+v", file, m)
		}
	})
}

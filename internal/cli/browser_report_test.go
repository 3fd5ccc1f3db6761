//go:build tools

package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/cli"
	"mlops-infra-suite/internal/sg/ruleset"
)

// screenshots is where TestScreenshots puts its pictures; `make screenshots` names docs/images.
var screenshots = flag.String("screenshots", "", "write pictures of the example configs' reports to this folder")

// workplace is a working directory with the example configs, and some that are hard to show.
func workplace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, from := range []string{"../../examples", "testdata/formats", "testdata/reports"} {
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "app_config.yaml")); err != nil { // it is there to make findings
		t.Fatal(err)
	}
	return dir
}

// reviewIn makes the review of a config and returns its file.
func reviewIn(t *testing.T, dir, config string) string {
	t.Helper()
	var result struct {
		Files struct {
			Review string `json:"review_html"`
		} `json:"files"`
	}
	run := invoke(t, "create-review-report", "-c", config, "--workdir", dir, "-o", "json")
	if err := json.Unmarshal([]byte(run.Stdout), &result); err != nil || result.Files.Review == "" {
		t.Fatalf("no report of %s: %v\n%s%s", config, err, run.Stdout, run.Stderr)
	}
	return filepath.Join(dir, result.Files.Review)
}

// everyReport are reports of all kinds.
func everyReport(t *testing.T, dir string) []string {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { // a deployment takes a while, but nobody waits for it
		latency := []string{"SG_SANDBOX_LATENCY=7s"}
		time.Sleep(time.Until(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)))
		for _, step := range []struct {
			args, fault string
			exit        int
		}{
			{"create-security-groups -c globalbank-prod.yaml --sandbox --force", "", 0},
			{"check-drift -c globalbank-prod.yaml --sandbox", "", 0},
			{"create-security-groups -c shop-staging.yaml --sandbox --force", "SG_SANDBOX_FAULTS=WebSecurityGroup=fail", 1},
		} {
			var out bytes.Buffer
			env := cli.Env{
				Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Version: "test", Now: time.Now,
				Environ: append(latency, step.fault),
			}
			if exit := cli.Main(t.Context(), append(strings.Fields(step.args), "--workdir", dir), env); exit != step.exit {
				t.Fatalf("%s: exit code %d\n%s", step.args, exit, &out)
			}
		}
	})
	for _, config := range []string{"globalbank-prod.yaml", "open.yaml", "many.yaml", "everything.yaml"} {
		reviewIn(t, dir, config)
	}
	files, err := filepath.Glob(filepath.Join(dir, "reports", "*.html"))
	if err != nil || len(files) != 8 {
		t.Fatalf("reports %v: %v", files, err)
	}
	return files
}

// Every report, in both schemes, wide and narrow, with scripts and without, is quiet, fits the page, and hides nothing.
func TestReportsInABrowser(t *testing.T) {
	b := newBrowser(t)
	for _, file := range everyReport(t, workplace(t)) {
		for _, how := range []look{
			desktop, {width: 390, height: 844, scheme: "dark"}, {width: 390, height: 844, scheme: "light"},
			{width: 1280, height: 900, scheme: "dark", withoutScript: true},
		} {
			t.Run(fmt.Sprintf("%s/%d-%s", filepath.Base(file), how.width, how.scheme), func(t *testing.T) {
				p := b.open(t, file, how)
				if how.withoutScript {
					p.wantQuiet(t)
					return // nothing can be asked
				}
				if wide := ask[int64](t, p, "document.documentElement.scrollWidth"); wide > how.width {
					t.Errorf("the page is %d pixels wide", wide)
				}
				for _, width := range []int64{320, 641, 800} { // beside the widths at which the page changes its form
					p.do(t, chromedp.EmulateViewport(width, how.height))
					if wide := ask[int64](t, p, "document.documentElement.scrollWidth"); wide > width {
						t.Errorf("the page is %d pixels wide on a screen of %d", wide, width)
					}
				}
				p.do(t, chromedp.EmulateViewport(how.width, how.height))
				if levels := ask[string](t, p, "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => h.tagName[1]).join('')"); !regexp.MustCompile(`^1(2|3|4)*$`).MatchString(levels) ||
					regexp.MustCompile(`13|14|24`).MatchString(levels) {
					t.Errorf("headings %s", levels)
				}
				if n := ask[int](t, p, "[...document.querySelectorAll('th')].filter(h => !h.scope).length"); n > 0 {
					t.Errorf("%d table headers have no scope", n)
				}
				if twice := ask[[]string](t, p, "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i)"); len(twice) > 0 {
					t.Errorf("these IDs are there twice: %v", twice)
				}
				if lost := ask[[]string](t, p, "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1)).filter(id => !document.getElementById(id))"); len(lost) > 0 {
					t.Errorf("these links lead nowhere: %v", lost)
				}
				audit(t, p, file)
				if wide := printed(t, p); wide > a4 {
					t.Errorf("on A4 it is %d pixels wide", wide)
				}
				p.wantQuiet(t)
			})
		}
	}
}

// What the picture and the matrix show are the flows of show-reachability.
func TestPictureAndMatrixAgreeWithShowReachability(t *testing.T) {
	dir, b := workplace(t), newBrowser(t)
	for _, config := range []string{"globalbank-prod.yaml", "globalbank-reporting.yaml", "shop-staging.yaml", "open.yaml", "many.yaml", "hostile.yaml", "everything.yaml"} {
		p := b.open(t, reviewIn(t, dir, config), desktop)
		told := func(selector string) []string {
			list := ask[[]string](t, p, "[...document.querySelectorAll('"+selector+"')].flatMap(e => e.dataset.flows.split(' '))")
			slices.Sort(list)
			return slices.Compact(list)
		}
		flows := flowsIn(t, dir, config)
		if diff := cmp.Diff(flows, told("td [data-flows]")); diff != "" {
			t.Errorf("%s: the matrix (-flows +matrix):\n%s", config, diff)
		}
		for _, flow := range told("g[data-flows]") {
			if !slices.ContainsFunc(flows, func(whole string) bool { return isPart(t, flow, whole) }) {
				t.Errorf("%s: the picture has %s, which does not flow", config, flow)
			}
		}
		if config == "everything.yaml" {
			continue // a rule that means a part of what a wider one lets through is drawn with that part
		}
		// Every tier has a box, and every flow that the picture leaves out is one that the matrix puts in italics.
		plain := ask[[]string](t, p, "[...document.querySelectorAll('td [data-flows]:not(.follows)')].flatMap(e => e.dataset.flows.split(' '))")
		slices.Sort(plain)
		if diff := cmp.Diff(slices.Compact(plain), told("g[data-flows]")); diff != "" {
			t.Errorf("%s: the picture (-matrix +picture):\n%s", config, diff)
		}
	}
}

// isPart reports whether a flow is another one, or a part of it. Both are FROM|TO|TRAFFIC.
func isPart(t *testing.T, flow, whole string) bool {
	t.Helper()
	if flow == whole {
		return true
	}
	at, wholeAt := strings.LastIndex(flow, "|"), strings.LastIndex(whole, "|")
	if flow[:at] != whole[:wholeAt] {
		return false
	}
	part, err := ruleset.ParseTraffic(flow[at+1:])
	if err != nil {
		t.Fatal(err)
	}
	all, err := ruleset.ParseTraffic(whole[wholeAt+1:])
	return err == nil && all.Covers(part) // "other" is no traffic that one can write
}

// flowsIn are the flows of a config as show-reachability has them: FROM|TO|TRAFFIC.
func flowsIn(t *testing.T, dir, config string) []string {
	t.Helper()
	var result struct {
		Flows []struct {
			From, To, Protocol string
			FromPort           int `json:"from_port"`
			ToPort             int `json:"to_port"`
		} `json:"flows"`
	}
	run := invoke(t, "show-reachability", "-c", config, "--workdir", dir, "-o", "json")
	if err := json.Unmarshal([]byte(run.Stdout), &result); err != nil {
		t.Fatal(err)
	}
	var flows []string
	for _, f := range result.Flows {
		traffic := f.Protocol
		switch {
		case f.FromPort == -1 && f.ToPort == -1 || f.FromPort == 0 && f.ToPort == 65535:
		case f.FromPort == f.ToPort, f.Protocol == "icmp" && f.ToPort == -1:
			traffic += fmt.Sprintf("/%d", f.FromPort)
		default:
			traffic += fmt.Sprintf("/%d-%d", f.FromPort, f.ToPort)
		}
		flows = append(flows, f.From+"|"+f.To+"|"+traffic)
	}
	slices.Sort(flows)
	return slices.Compact(flows)
}

// The Tab key leads through the tiers of the picture, and what has the focus alone stays bright.
func TestPictureByKeyboard(t *testing.T) {
	p := newBrowser(t).open(t, reviewIn(t, workplace(t), "globalbank-prod.yaml"), desktop)
	want := []string{"internet", "web", "app", "db", "10.8.0.0/16", "internet"} // as the eye finds them
	var zones []string
	for range 60 {
		if len(zones) == len(want) {
			break
		}
		p.do(t, chromedp.KeyEvent(kb.Tab))
		zone := ask[string](t, p, "document.activeElement.dataset.zone || ''")
		if zone == "" {
			continue
		}
		zones = append(zones, zone)
		if ask[bool](t, p, "getComputedStyle(document.activeElement.querySelector('rect')).strokeWidth === '1.5px'") {
			t.Errorf("%s has the focus, and it doesn't show", zone)
		}
		bright := ask[[]string](t, p, "[...document.querySelectorAll('g.e')].filter(e => e.getAnimations().forEach(a => a.finish()) || getComputedStyle(e).opacity === '1').flatMap(e => e.dataset.flows.split(' '))")
		for _, flow := range bright {
			if ends := strings.Split(flow, "|"); zone != "internet" && ends[0] != zone && ends[1] != zone {
				t.Errorf("%s has the focus, and %s is bright", zone, flow)
			}
		}
		if len(bright) == 0 {
			t.Errorf("%s has the focus, and nothing is bright", zone)
		}
	}
	if !slices.Equal(zones, want) {
		t.Errorf("the Tab key leads to %q, want %q", zones, want)
	}
	p.do(t, chromedp.Focus("a[data-zone=app]"), chromedp.KeyEvent(kb.Enter))
	if hash := ask[string](t, p, "location.hash"); hash != "#tier-app" {
		t.Errorf("Enter on the tier app leads to %q", hash)
	}
	p.wantQuiet(t)
}

// The corner of a matrix that is scrolled stays where it is, over the heads of the columns.
func TestMatrixKeepsItsCorner(t *testing.T) {
	p := newBrowser(t).open(t, reviewIn(t, workplace(t), "many.yaml"), desktop)
	const corner = `(() => {
		const frame = document.querySelector("#reachability .scroll");
		frame.scrollIntoView();
		frame.scrollTo(500, 600);
		const at = frame.getBoundingClientRect();
		return document.elementFromPoint(at.left + 30, at.top + 15).textContent;
	})()`
	if text := ask[string](t, p, corner); text != `from \ to` {
		t.Errorf("in the corner stands %q", text)
	}
}

// Of sixty tiers, the one that has the focus shows its ports and leaves its own rows of the table.
func TestPictureOfManyByKeyboard(t *testing.T) {
	p := newBrowser(t).open(t, reviewIn(t, workplace(t), "many.yaml"), desktop)
	const seen = `(() => {
		document.getAnimations().forEach(a => a.finish());
		return [[...document.querySelectorAll("#picture .items")].filter(e => getComputedStyle(e).opacity === "1").length,
			[...document.querySelectorAll("tr.fl")].filter(e => e.getClientRects().length).length];
	})()`
	before := ask[[]int](t, p, seen)
	p.do(t, chromedp.Focus("#picture a"), chromedp.KeyEvent(kb.Tab))
	zone := ask[string](t, p, "document.activeElement.dataset.zone || ''")
	after := ask[[]int](t, p, seen)
	if before[0] != 0 || zone == "" || after[0] == 0 || after[1] == 0 || after[1] > before[1]/2 {
		t.Errorf("labels and rows: %v, and with the focus on %q %v", before, zone, after)
	}
}

func TestHostileTextStaysTextInABrowser(t *testing.T) {
	p := newBrowser(t).open(t, reviewIn(t, workplace(t), "hostile.yaml"), desktop)
	if n := ask[int](t, p, "document.querySelectorAll('img, iframe, object, embed, form, link, base, script:not(:last-of-type)').length"); n > 0 {
		t.Errorf("%d elements came from a text", n)
	}
	if ask[bool](t, p, "'owned' in window") {
		t.Error("a text was run as a script")
	}
	if text := ask[string](t, p, "document.body.innerText"); !strings.Contains(text, "<script>window.owned=1</script>") {
		t.Error("the text is gone")
	}
	p.wantQuiet(t)
}

// On paper a review is a few pages, and that of sixty tiers no book.
func TestReportsOnPaper(t *testing.T) {
	dir, b := workplace(t), newBrowser(t)
	for _, tc := range []struct {
		config string
		most   int
	}{{"globalbank-prod.yaml", 8}, {"many.yaml", 40}} {
		file := reviewIn(t, dir, tc.config)
		for name, size := range map[string]chromedp.PaperSize{"A4": chromedp.PaperA4, "Letter": chromedp.PaperLetter} {
			p := b.open(t, file, look{width: 1280, height: 900, scheme: "dark"})
			pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(size), chromedp.PDFPrintBackground()))
			if err != nil {
				t.Fatal(err)
			}
			pages := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(pdf, -1))
			if !bytes.HasPrefix(pdf, []byte("%PDF-")) || pages < 2 || pages > tc.most {
				t.Errorf("%s on %s: %d pages, %d bytes", tc.config, name, pages, len(pdf))
			}
			p.wantQuiet(t)
		}
	}
}

// TestScreenshots takes the pictures of the documentation. Without a folder it only proves that it can.
func TestScreenshots(t *testing.T) {
	dir, b := workplace(t), newBrowser(t)
	everyReport(t, dir)
	for name, shot := range map[string]struct {
		file string
		look
	}{
		"review.png":      {"globalbank-prod-c001-us-west-2-sg-review.html", look{width: 1280, height: 830, scheme: "light"}},
		"review-dark.png": {"globalbank-prod-c001-us-west-2-sg-review.html", look{width: 1280, height: 830, scheme: "dark"}},
		"blocked.png":     {"my-prod-m001-us-west-2-sg-review.html", look{width: 1280, height: 830, scheme: "light"}},
		"deployment.png":  {"globalbank-prod-c001-us-west-2-sg-deployment.html", look{width: 1280, height: 830, scheme: "light"}},
		"phone.png":       {"globalbank-prod-c001-us-west-2-sg-review.html", look{width: 390, height: 844, scheme: "light"}},
	} {
		p := b.open(t, filepath.Join(dir, "reports", shot.file), shot.look)
		png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if len(png) < 20_000 || len(png) > 300_000 {
			t.Errorf("%s has %d bytes", name, len(png))
		}
		if *screenshots == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(*screenshots, name), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

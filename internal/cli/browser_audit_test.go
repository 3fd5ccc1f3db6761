//go:build tools

package cli_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// unreadable finds the texts of a page whose contrast with what they stand on is under WCAG AA's, in the page's own colours.
const unreadable = `(() => {
	const numbers = colour => colour.match(/[\d.]+/g).map(Number);
	const luminance = ([r, g, b]) => [[r, .2126], [g, .7152], [b, .0722]].reduce((sum, [c, share]) => {
		c /= 255;
		return sum + share * (c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
	}, 0);
	const ground = e => {
		for (; e; e = e.parentElement) {
			const c = numbers(getComputedStyle(e).backgroundColor);
			if (c.length < 4 || c[3] === 1) return c;
		}
		return [255, 255, 255];
	};
	const found = new Set();
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	let seen = 0;
	for (let n = texts.nextNode(); n; n = texts.nextNode()) {
		const e = n.parentElement;
		if (!n.data.trim() || e.closest("svg, script, style") || !e.getClientRects().length) continue;
		seen++;
		const how = getComputedStyle(e), [a, b] = [luminance(numbers(how.color)), luminance(ground(e))];
		const large = parseFloat(how.fontSize) >= 24 || how.fontWeight >= 700 && parseFloat(how.fontSize) >= 18.66;
		const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (contrast < (large ? 3 : 4.5)) found.add(contrast.toFixed(2) + " " + n.data.trim().slice(0, 40));
	}
	if (seen < 20) found.add("no more than " + seen + " texts were looked at");
	return [...found];
})()`

// asBuilt is the tree of elements that a browser made of the page, but for the copy buttons that the page's script adds.
const asBuilt = `(() => {
	const out = [];
	const walk = (e, depth) => {
		if (e.matches("button.copy")) return;
		out.push(depth + " " + e.tagName.toLowerCase());
		for (const child of e.children) walk(child, depth + 1);
	};
	walk(document.documentElement, 0);
	return out;
})()`

// outgrown finds what doesn't fit: the words of a picture's box or label that leave it, a chart that has to be scrolled, and bars
// of it that can't be seen.
const outgrown = `(() => {
	const out = [];
	const within = (groups, words) => {
		for (const g of document.querySelectorAll(groups)) {
			const card = g.querySelector("rect").getBoundingClientRect();
			for (const t of g.querySelectorAll(words)) {
				const at = t.getBoundingClientRect();
				if (at.left < card.left || at.right > card.right) out.push(t.textContent + " leaves its box");
			}
		}
	};
	within("#picture a", "text.title, text.sub");
	within("#picture .items > g", "text");
	for (const c of document.querySelectorAll(".chart")) {
		if (c.scrollWidth > c.clientWidth) out.push("the chart is wider than its panel");
		for (const b of c.querySelectorAll(".bar")) {
			if (b.getBoundingClientRect().width < 1) out.push(b.textContent + " has no bar");
		}
	}
	return out;
})()`

var (
	tag     = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)(?: [^>]*)?>`)
	opaque  = regexp.MustCompile(`(?s)(<(?:style|script)>).*?(</)`)
	endless = []string{"meta", "col", "wbr"}
)

// asWritten is the same tree as the file has it.
func asWritten(t *testing.T, file string) []string {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out, open []string
	for _, m := range tag.FindAllStringSubmatch(opaque.ReplaceAllString(string(source), "$1$2"), -1) {
		name := strings.ToLower(m[2])
		if m[1] != "" {
			if n := len(open); n == 0 || open[n-1] != name {
				t.Fatalf("%s: </%s> ends one of %v", file, name, open)
			}
			open = open[:len(open)-1]
			continue
		}
		out = append(out, fmt.Sprintf("%d %s", len(open), name))
		if !slices.Contains(endless, name) {
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		t.Fatalf("%s: %v have no end", file, open)
	}
	return out
}

// audit holds a page to what a validator and an accessibility audit look for.
func audit(t *testing.T, p *tab, file string) {
	t.Helper()
	for _, text := range ask[[]string](t, p, unreadable) {
		t.Errorf("contrast %s", text)
	}
	for _, what := range ask[[]string](t, p, outgrown) {
		t.Error(what)
	}
	// Where what is written is no valid HTML, the browser moves or ends elements.
	written, built := asWritten(t, file), ask[[]string](t, p, asBuilt)
	for i, element := range written {
		if i >= len(built) || built[i] != element {
			t.Errorf("the browser makes %v of %v", built[max(0, i-3):min(i+2, len(built))], written[max(0, i-3):min(i+2, len(written))])
			break
		}
	}
	if len(built) > len(written) {
		t.Errorf("the browser makes %d elements of %d", len(built), len(written))
	}
	for what, expression := range map[string]string{
		"the page says no language":         "document.documentElement.lang === 'en'",
		"the page has no title":             "document.title !== ''",
		"not one main part":                 "document.querySelectorAll('main').length === 1",
		"the first link does not skip":      "document.querySelector('a').getAttribute('href') === '#main'",
		"a region that scrolls has no name": "[...document.querySelectorAll('[tabindex]')].every(e => e.tagName === 'PRE' || e.getAttribute('aria-label'))",
		"a picture has no words":            "[...document.querySelectorAll('svg')].every(e => e.closest('[aria-hidden]') || e.getAttribute('aria-label'))",
		"a link or a button has no name":    "[...document.querySelectorAll('a, button')].every(e => e.textContent.trim() || e.getAttribute('aria-label'))",
	} {
		if !ask[bool](t, p, expression) {
			t.Error(what)
		}
	}
}

// a4 is how wide a page of A4 is within its margins, in pixels.
const a4 = 688

// printed is how wide the page becomes on paper.
func printed(t *testing.T, p *tab) int64 {
	t.Helper()
	p.do(t, chromedp.EmulateViewport(a4, 970))
	call(t, p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	return ask[int64](t, p, "document.documentElement.scrollWidth")
}

package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/diag"
)

func TestEscapeMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"tier web: 10.0.0.0/8, tcp/22": "tier web: 10.0.0.0/8, tcp/22",
		" a  b ":                       "a  b",
		"a | b":                        `a \| b`,
		`a \| b`:                       `a \\\| b`,
		"`id`":                         "\\`id\\`",
		"*a* _b_ ~c~ $d$":              `\*a\* \_b\_ \~c\~ \$d\$`,
		"<img src=x onerror=y>":        "&lt;img src=x onerror=y&gt;",
		"&lt;b&gt; &#64;":              "&amp;lt;b&amp;gt; &amp;#&#8203;64;",
		"<!-- -->":                     "&lt;!-- --&gt;",
		"@octocat, @org/team":          "@&#8203;octocat, @&#8203;org/team",
		"a@example.com":                "a@&#8203;example.com",
		"fixes #1, org/repo#2":         "fixes #&#8203;1, org/repo#&#8203;2",
		"[a](https://example.com)":     `\[a\](https:&#8203;//example.com)`,
		"![a](x)":                      `!\[a\](x)`,
		"www.example.com":              "www&#8203;.example.com",
		"a\nb\r\n# c":                  `a\\nb\\r\\n#&#8203; c`,
		"\x1b[31m\u202e\xff":           `\\x1b\[31m\\u202e\\ufffd`,
	} {
		if got := escapeMarkdown(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// A paragraph can't become a list, a heading or the underline of one, and nothing in a cell ends it.
func TestMarkdownBlocks(t *testing.T) {
	var b bytes.Buffer
	m := &markdown{w: &b}
	for _, text := range []string{"- a", "+ a", "1. a", "===", "---", "# a", "> a", "    a", "|a|", "```"} {
		m.paragraph("%s", text)
	}
	m.table([]string{"A", "B"}, [][]string{{"a|b\nc", ""}, {strings.Repeat("x", 501), "1"}})
	want := []string{
		"&#8203;- a", "&#8203;+ a", "&#8203;1. a", "&#8203;===", "&#8203;---", "#&#8203; a", "&gt; a", "a", `\|a\|`, "\\`\\`\\`",
		"| A | B |\n| --- | --- |\n| a\\|b\\\\nc |  |\n| " + strings.Repeat("x", 500) + "… | 1 |\n",
	}
	if diff := cmp.Diff(strings.Join(want, "\n\n"), b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMarkdownTablesHaveAnEnd(t *testing.T) {
	var b bytes.Buffer
	m := &markdown{w: &b}
	m.table([]string{"A"}, make([][]string, 103))
	if got := strings.Count(b.String(), "\n|"); got != 101 {
		t.Errorf("%d rows below the head, want the line and 100", got)
	}
	if want := "\n\nAnd 3 more: --output json has all of them.\n"; !strings.HasSuffix(b.String(), want) {
		t.Errorf("ends with %q, want %q", b.String()[b.Len()-60:], want)
	}
}

// What blocks comes first, what is waived last, whatever its severity.
func TestMarkdownFindings(t *testing.T) {
	var b bytes.Buffer
	m := &markdown{w: &b}
	m.findings(diag.List{
		{Severity: diag.Error, ID: "W1", Waived: "because", Hint: "do", Pos: diag.Pos{File: "f"}},
		{Severity: diag.Info, ID: "I1"},
		{Severity: diag.Warning, ID: "W2", Hint: "do", Pos: diag.Pos{File: "f", Line: 2, Column: 3}},
		{Severity: diag.Error, ID: "E1", Summary: "bad"},
	})
	want := `### Findings

| Severity | ID | Where | Message | What to do |
| --- | --- | --- | --- | --- |
| error | E1 |  | bad |  |
| warning | W2 | f:2 |  | do |
| info | I1 |  |  |  |
| error (waived) | W1 | f |  | waived: because |
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

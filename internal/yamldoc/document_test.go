package yamldoc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/yamldoc"
)

// lines are diagnostics as "line:column ID summary [hint]", sorted.
func lines(l diag.List) []string {
	l.Sort()
	var out []string
	for _, d := range l {
		text := fmt.Sprintf("%d:%d %s %s", d.Pos.Line, d.Pos.Column, d.ID, d.Summary)
		if d.Hint != "" {
			text += " [" + d.Hint + "]"
		}
		out = append(out, text)
	}
	return out
}

func TestParseProblems(t *testing.T) {
	const tabs = "[YAML is indented with spaces, not tabs; text that starts with one of % @ ` needs quotes]"
	for _, tc := range []struct {
		name, src string
		want      []string
	}{
		{"a mapping", "a: 1\n", nil},
		{"explicit document markers", "--- # begin\na: 1\n...\n", nil},
		{"a byte order mark", "\ufeffa: 1\n", nil},
		{"line feeds of Windows", "a: 1\r\nb: |\r\n  x\r\n", nil},
		{"empty", "", []string{"0:0 CFG002 the file is empty"}},
		{"comments alone", "# nothing\n\n", []string{"0:0 CFG002 the file is empty"}},
		{"null", "~\n", []string{"1:1 CFG005 the file must be a mapping of keys to values"}},
		{"text", "hello", []string{"1:1 CFG005 the file must be a mapping of keys to values"}},
		{"a list", "- a\n", []string{"1:1 CFG005 the file must be a mapping of keys to values"}},
		{"two documents", "a: 1\n---\nb: 2\n", []string{"2:1 CFG002 the file holds more than one YAML document [remove what begins here]"}},
		{"two documents after an explicit begin", "# c\n---\na: |\n  ---\n--- {}\n", []string{"5:1 CFG002 the file holds more than one YAML document [remove what begins here]"}},
		{"a document after the end of the first", "a: 1\n...\n\nb: 2\n", []string{"4:1 CFG002 the file holds more than one YAML document [remove what begins here]"}},
		{"Latin-1", "a: é\nb: x\xfcy\n", []string{"2:5 CFG002 the file is not UTF-8 text: byte 0xfc [save it as UTF-8]"}},
		{"UTF-16", "\xff\xfea\x00:\x00", []string{"1:1 CFG002 the file is not UTF-8 text: byte 0xff [save it as UTF-8]"}},
		{"NUL", "a: é\x00\n", []string{"1:5 CFG002 the file holds the control character U+0000 [remove it; in a text with double quotes it can be written as an escape]"}},
		{"escape", "a: 1\n  \x1b[2J\n", []string{"2:3 CFG002 the file holds the control character U+001B [remove it; in a text with double quotes it can be written as an escape]"}},
		{"a tab", "a:\n\tb: 1\n", []string{"2:1 CFG002 found character that cannot start any token " + tabs}},
		{"a reserved character", "a: @x\n", []string{"1:4 CFG002 found character that cannot start any token " + tabs}},
		{"another version of YAML", "%YAML 1.2\n---\na: 1\n", []string{"1:1 CFG002 not valid YAML: found incompatible YAML document [remove the line %YAML and the --- after it: no version has to be named]"}},
		{"indentation", "a: 1\n b: 2\n", []string{"2:3 CFG002 not valid YAML: mapping values are not allowed in this context"}},
		{"an open bracket", "a: [1\nb: 2\n", []string{"2:2 CFG002 not valid YAML: did not find expected ',' or ']'"}},
		{"an open quote", "a: \"x\n", []string{"2:1 CFG002 not valid YAML: found unexpected end of stream"}},
		{"an open bracket at the end", "a: 1\nb: [", []string{"2:5 CFG002 not valid YAML: did not find expected node content"}},
		{"old breaks before an error", "a: \"x\ry\u2028z\"\n\nb: [1\nc: 2\n", []string{"4:2 CFG002 not valid YAML: did not find expected ',' or ']'"}},
		{"old breaks before a key", "a: \"x\ry\u2028z\"\nb: 1\nb: 2\r\nb: 3\rb: 4", []string{
			`3:1 CFG004 the key "b" stands here a second time [it was first set on line 2; keep one of them]`,
			`4:1 CFG004 the key "b" stands here a second time [it was first set on line 2; keep one of them]`,
			`4:6 CFG004 the key "b" stands here a second time [it was first set on line 2; keep one of them]`,
		}},
		{"an unknown anchor", "a: *x\n", []string{"1:4 CFG002 not valid YAML: unknown anchor 'x' referenced"}},
		{"duplicate keys", "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n\"a\": 4\n", []string{
			`4:3 CFG004 the key "c" stands here a second time [it was first set on line 3; keep one of them]`,
			`5:1 CFG004 the key "a" stands here a second time [it was first set on line 1; keep one of them]`,
			`6:1 CFG004 the key "a" stands here a second time [it was first set on line 1; keep one of them]`,
		}},
		{"keys that are not text", "[a]: 1\n{b: 1}: 2\n~: 3\n", []string{
			"1:1 CFG005 a key must be text",
			"2:1 CFG005 a key must be text",
			"3:1 CFG005 a key must be text",
		}},
		{"an alias as key", "a: &a x\n*a : 1\n", []string{"2:1 CFG005 a key must be text"}},
		{"numbers as keys", "8080: 1\ntrue: 2\n", nil},
		{"a merge key", "a: &a {x: 1}\nb:\n  <<: *a\n", []string{
			"3:3 CFG003 merge keys (<<) are not supported [write the keys out, or use an alias for a whole value]",
		}},
		{"a merge key as text", "\"<<\": 1\n", nil},
		{"tags", "a: !Ref x\nb: !!binary aGk=\nc: !<tag:example.com,2026:x> y\nd: !x {e: 1, e: 2}\n", []string{
			"1:4 CFG002 the tag !Ref is not supported [remove it]",
			"2:4 CFG002 the tag !!binary is not supported [remove it]",
			"3:4 CFG002 the tag tag:example.com,2026:x is not supported [remove it]",
			"4:4 CFG002 the tag !x is not supported [remove it]",
			`4:14 CFG004 the key "e" stands here a second time [it was first set on line 4; keep one of them]`,
		}},
		{"tags of YAML itself", "a: !!str 1\nb: !!int 1\nc: !!map {}\nd: !!seq []\n", nil},
		{"a problem behind an alias is reported once", "a: &a {x: 1, x: 2}\nb: [*a, *a]\n", []string{
			`1:14 CFG004 the key "x" stands here a second time [it was first set on line 1; keep one of them]`,
		}},
		{"an alias inside its own anchor", "a: &a [1, *a]\n", []string{"1:11 CFG002 the alias *a lies inside its own anchor"}},
		{"an alias inside its own anchor, deeper", "a: &a {b: {c: [*a]}}\n", []string{"1:16 CFG002 the alias *a lies inside its own anchor"}},
		{"long texts are clipped", strings.Repeat("k", 200) + ": 1\n" + strings.Repeat("k", 200) + ": 2\n", []string{
			`2:1 CFG004 the key "` + strings.Repeat("k", 80) + `..." stands here a second time [it was first set on line 1; keep one of them]`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc := yamldoc.Parse("f.yaml", []byte(tc.src))
			if diff := cmp.Diff(tc.want, lines(doc.Problems)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestManyProblemsAreCapped(t *testing.T) {
	doc := yamldoc.Parse("f.yaml", []byte(strings.Repeat("a: 1\n", 5000)))
	if len(doc.Problems) != 1001 {
		t.Errorf("%d problems, want 1000 and the one that says so", len(doc.Problems))
	}
	want := diag.Diagnostic{
		ID: diag.CodeSyntax, Pos: diag.Pos{File: "f.yaml"},
		Summary: "the file has more than 1000 problems", Hint: "mend these first, the others will be shown then",
	}
	if diff := cmp.Diff(want, doc.Problems[1000]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A document with problems can be walked: what is broken reads as absent.
func TestWalk(t *testing.T) {
	const src = `
text: plain
quoted: "00123"
number: 8080
float: 443.0
octal: 0443
huge: 99999999999999999999
date: 2027-03-31
nothing: ~
list: [a, 2]
alias: &x {b: 1, b: 2}
same: *x
`
	doc := yamldoc.Parse("f.yaml", []byte(src))
	root := doc.Root()
	type read struct {
		Text   string
		Int    int
		IsInt  bool
		List   int
		Exists bool
		Sound  bool
		Line   int
	}
	want := map[string]read{
		"text":    {Text: "plain", Exists: true, Sound: true, Line: 2},
		"quoted":  {Text: "00123", Exists: true, Sound: true, Line: 3},
		"number":  {Text: "8080", Int: 8080, IsInt: true, Exists: true, Sound: true, Line: 4},
		"float":   {Text: "443.0", Int: 443, IsInt: true, Exists: true, Sound: true, Line: 5},
		"octal":   {Text: "0443", Exists: true, Sound: true, Line: 6},
		"huge":    {Text: "99999999999999999999", Exists: true, Sound: true, Line: 7},
		"date":    {Text: "2027-03-31", Exists: true, Sound: true, Line: 8},
		"nothing": {Sound: true, Line: 9},
		"list":    {List: 2, Exists: true, Sound: true, Line: 10},
		"alias":   {Exists: true, Line: 11},
		"same":    {Exists: true, Line: 12},
		"absent":  {Sound: true},
	}
	got := map[string]read{}
	for key := range want {
		v := root.Get(key)
		number, isInt := v.Int()
		got[key] = read{v.Text(), number, isInt, len(v.List()), v.Exists(), v.Sound(), v.Pos().Line}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	same := root.Map("same")
	if n, ok := same.Get("b").Int(); n != 1 || !ok || same.Sound() || root.Sound() {
		t.Errorf("of a duplicate key the first value counts, and the mapping is not sound: got %d, %t, %t, %t", n, ok, same.Sound(), root.Sound())
	}
	var keys []string
	for key := range root.Entries() {
		keys = append(keys, key)
	}
	wantKeys := []string{"text", "quoted", "number", "float", "octal", "huge", "date", "nothing", "list", "alias", "same"}
	if diff := cmp.Diff(wantKeys, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if got, want := root.KeyPos("date"), (diag.Pos{File: "f.yaml", Line: 8, Column: 1}); got != want {
		t.Errorf("KeyPos of a key: %v, want %v", got, want)
	}
	if got, want := root.KeyPos("absent"), (diag.Pos{File: "f.yaml", Line: 2, Column: 1}); got != want {
		t.Errorf("KeyPos of an absent key is that of the mapping: %v, want %v", got, want)
	}
}

func TestWalkNothing(t *testing.T) {
	root := yamldoc.Parse("f.yaml", nil).Root()
	for range root.Map("a").Entries() {
		t.Error("an absent mapping has entries")
	}
	if root.Has("a") || root.Sound() || root.Text("a") != "" || root.List("a") != nil || root.Map("a").Map("b").Text("c") != "" {
		t.Error("something was read from an empty file")
	}
	if got, want := root.Get("a").Pos(), (diag.Pos{File: "f.yaml"}); got != want {
		t.Errorf("the place of what is absent is the file: %v, want %v", got, want)
	}
}

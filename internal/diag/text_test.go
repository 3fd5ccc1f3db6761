package diag_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/diag"
)

func TestWriteText(t *testing.T) {
	at := func(line, column int) diag.Diagnostic {
		return diag.Diagnostic{ID: "CFG007", Summary: "bad", Pos: diag.Pos{File: "f.yaml", Line: line, Column: column}}
	}
	for _, tc := range []struct {
		name string
		src  string
		list diag.List
		want string
	}{
		{
			name: "everything that a diagnostic may have",
			src:  "a: 1\nbb: 22\n",
			list: diag.List{
				{Severity: diag.Warning, ID: "SG002", Summary: "open", Detail: "reason", Hint: "close it", Waived: "accepted", Pos: diag.Pos{File: "f.yaml", Line: 2, Column: 5}},
				{Severity: diag.Info, ID: "SG027", Summary: "no place"},
				{ID: "CFG001", Summary: "no line", Pos: diag.Pos{File: "f.yaml"}},
			},
			want: `warning (waived) SG002: open
  --> f.yaml:2:5
    |
  2 | bb: 22
    |     ^
  why: reason
  hint: close it
  waived: accepted

info SG027: no place

error CFG001: no line
  --> f.yaml
`,
		},
		{
			name: "a tab is one column",
			src:  "\ta:\tb\n",
			list: diag.List{at(1, 5)},
			want: "error CFG007: bad\n  --> f.yaml:1:5\n    |\n  1 |  a: b\n    |     ^\n",
		},
		{
			name: "line feeds of Windows",
			src:  "a: 1\r\nb: 2\r\n",
			list: diag.List{at(2, 4)},
			want: "error CFG007: bad\n  --> f.yaml:2:4\n    |\n  2 | b: 2\n    |    ^\n",
		},
		{
			name: "columns are characters",
			src:  "ü: é x\n",
			list: diag.List{at(1, 6)},
			want: "error CFG007: bad\n  --> f.yaml:1:6\n    |\n  1 | ü: é x\n    |      ^\n",
		},
		{
			name: "what a terminal would obey is escaped, and the mark is still below the column",
			src:  "\x1b[2J: \u202e x\xff\n",
			list: diag.List{at(1, 9)},
			want: "error CFG007: bad\n  --> f.yaml:1:9\n    |\n  1 | \\x1b[2J: \\u202e x\\ufffd\n    |                 ^\n",
		},
		{
			name: "escaped in all other parts too",
			list: diag.List{{ID: "CFG001", Summary: "a\x1b[31m", Detail: "b\rc", Hint: "d\u2066", Waived: "e\nf", Pos: diag.Pos{File: "g\x00"}}},
			want: "error (waived) CFG001: a\\x1b[31m\n  --> g\\x00\n  why: b\\rc\n  hint: d\\u2066\n  waived: e\\nf\n",
		},
		{
			name: "a column behind the line",
			src:  "ab\n",
			list: diag.List{at(1, 99)},
			want: "error CFG007: bad\n  --> f.yaml:1:99\n    |\n  1 | ab\n    |   ^\n",
		},
		{
			name: "columns and lines that are none",
			src:  "ab\n",
			list: diag.List{at(1, 0), at(1, -7), at(-1, 1), at(3, 1)},
			want: "error CFG007: bad\n  --> f.yaml:1:0\n    |\n  1 | ab\n    | ^\n" +
				"\nerror CFG007: bad\n  --> f.yaml:1:-7\n    |\n  1 | ab\n    | ^\n" +
				"\nerror CFG007: bad\n  --> f.yaml:-1:1\n" +
				"\nerror CFG007: bad\n  --> f.yaml:3:1\n",
		},
		{
			name: "a file without a source",
			list: diag.List{{ID: "CFG007", Summary: "bad", Pos: diag.Pos{File: "other.yaml", Line: 1, Column: 1}}},
			want: "error CFG007: bad\n  --> other.yaml:1:1\n",
		},
		{
			name: "of a long line only a part is shown",
			src:  strings.Repeat("x", 500) + "y" + strings.Repeat("z", 500),
			list: diag.List{at(1, 1), at(1, 501), at(1, 1001)},
			want: "error CFG007: bad\n  --> f.yaml:1:1\n    |\n  1 | " + strings.Repeat("x", 160) + "\n    | ^\n" +
				"\nerror CFG007: bad\n  --> f.yaml:1:501\n    |\n  1 | " + strings.Repeat("x", 79) + "y" + strings.Repeat("z", 80) + "\n    | " + strings.Repeat(" ", 79) + "^\n" +
				"\nerror CFG007: bad\n  --> f.yaml:1:1001\n    |\n  1 | " + strings.Repeat("z", 79) + "z\n    | " + strings.Repeat(" ", 79) + "^\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b strings.Builder
			if err := tc.list.WriteText(&b, diag.Sources{"f.yaml": []byte(tc.src)}, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, b.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWriteTextPaints(t *testing.T) {
	paint := func(s diag.Severity, text string) string { return "<" + s.String() + ":" + text + ">" }
	var b strings.Builder
	list := diag.List{{ID: "CFG007", Summary: "bad"}, {Severity: diag.Warning, ID: "SG012", Summary: "odd", Waived: "fine"}}
	if err := list.WriteText(&b, nil, paint); err != nil {
		t.Fatal(err)
	}
	want := "<error:error> CFG007: bad\n\n<warning:warning (waived)> SG012: odd\n  waived: fine\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteTextReturnsTheWritersError(t *testing.T) {
	err := diag.List{{ID: "CFG007", Summary: "bad"}}.WriteText(fullDisk{}, nil, nil)
	if err == nil || err.Error() != "disk full" {
		t.Errorf("got %v, want disk full", err)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"plain äöü 日本 😀":            "plain äöü 日本 😀",
		"a\tb":                      "a b",
		"a\nb\rc":                   `a\nb\rc`,
		"\x00\x07\x1b\x7f":          `\x00\a\x1b\x7f`,
		"\u009b31m":                 `\u009b31m`, // the eight-bit form of ESC [
		"\u200e\u202a\u202e\u2069x": `\u200e\u202a\u202e\u2069x`,
		"a\xffb\xc3":                `a\ufffdb\ufffd`,
		`it's "quoted" \n`:          `it's "quoted" \n`,
	} {
		if got := diag.Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}

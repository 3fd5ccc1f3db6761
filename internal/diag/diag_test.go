package diag_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/diag"
)

func TestPosString(t *testing.T) {
	for _, tc := range []struct {
		pos  diag.Pos
		want string
	}{
		{diag.Pos{}, ""},
		{diag.Pos{Line: 3, Column: 4}, ""},
		{diag.Pos{File: "a.yaml"}, "a.yaml"},
		{diag.Pos{File: "a.yaml", Line: 3, Column: 4}, "a.yaml:3:4"},
	} {
		if got := tc.pos.String(); got != tc.want {
			t.Errorf("%#v: %q, want %q", tc.pos, got, tc.want)
		}
	}
}

func TestErrorfAndWithHint(t *testing.T) {
	var l diag.List
	pos := diag.Pos{File: "a.yaml", Line: 3, Column: 4}
	l.Errorf("CFG007", pos, "%q is wrong", "x").WithHint("write %d", 1)
	l.Warnf("CFG012", pos, "100%% strange")
	want := diag.List{
		{Severity: diag.Error, ID: "CFG007", Pos: pos, Summary: `"x" is wrong`, Hint: "write 1"},
		{Severity: diag.Warning, ID: "CFG012", Pos: pos, Summary: "100% strange"},
	}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSort(t *testing.T) {
	at := func(file string, line, column int) diag.Pos { return diag.Pos{File: file, Line: line, Column: column} }
	want := diag.List{
		{Summary: "no place"},
		{Pos: at("a", 2, 9), Severity: diag.Info, Summary: "line before severity"},
		{Pos: at("a", 10, 1), Severity: diag.Error, ID: "CFG002"},
		{Pos: at("a", 10, 1), Severity: diag.Error, ID: "CFG003", Tier: "app"},
		{Pos: at("a", 10, 1), Severity: diag.Error, ID: "CFG003", Tier: "web", Summary: "a"},
		{Pos: at("a", 10, 1), Severity: diag.Error, ID: "CFG003", Tier: "web", Summary: "b", Hint: "first"},
		{Pos: at("a", 10, 1), Severity: diag.Error, ID: "CFG003", Tier: "web", Summary: "b", Hint: "another"},
		{Pos: at("a", 10, 1), Severity: diag.Warning, ID: "CFG001"},
		{Pos: at("a", 10, 2), Severity: diag.Error, ID: "CFG001"},
		{Pos: at("b", 1, 1), Severity: diag.Error, ID: "CFG001"},
	}
	got := diag.List{want[9], want[5], want[8], want[4], want[7], want[6], want[3], want[1], want[2], want[0]}
	got.Sort()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What a list says of itself depends on the severities and waivers in it alone.
func TestListAsAWhole(t *testing.T) {
	problem := diag.Diagnostic{Severity: diag.Error, Summary: "bad", Pos: diag.Pos{File: "f", Line: 1, Column: 2}}
	odd := diag.Diagnostic{Severity: diag.Warning, Summary: "odd"}
	note := diag.Diagnostic{Severity: diag.Info, Summary: "note"}
	waived := diag.Diagnostic{Severity: diag.Error, Summary: "accepted", Waived: "because"}
	waivedOdd := diag.Diagnostic{Severity: diag.Warning, Summary: "accepted", Waived: "because"}
	type verdict struct {
		Count, Error          string
		HasErrors, HasWarning bool
	}
	for _, tc := range []struct {
		name string
		list diag.List
		want verdict
	}{
		{"empty", nil, verdict{"no errors", "no errors", false, false}},
		{"infos and waived", diag.List{note, waived, waivedOdd}, verdict{"no errors", "no errors", false, false}},
		{"one warning", diag.List{odd, note}, verdict{"1 warning", "no errors", false, true}},
		{"one error", diag.List{note, problem}, verdict{"1 error", "f:1:2: bad", true, false}},
		{"without a place", diag.List{{Severity: diag.Error, Summary: "bad"}}, verdict{"1 error", "bad", true, false}},
		{"several", diag.List{waived, problem, odd, problem, odd, problem}, verdict{"3 errors, 2 warnings", "f:1:2: bad (and 2 more)", true, true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := verdict{tc.list.Count(), tc.list.Error(), tc.list.HasErrors(), tc.list.Has(diag.Warning)}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A list that is too long to read keeps what blocks, in the order that it has.
func TestGravest(t *testing.T) {
	list := diag.List{
		{Severity: diag.Info, ID: "i"}, {Severity: diag.Error, ID: "waived", Waived: "a reason"}, {Severity: diag.Warning, ID: "w"},
		{Severity: diag.Error, ID: "e1"}, {Severity: diag.Error, ID: "e2"},
	}
	ids := func(l diag.List) string {
		var all []string
		for _, d := range l {
			all = append(all, d.ID)
		}
		return strings.Join(all, " ")
	}
	for n, want := range map[int][2]string{5: {"i waived w e1 e2", ""}, 3: {"e1 e2 w", "i waived"}, 1: {"e1", "e2 w i waived"}} {
		if gravest, rest := list.Gravest(n); ids(gravest) != want[0] || ids(rest) != want[1] {
			t.Errorf("%d: got %q and %q", n, ids(gravest), ids(rest))
		}
	}
	if list[0].ID != "i" {
		t.Error("the list itself was sorted")
	}
}

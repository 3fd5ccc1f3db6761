package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/diag"
)

func TestSARIFText(t *testing.T) {
	for text, want := range map[string]string{
		"tier web: tcp/22": "tier web: tcp/22",
		"{0} and {}":       "{{0}} and {{}}",
		"[a](b) [c] (d)":   "[a] (b) [c] (d)",
		"a\nb\x1b[1m":      `a\nb\x1b[1m`,
	} {
		if got := sarifText(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestSARIFFile(t *testing.T) {
	in := func(uri string) sarifArtifact { return sarifArtifact{URI: uri, Base: "%SRCROOT%"} }
	for _, tc := range []struct {
		workdir, file string
		want          sarifArtifact
	}{
		{".", "configs/a.yaml", in("configs/a.yaml")},
		{"infra/sg/", "configs/a.yaml", in("infra/sg/configs/a.yaml")},
		{"./infra/../sg", "configs/a.yaml", in("sg/configs/a.yaml")},
		{"/srv/sg", "configs/a.yaml", in("configs/a.yaml")},
		{"../sg", "configs/a.yaml", in("configs/a.yaml")},
		{".", "a:b?.yaml", in("./a:b%3F.yaml")}, // not a scheme
		{"infra", "/srv/configs/a b.yaml", sarifArtifact{URI: "file:///srv/configs/a%20b.yaml"}},
	} {
		if diff := cmp.Diff(tc.want, sarifFile(tc.workdir, tc.file)); diff != "" {
			t.Errorf("%s in %s (-want +got):\n%s", tc.file, tc.workdir, diff)
		}
	}
}

func TestFingerprint(t *testing.T) {
	at := func(line int) diag.Pos { return diag.Pos{File: "f", Line: line, Column: 3} }
	about := diag.Diagnostic{ID: "SG004", Tier: "db", Rule: "db ingress all from web", Summary: "open", Pos: at(1)}
	text := diag.Diagnostic{ID: "CFG024", Summary: "it is there already, from the override (f:3:9), line 3", Pos: at(1)}
	change := func(d diag.Diagnostic, by func(*diag.Diagnostic)) diag.Diagnostic {
		by(&d)
		return d
	}
	for _, tc := range []struct {
		name string
		a, b diag.Diagnostic
		same bool
	}{
		{"a rule's line", about, change(about, func(d *diag.Diagnostic) { d.Pos = at(9) }), true},
		{"a rule's message", about, change(about, func(d *diag.Diagnostic) { d.Summary = "wide open" }), true},
		{"a rule's severity", about, change(about, func(d *diag.Diagnostic) { d.Severity = diag.Warning }), true},
		{"the ID", about, change(about, func(d *diag.Diagnostic) { d.ID = "SG002" }), false},
		{"the tier", about, change(about, func(d *diag.Diagnostic) { d.Tier = "app" }), false},
		{"the rule", about, change(about, func(d *diag.Diagnostic) { d.Rule = "db ingress all from app" }), false},
		{"a text's line", text, change(text, func(d *diag.Diagnostic) { d.Pos = at(9) }), true},
		{"lines in a message", text, change(text, func(d *diag.Diagnostic) {
			d.Summary = "it is there already, from the override (f:5:7), line 5"
		}), true},
		{"a text's message", text, change(text, func(d *diag.Diagnostic) { d.Summary = "something else" }), false},
		{"a text's file", text, change(text, func(d *diag.Diagnostic) { d.Pos.File = "g" }), false},
	} {
		if same := fingerprint(tc.a) == fingerprint(tc.b); same != tc.same {
			t.Errorf("%s changes: the same is %t, want %t", tc.name, same, tc.same)
		}
	}
}

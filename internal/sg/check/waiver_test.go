package check_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err) //nolint:forbidigo // a typo in a table of this package
	}
	return t
}

func TestWaive(t *testing.T) {
	const noon = "2027-03-31T12:00:00Z"
	tiers := []string{"web", "app", "db"}
	findings := func() diag.List {
		return diag.List{
			{Severity: diag.Error, ID: "SG002", Tier: "web"},
			{Severity: diag.Warning, ID: "SG002", Tier: "db"},
			{Severity: diag.Error, ID: "SG003", Tier: "web"},
			{Severity: diag.Error, ID: "SG004", Tier: "db"},
		}
	}
	waiver := func(check, tier, expires string) config.Waiver {
		return config.Waiver{Check: check, Tier: tier, Reason: "NET-812", Expires: day(expires), Pos: diag.Pos{File: "f", Line: 9, Column: 7}}
	}
	const reason = "NET-812 (until 2027-03-31)"
	const waivable = "[all checks can be waived but these: SG004, SG026, SG028, SG029, SG030, SG031, SG103]"
	for _, tc := range []struct {
		name     string
		waiver   config.Waiver
		now      string
		waived   []string // of the findings, in their order
		problems []string
	}{
		{"one tier", waiver("SG002", "web", "2027-03-31"), noon, []string{reason, "", "", ""}, nil},
		{"all tiers", waiver("SG002", "", "2027-03-31"), noon, []string{reason, reason, "", ""}, nil},
		{"the first second of the last day", waiver("SG003", "", "2027-03-31"), "2027-03-31T00:00:00Z", []string{"", "", reason, ""}, nil},
		{"the last moment of the last day", waiver("SG003", "", "2027-03-31"), "2027-03-31T23:59:59.999999999Z", []string{"", "", reason, ""}, nil},
		{"the last day in UTC, tomorrow here", waiver("SG003", "", "2027-03-31"), "2027-04-01T08:59:59+09:00", []string{"", "", reason, ""}, nil},
		{"the next day", waiver("SG003", "", "2027-03-31"), "2027-04-01T00:00:00Z", make([]string, 4), []string{
			"error CFG027 f:9:7: the waiver of SG003 expired on 2027-03-31 [mend the finding, or decide again and set a new date]",
		}},
		{"the next day in UTC, today here", waiver("SG003", "", "2027-03-31"), "2027-03-31T16:00:00-08:00", make([]string, 4), []string{
			"error CFG027 f:9:7: the waiver of SG003 expired on 2027-03-31 [mend the finding, or decide again and set a new date]",
		}},
		{"nothing to waive", waiver("SG003", "app", "2027-03-31"), noon, make([]string, 4), []string{
			"warning CFG027 f:9:7: the waiver of SG003 waives nothing [remove it]",
		}},
		{"what only EC2 can show", waiver("SG101", "", "2027-03-31"), noon, make([]string, 4), nil},
		{"a check that can't be waived", waiver("SG004", "", "2027-03-31"), noon, make([]string, 4), []string{
			"error CFG027 f:9:7: SG004 can't be waived " + waivable,
		}},
		{"a check that can't be waived, and has no finding", waiver("SG029", "db", "2027-03-31"), noon, make([]string, 4), []string{
			"error CFG027 f:9:7: SG029 can't be waived " + waivable,
		}},
		{"an unknown check", waiver("CIS-5.2", "", "2027-03-31"), noon, make([]string, 4), []string{
			"error CFG027 f:9:7: the waiver names CIS-5.2, and there is no such check [checks are called SG001 to SG104; sg-provisioner explain lists them]",
		}},
		{"an unknown check that is near", waiver("SG0002", "", "2027-03-31"), noon, make([]string, 4), []string{
			`error CFG027 f:9:7: the waiver names SG0002, and there is no such check [did you mean "SG002"?]`,
		}},
		{"an unknown tier", waiver("SG002", "ap", "2027-03-31"), noon, make([]string, 4), []string{
			`error CFG027 f:9:7: the waiver of SG002 names the tier "ap", which the scenario doesn't have [did you mean "app"?]`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339Nano, tc.now)
			if err != nil {
				t.Fatal(err)
			}
			found := findings()
			problems := check.Waive(found, []config.Waiver{tc.waiver}, tiers, now)
			var waived []string
			for i, f := range found {
				waived = append(waived, f.Waived)
				f.Waived = ""
				if diff := cmp.Diff(findings()[i], f); diff != "" {
					t.Errorf("a waiver changes more than Waived:\n%s", diff)
				}
			}
			if diff := cmp.Diff(tc.waived, waived); diff != "" {
				t.Errorf("waived (-want +got):\n%s", diff)
			}
			var got []string
			for i, line := range brief(problems) {
				got = append(got, line+" ["+problems[i].Hint+"]")
			}
			if diff := cmp.Diff(tc.problems, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// What check-drift finds in EC2 comes after the config was judged, and is accepted by the same waivers.
func TestAccept(t *testing.T) {
	found := diag.List{
		check.DefaultGroup.Finding("", "sg-1 has rules"), check.UnusedGroup.Finding("web", "unused"), check.UnusedGroup.Finding("db", "unused"),
		check.OutOfBand.Finding("db", "a rule"),
	}
	var waivers []config.Waiver
	for _, w := range []config.Waiver{{Check: "SG101"}, {Check: "SG102", Tier: "db"}, {Check: "SG103"}, {Check: "SG004"}} {
		w.Reason, w.Expires = "NET-812", day("2027-03-31")
		waivers = append(waivers, w)
	}
	check.Accept(found, waivers)
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%v %s %s: %s: %s", f.Severity, f.ID, f.Tier, f.Summary, f.Waived))
	}
	const reason = "NET-812 (until 2027-03-31)"
	want := []string{
		"warning SG101 : sg-1 has rules: " + reason, "info SG102 web: tier web: unused: ", "info SG102 db: tier db: unused: " + reason,
		"warning SG103 db: tier db: a rule: ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Who waives that everything is open has not waived that databases are.
func TestWaivedEverythingLeavesDatabases(t *testing.T) {
	found := check.Run(input(rule("web", ruleset.Ingress, "all", "0.0.0.0/0")))
	problems := check.Waive(found, []config.Waiver{{Check: "SG001", Reason: "r", Expires: day("2027-03-31")}}, []string{"web", "db"}, day("2027-03-31"))
	var blocking []string
	for _, d := range found {
		if d.IsError() {
			blocking = append(blocking, d.ID)
		}
	}
	if diff := cmp.Diff([]string{"SG004"}, blocking); diff != "" || len(problems) > 0 {
		t.Errorf("%v, -want +got:\n%s", problems, diff)
	}
}

// An error that is waived no longer blocks, and nothing else changes.
func TestWaivedErrorsDontBlock(t *testing.T) {
	found := check.Run(input(rule("web", ruleset.Ingress, "tcp/22", "0.0.0.0/0")))
	if !found.HasErrors() {
		t.Fatal("open SSH does not block")
	}
	problems := check.Waive(found, []config.Waiver{{Check: "SG002", Reason: "r", Expires: day("2027-03-31")}}, []string{"web", "db"}, day("2027-03-31"))
	if len(problems) > 0 || found.HasErrors() {
		t.Errorf("%v, %v", problems, found)
	}
}

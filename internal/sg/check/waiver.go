package check

import (
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
)

// Waive marks the findings that the config accepts, and returns what is wrong with the waivers themselves: an unknown
// check or tier, one that has expired, one of a check that can't be waived, and (a warning) one that waives nothing, unless its
// check is live. A waiver holds until the end of its last day, in UTC.
func Waive(findings diag.List, waivers []config.Waiver, tiers []string, now time.Time) diag.List {
	var problems diag.List
	for _, w := range waivers {
		if p := problem(w, tiers, now); p != nil {
			problems = append(problems, *p)
			continue
		}
		if c, _ := Find(w.Check); !accept(findings, w) && !c.Live {
			problems.Warnf(diag.CodeWaiver, w.Pos, "the waiver of %s waives nothing", w.Check).WithHint("remove it")
		}
	}
	return problems
}

// WaiverErrors are what is wrong with the waivers of a config whose rules are not judged, because something else is wrong with it.
// Without tiers it is not known which there are.
func WaiverErrors(waivers []config.Waiver, tiers []string, now time.Time) diag.List {
	var problems diag.List
	for _, w := range waivers {
		if tiers == nil {
			w.Tier = ""
		}
		if w.Expires.IsZero() {
			w.Expires = now // it is no date, which is reported
		}
		if p := problem(w, tiers, now); p != nil {
			problems = append(problems, *p)
		}
	}
	return problems
}

// accept marks the findings that a waiver is about, and reports whether there are any.
func accept(findings diag.List, w config.Waiver) bool {
	used := false
	for i := range findings {
		if f := &findings[i]; f.ID == w.Check && (w.Tier == "" || w.Tier == f.Tier) {
			f.Waived = w.Reason + " (until " + w.Expires.Format(time.DateOnly) + ")"
			used = true
		}
	}
	return used
}

func problem(w config.Waiver, tiers []string, now time.Time) *diag.Diagnostic {
	var l diag.List
	c, known := Find(w.Check)
	switch {
	case !known:
		return l.Errorf(diag.CodeWaiver, w.Pos, "the waiver names %s, and there is no such check", w.Check).WithHint("%s", Suggest(w.Check))
	case !c.Waivable:
		return l.Errorf(diag.CodeWaiver, w.Pos, "%s can't be waived", w.Check).WithHint("%s", unwaivableHint())
	case w.Tier != "" && !slices.Contains(tiers, w.Tier):
		return l.Errorf(diag.CodeWaiver, w.Pos, "the waiver of %s names the tier %q, which the scenario doesn't have", w.Check, w.Tier).
			WithHint("%s", diag.Suggest(w.Tier, tiers))
	case !now.Before(w.Expires.AddDate(0, 0, 1)):
		return l.Errorf(diag.CodeWaiver, w.Pos, "the waiver of %s expired on %s", w.Check, w.Expires.Format(time.DateOnly)).
			WithHint("mend the finding, or decide again and set a new date")
	}
	return nil
}

func unwaivableHint() string {
	var ids []string
	for _, c := range All() {
		if !c.Waivable {
			ids = append(ids, c.ID)
		}
	}
	return "all checks can be waived but these: " + strings.Join(ids, ", ")
}

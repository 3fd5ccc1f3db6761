package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// world is what the world may reach, tier by tier. At the edge that is what a set is for.
func world(set ruleset.Set) []Reached {
	out := []Reached{}
	for _, t := range set.Tiers {
		if open := check.OpenToWorld(t); len(open) > 0 {
			out = append(out, Reached{t.Name, words(open), t.Role == ruleset.Edge})
		}
	}
	return out
}

// isWorld reports whether a zone is so much of the internet that it is as good as all of it.
func isWorld(zone string) bool {
	if isInternet(zone) {
		return true
	}
	prefix, err := netip.ParsePrefix(zone)
	return err == nil && ruleset.IsWorld([]netip.Prefix{prefix})
}

// outbound is what tiers may send to everybody.
func outbound(set ruleset.Set, flows []reach.Flow) []Reached {
	out := []Reached{}
	for _, t := range set.Tiers {
		var sent []ruleset.Traffic
		for _, f := range flows {
			if f.From == t.Name && (f.To == reach.Internet || f.To == reach.InternetIPv6) {
				sent = append(sent, f.Traffic)
			}
		}
		if len(sent) > 0 {
			out = append(out, Reached{t.Name, words(ruleset.SetOf(sent...).List()), t.Role != ruleset.Database})
		}
	}
	return out
}

// databases are the tiers that hold data, with everything that reaches them. Another tier of the set is expected to.
func databases(set ruleset.Set, flows []reach.Flow, ports []int) []Database {
	out := []Database{}
	for _, tier := range check.DatabaseTiers(set, ports) {
		d := Database{Tier: tier, From: []Reached{}}
		for _, f := range flows {
			if f.To != tier {
				continue
			}
			if n := len(d.From); n == 0 || d.From[n-1].Zone != f.From {
				_, isTier := set.Tier(f.From)
				d.From = append(d.From, Reached{Zone: f.From, Traffic: []string{}, Expected: isTier})
			}
			last := &d.From[len(d.From)-1]
			last.Traffic = append(last.Traffic, trafficOf(f))
		}
		out = append(out, d)
	}
	return out
}

func trafficOf(f reach.Flow) string {
	if f.Possible {
		return f.Traffic.String() + possibly
	}
	return f.Traffic.String()
}

func words(traffic []ruleset.Traffic) []string {
	out := make([]string, len(traffic))
	for i, t := range traffic {
		out[i] = t.String()
	}
	return out
}

// judge says whether to approve.
func (r *Review) judge(strict bool) Verdict {
	errors, warnings := r.Open("error"), r.Open("warning")
	failed := r.failedAssertions()
	switch {
	case errors > 0 || failed > 0:
		return Verdict{Block, "Do not approve: " + r.because(errors, failed) + " the deployment."}
	case warnings > 0 && strict:
		return Verdict{Block, "Do not approve: " + plural(warnings, "warning") + " " + verb(warnings, "blocks", "block") + " the deployment, which is strict."}
	case warnings > 0:
		return Verdict{Look, "Approve after a look at " + plural(warnings, "open warning") + ": no error and no assertion blocks."}
	case len(r.Assertions) > 0:
		return Verdict{Approve, "Nothing speaks against approving: no finding is open, and " + r.holding() + "."}
	default:
		return Verdict{Approve, "Nothing speaks against approving: no finding is open."}
	}
}

func (r *Review) because(errors, failed int) string {
	var parts []string
	if n := errors - failed; n > 0 { // an assertion that does not hold is a finding too
		parts = append(parts, plural(n, "security error"))
	}
	if failed > 0 {
		parts = append(parts, plural(failed, "assertion")+" "+verb(failed, "that does not hold", "that do not hold"))
	}
	return strings.Join(parts, " and ") + " " + verb(max(errors, failed), "blocks", "block")
}

func (r *Review) holding() string {
	switch len(r.Assertions) {
	case 1:
		return "the assertion holds"
	case 2:
		return "both assertions hold"
	}
	return fmt.Sprintf("all %d assertions hold", len(r.Assertions))
}

func (r *Review) failedAssertions() int {
	return tally(r.Assertions, func(a Assertion) bool { return !a.Holds })
}

// Open counts the findings of a severity that nobody has waived.
func (r *Review) Open(severity string) int {
	return tally(r.Findings, func(f Finding) bool { return f.Severity == severity && f.Waived == "" })
}

// possible reports whether a flow depends on addresses that are not known.
func (r *Review) possible() bool { return slices.ContainsFunc(r.Flows, Flow.Possible) }

// Waived counts the findings that somebody accepted.
func (r *Review) Waived() int {
	return tally(r.Findings, func(f Finding) bool { return f.Waived != "" })
}

// tally counts of what something holds.
func tally[T any](list []T, is func(T) bool) int {
	n := 0
	for _, x := range list {
		if is(x) {
			n++
		}
	}
	return n
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

package check

import (
	"fmt"
	"slices"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
)

// Live are the checks of what EC2 really holds, by ID. No config and no template shows what they are about: check-drift
// looks, and makes their findings with [Check.Finding].
func Live() []Check { return []Check{DefaultGroup, UnusedGroup, OutOfBand, StaleReference} }

// All are all checks, by ID.
func All() []Check { return slices.Concat(Catalogue(), Live()) }

// Finding is a finding of a live check about a tier, or, without one, about the VPC.
func (c Check) Finding(tier, format string, args ...any) diag.Diagnostic {
	summary := fmt.Sprintf(format, args...)
	if tier != "" {
		summary = fmt.Sprintf("tier %s: %s", tier, summary)
	}
	return diag.Diagnostic{Severity: c.Levels[0].Severity, ID: c.ID, Tier: tier, Summary: summary, Detail: c.Why, Hint: c.Remedy}
}

// Accept marks the findings of live checks that the config accepts. Its waivers were judged with the config, by [Waive].
func Accept(findings diag.List, waivers []config.Waiver) {
	for _, w := range waivers {
		if c, known := Find(w.Check); known && c.Waivable {
			accept(findings, w)
		}
	}
}

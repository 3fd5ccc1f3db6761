// Package check finds dangerous and malformed rules in a resolved rule set. Each check is one Check value in a file of its
// own, listed in Catalogue; it judges canonical rules only, so that no spelling of an address, a port or a protocol is a
// way around it.
package check

import (
	"fmt"
	"slices"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// Input is what the checks judge.
type Input struct {
	Set               ruleset.Set
	Env               string // prod, staging, test or dev
	DatabasePorts     []int  // beside the service ports of the set's database tiers
	RulesPerDirection int    // quota of a group, per direction and address family
	GroupDescription  func(tier string) string
}

// Check is one entry of the catalogue.
type Check struct {
	ID       string // never reused for another meaning
	Title    string // what it looks for, in one phrase
	Why      string // what may happen, in one sentence
	Waivable bool
	run      func(*Input, *report)
}

// Catalogue are all checks, by ID.
func Catalogue() []Check {
	return []Check{
		openSSH, openRDP, openDatabase,
		duplicateRule, nonCanonicalCIDR, missingDescription, badDescription, quota,
	}
}

// Run applies the whole catalogue. The findings are sorted by tier and rule within each check.
func Run(in Input) diag.List {
	var found diag.List
	for _, c := range Catalogue() {
		c.run(&in, &report{check: c, list: &found})
	}
	return found
}

// report collects the findings of one check.
type report struct {
	check Check
	list  *diag.List
}

// rule reports a finding about one rule.
func (r *report) rule(s diag.Severity, rule ruleset.Rule, format string, args ...any) *diag.Diagnostic {
	d := r.tier(s, rule.Tier, format, args...)
	d.Rule, d.Pos = rule.String(), rule.Pos
	return d
}

// tier reports a finding about a tier as a whole.
func (r *report) tier(s diag.Severity, tier string, format string, args ...any) *diag.Diagnostic {
	*r.list = append(*r.list, diag.Diagnostic{
		Severity: s,
		ID:       r.check.ID,
		Summary:  fmt.Sprintf("tier %s: %s", tier, fmt.Sprintf(format, args...)),
		Detail:   r.check.Why,
		Tier:     tier,
	})
	return &(*r.list)[len(*r.list)-1]
}

// databasePorts are the ports on which a database may listen: the known ones and the set's own, wherever they were moved.
func (in *Input) databasePorts() []int {
	ports := slices.Clone(in.DatabasePorts)
	for _, t := range in.Set.Tiers {
		if t.Role == ruleset.Database && t.Service != nil {
			ports = append(ports, t.Service.Ports.From)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// Package check finds dangerous and malformed rules in a resolved rule set. Each check is one Check value, listed in
// Catalogue; it judges canonical rules only, so that no spelling of an address, a port or a protocol is a way around it.
//
// What the world may reach is found once, for the whole set, and each part of it belongs to one check: the gravest that
// is about it. The others know of it (they fail as well) and stay silent, so that one mistake is one finding.
package check

import (
	"fmt"
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// Input is what the checks judge.
type Input struct {
	Set                ruleset.Set
	Env                string                   // prod, staging, test or dev
	DatabasePorts      []int                    // TCP and UDP, beside the service ports of the set's database tiers
	AdminPorts         []int                    // TCP and UDP
	HighRiskPorts      []int                    // TCP and UDP
	AmplificationPorts []int                    // UDP
	RulesPerDirection  int                      // quota of a group, per direction and address family
	GroupDescription   func(tier string) string // of the group that a tier gets
	VPC                []netip.Prefix           // the CIDRs of the VPC; none: they are not known
	Only               map[string]bool          // the checks to run, by ID; nil: all
	Tags               map[string]string        // the user's, beside the tool's own
	Pos                diag.Pos                 // the config as a whole: where findings are that no rule causes
}

// Impact says how bad it can become where a check fails, whatever the product does about it.
type Impact string

// The impacts, from the gravest to the mildest.
const (
	Critical Impact = "CRIT"
	High     Impact = "HIGH"
	Medium   Impact = "MED"
	Low      Impact = "LOW"
)

// Check is one entry of the catalogue.
type Check struct {
	ID       string // never reused for another meaning
	Title    string // what it looks for, in one phrase
	Why      string // what may happen, in one sentence
	Notes    string // what exactly counts, where the title leaves that open
	Remedy   string // what to do about it
	Fix      string // the YAML of the remedy
	Impact   Impact
	Levels   []Level // the severities of its findings, the gravest first
	Waivable bool
	Mappings []Mapping // what others call it
	Pass     Example
	Fail     Example
	// Constructed says why no set of this tool can fail; empty where one can.
	Constructed string
	// Live says that check-drift looks for it in EC2: no set and no template shows it. Such a check has no examples, and its fix is
	// a command.
	Live bool
	run  func(*subject, *report) // nil: nothing to look at, it passes by construction
}

// Level is a severity that the findings of a check have, and when.
type Level struct {
	Severity diag.Severity
	Envs     []string // in these environments; none: in all
	When     string   // what else must hold, as "where ..."; empty: nothing
}

// Example is a config (it has security_groups), a scenario (tiers) or a CloudFormation template (Resources) on which a
// check passes or fails. A config leaves out client and environment: they don't matter.
type Example struct {
	YAML  string
	Quota int // the quota of rules per direction that it is judged by; 0: the default
}

// Verdict is what a check says of a rule set.
type Verdict string

// The verdicts. Unknown is for sets where it depends on what the tool can't see, such as the content of a prefix list.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
)

// Outcome is what became of one check.
type Outcome struct {
	Check    Check
	Verdict  Verdict
	Findings diag.List // sorted by tier and rule; none of a check that fails where a graver one has said why
}

// Judge applies the whole catalogue.
func Judge(in Input) []Outcome {
	s := newSubject(in)
	outcomes := make([]Outcome, 0, len(Catalogue()))
	for _, c := range Catalogue() {
		r := &report{check: c, env: in.Env, pos: in.Pos, verdict: Pass}
		if c.run != nil && (in.Only == nil || in.Only[c.ID]) {
			c.run(s, r)
		}
		outcomes = append(outcomes, Outcome{c, r.verdict, r.list})
	}
	return outcomes
}

// Run applies the whole catalogue and returns the findings, those of each check sorted by tier and rule.
func Run(in Input) diag.List {
	var found diag.List
	for _, o := range Judge(in) {
		found = append(found, o.Findings...)
	}
	return found
}

// report collects what one check finds.
type report struct {
	check   Check
	env     string
	pos     diag.Pos
	list    diag.List
	verdict Verdict
}

// severity is that of the environment.
func (r *report) severity() diag.Severity {
	for _, l := range r.check.Levels {
		if len(l.Envs) == 0 || slices.Contains(l.Envs, r.env) {
			return l.Severity
		}
	}
	return diag.Error // a test keeps each check's levels complete
}

// rule reports a finding about one rule.
func (r *report) rule(rule ruleset.Rule, format string, args ...any) *diag.Diagnostic {
	d := r.tier(rule.Tier, format, args...)
	d.Rule, d.Pos = rule.String(), rule.Pos
	return d
}

// tier reports a finding about a tier as a whole.
func (r *report) tier(tier string, format string, args ...any) *diag.Diagnostic {
	d := r.set("tier %s: %s", tier, fmt.Sprintf(format, args...))
	d.Tier = tier
	return d
}

// set reports a finding about the whole rule set.
func (r *report) set(format string, args ...any) *diag.Diagnostic {
	r.verdict = Fail
	r.list = append(r.list, diag.Diagnostic{
		Severity: r.severity(),
		ID:       r.check.ID,
		Summary:  fmt.Sprintf(format, args...),
		Detail:   r.check.Why,
		Hint:     r.check.Remedy,
		Pos:      r.pos,
	})
	return &r.list[len(r.list)-1]
}

// unknown reports that a rule can't be judged: an information, whatever the check's level.
func (r *report) unknown(rule ruleset.Rule, format string, args ...any) {
	before := r.verdict
	d := r.rule(rule, format, args...)
	d.Severity = diag.Info
	d.Hint = "look at what it holds: aws ec2 get-managed-prefix-list-entries --prefix-list-id " + rule.Peer.Name
	r.verdict = before
	r.cantTell()
}

// cantTell notes that whether the check passes depends on what is not known, without a finding.
func (r *report) cantTell() {
	if r.verdict == Pass {
		r.verdict = Unknown
	}
}

// elsewhere notes that the check fails where a graver one has said so.
func (r *report) elsewhere() { r.verdict = Fail }

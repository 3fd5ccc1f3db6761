package cli

import (
	"cmp"
	"fmt"
	"strings"

	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/stack"
)

// driftResult is what check-drift found. It is a plain value: reports read it as well.
type driftResult struct {
	header
	DriftStatus    string               `json:"drift_status"` // ours: IN_SYNC or DRIFTED; after --fix what is left
	StackStatus    string               `json:"stack_status"`
	Resources      []resourceDriftJSON  `json:"resources"`
	Rules          ruleDriftJSON        `json:"rules"`
	Groups         []groupDriftJSON     `json:"groups"` // that were deleted
	Parameters     []parameterDriftJSON `json:"parameters"`
	Tags           []tagDriftJSON       `json:"tags"`
	Flows          differenceJSON       `json:"flows"`   // what can, and can't, reach what because of the rules
	Pending        pendingJSON          `json:"pending"` // what a deployment of the config would do beside
	CloudFormation cloudFormationJSON   `json:"cloudformation"`
	Notes          []string             `json:"notes"`         // what limits all this
	Orphans        []orphanJSON         `json:"orphans"`       // groups that the stack made and gave up: no drift
	Fix            *fixJSON             `json:"fix,omitempty"` // with --fix

	found   *drift
	command string        // that puts it right
	due     ruleset.Delta // of the config, against the deployed template
	delta   reach.Delta
	shown   bool // the text has been shown before the question
}

// resourceDriftJSON is a resource of the stack: our word, CloudFormation's, and why they differ.
type resourceDriftJSON struct {
	LogicalID      string           `json:"logical_id"`
	PhysicalID     string           `json:"physical_id"`
	Type           string           `json:"type"`
	DriftStatus    string           `json:"drift_status"`   // ours, as found: IN_SYNC, MODIFIED or DELETED
	Fixed          bool             `json:"fixed"`          // what was found is put right since, by --fix
	CloudFormation string           `json:"cloudformation"` // IN_SYNC, MODIFIED, DELETED, NOT_CHECKED, ...
	Explanation    string           `json:"explanation"`
	Differences    []differenceOfCF `json:"differences"` // that CloudFormation tells
}

type differenceOfCF struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"` // ADD, REMOVE or NOT_EQUAL
	Expected string `json:"expected"`
	Actual   string `json:"actual"`
}

type ruleDriftJSON struct {
	Added   []heldRuleJSON    `json:"added"`
	Removed []heldRuleJSON    `json:"removed"`
	Changed []changedRuleJSON `json:"changed"`
	Remade  []remadeJSON      `json:"remade"` // no drift: only CloudFormation knows them by another ID
}

// heldRuleJSON is a RULE with what is known of it beside.
type heldRuleJSON struct {
	ruleJSON
	RuleID    string `json:"rule_id"` // empty: EC2 does not hold it
	GroupID   string `json:"group_id"`
	LogicalID string `json:"logical_id"` // empty: the template does not have it
	InConfig  bool   `json:"in_config"`
	Change    change `json:"change"`
}

// changedRuleJSON is the RULE that EC2 holds, and the one that was meant.
type changedRuleJSON struct {
	heldRuleJSON
	Kind     string   `json:"kind"` // rule or description
	Expected ruleJSON `json:"expected"`
}

type groupDriftJSON struct {
	Tier      string `json:"tier"`
	ID        string `json:"id"`
	LogicalID string `json:"logical_id"`
	State     string `json:"state"` // deleted
	Change    change `json:"change"`
}

type parameterDriftJSON struct {
	Tier      string  `json:"tier"`
	Name      string  `json:"name"`
	LogicalID string  `json:"logical_id"`
	Expected  string  `json:"expected"`
	Actual    *string `json:"actual"` // null: the parameter is gone
	Change    change  `json:"change"`
}

type tagDriftJSON struct {
	Tier      string  `json:"tier"`
	Resource  string  `json:"resource"` // a group's ID or a parameter's name
	LogicalID string  `json:"logical_id"`
	Key       string  `json:"key"`
	Expected  *string `json:"expected"` // null: no such tag is meant
	Actual    *string `json:"actual"`   // null: there is none
	Change    change  `json:"change"`
}

// pendingJSON is how the config differs from the deployed template.
type pendingJSON struct {
	Added   []ruleJSON `json:"added"`
	Removed []ruleJSON `json:"removed"`
	Changed []ruleJSON `json:"changed"` // in no more than the description

	Tags []pendingTagJSON `json:"tags"` // of the groups
}

// cloudFormationJSON is CloudFormation's own verdict on the stack.
type cloudFormationJSON struct {
	DriftStatus string   `json:"drift_status"` // IN_SYNC, DRIFTED, UNKNOWN or NOT_CHECKED
	Reason      string   `json:"reason"`
	Notes       []string `json:"notes"` // where it is not ours: why
}

func newDriftResult() *driftResult {
	return &driftResult{
		Resources: []resourceDriftJSON{},
		Rules:     ruleDriftJSON{[]heldRuleJSON{}, []heldRuleJSON{}, []changedRuleJSON{}, []remadeJSON{}},
		Groups:    []groupDriftJSON{}, Parameters: []parameterDriftJSON{}, Tags: []tagDriftJSON{},
		Flows:          differenceJSON{Opened: []flowJSON{}, Closed: []flowJSON{}},
		Pending:        pendingJSON{[]ruleJSON{}, []ruleJSON{}, []ruleJSON{}, []pendingTagJSON{}},
		CloudFormation: cloudFormationJSON{Notes: []string{}},
		Notes:          []string{},
		Orphans:        []orphanJSON{},
	}
}

// fill puts what was found into the result.
func (r *driftResult) fill(sc *scene, d *drift, config ruleset.Set) {
	r.found, r.StackName, r.StackStatus, r.DriftStatus = d, sc.stack.Name, string(sc.stack.Status), inSync
	if !d.isEmpty() {
		r.DriftStatus, r.Status = drifted, statusDrift
	}
	origins := originsOf(config)
	r.fillRules(sc, d, origins)
	for _, g := range d.groups {
		r.Groups = append(r.Groups, groupDriftJSON{g.tier, g.id, g.logicalID, "deleted", g.change})
	}
	for _, p := range d.parameters {
		out := parameterDriftJSON{Tier: p.tier, Name: p.name, LogicalID: p.logicalID, Expected: p.expected, Change: p.change}
		if p.exists {
			out.Actual = &p.actual
		}
		r.Parameters = append(r.Parameters, out)
	}
	for _, t := range d.tags {
		r.Tags = append(r.Tags, tagDriftJSON{t.tier, t.resource, t.logicalID, t.key, t.expected, t.actual, t.change})
	}
	r.fillNotes(sc)
	r.delta = reach.Compare(sc.meantSet(), sc.heldSet(), reach.Options{VPC: sc.vpc})
	r.Flows = differenceJSON{flowsOf(r.delta.Opened), flowsOf(r.delta.Closed), r.delta.Broadens()}
}

// fillNotes says what the comparison could not look at, or not trust, and what CloudFormation has lost.
func (r *driftResult) fillNotes(sc *scene) {
	r.Notes = []string{}
	switch sc.stack.Status {
	case stack.CreateComplete, stack.UpdateComplete, stack.UpdateRollbackComplete, stack.ImportComplete, stack.ImportRollbackComplete:
	default:
		r.Notes = append(r.Notes, fmt.Sprintf("the stack is in %s: its last operation did not come to its end, and part of what differs is its work", sc.stack.Status))
	}
	if others := sc.template.Others; len(others) > 0 {
		r.Notes = append(r.Notes, "these resources of the stack are no part of a set, and were not compared: "+strings.Join(others, ", "))
	}
	r.fillRemade(sc)
}

func (r *driftResult) fillRules(sc *scene, d *drift, origins map[ruleset.Key]string) {
	tell := func(x *ruleDrift, rule ruleset.Rule, origin string) heldRuleJSON {
		out := heldRuleJSON{ruleJSON: ruleOf(rule), GroupID: sc.groupID(rule.Tier), LogicalID: x.logicalID, InConfig: x.inConfig, Change: x.change}
		if x.held != nil {
			out.RuleID = x.held.ID
		}
		out.Origin = origin
		return out
	}
	for _, x := range d.added {
		r.Rules.Added = append(r.Rules.Added, tell(x, x.held.Rule, originOutOfBand))
	}
	for _, x := range d.removed {
		r.Rules.Removed = append(r.Rules.Removed, tell(x, *x.meant, cmp.Or(origins[x.meant.Key], originTemplate)))
	}
	for _, x := range d.changed {
		kind := "rule"
		if x.onlyDescription() {
			kind = "description"
		}
		expected := ruleOf(*x.meant)
		expected.Origin = cmp.Or(origins[x.meant.Key], originTemplate)
		r.Rules.Changed = append(r.Rules.Changed, changedRuleJSON{tell(x, x.held.Rule, originOutOfBand), kind, expected})
	}
}

// The origins of rules that no config gives: EC2 holds one by somebody's hand, or an older template has it.
const (
	originOutOfBand = "out-of-band"
	originTemplate  = "template"
)

// originsOf are the origins of the config's rules, by key. A placeholder comes from the template.
func originsOf(config ruleset.Set) map[ruleset.Key]string {
	origins := map[ruleset.Key]string{}
	for _, t := range config.Tiers {
		origins[ruleset.Placeholder(t.Name).Key] = originTemplate
		for _, r := range t.Effective() {
			if r.Key != ruleset.Placeholder(t.Name).Key {
				origins[r.Key] = r.Origin.String()
			}
		}
	}
	return origins
}

// fillPending puts what a deployment would do into the result.
func (r *driftResult) fillPending(due ruleset.Delta, tags []pendingTagJSON) {
	r.due = due
	list := func(rules []ruleset.Rule, origin string) []ruleJSON {
		out := rulesOf(rules, nil)
		for i := range out {
			if origin != "" {
				out[i].Origin = origin
			}
		}
		return out
	}
	r.Pending = pendingJSON{Added: list(due.Extra, ""), Removed: list(due.Missing, originTemplate), Changed: list(due.Redescribed, originTemplate), Tags: tags}
}

// fillVerdict puts CloudFormation's verdict beside ours, resource by resource.
func (r *driftResult) fillVerdict(sc *scene, d *drift, v live.Verdict) {
	ours, added := d.ourVerdicts(sc), d.addedTo(sc)
	theirs := map[string]live.ResourceVerdict{}
	for _, t := range v.Resources {
		theirs[t.LogicalID] = t
	}
	for _, res := range sc.resources {
		t, asked := theirs[res.LogicalID]
		if !asked {
			t.Status = notChecked
		}
		out := resourceDriftJSON{
			LogicalID: res.LogicalID, PhysicalID: res.PhysicalID, Type: res.Type,
			DriftStatus: cmp.Or(ours[res.LogicalID], inSync), CloudFormation: t.Status,
			Differences: []differenceOfCF{},
		}
		if asked {
			out.Explanation = explainVerdict(t, out.DriftStatus, added[res.LogicalID])
		}
		for _, diff := range t.Differences {
			out.Differences = append(out.Differences, differenceOfCF(diff))
		}
		r.Resources = append(r.Resources, out)
	}
	r.CloudFormation.DriftStatus, r.CloudFormation.Reason = v.Status, v.Reason
	switch {
	case v.Status == inSync && !d.isEmpty():
		r.CloudFormation.note("CloudFormation calls the stack IN_SYNC, and it is not")
	case v.Status == drifted && d.isEmpty():
		r.CloudFormation.note("CloudFormation calls the stack DRIFTED, and EC2 and SSM hold what the template means")
	}
	reasons, _ := r.disputes()
	for _, why := range reasons {
		r.CloudFormation.note(why)
	}
}

// markFixed notes the resources of which nothing is left to put right.
func (r *driftResult) markFixed(sc *scene, left *drift) {
	still := left.ourVerdicts(sc)
	for i := range r.Resources {
		res := &r.Resources[i]
		res.Fixed = res.DriftStatus != inSync && still[res.LogicalID] == ""
	}
}

// note adds a sentence.
func (c *cloudFormationJSON) note(text string) { c.Notes = append(c.Notes, text) }

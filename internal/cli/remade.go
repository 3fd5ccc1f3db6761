package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
)

// A rule that was taken away and put back, by check-drift --fix or by hand, has a new ID in EC2, and its resource keeps the old
// one: no call changes a physical ID. So CloudFormation revokes a rule that is gone, which is no error (inferred: EC2's
// RevokeSecurityGroup* are silent about most of what is missing), says that it has deleted the rule, and leaves the remade one. A
// rule that is left behind goes on permitting, and keeps the group that it names from being deleted.
//
// Therefore the tool itself revokes a remade rule where CloudFormation would have revoked the rule that it knows.

// remadeRule is a rule of the deployed template that EC2 holds under another ID than the one by which CloudFormation knows it.
type remadeRule struct {
	logicalID string
	knownAs   string // the ID that CloudFormation has noted
	held      heldRule
}

// remadeRules are those of the rules that were meant, by logical ID, which were remade; physical has the IDs that the stack knows.
func remadeRules(meant map[string]ruleset.Rule, held []heldRule, physical map[string]string) []remadeRule {
	known := slices.Collect(maps.Values(physical))
	byKey := map[ruleset.Key]heldRule{}
	for _, h := range held {
		byKey[h.Key] = h
	}
	var remade []remadeRule
	for _, id := range slices.Sorted(maps.Keys(meant)) {
		h, there := byKey[meant[id].Key]
		if there && isRuleID(physical[id]) && !slices.Contains(known, h.ID) {
			remade = append(remade, remadeRule{id, physical[id], h})
		}
	}
	return remade
}

// isRuleID reports whether a resource is known by the ID of its rule. Stacks of old know rules by other names (documented).
func isRuleID(physical string) bool { return strings.HasPrefix(physical, "sgr-") }

// remade are the rules that CloudFormation has lost.
func (sc *scene) remade() []remadeRule { return remadeRules(sc.meant(), sc.held, sc.physical) }

// remadeJSON is a RULE that was remade.
type remadeJSON struct {
	ruleJSON
	RuleID    string `json:"rule_id"`
	GroupID   string `json:"group_id"`
	LogicalID string `json:"logical_id"`
	KnownAs   string `json:"known_as"` // by CloudFormation
}

func (r remadeRule) json() remadeJSON {
	rule := ruleOf(r.held.Rule)
	rule.Origin = originTemplate
	return remadeJSON{rule, r.held.ID, r.held.GroupID, r.logicalID, r.knownAs}
}

func (r remadeRule) String() string { return fmt.Sprintf("%s (%s)", r.held.Key, r.held.ID) }

// fillRemade tells what was remade, and what that means for the stack.
func (r *driftResult) fillRemade(sc *scene) {
	r.Rules.Remade = []remadeJSON{}
	var names []string
	for _, x := range sc.remade() {
		r.Rules.Remade = append(r.Rules.Remade, x.json())
		names = append(names, x.logicalID)
	}
	if len(names) == 0 {
		return
	}
	r.Notes = append(r.Notes, fmt.Sprintf("CloudFormation knows %s by an ID that is gone, for it was taken away and put back: %s. "+
		"create-security-groups and delete-security-groups see to it that such a rule goes when it has to, which CloudFormation alone would not; "+
		"a new description is refused for it (RULE_GONE)", plural(len(names), "rule"), strings.Join(names, ", ")))
}

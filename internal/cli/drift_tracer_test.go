package cli

import (
	"testing"

	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/ruleset"
)

// tracerOf is a tracer of the group sg-1, the tier web, of which some rules are missing and one, sgr-9, is not meant.
func tracerOf(held ruleset.Rule, missing ...ruleset.Rule) *tracer {
	d := &drift{added: []*ruleDrift{{held: &heldRule{Rule: held, ID: "sgr-9", GroupID: "sg-1"}}}}
	for _, m := range missing {
		d.removed = append(d.removed, &ruleDrift{logicalID: "WebSecurityGroup/SecurityGroupEgress/0", meant: &m})
	}
	return &tracer{
		drift: d, tiers: map[string]string{"sg-1": "web"}, physical: map[string]string{},
		egress: map[string]bool{"sgr-9": held.Direction == ruleset.Egress},
		undone: map[string]live.Event{}, modified: map[string]*ruleDrift{},
	}
}

func event(name string, verb live.Verb, r live.Rule) live.Event {
	r.GroupID = "sg-1"
	return live.Event{Name: name, Group: "sg-1", Actor: live.Actor{ARN: "alice"}, Rules: []live.RuleChange{{Verb: verb, Rule: r}}}
}

// A rule that stands in its group has no ID that the stack knows. Where the history doesn't go back to its making, a modified
// rule was the one that is missing, if there is but one.
func TestModifiedRuleOfUnknownOrigin(t *testing.T) {
	held := ruleFor("web", ruleset.Egress, onPort(443), inside)
	meant := ruleFor("web", ruleset.Egress, onPort(443), everywhere)
	other := ruleFor("web", ruleset.Egress, onPort(80), everywhere)
	inbound := ruleFor("web", ruleset.Ingress, onPort(80), everywhere)
	modification := event("ModifySecurityGroupRules", live.Modified, live.Rule{ID: "sgr-9", Protocol: "tcp", FromPort: 443, ToPort: 443, CIDR: "10.0.0.0/8"})
	for _, tc := range []struct {
		missing []ruleset.Rule
		changed int
	}{
		{[]ruleset.Rule{meant}, 1},
		{[]ruleset.Rule{meant, inbound}, 1}, // of another direction
		{[]ruleset.Rule{meant, other}, 0},   // either of them may have been it
		{[]ruleset.Rule{inbound}, 0},
	} {
		tr := tracerOf(held, tc.missing...)
		tr.feed(modification, "sg-1")
		tr.guessOrigins()
		if len(tr.drift.changed) != tc.changed || len(tr.drift.added) != 1-tc.changed || len(tr.drift.removed) != len(tc.missing)-tc.changed {
			t.Errorf("%v: %d changed, %d added, %d removed", tc.missing, len(tr.drift.changed), len(tr.drift.added), len(tr.drift.removed))
		}
		for _, r := range tr.drift.changed {
			if r.meant.Key != meant.Key || r.change.Who != "alice" || r.change.By != byUser {
				t.Errorf("%+v", r)
			}
		}
	}
}

// What the history tells later about an ID explains what it told before: it goes backwards.
func TestEventsAreJoinedByID(t *testing.T) {
	held := ruleFor("web", ruleset.Ingress, onPort(22), inside)
	meant := ruleFor("web", ruleset.Ingress, onPort(443), everywhere)
	made := live.Rule{ID: "sgr-1", Protocol: "tcp", FromPort: 443, ToPort: 443, CIDR: "0.0.0.0/0"}
	tr := tracerOf(held, meant)
	tr.feed(event("RevokeSecurityGroupIngress", live.Revoked, live.Rule{ID: "sgr-1"}), "sg-1")
	if tr.drift.removed[0].change.found() {
		t.Error("a rule of which only an unknown ID is told is explained")
	}
	tr.feed(event("AuthorizeSecurityGroupIngress", live.Authorized, made), "sg-2")
	if tr.drift.removed[0].change.found() {
		t.Error("an event of another group's turn is joined")
	}
	tr.feed(event("AuthorizeSecurityGroupIngress", live.Authorized, made), "sg-1")
	if c := tr.drift.removed[0].change; c.Event != "RevokeSecurityGroupIngress" {
		t.Errorf("%+v", c)
	}

	// Added as another rule than it is now, by a call that is there; made what it is by one that is not there yet.
	tr = tracerOf(held, meant)
	made.ID = "sgr-9"
	tr.feed(event("AuthorizeSecurityGroupIngress", live.Authorized, made), "sg-1")
	if len(tr.drift.changed) != 1 || tr.drift.changed[0].change.found() {
		t.Errorf("%+v", tr.drift.changed)
	}
}

// Who changed a rule before the last change of it did not make it what it is: while CloudTrail doesn't have the last one yet, who made
// that is not known, and no older event that happens to fit says more.
func TestOlderModificationIsNoAnswer(t *testing.T) {
	held := ruleFor("web", ruleset.Egress, onPort(443), inside)
	modification := func(port int, description string) live.Event {
		return event("ModifySecurityGroupRules", live.Modified, live.Rule{
			ID: "sgr-9", Protocol: "tcp", FromPort: port, ToPort: port, CIDR: "10.0.0.0/8", Description: description,
		})
	}
	tr := tracerOf(held)
	tr.feed(modification(80, ""), "sg-1")
	tr.feed(modification(443, ""), "sg-1")
	if c := tr.drift.added[0].change; c.found() {
		t.Errorf("%+v", c)
	}
	tr = tracerOf(held)
	tr.feed(modification(443, ""), "sg-1")
	if c := tr.drift.added[0].change; c.Who != "alice" {
		t.Errorf("the last modification: %+v", c)
	}

	meant := held
	meant.Description = "as it was"
	for description, who := range map[string]string{"": "alice", "before": ""} {
		tr = tracerOf(held)
		tr.drift.changed = []*ruleDrift{{logicalID: "WebEgress", meant: &meant, held: tr.drift.added[0].held}}
		tr.drift.added = nil
		tr.feed(modification(443, description), "sg-1")
		if c := tr.drift.changed[0].change; c.Who != who {
			t.Errorf("described as %q: %+v", description, c)
		}
	}
}

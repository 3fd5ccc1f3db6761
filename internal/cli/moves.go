package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/ruleset"
)

// A move is a rule that a plan takes from one resource and gives to another, while to EC2 it is one and the same. What becomes of
// it depends on the order: CloudFormation first changes groups in place and makes what is new, and deletes what is old at the end.
type move struct{ old, now ruleChange }

// moves are the rules that go and come under one key, in the groups that stay.
func (im *impact) moves() []move {
	var moves []move
	for _, old := range im.removed {
		if i := slices.IndexFunc(im.added, func(r ruleChange) bool { return r.Key == old.Key }); i >= 0 {
			moves = append(moves, move{old, im.added[i]})
		}
	}
	return moves
}

// isInline reports whether a rule stands in its group itself.
func (im *impact) isInline(r ruleChange) bool {
	return im.after.Groups[r.Tier].LogicalID == r.logicalID
}

// leavesGroup reports whether a rule that stood in its group becomes a resource, which refers to the group: it is made when the
// group has been changed already, and so is not lost.
func (im *impact) leavesGroup(m move) bool { return im.isInline(m.old) && !im.isInline(m.now) }

// isCovered reports whether all that a rule permits is permitted by another rule that its group will hold, so that nothing depends
// on the moment between its loss and its return.
func (im *impact) isCovered(r ruleset.Rule) bool {
	for _, other := range im.after.Rules {
		if other.Tier == r.Tier && other.Direction == r.Direction && other.Key != r.Key && other.Traffic.Covers(r.Traffic) &&
			other.Peer.Kind == ruleset.CIDR && r.Peer.Kind == ruleset.CIDR &&
			other.Peer.Prefix.Bits() <= r.Peer.Prefix.Bits() && other.Peer.Prefix.Contains(r.Peer.Prefix.Addr()) {
			return true
		}
	}
	return false
}

// returning are the rules that CloudFormation will delete after the group holds them, and that the tool adds again: they permit
// nothing that is not permitted meanwhile. (Reported: where two resources have rules with one key, EC2 holds one rule, and the
// deletion of the old resource takes it. Assumed: a group whose new inline rule is there already counts it as made. If that is an
// error instead, the stack is rolled back.)
func (im *impact) returning() []ruleset.Rule {
	var rules []ruleset.Rule
	for _, m := range im.moves() {
		if im.isInline(m.now) && im.isCovered(m.now.Rule) {
			rules = append(rules, m.now.Rule)
		}
	}
	return rules
}

// returningOf are the returning rules of a review; none where nothing was reviewed.
func returningOf(v *review) []ruleset.Rule {
	if v == nil {
		return nil
	}
	return v.impact.returning()
}

// pausing are the tiers whose traffic stops for a moment: their group gives up inline rules before the resources that take
// their place are made.
func (im *impact) pausing() []string {
	var tiers []string
	for _, old := range im.removed {
		isFollowed := func(r ruleChange) bool {
			return r.Tier == old.Tier && r.Direction == old.Direction && !im.isInline(r)
		}
		if im.isInline(old) && old.Key != ruleset.Placeholder(old.Tier).Key && !slices.Contains(tiers, old.Tier) &&
			slices.ContainsFunc(im.added, isFollowed) {
			tiers = append(tiers, old.Tier)
		}
	}
	return tiers
}

const (
	whyReturning = "CloudFormation deletes them with the resources they had, after the groups hold them: the tool adds them again. Nothing stops meanwhile, for wider rules permit the same"
	whyPausing   = "CloudFormation changes the group before it makes the resources that take over: connections that begin in between fail"
)

// writeMoves says what becomes of the rules that change their resource.
func (v *review) writeMoves(w io.Writer) {
	if rules := returningOf(v); len(rules) > 0 {
		fmt.Fprintln(w, "\nAdded again after the deployment")
		for _, r := range rules {
			fmt.Fprintf(w, "  %s\n", keyInWords(r.Key))
		}
		fmt.Fprintf(w, "  %s\n", whyReturning)
	}
	if tiers := v.impact.pausing(); len(tiers) > 0 {
		fmt.Fprintf(w, "\nThe egress of %s stops for a moment\n  %s\n", strings.Join(tiers, ", "), whyPausing)
	}
}

func (m *markdown) moves(v *review) {
	if rules := returningOf(v); len(rules) > 0 {
		rows := make([][]string, len(rules))
		for i, r := range rules {
			rows[i] = []string{r.Tier, half(r.Key)}
		}
		m.heading(3, "Added again after the deployment")
		m.table([]string{"Tier", "Rule"}, rows)
		m.paragraph("%s.", whyReturning)
	}
	if tiers := v.impact.pausing(); len(tiers) > 0 {
		m.paragraph("The egress of %s stops for a moment. %s.", strings.Join(tiers, ", "), whyPausing)
	}
}

// addReturning adds the returning rules that EC2 does not hold any more.
func (d *deployment) addReturning(ctx context.Context, v *review, groups map[string]string) error {
	rules := returningOf(v)
	if len(rules) == 0 {
		return nil
	}
	held, err := d.cloud.heldRules(ctx, groups)
	if err != nil {
		return awsenv.Explain(fmt.Errorf("look for rules that CloudFormation has deleted: %w", err))
	}
	for _, r := range rules {
		if slices.ContainsFunc(held, func(h heldRule) bool { return h.Key == r.Key }) {
			continue
		}
		if err := live.Authorize(ctx, d.cloud.ec2, ruleForEC2(r, "", groups)); err != nil {
			return awsenv.Explain(fmt.Errorf("add the rule %q again: %w", r.Key, err))
		}
		d.tell.say("added %s again, which CloudFormation has deleted with the resource it had", keyInWords(r.Key))
	}
	return nil
}

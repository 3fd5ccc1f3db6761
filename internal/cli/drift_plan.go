package cli

import (
	"fmt"
	"slices"

	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// The order in which rules are put right, and why.
//
// Two things must hold at every moment between two calls, for EC2 knows no transaction over several rules or groups:
//
//   - Protection: nothing flows that did not flow before and is not meant either.
//   - Availability: what flowed before and is meant goes on flowing.
//
// Adding a rule that is meant and missing can break the first: what flows needs a half at both ends, and the half that is put
// back may meet a half at the other end that somebody added out of band. Revoking a rule that nobody meant can break the
// second: traffic that is meant may live on it, while the rule that was meant for it is gone. So:
//
//  1. What is meant and missing is added, where by reach.Compare that opens nothing but what is meant. A rule that was made
//     another one is made the old one again in a single call (ModifySecurityGroupRules), in which neither is missing.
//  2. What nobody meant is revoked. This only closes, and what was meant for the same traffic stands already.
//  3. What step 1 had to leave is added: now every group permits no more than is meant, so that nothing else can open.
//
// Step 3 is nearly always empty. Where it is not, protection comes before availability: traffic that is meant and lived on a
// revoked rule stops for the moment between the two calls. The same holds for a group that is full: EC2 counts the old and
// the new rules together, so its missing rules wait for step 3 as well.
//
// Descriptions, tags and parameters permit nothing and come last. A group always keeps a rule of egress (the placeholder is
// added in step 1), whatever EC2 does for one without any.

// ruleStep is one call that puts a rule right.
type ruleStep struct {
	verb  live.Verb
	rule  ruleset.Rule // as it shall be; of a revoked one as it is
	id    string       // of the rule that EC2 holds; empty: it is to be added
	stack string       // of a revoked one: the other stack that has it

	mayWait bool // until rules were revoked, if its group is full
}

// ruleOrder finds the calls that put rules right, in their order.
type ruleOrder struct {
	meant, held ruleset.Set
	vpc         reach.Options // what is known of addresses, and the zones to look at
	quota       int           // rules of a group, by direction and address family
}

func newRuleOrder(sc *scene, quota int) *ruleOrder {
	o := &ruleOrder{meant: sc.meantSet(), held: sc.heldSet(), quota: quota}
	o.vpc.VPC = sc.vpc
	o.zones()
	return o
}

// zones has all comparisons look at the zones of both sets, so that one can be held to another.
func (o *ruleOrder) zones() {
	for _, set := range []ruleset.Set{o.meant, o.held} {
		for r := range set.Rules() {
			if r.Peer.Kind != ruleset.TierRef {
				o.vpc.Zones = append(o.vpc.Zones, r.Peer)
			}
		}
	}
}

// steps puts the calls in order.
func (o *ruleOrder) steps(d *drift) []ruleStep {
	wanting := slices.Concat(d.removed, d.changed)
	wanting = slices.DeleteFunc(wanting, (*ruleDrift).onlyDescription)
	early := o.safe(wanting)
	var first, second, third, last []ruleStep
	for _, r := range wanting {
		switch {
		case early[r] && r.held != nil:
			first = append(first, ruleStep{verb: live.Modified, rule: *r.meant, id: r.held.ID})
		case early[r]:
			first = append(first, ruleStep{verb: live.Authorized, rule: *r.meant, mayWait: true})
		default:
			third = append(third, ruleStep{verb: live.Authorized, rule: *r.meant})
			if r.held != nil {
				second = append(second, revoking(r))
			}
		}
	}
	for _, r := range d.added {
		second = append(second, revoking(r))
	}
	for _, r := range d.changed {
		if r.onlyDescription() {
			last = append(last, ruleStep{verb: live.Described, rule: *r.meant, id: r.held.ID})
		}
	}
	return slices.Concat(first, second, third, last)
}

func revoking(r *ruleDrift) ruleStep {
	return ruleStep{verb: live.Revoked, rule: r.held.Rule, id: r.held.ID, stack: r.change.Stack}
}

// safe are those of the missing rules that can be added while all that nobody meant still stands.
func (o *ruleOrder) safe(wanting []*ruleDrift) map[*ruleDrift]bool {
	safe := map[*ruleDrift]bool{}
	var rules []ruleset.Rule
	for _, r := range wanting {
		if r.held != nil || !o.isFull(r.meant.Key, rules) {
			safe[r] = true
			rules = append(rules, *r.meant)
		}
	}
	before := o.unmeant(nil)
	if slices.Equal(before, o.unmeant(rules)) {
		return safe
	}
	rules = nil // one by one: what was found safe stands when the next is looked at
	for _, r := range wanting {
		if !safe[r] {
			continue
		}
		if next := append(slices.Clone(rules), *r.meant); slices.Equal(before, o.unmeant(next)) {
			rules = next
		} else {
			delete(safe, r)
		}
	}
	return safe
}

// unmeant are the flows that are not meant, by what EC2 holds and some rules beside.
func (o *ruleOrder) unmeant(beside []ruleset.Rule) []reach.Flow {
	rules := withoutPlaceholders(slices.Concat(slices.Collect(o.held.Rules()), beside))
	return reach.Compare(o.meant, ruleset.NewSet(o.held.Tiers, rules), o.vpc).Opened
}

// isFull reports whether a group has no place for one more rule beside those that it holds and that are to be added. A prefix
// list counts for more than one rule, which only EC2 knows: it says so when the rule is added.
func (o *ruleOrder) isFull(k ruleset.Key, beside []ruleset.Rule) bool {
	n := 0
	for _, r := range slices.Concat(slices.Collect(o.held.Rules()), beside) {
		otherFamily := r.Peer.Kind == ruleset.CIDR && k.Peer.Kind == ruleset.CIDR && r.Peer.IsIPv6() != k.Peer.IsIPv6()
		if r.Tier == k.Tier && r.Direction == k.Direction && !otherFamily {
			n++
		}
	}
	return n >= o.quota
}

// String is the call in words.
func (s ruleStep) String() string {
	switch s.verb {
	case live.Authorized:
		return fmt.Sprintf("add %s", s.rule.Key)
	case live.Modified:
		return fmt.Sprintf("make %s %s again", s.id, s.rule.Key)
	case live.Described:
		return fmt.Sprintf("describe %s (%s) as %q", s.rule.Key, s.id, s.rule.Description)
	case live.Revoked:
		if s.stack != "" {
			return fmt.Sprintf("revoke %s (%s), which the stack %s has and will miss", s.rule.Key, s.id, s.stack)
		}
	}
	return fmt.Sprintf("revoke %s (%s)", s.rule.Key, s.id)
}

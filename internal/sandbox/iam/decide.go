package iam

import "slices"

// Need is what a call needs of its caller's policy: an action on a resource, with
// the condition keys that go with it.
type Need struct {
	Action   string // "ec2:CreateTags"
	Resource string // an ARN, or "*" for an action that has none
	Keys     Keys
}

// Verdict is what a policy says of a need.
type Verdict int

// The verdicts.
const (
	NotAllowed Verdict = iota
	Denied             // by a statement
	Allowed
)

// Decide evaluates a policy: what a statement denies is denied, whatever the others
// allow; what none allows isn't allowed (documented).
func (p *Policy) Decide(n Need) Verdict {
	verdict := NotAllowed
	for _, s := range p.Statements {
		if !p.applies(s, n) {
			continue
		}
		if s.deny {
			return Denied
		}
		verdict = Allowed
	}
	return verdict
}

func (p *Policy) applies(s statement, n Need) bool {
	on := func(resource string) bool { return matchARN(completed(p.expand(resource, n.Keys, true)), n.Resource) }
	return s.actions.match(func(pattern string) bool { return matchAction(pattern, n.Action) }) && s.resources.match(on) &&
		!slices.ContainsFunc(s.conditions, func(c condition) bool {
			return !c.holds(n.Keys, func(value string) string { return p.expand(value, n.Keys, c.pattern) })
		})
}

package iam

import (
	"regexp"
	"slices"
	"strings"
)

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
	expand := func(text string) string { return p.expand(text, n.Keys) }
	return s.actions.match(func(pattern string) bool { return matchAction(pattern, n.Action) }) &&
		s.resources.match(func(pattern string) bool { return matchARN(expand(pattern), n.Resource) }) &&
		!slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(n.Keys, expand) })
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// expand replaces the variables of a policy by the request's values. One that the
// request doesn't have stays, and so matches nothing.
func (p *Policy) expand(text string, keys Keys) string {
	if !p.variables || !strings.Contains(text, "${") {
		return text
	}
	return variable.ReplaceAllStringFunc(text, func(found string) string {
		name := found[2 : len(found)-1]
		if values := keys[strings.ToLower(name)]; len(values) == 1 {
			return values[0]
		}
		return found
	})
}

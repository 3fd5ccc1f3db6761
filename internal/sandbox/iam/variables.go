package iam

import (
	"regexp"
	"strings"
)

// variable is one in a policy: ${key}, ${key, 'default'}, and the three signs that
// mean something else without the braces (all documented).
var variable = regexp.MustCompile(`\$\{([^},]*)(?:, *'([^']*)')?\}`)

// literal comes before a sign of a pattern that is none.
const literal = '\x00'

var asLiteral = strings.NewReplacer("*", "\x00*", "?", "\x00?")

// expand replaces the variables of a policy by the request's values, or else by
// their defaults. One that has neither stays, and so matches nothing. Assumed: in a
// pattern an asterisk of a value is an asterisk.
func (p *Policy) expand(policy string, keys Keys, pattern bool) string {
	if !p.variables || !strings.Contains(policy, "${") {
		return policy
	}
	return variable.ReplaceAllStringFunc(policy, func(found string) string {
		m := variable.FindStringSubmatch(found)
		value := m[1]
		switch values := keys[strings.ToLower(m[1])]; {
		case isSign(m[1]):
		case len(values) == 1:
			value = values[0]
		case strings.HasSuffix(found, "'}"):
			value = m[2]
		default:
			return found
		}
		if pattern {
			return asLiteral.Replace(value)
		}
		return value
	})
}

// isSign tells the three signs that stand for themselves in braces.
func isSign(name string) bool { return name == "*" || name == "?" || name == "$" }

// checkVariables refuses variables that this sandbox has no value for.
func checkVariables(text string) error {
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		if !isSign(m[1]) && !Known(m[1]) {
			return malformed("The policy variable ${%s} is not part of this sandbox.", m[1])
		}
	}
	if strings.Contains(variable.ReplaceAllString(text, ""), "${") {
		return malformed("The policy variable in %q has no end.", text)
	}
	return nil
}

package ssm

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Documented limits.
const (
	maxName     = 1011 // what is left of the 2,048 of a name with its ARN
	maxLevels   = 15
	maxStandard = 4096 // bytes of a value
	maxAdvanced = 8192

	maxParameters = 10000 // for each account and region
)

var subPath = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`)

func invalid(format string, args ...any) error {
	return wire.Errorf("ValidationException", format, args...)
}

// checkName wants a name that PutParameter takes.
func checkName(name string) error {
	inPath := strings.Contains(name, "/")
	first := strings.ToLower(strings.TrimPrefix(name, "/"))
	switch {
	case len(name) > maxName: // assumed wording
		return invalid("Parameter name: can't be longer than %d characters.", maxName)
	case strings.HasPrefix(strings.ToLower(name), "/aws/"):
		return wire.Errorf("AccessDeniedException", "No access to reserved parameter name: %s.", name)
	case strings.HasPrefix(first, "aws"), strings.HasPrefix(first, "ssm"):
		return invalid(`Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`)
	case inPath && !strings.HasPrefix(name, "/"):
		return invalid("Parameter name must be a fully qualified name.")
	}
	levels := strings.Split(strings.TrimPrefix(name, "/"), "/")
	for _, level := range levels {
		if !subPath.MatchString(level) {
			return invalid(`Parameter name: can't be prefixed with "ssm" (case-insensitive). ` +
				"If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path " +
				"can be formed as a mix of letters, numbers and the following 3 symbols .-_")
		}
	}
	if len(levels) > maxLevels {
		return wire.Errorf("HierarchyLevelLimitExceededException",
			"The hierarchy can have a maximum of %d levels: %s.", maxLevels, name)
	}
	return nil
}

// checkReference wants something that could be a name, to read it.
func checkReference(name string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' }) {
		return invalid("Invalid parameter name. Please use correct syntax for referencing a version/label  " +
			"<name>:<version/label>")
	}
	return nil
}

// checkPath wants a path that GetParametersByPath takes.
func checkPath(path string) error {
	trimmed := strings.TrimSuffix(path, "/")
	ok := strings.HasPrefix(path, "/")
	for level := range strings.SplitSeq(strings.TrimPrefix(trimmed, "/"), "/") {
		ok = ok && (trimmed == "" || subPath.MatchString(level))
	}
	if !ok {
		return invalid("The parameter doesn't meet the parameter name requirements. The parameter name must begin " +
			`with a forward slash "/". It can't be prefixed with "aws" or "ssm" (case-insensitive). ` +
			"It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). " +
			`Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". ` +
			"Valid example: /get/parameters2-/by1./path0_.")
	}
	return nil
}

// check wants a parameter that PutParameter accepts. Assumed: the allowed
// pattern, whose examples are anchored, need only match a part of the value.
func (p parameter) check() error {
	limit := maxStandard
	if p.Tier == tierAdvanced {
		limit = maxAdvanced
	}
	switch {
	case p.Value == "":
		return invalid("1 validation error detected: Value '' at 'value' failed to satisfy constraint: " +
			"Member must have length greater than or equal to 1.")
	case len(p.Value) > limit && p.Tier == tierAdvanced:
		return invalid("Advanced tier parameters support a maximum parameter value of %d characters.", limit)
	case len(p.Value) > limit:
		return invalid("Standard tier parameters support a maximum parameter value of %d characters. "+
			"To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.", limit)
	case strings.Contains(p.Value, "{{") && strings.Contains(p.Value, "}}"): // documented, assumed wording
		return invalid("Parameter value can't nest another parameter. Do not use \"{{}}\" in the value.")
	case utf8.RuneCountInString(p.Description) > 1024:
		return invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: " +
			"Member must have length less than or equal to 1024")
	case p.DataType != "text": // documented name; its check is beyond the sandbox
		return invalid("The following data type is not supported: %s (Data type names are all lowercase.)", p.DataType)
	}
	return p.checkPattern()
}

func (p parameter) checkPattern() error {
	if p.AllowedPattern == "" {
		return nil
	}
	pattern, err := regexp.Compile(p.AllowedPattern)
	if err != nil || len(p.AllowedPattern) > 1024 {
		return wire.Errorf("InvalidAllowedPatternException",
			"The request does not meet the regular expression requirement: %s", p.AllowedPattern)
	}
	if !pattern.MatchString(p.Value) {
		return wire.Errorf("ParameterPatternMismatchException",
			"Parameter value, cannot be validated against allowedPattern: %s", p.AllowedPattern)
	}
	return nil
}

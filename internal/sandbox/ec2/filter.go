package ec2

import (
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// filterSet maps the name of a filter to a function for the values that an object has for it. One that matches is enough.
type filterSet[T any] map[string]func(T) []string

// one adapts a filter on a single value.
func one[T any](value func(T) string) func(T) []string {
	return func(v T) []string { return []string{value(v)} }
}

// maxFilterValues is the documented limit of values in one request.
const maxFilterValues = 200

// compile turns filters into a predicate. tag:KEY and tag-key work for everything that has tags; tagsOf is nil for what has
// none.
func (s filterSet[T]) compile(filters []Filter, tagsOf func(T) []Tag) (func(T) bool, error) {
	type test struct {
		values   func(T) []string
		patterns []string
	}
	var tests []test
	total := 0
	for _, f := range filters {
		values, ok := s[f.Name]
		if !ok && tagsOf != nil {
			values, ok = tagFilter(f.Name, tagsOf)
		}
		if !ok {
			return nil, invalidValue("The filter '%s' is invalid", f.Name)
		}
		if len(f.Values) == 0 { // Assumed.
			return nil, wire.Errorf("MissingParameter", "The filter '%s' has no values", f.Name)
		}
		if total += len(f.Values); total > maxFilterValues {
			return nil, wire.Errorf("FilterLimitExceeded", "The maximum number of filter values specified on a single call is %d", maxFilterValues)
		}
		tests = append(tests, test{values, f.Values})
	}
	return func(v T) bool {
		for _, t := range tests {
			if !matchAny(t.patterns, t.values(v)) {
				return false
			}
		}
		return true
	}, nil
}

// tagFilter makes the filter tag:KEY or tag-key; false if the name is neither.
func tagFilter[T any](name string, tagsOf func(T) []Tag) (func(T) []string, bool) {
	key, byKey := strings.CutPrefix(name, "tag:")
	if !byKey && name != "tag-key" {
		return nil, false
	}
	return func(v T) (values []string) {
		for _, tag := range tagsOf(v) {
			switch {
			case !byKey:
				values = append(values, tag.Key)
			case tag.Key == key:
				values = append(values, tag.Value)
			}
		}
		return values
	}, true
}

func matchAny(patterns, values []string) bool {
	for _, pattern := range patterns {
		for _, value := range values {
			if glob(pattern, value) {
				return true
			}
		}
	}
	return false
}

// glob reports whether the whole value matches the pattern: * stands for any text, ? for any character, and a backslash escapes
// both.
func glob(pattern, value string) bool {
	p, v := []rune(pattern), []rune(value)
	star, mark := -1, 0 // where to go on after a * that has to take more
	i, j := 0, 0
	for j < len(v) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && p[i] == '\\' && i+1 < len(p) && p[i+1] == v[j]:
			i, j = i+2, j+1
		case i < len(p) && p[i] != '\\' && (p[i] == '?' || p[i] == v[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

package iam

import (
	"strings"
	"unicode/utf8"
)

// glob matches a text with a pattern, in which * is any text, ? any character, and
// what comes after a literal mark itself.
func glob(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		_, width := utf8.DecodeRuneInString(text[t:])
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p+1 < len(pattern) && pattern[p] == literal && pattern[p+1] == text[t]:
			p, t = p+2, t+1
		case p < len(pattern) && pattern[p] == '?':
			p, t = p+1, t+width
		case p < len(pattern) && pattern[p] == text[t]:
			p, t = p+1, t+1
		case star >= 0:
			_, width := utf8.DecodeRuneInString(text[mark:])
			mark += width
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchAction ignores the case, as IAM does (documented).
func matchAction(pattern, action string) bool {
	return glob(strings.ToLower(pattern), strings.ToLower(action))
}

// arnParts is into how many an ARN falls apart: the last one may hold colons.
const arnParts = 6

// matchARN compares the parts of an ARN each by itself (documented). What has no
// resource of its own, "*", only "*" stands for.
func matchARN(pattern, arn string) bool {
	if pattern == "*" || arn == "*" {
		return pattern == "*"
	}
	want, have := strings.SplitN(pattern, ":", arnParts), strings.SplitN(arn, ":", arnParts)
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if !glob(want[i], have[i]) {
			return false
		}
	}
	return true
}

// completed is an ARN of a policy with all its parts: those that are missing are
// asterisks (documented).
func completed(arn string) string {
	if missing := arnParts - 1 - strings.Count(arn, ":"); arn != "*" && missing > 0 {
		return arn + strings.Repeat(":*", missing)
	}
	return arn
}

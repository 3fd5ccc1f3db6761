package iam

import "strings"

// glob matches a text with a pattern, in which * is any text and ? any character.
func glob(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			mark++
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

package check

import (
	"strings"
	"unicode/utf8"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

const (
	// longestDescription is EC2's limit for the descriptions of groups and rules, in characters.
	longestDescription = 255
	// descriptionText are the characters that EC2 documents for the descriptions of rules of every kind of peer.
	descriptionText = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=;{}!$*"
)

var badDescription = Check{
	ID:    "SG030",
	Title: "a description that EC2 refuses",
	Why:   "the deployment would fail half-way and be rolled back",
	run: func(in *Input, r *report) {
		for _, t := range in.Set.Tiers {
			if problem := textProblem(in.GroupDescription(t.Name)); problem != "" {
				r.tier(diag.Error, t.Name, "the description of the group %s", problem)
			}
		}
		for rule := range in.Set.Rules() {
			if problem := textProblem(rule.Description); problem != "" && rule.Origin != ruleset.FromMirror {
				r.rule(diag.Error, rule, "the description of the rule %q %s", rule.Key, problem).
					WithHint("letters, digits, spaces and ._-:/()#,@[]+=;{}!$* are fine, up to %d of them", longestDescription)
			}
		}
	},
}

func textProblem(text string) string {
	i := strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune(descriptionText, c) })
	switch n := utf8.RuneCountInString(text); {
	case n > longestDescription:
		return "is too long"
	case i >= 0:
		c, _ := utf8.DecodeRuneInString(text[i:])
		return "has the character " + string([]rune{'"', c, '"'}) + ", which EC2 does not take"
	default:
		return ""
	}
}

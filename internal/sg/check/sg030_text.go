package check

import (
	"strings"
	"unicode/utf8"

	"mlops-infra-suite/internal/sg/ruleset"
)

const (
	// longestDescription is EC2's limit for the descriptions of groups and rules, in characters.
	longestDescription = 255
	// descriptionText are the characters that EC2 documents for the descriptions of rules of every kind of peer.
	descriptionText = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=;{}!$*"
)

var badDescription = Check{
	ID:       "SG030",
	Title:    "a description that EC2 refuses",
	Why:      "the deployment would fail half-way and be rolled back",
	Remedy:   "letters, digits, spaces and ._-:/()#,@[]+=;{}!$* are fine, up to 255 of them",
	Fix:      "- {protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the Berlin office}\n",
	Impact:   Low,
	Levels:   alwaysError,
	Mappings: []Mapping{as(trivy, "AVD-AWS-0099"), as(cfnNag, "W36"), as(cfnGuard, "EC2_SECURITY_GROUP_DESCRIPTION")},
	Pass:     ingress("web", "protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the Berlin office"),
	Fail:     ingress("web", "protocol: tcp, port: 9100, source: 10.8.0.0/16, description: Metrics to the Büro"),
	run: func(s *subject, r *report) {
		for _, t := range s.Set.Tiers {
			switch text := s.GroupDescription(t.Name); {
			case strings.TrimSpace(text) == "":
				r.tier(t.Name, "the group has no description")
			case textProblem(text) != "":
				r.tier(t.Name, "the description of the group %s", textProblem(text))
			}
		}
		for rule := range s.Set.Rules() {
			if problem := textProblem(rule.Description); problem != "" && rule.Origin != ruleset.FromMirror {
				r.rule(rule, "the description of the rule %q %s", rule.Key, problem)
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

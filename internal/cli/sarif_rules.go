package cli

import (
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/reach"
)

// sarifRule is a reportingDescriptor: what an ID of findings means.
type sarifRule struct {
	ID         string               `json:"id"`
	Short      sarifMessage         `json:"shortDescription"`
	Full       sarifMessage         `json:"fullDescription"`
	Help       sarifMessage         `json:"help"`
	Default    sarifConfiguration   `json:"defaultConfiguration"`
	Properties *sarifRuleProperties `json:"properties,omitempty"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

// sarifRuleProperties are those that code scanning knows: with them a finding counts as one of security.
type sarifRuleProperties struct {
	Tags     []string `json:"tags"`
	Severity string   `json:"security-severity"` // a score up to 10
}

// sarifRules describe all IDs that a finding about a config may have, whether anything was found or not.
func sarifRules() []sarifRule {
	var rules []sarifRule
	for _, c := range diag.Codes() {
		rules = append(rules, describe(c.ID, c.Title, sentence(c.Title)))
	}
	for _, c := range check.Catalogue() {
		rules = append(rules, describeCheck(c))
	}
	return append(rules, describe(reach.CodeRefuted, "an assertion that does not hold",
		"The config asserts who can reach whom, and the rules do not make it so.", "The finding names a counter-example."))
}

func describeCheck(c check.Check) sarifRule {
	more := []string{sentence(c.Remedy)}
	if len(c.Mappings) > 0 {
		more = append(more, "What others call it: "+mappingsOf(c)+".")
	}
	if c.Waivable {
		more = append(more, "It can be waived in the config, with a reason and an end: security_groups.waivers.")
	} else {
		more = append(more, "It can't be waived.")
	}
	rule := describe(c.ID, c.Title, sentence(c.Why), more...)
	if c.Fix != "" {
		rule.Help.Markdown += "\n\n```yaml\n" + strings.TrimSuffix(c.Fix, "\n") + "\n```"
	}
	if len(c.Levels) > 0 {
		rule.Default.Level = sarifLevel(c.Levels[0].Severity)
	}
	// Code scanning calls it critical from 9, high from 7, medium from 4 and low below.
	score := map[check.Impact]string{check.Critical: "9.5", check.High: "8.0", check.Medium: "5.5", check.Low: "2.0"}
	rule.Properties = &sarifRuleProperties{Tags: []string{"security"}, Severity: score[c.Impact]}
	return rule
}

func mappingsOf(c check.Check) string {
	names := make([]string, len(c.Mappings))
	for i, m := range c.Mappings {
		names[i] = m.Framework + " " + strings.Join(m.Controls, ", ")
	}
	return strings.Join(names, "; ")
}

// describe makes a rule of its title, in one phrase, of what it is about, in one sentence, and of more paragraphs. What a
// finding weighs stands with it; by default it blocks.
func describe(id, title, about string, more ...string) sarifRule {
	var plain, formatted []string
	for _, paragraph := range append([]string{about}, more...) {
		plain = append(plain, sarifText(paragraph))
		formatted = append(formatted, escapeMarkdown(paragraph))
	}
	return sarifRule{
		ID:      id,
		Short:   sarifMessage{Text: sarifText(capital(title))},
		Full:    sarifMessage{Text: sarifText(about)},
		Help:    sarifMessage{strings.Join(plain, "\n\n"), strings.Join(formatted, "\n\n")},
		Default: sarifConfiguration{sarifLevel(diag.Error)},
	}
}

package check

import (
	"strings"

	"mlops-infra-suite/internal/diag"
)

// Mapping is what a framework or another tool calls what a check is about. A check that passes says that the security
// groups' part of the control is in order, never that the control as a whole is.
type Mapping struct {
	Framework string
	Controls  []string
}

// The frameworks and tools, by the names that reports show.
const (
	securityHub = "AWS Security Hub"
	awsConfig   = "AWS Config"
	cis         = "CIS AWS Foundations 5.0 / 6.0"
	nist        = "NIST 800-53 r5"
	pci         = "PCI DSS 4.0.1"
	soc2        = "SOC 2"
	iso27001    = "ISO 27001:2022"
	checkov     = "Checkov"
	trivy       = "Trivy"
	kics        = "KICS"
	cfnNag      = "cfn_nag"
	cfnGuard    = "CloudFormation Guard"
	cfnLint     = "cfn-lint"
)

// as maps to one framework; the controls are separated by commas.
func as(framework, controls string) Mapping {
	return Mapping{framework, strings.Split(controls, ", ")}
}

// exposureControls adds to the mappings of a check those of everything that is open to more than it should be.
func exposureControls(own ...Mapping) []Mapping {
	return append(own,
		as(nist, "AC-4, AC-4(21), SC-7, SC-7(4), SC-7(5), SC-7(11), SC-7(16), SC-7(21), CM-7"),
		as(pci, "1.3.1"),
		as(soc2, "CC6.6"),
		as(iso27001, "A.8.20, A.8.21, A.8.22"),
	)
}

// The levels of checks that have one severity whatever the set.
var (
	alwaysError   = []Level{{Severity: diag.Error}}
	alwaysWarning = []Level{{Severity: diag.Warning}}
	alwaysInfo    = []Level{{Severity: diag.Info}}
	// remoteAdmin is for ports that are a mistake where customers' data lives, and a habit elsewhere.
	remoteAdmin = []Level{
		{Severity: diag.Error, Envs: []string{"prod", "staging"}},
		{Severity: diag.Warning, Envs: []string{"test", "dev"}},
	}
)

// String is the level in words: "error in prod and staging", "warning where no rule names it".
func (l Level) String() string {
	text := l.Severity.String()
	if len(l.Envs) > 0 {
		text += " in " + strings.Join(l.Envs, " and ")
	}
	if l.When != "" {
		text += " " + l.When
	}
	return text
}

// LevelText is the severities of the check in words.
func (c Check) LevelText() string {
	words := make([]string, len(c.Levels))
	for i, l := range c.Levels {
		words[i] = l.String()
	}
	return strings.Join(words, ", ")
}

// override is an example with one rule more in a tier of the 3-tier web scenario. The rule is written without its braces.
func override(tier, key, rule string) Example {
	return Example{YAML: `security_groups:
  scenario: 3-tier-web
  overrides:
    ` + tier + `:
      ` + key + `:
        - {` + rule + `}
`}
}

func ingress(tier, rule string) Example { return override(tier, "additional_ingress", rule) }
func egress(tier, rule string) Example  { return override(tier, "additional_egress", rule) }

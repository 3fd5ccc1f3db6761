package report

import (
	"bytes"
	"fmt"
	"reflect"

	"mlops-infra-suite/internal/sg/ruleset"
)

// reviewVersion is the version of the form of review files. It changes when a program that reads them would have to.
const reviewVersion = 1

// Review is everything that there is to know before a set is approved, as plain values in a fixed order.
type Review struct {
	Version    int         `yaml:"version"`
	Subject    Subject     `yaml:"subject"`
	Verdict    Verdict     `yaml:"verdict"`
	World      []Reached   `yaml:"open_to_the_world"`
	Outbound   []Reached   `yaml:"outbound_to_the_internet"`
	Databases  []Database  `yaml:"databases"`
	Overrides  Overrides   `yaml:"overrides"`
	Findings   []Finding   `yaml:"findings"`
	Assertions []Assertion `yaml:"assertions"`
	Zones      []string    `yaml:"zones"`
	Flows      []Flow      `yaml:"flows"`
	Tiers      []Tier      `yaml:"tiers"`
	Names      Names       `yaml:"names"`
	Template   Template    `yaml:"template"`

	connections []connection // what the picture shows
}

// Subject is what a report is about.
type Subject struct {
	SGName      string `yaml:"sg_name"`
	Config      string `yaml:"config"`
	Company     string `yaml:"company"`
	Account     string `yaml:"account_id"`
	Tenant      string `yaml:"tenant_id"`
	Environment string `yaml:"environment"`
	Region      string `yaml:"region"`
	Workload    string `yaml:"workload"`
	Scenario    string `yaml:"scenario"`
	About       string `yaml:"scenario_description"`
}

// Decision is what the tool says about approving.
type Decision string

// The decisions.
const (
	Approve Decision = "approve" // nothing speaks against it
	Look    Decision = "look"    // there are warnings to read first
	Block   Decision = "block"   // it can't be deployed
)

// Verdict is the answer to whether to approve, in a sentence.
type Verdict struct {
	Decision Decision `yaml:"decision"`
	Sentence string   `yaml:"sentence"`
}

// Reached is a zone with what reaches it, or what it reaches.
type Reached struct {
	Zone     string   `yaml:"zone"`
	Traffic  []string `yaml:"traffic"`
	Expected bool     `yaml:"expected"` // by its role
}

// Database is a tier that holds data, with all that can reach it.
type Database struct {
	Tier string    `yaml:"tier"`
	From []Reached `yaml:"reached_from"`
}

// Overrides are what the config changes in its scenario.
type Overrides struct {
	Moved  int    `yaml:"rules_moved"`
	Added  int    `yaml:"rules_added"` // with their mirrors
	Opened []Flow `yaml:"opened"`
	Closed []Flow `yaml:"closed"`
}

// Meant counts the flows that rules mean, as the page tells them: not those which follow, for ranges and tiers within wider
// ranges, and what is left of everything beside other permissions as one.
func (o Overrides) Meant() (opened, closed int) { return told(o.Opened), told(o.Closed) }

func told(flows []Flow) int {
	n := 0
	order, between := betweenPairs(flows)
	for _, p := range order {
		n += tally(phrases(between[p]), func(one phrase) bool { return !one.Follows })
	}
	return n
}

// Any reports whether there are overrides.
func (o Overrides) Any() bool { return o.Moved+o.Added > 0 }

// Flow is traffic that one zone can send to another. Ports are EC2's: type and code of ICMP, -1 for any.
type Flow struct {
	From      string `yaml:"from"`
	To        string `yaml:"to"`
	Protocol  string `yaml:"protocol"`
	FromPort  int    `yaml:"from_port"`
	ToPort    int    `yaml:"to_port"`
	Certainty string `yaml:"certainty,omitempty"`

	Follows bool `yaml:"follows,omitempty"` // from rules for wider ranges: none means it

	Traffic string `yaml:"-"` // in words
	traffic ruleset.Traffic
}

// Possible reports whether the flow depends on addresses that are not known.
func (f Flow) Possible() bool { return f.Certainty != "" }

// Place is a line of a file that somebody wrote.
type Place struct {
	File   string `yaml:"file"`
	Line   int    `yaml:"line"`
	Column int    `yaml:"column"`
	Text   string `yaml:"text"` // the line itself, without indentation and dash
}

// String is file:line, for people.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Finding is one result of a check.
type Finding struct {
	ID       string `yaml:"id"`
	Title    string `yaml:"title"`
	Severity string `yaml:"severity"`
	Impact   string `yaml:"impact,omitempty"`
	Tier     string `yaml:"tier"`
	Rule     string `yaml:"rule"`
	Message  string `yaml:"message"`
	Why      string `yaml:"why"`
	Remedy   string `yaml:"remedy"`
	Waivable bool   `yaml:"waivable"`
	Waived   string `yaml:"waived"` // the reason; empty: it is open
	Place    Place  `yaml:"place"`
}

// Open reports whether something is to be decided about the finding.
func (f Finding) Open() bool { return f.Waived == "" && f.Severity != "info" }

// Assertion is a claim of the config and what became of it.
type Assertion struct {
	Text           string `yaml:"text"`
	Holds          bool   `yaml:"holds"`
	CounterExample string `yaml:"counterexample"`
	Place          Place  `yaml:"place"`
}

// Tier is one security group with its rules.
type Tier struct {
	Name        string `yaml:"name"`
	Role        string `yaml:"role"`
	Description string `yaml:"description"`
	Service     string `yaml:"service"`
	Ingress     []Rule `yaml:"ingress"`
	Egress      []Rule `yaml:"egress"`
}

// Rule is one permission of a tier, and where it came from.
type Rule struct {
	LogicalID   string    `yaml:"logical_id"` // in the template
	Tier        string    `yaml:"tier"`
	Direction   string    `yaml:"direction"`
	Protocol    string    `yaml:"protocol"`
	FromPort    int       `yaml:"from_port"`
	ToPort      int       `yaml:"to_port"`
	Peer        Peer      `yaml:"peer"`
	Description string    `yaml:"description"`
	Origin      string    `yaml:"origin"`
	Covered     bool      `yaml:"covered,omitempty"` // by the tier's open egress; not in the template
	Cause       Place     `yaml:"cause"`
	Replaces    *Replaced `yaml:"replaces,omitempty"`

	Traffic string `yaml:"-"` // in words
}

// Peer is the other end of a rule: exactly one of these.
type Peer struct {
	CIDR          string `yaml:"cidr,omitempty"`
	Tier          string `yaml:"tier,omitempty"`
	SecurityGroup string `yaml:"security_group,omitempty"`
	PrefixList    string `yaml:"prefix_list,omitempty"`
}

// String is the peer as a config writes it.
func (p Peer) String() string { return p.CIDR + p.Tier + p.SecurityGroup + p.PrefixList }

// Replaced is the rule in whose place an override put another.
type Replaced struct {
	Traffic string `yaml:"traffic"`
	Cause   Place  `yaml:"cause"`
}

// Names are the names that a deployment makes.
type Names struct {
	Stack        string            `yaml:"stack"`
	VPC          string            `yaml:"vpc"` // its ID, or the parameter that holds it
	VPCFrom      string            `yaml:"-"`   // the parameter that held the ID, once that is known
	TemplateFile string            `yaml:"template_file"`
	Groups       []Group           `yaml:"groups"`
	Tags         map[string]string `yaml:"tags"`
}

// Group are the names of one security group. Its ID is known once it is deployed.
type Group struct {
	Tier        string `yaml:"tier"`
	Role        string `yaml:"-"`
	Name        string `yaml:"name_tag"`
	Description string `yaml:"group_description"`
	Parameter   string `yaml:"ssm_parameter"`
	Export      string `yaml:"export"`
	ID          string `yaml:"-"`
}

// Template is the CloudFormation template, known by its hash.
type Template struct {
	Resources int    `yaml:"resources"`
	Bytes     int    `yaml:"bytes"`
	SHA256    string `yaml:"sha256"`
	Text      string `yaml:"-"`
}

// YAML is the review for programs: complete, and the same bytes for the same set. It bears no date.
func (r *Review) YAML() []byte {
	b := bytes.NewBufferString("# The review of " + r.Subject.SGName + ", written by sg-provisioner create-review-report.\n")
	writeYAML(b, reflect.ValueOf(*r), 0)
	return b.Bytes()
}

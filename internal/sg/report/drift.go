package report

import "fmt"

// Drift is how the real groups differ from what was deployed, as plain values.
type Drift struct {
	Subject     Subject
	Sandbox     bool
	Drifted     bool
	StackStatus string
	Rules       []RuleDrift
	Others      []OtherDrift
	Opened      []Flow // what can flow because of the rules, and was not meant to
	Closed      []Flow
	Findings    []Finding // about what EC2 holds beside, each with its remedy
	Orphans     []Orphan  // groups that the stack made and gave up
	Pending     []Pending // what a deployment of the config would change beside
	CFStatus    string    // CloudFormation's own verdict
	CFNotes     []string  // where it differs: why
	Notes       []string  // what limits all this
	Command     string    // puts everything back that can be put back
	Left        []string  // what it can't put back, and what does
	Fixed       bool      // what was found has been put right
	Fix         string    // in words
}

// The kinds of a RuleDrift.
const (
	RuleAdded     = "added"
	RuleRemoved   = "removed"
	RuleChanged   = "changed"
	RuleDescribed = "description" // no more than the description has changed
)

// RuleDrift is one rule that is not as it was meant.
type RuleDrift struct {
	Kind  string
	Tier  string
	Held  RuleWords // what EC2 holds; zero: nothing
	Meant RuleWords // what was meant; zero: nothing
	Note  string
	By    Attribution
}

// RuleWords is a rule in words, and what its author has said of it.
type RuleWords struct{ Text, Description string }

// OtherDrift is a group, a parameter or a tag that is not as it was meant.
type OtherDrift struct {
	Tier        string
	What        string // group, parameter, or tag with its key
	Of          string // whose it is: an ID or a name
	Held, Meant string // empty: none
	By          Attribution
}

// Pending is one thing that the config says otherwise than the deployed template.
type Pending struct{ Action, What string } // add, remove or change; in words

// Attribution is who changed something, and when, as far as it is known.
type Attribution struct {
	Known                            bool
	Who, When, Event, Source, Reason string
}

func (d *Drift) banner() banner {
	n := len(d.Rules) + len(d.Others)
	switch {
	case d.Fixed && !d.Drifted:
		return banner{"good", "What had drifted was put back.", d.Fix}
	case d.Drifted && len(d.Opened) > 0:
		return banner{"stop", "The groups have drifted, and let through what nobody approved.", d.differences(n)}
	case d.Drifted:
		return banner{"look", "The groups have drifted.", d.differences(n)}
	default:
		return banner{"good", "The groups are as they were deployed.", ""}
	}
}

func (d *Drift) differences(n int) string {
	return fmt.Sprintf("%s; %s opened, %d closed.", plural(n, "difference"), plural(len(d.Opened), "flow"), len(d.Closed))
}

// Count counts the rules of a kind.
func (d *Drift) Count(kind string) int {
	n := 0
	for _, r := range d.Rules {
		if r.Kind == kind {
			n++
		}
	}
	return n
}

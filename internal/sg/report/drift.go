package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

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
	Steps       []Step    // that put right what was found, all that is told here, since
}

// Step is one call that puts something right.
type Step struct {
	Text string
	Done bool
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
	case d.past() && !d.Drifted:
		return banner{"good", "What had drifted was put back.", d.done()}
	case d.past() && len(d.Opened) > 0:
		return banner{"stop", "The groups have drifted, and not all of it was put back.", d.done()}
	case d.past():
		return banner{"look", "The groups have drifted, and not all of it was put back.", d.done()}
	case d.Drifted && len(d.Opened) > 0:
		return banner{"stop", "The groups have drifted, and let through what nobody approved.", d.differences(n)}
	case d.Drifted:
		return banner{"look", "The groups have drifted.", d.differences(n)}
	default:
		return banner{"good", "The groups are as they were deployed.", ""}
	}
}

// past reports whether some of what is told has been put right since: then all of it is told as what was found.
func (d *Drift) past() bool { return slices.ContainsFunc(d.Steps, func(s Step) bool { return s.Done }) }

// done is how much has been put right.
func (d *Drift) done() string {
	return fmt.Sprintf("%d of %s done.", tally(d.Steps, func(s Step) bool { return s.Done }), plural(len(d.Steps), "call"))
}

// tense is the first text, or the second one of what is told as what was found.
func (d *Drift) tense(now, then string) string {
	if d.past() {
		return then
	}
	return now
}

func (d *Drift) differences(n int) string {
	return fmt.Sprintf("%s; %s opened, %s closed.", plural(n, "difference"), plural(len(d.opened()), "connection"), numberOrNone(len(d.closed())))
}

func (d *Drift) opened() []changeLine { return byAttention(changeLines(d.Opened, true)) }
func (d *Drift) closed() []changeLine { return byAttention(changeLines(d.Closed, false)) }

// byAttention puts first what is worth most attention. A tier is what is written like no other zone.
func byAttention(lines []changeLine) []changeLine {
	isTier := func(zone string) bool {
		_, err := netip.ParsePrefix(zone)
		return err != nil && !isInternet(zone) && !strings.HasPrefix(zone, "sg-") && !strings.HasPrefix(zone, "pl-")
	}
	slices.SortStableFunc(lines, func(a, b changeLine) int { return cmp.Compare(a.rank(isTier), b.rank(isTier)) })
	return lines
}

// unknown is why it is not known who changed things, where that is one reason for several of them: it is told once.
func (d *Drift) unknown() string {
	reason, n := "", 0
	for _, by := range d.attributions() {
		switch {
		case by.Known || by.Reason == "":
		case n > 0 && by.Reason != reason:
			return ""
		default:
			reason = by.Reason
			n++
		}
	}
	if n < 2 {
		return ""
	}
	return reason
}

func (d *Drift) attributions() []Attribution {
	var all []Attribution
	for _, r := range d.Rules {
		all = append(all, r.By)
	}
	for _, o := range d.Others {
		all = append(all, o.By)
	}
	return all
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

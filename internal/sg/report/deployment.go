package report

import (
	"fmt"
	"strings"
	"time"
)

// Deployment is the account of one deployment, as it went, for who has to use the groups and for who asks a year later.
type Deployment struct {
	Subject  Subject
	Names    Names // with the groups' IDs, as far as there are any
	Template Template

	Outcome     string // created, updated or unchanged; empty: it failed
	StackID     string
	StackStatus string
	VPC         string
	Caller      string // who deployed, as an ARN
	Sandbox     bool
	Began       time.Time
	Took        time.Duration
	Log         string // the log's file

	Changes []Change
	Events  []Event
	Notices []string // what the tool told beside
	Orphans []Orphan

	Verified   bool
	RulesHeld  int // that EC2 holds as they were meant
	Warnings   []Finding
	Failure    *Failure
	Left       bool   // nobody watched it to its end: CloudFormation goes on by itself
	Unverified string // why what was deployed could not be verified
}

// Change is one change of the plan.
type Change struct {
	Action, LogicalID, Type string
	Replaces                bool
}

// Event is one row of the stack's event log.
type Event struct {
	Time                                        time.Time
	LogicalID, PhysicalID, Type, Status, Reason string
}

// Orphan is a resource that the stack gave up and could not delete.
type Orphan struct{ LogicalID, Type, ID, Reason string }

// Failure is why a deployment failed.
type Failure struct {
	Message string
	Hint    string
	First   *Event  // the resource that failed first, where one did
	Others  []Event // that failed for reasons of their own
}

// short is why it failed, in a line.
func (f *Failure) short() string {
	if f.First == nil || f.First.Reason == "" {
		return f.Message
	}
	return f.First.LogicalID + ": " + f.First.Reason
}

func (d *Deployment) banner() banner {
	took := d.Duration()
	switch {
	case d.Left:
		return banner{"look", "The deployment was not watched to its end: CloudFormation goes on by itself.", "The same command comes back to it."}
	case d.Failure != nil && d.Outcome == "":
		return banner{"stop", "The deployment failed.", d.Failure.short()}
	case d.Unverified != "":
		return banner{"stop", "Deployed, but not verified.", d.Unverified}
	case len(d.Orphans) > 0:
		return banner{"look", "Deployed and verified; " + plural(len(d.Orphans), "resource") + " left behind.", "It took " + took + "."}
	case len(d.Warnings) > 0:
		return banner{"look", "Deployed and verified, with " + plural(len(d.Warnings), "warning") + ".", "It took " + took + "."}
	case d.Outcome == "unchanged":
		return banner{"good", "Nothing was to be changed: the groups are as the config has them, and verified.", ""}
	default:
		return banner{"good", "The groups are " + d.Outcome + " and verified.", "It took " + took + "."}
	}
}

// planned is the plan in numbers.
func (d *Deployment) planned() string {
	done := d.Outcome != ""
	var parts []string
	for _, c := range []struct{ action, past, future string }{
		{"add", "added", "to add"}, {"modify", "modified", "to modify"}, {"remove", "removed", "to remove"},
	} {
		if n := tally(d.Changes, func(change Change) bool { return change.Action == c.action }); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, map[bool]string{true: c.past, false: c.future}[done]))
		}
	}
	if len(parts) == 0 {
		return "None"
	}
	return strings.Join(parts, ", ")
}

// Duration is how long the deployment took.
func (d *Deployment) Duration() string { return short(d.Took) }

// Resource is the last part of the event's type: AWS::EC2::SecurityGroup is SecurityGroup.
func (e Event) Resource() string { return e.Type[strings.LastIndex(e.Type, ":")+1:] }

// Clock is the event's time of day.
func (e Event) Clock() string { return e.Time.UTC().Format("15:04:05.000") }

// InProgress reports whether the event is no end of anything.
func (e Event) InProgress() bool { return strings.HasSuffix(e.Status, "_IN_PROGRESS") }

// step is what the event is a part of: one thing that is done to one resource.
func (e Event) step() string { return e.LogicalID + " " + verbOf(e.Status) }

// HasFailed reports whether the event is a failure.
func (e Event) HasFailed() bool { return strings.HasSuffix(e.Status, "_FAILED") }

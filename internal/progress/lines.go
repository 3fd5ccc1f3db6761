package progress

import (
	"fmt"
	"io"
	"time"

	"mlops-infra-suite/internal/stack"
)

// NewLines is a handler that writes one line per event, for pipes, logs and terminals that can't redraw:
//
//	14:03:12  CREATE_COMPLETE  AWS::EC2::SecurityGroup  WebSecurityGroup
//
// A failure's reason follows on its line. Of the events that repeat the status of a resource, as CloudFormation does once a
// creation has begun in earnest, the first has a line. Times are local.
func NewLines(w io.Writer) Handler { return &lines{w: w, zone: time.Local, last: map[string]string{}} }

type lines struct {
	w    io.Writer
	zone *time.Location
	last map[string]string // statuses of the operation's resources, by type and logical ID
	err  error
}

func (l *lines) Handle(ev stack.Event) {
	switch ev := ev.(type) {
	case stack.Started:
		clear(l.last)
		l.print(ev.Time, headline(ev))
	case stack.ResourceEvent:
		resource := ev.Type + "  " + ev.LogicalID
		if l.last[resource] == ev.Status && ev.InProgress() {
			return
		}
		l.last[resource] = ev.Status
		text := clean(ev.Status + "  " + resource)
		if ev.Failed() && ev.Reason != "" {
			text += "  " + clean(ev.Reason)
		}
		l.print(ev.Time, text)
	case stack.Notice:
		l.print(ev.Time, clean(ev.Text))
	}
}

func (l *lines) Close() error { return l.err }

func (l *lines) print(at time.Time, text string) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, "%s  %s\n", at.In(l.zone).Format(time.TimeOnly), text)
	}
}

// headline says what begins.
func headline(ev stack.Started) string {
	name := clean(ev.StackName)
	switch ev.Operation {
	case stack.Create:
		return "Creating stack " + name
	case stack.Update:
		return "Updating stack " + name
	case stack.Delete:
		return "Deleting stack " + name
	case stack.Revert:
		return "Rolling back stack " + name
	default:
		return "Waiting for another operation on stack " + name
	}
}

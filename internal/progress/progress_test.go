package progress

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/stack"
	"mlops-infra-suite/internal/testkit"
)

var at = time.Date(2026, 3, 1, 14, 3, 12, 0, time.UTC)

const stackID = "arn:aws:cloudformation:us-west-2:123456789012:stack/demo/1"

// of is an event of a resource some seconds after the start, stackIs one of the stack.
func of(second int, id, typ, status, reason string) stack.ResourceEvent {
	return stack.ResourceEvent{
		Time: at.Add(time.Duration(second) * time.Second), LogicalID: id, PhysicalID: id + "-id", Type: typ, Status: status, Reason: reason,
	}
}

func stackIs(second int, status string) stack.ResourceEvent {
	ev := of(second, "demo", "AWS::CloudFormation::Stack", status, "")
	ev.PhysicalID = stackID
	return ev
}

const (
	group = "AWS::EC2::SecurityGroup"
	rule  = "AWS::EC2::SecurityGroupIngress"
)

// story is a deployment that fails: events of every kind.
func story() []stack.Event {
	return []stack.Event{
		stack.Notice{Time: at, Text: "stack demo is left from a failed first try: deleting it"},
		stack.Started{Time: at, Operation: stack.Create, StackName: "demo", StackID: stackID, Resources: 3},
		stackIs(0, "CREATE_IN_PROGRESS"),
		of(1, "WebSecurityGroup", group, "CREATE_IN_PROGRESS", "Resource creation Initiated"),
		of(4, "WebSecurityGroup", group, "CREATE_COMPLETE", ""),
		of(4, "WebIngress", rule, "CREATE_IN_PROGRESS", ""),
		of(5, "WebIngress", rule, "CREATE_FAILED", "rule \x1b[31mof\u202e\nan evil\tservice\a"),
		stackIs(5, "ROLLBACK_IN_PROGRESS"),
		stack.Ended{
			Time: at.Add(6 * time.Second), Operation: stack.Create, StackName: "demo", Status: stack.RollbackInProgress, Err: errors.New("interrupted"),
		},
	}
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	l := &lines{w: &out, zone: time.UTC, last: map[string]string{}}
	for _, ev := range story() {
		l.Handle(ev)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "lines.txt", out.String())
}

// CloudFormation tells twice that a creation is in progress; a second operation has its own lines.
func TestLinesTellAStatusOnce(t *testing.T) {
	var out bytes.Buffer
	l := NewLines(&out)
	for _, op := range []stack.Operation{stack.Create, stack.Update} {
		l.Handle(stack.Started{Time: at, Operation: op, StackName: "demo"})
		l.Handle(of(1, "WebIngress", rule, "CREATE_IN_PROGRESS", ""))
		l.Handle(of(2, "WebIngress", rule, "CREATE_IN_PROGRESS", "Resource creation Initiated"))
	}
	if got := strings.Count(out.String(), "CREATE_IN_PROGRESS"); got != 2 {
		t.Errorf("told %d times in two operations:\n%s", got, out.String())
	}
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	j := NewJSON(&out)
	for _, ev := range story() {
		j.Handle(ev)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "events.jsonl", out.String())
}

func TestWritingErrorsAreKept(t *testing.T) {
	for name, h := range map[string]Handler{"lines": NewLines(broken{}), "json": NewJSON(broken{})} {
		for _, ev := range story() {
			h.Handle(ev)
		}
		if err := h.Close(); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: got %v, want the writer's first error", name, err)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// screen draws what a terminal of that size shows after the events, without colours.
func screen(width, height int, now time.Time, events ...stack.Event) string {
	var m tea.Model
	for _, ev := range events {
		if started, ok := ev.(stack.Started); ok {
			m = newModel(started)
			m, _ = m.Update(tea.WindowSizeMsg{Width: width, Height: height})
		} else if m != nil {
			m, _ = m.Update(ev)
		}
	}
	if !now.IsZero() {
		m, _ = m.Update(tick(now))
	}
	return ansi.Strip(m.View().Content)
}

func TestTable(t *testing.T) {
	rolledBack := append(story(), of(6, "WebSecurityGroup", group, "DELETE_COMPLETE", ""), stackIs(7, "ROLLBACK_COMPLETE"),
		stack.Ended{Time: at.Add(7 * time.Second), Status: stack.RollbackComplete, Err: errors.New("failed")})
	replaced := []stack.Event{
		stack.Started{Time: at, Operation: stack.Update, StackName: "demo", StackID: stackID, Resources: 2},
		stackIs(0, "UPDATE_IN_PROGRESS"),
		of(1, "WebSecurityGroup", group, "UPDATE_IN_PROGRESS", "Requested update requires the creation of a new physical resource"),
		of(2, "WebSecurityGroup", group, "UPDATE_COMPLETE", ""),
		stackIs(2, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
		of(3, "WebSecurityGroup", group, "DELETE_IN_PROGRESS", ""),
		of(5, "WebSecurityGroup", group, "DELETE_COMPLETE", ""),
		stackIs(5, "UPDATE_COMPLETE"),
		stack.Ended{Time: at.Add(5 * time.Second), Status: stack.UpdateComplete},
	}
	tests := map[string]struct {
		width, height int
		now           time.Time
		events        []stack.Event
	}{
		"running":          {100, 24, at.Add(90 * time.Second), story()[:6]},
		"failed":           {100, 24, time.Time{}, rolledBack},
		"interrupted":      {80, 24, time.Time{}, story()},
		"narrow":           {40, 24, time.Time{}, rolledBack},
		"replaced":         {100, 24, time.Time{}, replaced},
		"waiting":          {60, 24, time.Time{}, []stack.Event{stack.Started{Time: at, Operation: stack.Attach, StackName: "demo", StackID: stackID}}},
		"many on a screen": {60, 10, at.Add(9 * time.Second), many()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := screen(tt.width, tt.height, tt.now, tt.events...)
			testkit.Golden(t, "table/"+strings.ReplaceAll(name, " ", "-")+".txt", got)
			lines := strings.Split(got, "\n")
			if len(lines) > tt.height {
				t.Errorf("%d lines on a screen of %d", len(lines), tt.height)
			}
			for _, line := range lines {
				if w := ansi.StringWidth(line); w > tt.width {
					t.Errorf("%d columns on a screen of %d: %q", w, tt.width, line)
				}
			}
		})
	}
}

// many is an operation on more resources than a small screen has lines: ten are done, one has failed, two run.
func many() []stack.Event {
	events := []stack.Event{stack.Started{Time: at, Operation: stack.Create, StackName: "demo", StackID: stackID, Resources: 40}}
	for id := range strings.SplitSeq("ABCDEFGHIJKLM", "") {
		events = append(events, of(1, id, rule, "CREATE_IN_PROGRESS", ""))
		switch id {
		case "B":
			events = append(events, of(2, id, rule, "CREATE_FAILED", "duplicate"))
		case "C", "D":
		default:
			events = append(events, of(3, id, rule, "CREATE_COMPLETE", ""))
		}
	}
	return events
}

func TestSignsGoWithEveryColour(t *testing.T) {
	content := newModel(stack.Started{})
	for _, ev := range story()[2:7] {
		content.Update(ev)
	}
	got := content.View().Content
	for _, want := range []string{"\x1b[31m✗\x1b[m", "\x1b[32m✓\x1b[m"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

func TestElapsed(t *testing.T) {
	got := map[time.Duration]string{}
	for d := range map[time.Duration]bool{-time.Second: true, 0: true, 250 * time.Millisecond: true, 61500 * time.Millisecond: true} {
		got[d] = elapsed(d)
	}
	want := map[time.Duration]string{-time.Second: "0s", 0: "0.0s", 250 * time.Millisecond: "0.2s", 61500 * time.Millisecond: "1m1s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

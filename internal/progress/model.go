package progress

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"mlops-infra-suite/internal/stack"
)

// model is one operation on the screen.
type model struct {
	started stack.Started
	now     time.Time // by the clock of started, which is ours
	width   int
	height  int

	rows    []row
	status  string // the stack's
	failure string // the first one, in a line
	ended   *stack.Ended
}

// row is what happens to one resource.
type row struct {
	logicalID string
	typ       string
	status    string
	removal   bool      // of what an update leaves over
	seen      time.Time // when it began, by our clock
	begun     time.Time // and by CloudFormation's
	took      time.Duration
}

func (r row) active() bool { return strings.HasSuffix(r.status, "_IN_PROGRESS") }
func (r row) failed() bool { return strings.HasSuffix(r.status, "_FAILED") }

// tick is the passing of a second.
type tick time.Time

func nextTick() tea.Cmd { return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tick(t) }) }

func newModel(started stack.Started) *model {
	return &model{started: started, now: started.Time, width: 80, height: 24}
}

// Init starts the clock.
func (m *model) Init() tea.Cmd { return nextTick() }

// Update takes in an event, a second, or a new size of the terminal.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tick:
		m.now = time.Time(msg)
		return m, nextTick()
	case stack.ResourceEvent:
		m.note(msg)
	case stack.Ended:
		m.ended, m.now = &msg, msg.Time
	}
	return m, nil
}

func (m *model) note(ev stack.ResourceEvent) {
	if ev.Failed() && m.failure == "" && ev.Reason != "" {
		m.failure = clean(ev.LogicalID + ": " + ev.Reason)
	}
	if ev.OfStack(m.started.StackID) {
		m.status = clean(ev.Status)
		return
	}
	r := m.row(ev)
	if r.status = clean(ev.Status); !r.active() {
		r.took = ev.Time.Sub(r.begun)
	}
}

// row finds the row of an event's resource, or begins one. What an update clears away at its end has rows of its own: the
// same logical ID stands for the new resource by then.
func (m *model) row(ev stack.ResourceEvent) *row {
	removal := m.status == string(stack.UpdateCompleteCleanup)
	for i := range m.rows {
		if r := &m.rows[i]; r.logicalID == clean(ev.LogicalID) && r.removal == removal {
			return r
		}
	}
	m.rows = append(m.rows, row{
		logicalID: clean(ev.LogicalID), typ: shortType(clean(ev.Type)), removal: removal, seen: m.now, begun: ev.Time,
	})
	return &m.rows[len(m.rows)-1]
}

// shortType is a resource type without its service: SecurityGroup for AWS::EC2::SecurityGroup.
func shortType(typ string) string { return typ[strings.LastIndexByte(typ, ':')+1:] }

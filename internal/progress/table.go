package progress

import (
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"mlops-infra-suite/internal/stack"
)

// NewTable is a handler that shows each operation as a table, redrawn in place; its last state stays on the screen. It
// reads no input and leaves the terminal's modes alone, so that Ctrl-C remains a signal.
func NewTable(f *os.File, env []string) Handler {
	profile := colorprofile.ANSI // the terminal's own 16 colours; detection could start a process (tmux info)
	if lookup(env, "NO_COLOR") != "" {
		profile = colorprofile.ASCII
	}
	return &table{out: f, env: env, profile: profile}
}

// table runs one bubbletea program per operation: between operations the screen is the caller's.
type table struct {
	out     *os.File
	env     []string
	profile colorprofile.Profile
	running *tea.Program
	done    chan error
	err     error
}

func (t *table) Handle(ev stack.Event) {
	switch ev := ev.(type) {
	case stack.Started:
		t.stop()
		t.start(ev)
	case stack.ResourceEvent:
		t.send(ev)
	case stack.Ended:
		t.send(ev)
		t.stop()
	case stack.Notice:
		t.stop()
		if _, err := fmt.Fprintln(t.out, clean(ev.Text)); t.err == nil {
			t.err = err
		}
	}
}

func (t *table) Close() error {
	t.stop()
	return t.err
}

func (t *table) start(ev stack.Started) {
	t.running = tea.NewProgram(newModel(ev),
		tea.WithInput(nil),
		tea.WithOutput(t.out),
		tea.WithEnvironment(t.env),
		tea.WithColorProfile(t.profile),
		tea.WithoutSignalHandler(),
	)
	t.done = make(chan error, 1)
	go func(program *tea.Program, done chan<- error) {
		_, err := program.Run()
		done <- err
	}(t.running, t.done)
}

func (t *table) send(msg tea.Msg) {
	if t.running != nil {
		t.running.Send(msg)
	}
}

// stop draws the last state and gives the terminal back.
func (t *table) stop() {
	if t.running == nil {
		return
	}
	t.running.Quit()
	if err := <-t.done; t.err == nil {
		t.err = err
	}
	t.running = nil
}

package progress

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"mlops-infra-suite/internal/stack"
)

// openPTY opens a pseudo terminal of that size: what is written to tty is read from screen.
func openPTY(t *testing.T, columns, rows int) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	fd := int(screen.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(columns), Row: uint16(rows)}); err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tty.Close() }) // a test may have closed it
	return screen, tty
}

func modes(t *testing.T, tty *os.File) unix.Termios {
	t.Helper()
	m, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

// play shows events on a terminal of 80 by 12 and returns what came out. Where an event says so, it waits until the one
// before is on the screen, so that there are several frames; the others come in a burst.
func play(t *testing.T, env []string, events []stack.Event, waitFor map[int]string) string {
	t.Helper()
	screen, tty := openPTY(t, 80, 12)
	before := modes(t, tty)
	chunks := make(chan string)
	go func() {
		defer close(chunks)
		buffer := make([]byte, 4096)
		for {
			n, err := screen.Read(buffer)
			if err != nil { // the last tty is closed
				return
			}
			chunks <- string(buffer[:n])
		}
	}()
	var output strings.Builder
	h := New(tty, append(env, "TERM=xterm-256color"))
	for i, ev := range events {
		for want := waitFor[i]; !strings.Contains(output.String(), want); {
			select {
			case chunk := <-chunks:
				output.WriteString(chunk)
			case <-time.After(10 * time.Second):
				t.Fatalf("no %q on the screen: %q", want, output.String())
			}
		}
		h.Handle(ev)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, modes(t, tty)); diff != "" {
		t.Errorf("the terminal's modes changed (-before +after):\n%s", diff)
	}
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	for chunk := range chunks {
		output.WriteString(chunk)
	}
	return output.String()
}

func TestTableOnATerminal(t *testing.T) {
	const want = `stack demo is left from a failed first try: deleting it
Creating stack demo
✓ WebSecurityGroup          CREATE_COMPLETE         3s
✗ WebIngress                CREATE_FAILED           1s
  WebIngress: rule of an evil service
• ROLLBACK_IN_PROGRESS  6s  no longer watched
`
	tests := map[string]map[int]string{
		"in one burst": {},
		"frame by frame": {
			2: "Creating stack demo", 4: "CREATE_IN_PROGRESS", 6: "WebIngress", 7: "CREATE_FAILED",
		},
	}
	for name, waitFor := range tests {
		t.Run(name, func(t *testing.T) {
			term := newTerminal(80, 12)
			term.write(play(t, nil, story(), waitFor))
			if diff := cmp.Diff(want, term.String()); diff != "" {
				t.Errorf("screen (-want +got):\n%s", diff)
			}
			if term.hiddenCursor || term.x != 0 || term.refused != nil {
				t.Errorf("cursor hidden: %t, in column %d; sequences beyond drawing: %q", term.hiddenCursor, term.x, term.refused)
			}
		})
	}
}

func TestTableWithoutColour(t *testing.T) {
	for env, colours := range map[string]bool{"NO_COLOR=1": false, "NO_COLOR=": true} {
		got := play(t, []string{env}, story(), nil)
		if strings.Contains(got, "\x1b[31m") != colours {
			t.Errorf("%s: colours %t, want %t: %q", env, !colours, colours, got)
		}
	}
}

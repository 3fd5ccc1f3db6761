package cli

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"
)

// openFlag gives an action that writes a report the flag that opens it.
func (a *app) openFlag(c *cobra.Command) {
	c.Flags().BoolVar(&a.opt.open, "open", false, "open the report in the browser")
}

// openReport opens a report of the working directory in the browser. A report that can't be opened is no failure of the
// action: where it lies is told.
func (s *session) openReport(ctx context.Context, name string) {
	file, err := filepath.Abs(s.path(name))
	if err == nil {
		err = openFile(ctx, runtime.GOOS, s.app.env, file)
	}
	if err != nil {
		s.tell.say("warning: the report is not opened: %v; it is in %s", err, name)
	}
}

// patience is how long a program that opens files has to say that it can't. One that still runs then shows the file.
const patience = time.Second

// openFile hands a file to the desktop, without a shell between: a name is never a command.
func openFile(ctx context.Context, system string, env Env, file string) error {
	args, err := opener(system, env, file)
	if err != nil {
		return err
	}
	// The browser outlives the program, and whatever interrupts it.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), args[0], args[1:]...) //nolint:gosec // see opener
	cmd.Env = env.Environ
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", args[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s could not: %w", args[0], err)
		}
	case <-time.After(patience):
	case <-ctx.Done():
	}
	return nil
}

// opener is the program that opens a file on an operating system, with its arguments.
func opener(system string, env Env, file string) ([]string, error) {
	switch {
	case system == "darwin":
		return []string{"open", file}, nil
	case system == "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler", file}, nil
	case env.getenv("DISPLAY") == "" && env.getenv("WAYLAND_DISPLAY") == "":
		return nil, fmt.Errorf("there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)")
	default:
		return []string{"xdg-open", file}, nil
	}
}

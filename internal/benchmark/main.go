// Command benchmark measures what a user waits for: whole processes of sg-provisioner, from start to exit, and their peak
// memory. It fails if a budget is broken.
//
// Machines differ, so start-up is judged as a ratio to a hello-world that the same Go compiler builds with the same flags.
// All commands take turns, round by round, so that a busy minute of the machine falls on all of them; medians of the
// rounds are compared, and a broken budget is measured once more before it counts.
//
// It runs from the module's root: `make bench`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// fewestRuns is the number of rounds below which a median says little.
const fewestRuns = 21

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	runs := flag.Int("runs", fewestRuns, "rounds to take the medians of")
	flag.Parse()
	err := run(ctx, os.Stdout, *runs)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, runs int) (err error) {
	if runs < fewestRuns {
		return fmt.Errorf("-runs is %d, below %d", runs, fewestRuns)
	}
	folder, err := os.MkdirTemp("", "sg-benchmark-")
	if err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	bench, err := newLab(ctx, folder)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ { // twice at the most
		results, err := bench.measure(ctx, runs)
		if err != nil {
			return err
		}
		if err := writeTable(out, results); err != nil {
			return err
		}
		broken := results.broken()
		if broken == 0 {
			return nil
		}
		if attempt == 2 {
			return fmt.Errorf("%d of %d commands are over budget", broken, len(results.commands))
		}
		fmt.Fprintf(out, "\n%d over budget: measuring once more\n\n", broken)
	}
}

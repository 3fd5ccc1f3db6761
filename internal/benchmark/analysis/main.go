// Command analysis measures what a large rule set costs: flows, difference, shadowed rules and checks of 100 to 100,000
// rules, on one core. It fails if the budget for 10,000 rules in 200 tiers is broken, and shows how the time grows with the
// number of rules, which should be nearly in proportion.
//
// It builds the benchmarks of internal/sg/reach and runs each size in a process of its own, whose peak memory counts. It
// runs from the module's root: `make bench`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	page := flag.String("page", "", "write the table to this Markdown file as well")
	flag.Parse()
	err := run(ctx, os.Stdout, *page)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "analysis:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, page string) (err error) {
	folder, err := os.MkdirTemp("", "sg-analysis-")
	if err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	program := filepath.Join(folder, "reach.test")
	if err := build(ctx, program); err != nil {
		return err
	}
	rows := make([]row, len(sizes))
	for i, rules := range sizes {
		if rows[i], err = measure(ctx, program, rules); err != nil {
			return err
		}
	}
	// A busy minute of the machine is no broken budget: the one that counts is measured once more.
	if i := gated(rows); !rows[i].withinBudget() {
		if rows[i], err = measure(ctx, program, rows[i].rules); err != nil {
			return err
		}
	}
	text := table(rows)
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	if page != "" {
		if err := os.WriteFile(page, []byte(preface+text), 0o644); err != nil {
			return fmt.Errorf("write page: %w", err)
		}
	}
	if r := rows[gated(rows)]; !r.withinBudget() {
		return fmt.Errorf("%d rules are over budget: %.2f s of %.0f, %.0f MiB of %.0f", r.rules, r.seconds["all"], maxSeconds, r.mib, maxMiB)
	}
	return nil
}

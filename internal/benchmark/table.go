package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// writeTable shows the medians beside their budgets.
func writeTable(out io.Writer, r *results) error {
	var b strings.Builder
	row := func(name, bundle, wall, ratio, budget, rss, limit, verdict string) {
		line := fmt.Sprintf("%-24s%-15s%9s%7s%9s%10s%9s   %s", name, bundle, wall, ratio, budget, rss, limit, verdict)
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	row("command", "AWS_CA_BUNDLE", "wall ms", "ratio", "budget", "peak MiB", "budget", "verdict")
	row("hello-world", "", milliseconds(r.hello.wall), "1.0", "", mebibytes(r.hello.rss), "", "")
	for _, c := range r.commands {
		bundle := "unset"
		if c.caBundle {
			bundle = "set"
		}
		row(c.name, bundle, milliseconds(c.wall), fmt.Sprintf("%.1f", c.ratio(r.hello.wall)), fmt.Sprintf("%gx", c.limit.ratio),
			mebibytes(c.rss), c.limit.memory(), r.verdict(c))
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func (r *results) verdict(c result) string {
	switch {
	case !c.limit.within(c.sample, r.hello.wall):
		return "OVER BUDGET"
	case c.stretch.within(c.sample, r.hello.wall):
		return "stretch goal met"
	default:
		return "ok"
	}
}

func (b budget) memory() string {
	if b.rss == 0 {
		return ""
	}
	return fmt.Sprintf("%g MiB", b.rss)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()*1000) }

func mebibytes(n float64) string { return fmt.Sprintf("%.1f", n) }

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"syscall"
)

// sizes are the numbers of rules that are measured, rulesPerTier to a tier.
var sizes = []int{100, 1_000, 10_000, 100_000}

// rulesPerTier is how the benchmarks of internal/sg/reach divide rules among tiers, of which there are two at least.
const rulesPerTier = 50

// The budget of the product, for gatedRules rules.
const (
	gatedRules = 10_000
	maxSeconds = 1.0
	maxMiB     = 300.0
)

// steps are the benchmarks of one size, in the order of the table; all is what the budget is for.
var steps = []string{"flows", "difference", "shadows", "checks", "all"}

// row is what one size costs.
type row struct {
	rules   int
	seconds map[string]float64 // by step
	mib     float64            // peak of the process that runs all
}

// gated is the index of the row that the budget is for.
func gated(rows []row) int {
	return slices.IndexFunc(rows, func(r row) bool { return r.rules == gatedRules })
}

func (r row) withinBudget() bool { return r.seconds["all"] <= maxSeconds && r.mib <= maxMiB }

// build compiles the benchmarks, so that their compiler is in no measurement.
func build(ctx context.Context, program string) error {
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, "./internal/sg/reach").CombinedOutput(); err != nil {
		return fmt.Errorf("build the benchmarks: %w\n%s", err, out)
	}
	return nil
}

// measure runs the steps of one size each by itself, then all in a process of their own.
func measure(ctx context.Context, program string, rules int) (row, error) {
	r := row{rules: rules, seconds: make(map[string]float64)}
	for _, only := range []string{"(flows|difference|shadows|checks)", "all"} {
		pattern := fmt.Sprintf("^BenchmarkAnalysis$/^rules=%d$/^%s$", rules, only)
		cmd := exec.CommandContext(ctx, program, "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", "5x")
		cmd.Env = append(cmd.Environ(), "GOMAXPROCS=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			return row{}, fmt.Errorf("measure %d rules: %w\n%s", rules, err, out)
		}
		if err := r.read(out); err != nil {
			return row{}, fmt.Errorf("measure %d rules: %w\n%s", rules, err, out)
		}
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			return row{}, errors.New("this system tells nothing of a process's memory")
		}
		r.mib = float64(usage.Maxrss) / 1024 // Linux counts in KiB
	}
	for _, step := range steps {
		if r.seconds[step] == 0 {
			return row{}, fmt.Errorf("measure %d rules: no benchmark is called %s", rules, step)
		}
	}
	return r, nil
}

var result = regexp.MustCompile(`(?m)^BenchmarkAnalysis/rules=\d+/(\w+)\s+\d+\s+(\d+(?:\.\d+)?) ns/op`)

func (r *row) read(out []byte) error {
	for _, m := range result.FindAllSubmatch(out, -1) {
		nanoseconds, err := strconv.ParseFloat(string(m[2]), 64)
		if err != nil {
			return fmt.Errorf("read time of %s: %w", m[1], err)
		}
		r.seconds[string(m[1])] = nanoseconds / 1e9
	}
	return nil
}

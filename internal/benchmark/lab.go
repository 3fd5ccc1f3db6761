package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// lab is a folder with the programs to measure.
type lab struct {
	folder   string
	product  string
	hello    string
	caBundle string
}

const helloSource = `package main

import "fmt"

func main() { fmt.Println("hello, world") }
`

// newLab builds hello-world and the product in folder.
func newLab(ctx context.Context, folder string) (*lab, error) {
	l := &lab{
		folder:   folder,
		product:  filepath.Join(folder, "sg-provisioner"),
		hello:    filepath.Join(folder, "hello"),
		caBundle: "/etc/ssl/certs/ca-certificates.crt",
	}
	if _, err := os.Stat(l.caBundle); err != nil {
		return nil, fmt.Errorf("find a bundle for AWS_CA_BUNDLE (Debian's package ca-certificates has it): %w", err)
	}
	source := filepath.Join(folder, "hello.go")
	if err := os.WriteFile(source, []byte(helloSource), 0o600); err != nil {
		return nil, fmt.Errorf("write hello-world: %w", err)
	}
	if err := build(ctx, l.hello, source); err != nil {
		return nil, err
	}
	return l, build(ctx, l.product, "./cmd/sg-provisioner")
}

// build compiles a program as releases are built: static, without symbols and paths.
func build(ctx context.Context, program, source string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, source)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", source, err, out)
	}
	return nil
}

// sample is what one process cost, or the median of several.
type sample struct {
	wall time.Duration
	rss  float64 // peak, in MiB
}

func (s sample) ratio(hello time.Duration) float64 { return float64(s.wall) / float64(hello) }

// results are the medians of a measurement.
type results struct {
	hello    sample
	commands []result
}

type result struct {
	command
	sample
}

// broken counts the commands that are over budget.
func (r *results) broken() int {
	n := 0
	for _, c := range r.commands {
		if !c.limit.within(c.sample, r.hello.wall) {
			n++
		}
	}
	return n
}

// measure runs everything in turns: one round to warm up, then as many as are asked for.
func (l *lab) measure(ctx context.Context, runs int) (*results, error) {
	all := commands()
	hello := make([]sample, 0, runs)
	samples := make([][]sample, len(all))
	for round := range runs + 1 {
		h, err := l.run(ctx, l.hello, command{name: "hello-world"})
		if err != nil {
			return nil, err
		}
		if round > 0 {
			hello = append(hello, h)
		}
		for i, c := range all {
			s, err := l.run(ctx, l.product, c)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				samples[i] = append(samples[i], s)
			}
		}
	}
	out := &results{hello: median(hello)}
	for i, c := range all {
		out.commands = append(out.commands, result{c, median(samples[i])})
	}
	return out, nil
}

// median takes the median of times and of sizes, each on its own.
func median(samples []sample) sample {
	walls, sizes := make([]time.Duration, len(samples)), make([]float64, len(samples))
	for i, s := range samples {
		walls[i], sizes[i] = s.wall, s.rss
	}
	slices.Sort(walls)
	slices.Sort(sizes)
	return sample{walls[len(walls)/2], sizes[len(sizes)/2]}
}

// run runs a program once. Its environment is empty but for what the command asks for, its standard output goes nowhere.
func (l *lab) run(ctx context.Context, program string, c command) (_ sample, err error) {
	workdir, err := l.workdir(c)
	if err != nil {
		return sample{}, err
	}
	narration, err := os.Create(filepath.Join(l.folder, "stderr")) // a file: a pipe would need a goroutine to read it
	if err != nil {
		return sample{}, fmt.Errorf("keep the output of %s: %w", c.name, err)
	}
	defer func() { err = errors.Join(err, narration.Close()) }()
	cmd := exec.CommandContext(ctx, program, c.args...)
	cmd.Dir, cmd.Stderr = workdir, narration
	cmd.Env = []string{"HOME=" + l.folder, "PATH=/usr/bin:/bin"}
	if c.caBundle {
		cmd.Env = append(cmd.Env, "AWS_CA_BUNDLE="+l.caBundle)
	}
	start := time.Now()
	err = cmd.Run()
	wall := time.Since(start)
	if err != nil {
		said, readErr := os.ReadFile(narration.Name())
		return sample{}, errors.Join(fmt.Errorf("run %s: %w\n%s", c.name, err, said), readErr)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return sample{}, errors.New("this system tells nothing of a process's memory")
	}
	return sample{wall, mib(usage)}, nil
}

// mib is a peak of resident memory, which Linux counts in KiB. A child begins as a copy of its parent, and that is counted
// in: nothing below this program's own few MiB can be seen.
func mib(usage *syscall.Rusage) float64 { return float64(usage.Maxrss) / 1024 }

// workdir is the working directory of a command, with the examples in it.
func (l *lab) workdir(c command) (string, error) {
	path := filepath.Join(l.folder, "shared")
	if c.fresh {
		var err error
		if path, err = os.MkdirTemp(l.folder, "fresh-"); err != nil {
			return "", fmt.Errorf("make working directory: %w", err)
		}
	} else if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.CopyFS(filepath.Join(path, "configs"), os.DirFS("examples/configs")); err != nil {
		return "", fmt.Errorf("copy examples: %w", err)
	}
	return path, nil
}

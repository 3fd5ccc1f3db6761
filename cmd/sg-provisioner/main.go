// Command sg-provisioner creates, checks and deploys AWS security groups from a scenario and a small config.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"mlops-infra-suite/internal/cli"
)

// version is set when a release is built.
var version = "dev"

// A run ends before its first collection of garbage, which would take a quarter of the time of a local action. Garbage is
// collected again, and often, once the heap is as large as only hostile input makes it.
const (
	gcPercent   = 400
	memoryLimit = 64 << 20 // bytes
)

func main() { os.Exit(run()) }

func run() int {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Main(ctx, os.Args[1:], cli.SystemEnv(version))
}

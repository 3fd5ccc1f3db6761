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

// gcPercent lets a run end before its first collection of garbage: that would take a quarter of the time of a local action.
const gcPercent = 400

func main() { os.Exit(run()) }

func run() int {
	debug.SetGCPercent(gcPercent)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Main(ctx, os.Args[1:], cli.SystemEnv(version))
}

// Command sg-provisioner creates, checks and deploys AWS security groups from a scenario and a small config.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"mlops-infra-suite/internal/cli"
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Main(ctx, os.Args[1:], cli.SystemEnv(version)))
}

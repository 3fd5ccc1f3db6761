package cli

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sandbox"
)

// sandboxFolder is where the sandbox keeps its state, in the working directory.
const sandboxFolder = ".sandbox"

// door is a way into the sandbox of the working directory: through the process that serves it, or else by opening it.
type door struct {
	address string           // of the server; empty: embedded
	box     *sandbox.Sandbox // nil when it is served
}

// openDoor finds the way into the sandbox.
func (a *app) openDoor(dir string) (*door, error) {
	if address, ok := sandbox.Address(dir); ok {
		return &door{address: address}, nil
	}
	opts, err := a.sandboxOptions(a.env.getenv("SG_SANDBOX_LATENCY"), a.env.getenv("SG_SANDBOX_FAULTS"))
	if err != nil {
		return nil, err
	}
	// The file outlives this process however it ends. Flushing after each step would guard against a power cut alone, and
	// take most of the time of a run.
	opts.NoSync = true
	box, err := sandbox.Open(dir, opts)
	if err == nil {
		return &door{box: box}, nil
	}
	if address, ok := sandbox.Address(dir); ok { // a server that has just begun
		return &door{address: address}, nil
	}
	if errors.Is(err, sandbox.ErrLocked) {
		return nil, blockedf("SANDBOX_LOCKED", "wait for the other process to end; to share one sandbox, run 'sg-provisioner sandbox serve'", "%w", err)
	}
	return nil, err
}

// sandboxOptions reads latency and faults as flags and environment variables give them; both may be empty.
func (a *app) sandboxOptions(latency, faults string) (sandbox.Options, error) {
	var opts sandbox.Options
	if latency != "" {
		d, err := time.ParseDuration(latency)
		if err != nil || d < 0 {
			return opts, usagef("%q is not a latency such as 200ms", latency)
		}
		opts.Latency = d
	}
	parsed, err := sandbox.ParseFaults(faults)
	if err != nil {
		return opts, usagef("faults: %w", err)
	}
	opts.Faults = parsed
	return opts, nil
}

func (d *door) close() error {
	if d.box == nil {
		return nil
	}
	return d.box.Close()
}

// sandboxAWS connects to the sandbox of the working directory as the account of the config.
func (s *session) sandboxAWS() (aws.Config, *door, error) {
	d, err := s.app.openDoor(s.path(sandboxFolder))
	if err != nil {
		return aws.Config{}, nil, err
	}
	opt := awsenv.SandboxOptions{Address: d.address, Account: s.cfg.AccountID, Region: s.cfg.Region, Version: s.app.env.Version}
	where := "served at http://" + d.address
	if d.box != nil {
		opt.Handler = d.box
		where = "embedded in " + s.path(sandboxFolder)
	}
	s.tell.step("sandbox %s", where)
	return awsenv.Sandbox(opt), d, nil
}

// ensureVPC plays the VPC provisioner in a sandbox where it has not run: it makes the VPC and the parameter of the config.
func (s *session) ensureVPC(ctx context.Context, c *cloud) error {
	if c.door == nil {
		return nil
	}
	id, created, err := c.door.ensureVPC(ctx, s.cfg.AccountID, s.cfg.Region, s.cfg.VPCPath)
	if created {
		s.tell.say("sandbox: made %s and the parameter %s, as the VPC provisioner would", id, s.cfg.VPCPath)
	}
	return err
}

func (d *door) ensureVPC(ctx context.Context, account, region, parameter string) (id string, created bool, err error) {
	if d.box != nil {
		return d.box.EnsureVPC(account, region, parameter)
	}
	return sandbox.EnsureVPCAt(ctx, d.address, account, region, parameter)
}

// reset empties the sandbox.
func (d *door) reset(ctx context.Context) error {
	if d.box != nil {
		return d.box.Reset()
	}
	return sandbox.ResetAt(ctx, d.address)
}

package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/sandbox"
)

// sandboxFolder is where the sandbox keeps its state, in the working directory.
const sandboxFolder = ".sandbox"

// chooseAWS decides between the sandbox and the real AWS where no flag has: by the environment. What it can't read there is
// refused, for it must not mean the real AWS by accident.
func (a *app) chooseAWS(cmd *cobra.Command) error {
	value := a.env.getenv("SG_SANDBOX")
	on, known := map[string]bool{
		"1": true, "true": true, "yes": true, "on": true, "0": false, "false": false, "no": false, "off": false, "": false,
	}[strings.ToLower(value)]
	if !known {
		return usagef("SG_SANDBOX is %q", value).
			withHint("1, true, yes and on mean the sandbox; 0, false, no, off and nothing the real AWS")
	}
	if !cmd.Flags().Changed("sandbox") {
		a.opt.sandbox = on
	}
	return nil
}

// door is a way into the sandbox of the working directory: through the process that serves it, or else by opening it.
type door struct {
	address string           // of the server; empty: embedded
	box     *sandbox.Sandbox // nil when it is served
}

// openDoor finds the way into the sandbox.
func (a *app) openDoor(dir string) (*door, error) {
	tuning := sandboxTuning{
		latency: a.env.getenv("SG_SANDBOX_LATENCY"), trailDelay: a.env.getenv("SG_SANDBOX_TRAIL_DELAY"), faults: a.env.getenv("SG_SANDBOX_FAULTS"),
	}
	opts, err := tuning.options()
	if err != nil {
		return nil, err
	}
	if address, ok := sandbox.Address(dir); ok {
		return served(address, tuning)
	}
	// The file outlives this process however it ends. Flushing after each step would guard against a power cut alone, and
	// take most of the time of a run.
	opts.NoSync = true
	box, err := a.env.openSandbox(dir, opts)
	if err == nil {
		return &door{box: box}, nil
	}
	if address, ok := sandbox.Address(dir); ok { // a server that has just begun
		return served(address, tuning)
	}
	return nil, explainSandbox(err)
}

// served is the way through a server. What goes wrong on purpose is the server's own affair: faults and delays that are asked
// for here would come to nothing, and a test that relies on them would pass for the wrong reason.
func served(address string, tuning sandboxTuning) (*door, error) {
	if tuning != (sandboxTuning{}) {
		return nil, usagef("a server has the sandbox open (http://%s): SG_SANDBOX_LATENCY, SG_SANDBOX_TRAIL_DELAY and SG_SANDBOX_FAULTS have no effect on it", address).
			withHint("give them to 'sg-provisioner sandbox serve', as --latency, --trail-delay and --fault; or unset them here")
	}
	return &door{address: address}, nil
}

// faultForm is the hint for faults that are none.
const faultForm = "NAME=KIND[:PROBABILITY], such as CreateChangeSet=throttle:0.3 or WebSecurityGroup=fail; docs/sandbox.md lists the kinds"

// explainSandbox says what to do about a sandbox that can't be opened.
func explainSandbox(err error) error {
	switch {
	case errors.Is(err, sandbox.ErrLocked):
		return blockedf("SANDBOX_LOCKED", "wait for the other process to end; to share one sandbox, run 'sg-provisioner sandbox serve'", "%w", err)
	case errors.Is(err, sandbox.ErrFault):
		return usagef("faults: %w", err).withHint(faultForm)
	case errors.Is(err, sandbox.ErrDamaged):
		return &exitError{exit: exitFailed, code: "SANDBOX_DAMAGED", err: err, hint: "'sg-provisioner sandbox reset' begins an empty one, and keeps the damaged file beside it"}
	default:
		return err
	}
}

// sandboxTuning is what flags and environment variables say of a sandbox; each may be empty.
type sandboxTuning struct{ latency, trailDelay, faults string }

func (t sandboxTuning) options() (opts sandbox.Options, err error) {
	if opts.Latency, err = delay("latency such as 200ms", t.latency); err != nil {
		return opts, err
	}
	if opts.TrailDelay, err = delay("delay such as 2m", t.trailDelay); err != nil {
		return opts, err
	}
	if opts.Faults, err = sandbox.ParseFaults(t.faults); err != nil {
		return opts, usagef("faults: %w", err).withHint(faultForm)
	}
	return opts, nil
}

func delay(what, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, usagef("%q is not a %s", text, what)
	}
	return d, nil
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

// ensureBucket makes the bucket for templates in a sandbox where nobody has.
func (s *session) ensureBucket(ctx context.Context, d *door) error {
	if d == nil {
		return nil
	}
	name := s.settings.Bucket(s.cfg)
	created, err := d.ensureBucket(ctx, s.cfg.AccountID, s.cfg.Region, name)
	if created {
		s.tell.say("sandbox: made the bucket %s, as whoever prepares the account would", name)
	}
	return err
}

func (d *door) ensureBucket(ctx context.Context, account, region, name string) (created bool, err error) {
	if d.box != nil {
		return d.box.EnsureBucket(account, region, name)
	}
	return sandbox.EnsureBucketAt(ctx, d.address, account, region, name)
}

// reset empties the sandbox.
func (d *door) reset(ctx context.Context) error {
	if d.box != nil {
		return d.box.Reset()
	}
	return sandbox.ResetAt(ctx, d.address)
}

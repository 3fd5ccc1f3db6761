package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/sandbox"
)

// defaultListen is where `sandbox serve` listens unless it is told otherwise.
const defaultListen = "127.0.0.1:7424"

func (a *app) sandboxCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "The embedded AWS: serve it to other programs, or empty it",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usagef("sandbox needs to be told what to do: serve or reset").withHint("sg-provisioner sandbox --help shows more")
		},
	}
	c.AddCommand(a.sandboxServe(), a.sandboxReset())
	return c
}

type serveResult struct{ header }

func (r *serveResult) writeText(io.Writer) {}

type serveOptions struct {
	listen string
	remote bool
	tuning sandboxTuning
	faults []string
}

func (a *app) sandboxServe() *cobra.Command {
	var opt serveOptions
	c := a.action("serve", "Open the sandbox on a loopback port for the AWS CLI, SDKs and other tools", &serveResult{}, func(ctx context.Context, s *session) error {
		return s.serveSandbox(ctx, opt)
	})
	c.Flags().StringVar(&opt.listen, "listen", defaultListen, "loopback address and port; port 0 takes a free one")
	c.Flags().BoolVar(&opt.remote, "allow-remote", false, "listen on any address, for a private network: whoever connects may do anything to the sandbox")
	c.Flags().StringVar(&opt.tuning.latency, "latency", a.env.getenv("SG_SANDBOX_LATENCY"), "how long each operation on a resource takes, such as 200ms")
	c.Flags().StringVar(&opt.tuning.trailDelay, "trail-delay", a.env.getenv("SG_SANDBOX_TRAIL_DELAY"), "how long CloudTrail takes to show a call, such as 2m")
	c.Flags().StringArrayVar(&opt.faults, "fault", nil, "ACTION or LogicalId = throttle|error|drop|lost|denied|fail|slow:DURATION, then :PROBABILITY if not always")
	return c
}

// serveSandbox opens the port and then the store, says on stdout where it listens, and serves until ctx ends.
func (s *session) serveSandbox(ctx context.Context, opt serveOptions) error {
	faults := opt.faults
	if fromEnv := s.app.env.getenv("SG_SANDBOX_FAULTS"); len(faults) == 0 && fromEnv != "" {
		faults = []string{fromEnv}
	}
	opt.tuning.faults = strings.Join(faults, ",")
	opts, err := opt.tuning.options()
	if err != nil {
		return err
	}
	if _, err := net.ResolveTCPAddr("tcp", opt.listen); err != nil {
		return usagef("--listen %s is no address: %w", opt.listen, err).
			withHint("HOST:PORT, such as " + defaultListen + "; port 0 takes a free one")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", opt.listen)
	if err != nil {
		return fmt.Errorf("open sandbox port: %w", err)
	}
	if address, ok := listener.Addr().(*net.TCPAddr); ok && !address.IP.IsLoopback() && !opt.remote {
		refused := usagef("%s is not a loopback address", opt.listen).
			withHint("--allow-remote lets others than this machine in, for a private network")
		return errors.Join(refused, listener.Close())
	}
	box, err := sandbox.Open(s.path(sandboxFolder), opts)
	if err != nil {
		return errors.Join(explainSandbox(err), listener.Close())
	}
	url := "http://" + nearby(listener.Addr())
	fmt.Fprintln(s.app.env.Stdout, url)
	s.tell.say("The sandbox in %s is open until Ctrl-C. For the AWS CLI and SDKs:", s.path(sandboxFolder))
	fmt.Fprintf(s.app.env.Stderr, "\n  export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-west-2\n\n", url)
	s.tell.say("The access key is the account: 12 digits; any other key means the account written last.")
	if opt.remote {
		s.tell.say("Whoever reaches %s may do anything to it, under an IP address or a name of a private network.", listener.Addr())
		return box.ServeRemote(ctx, listener)
	}
	return box.Serve(ctx, listener)
}

// nearby is the address at which this machine reaches a listener.
func nearby(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return address.String()
}

type resetResult struct {
	header
	folder string
}

func (r *resetResult) writeText(w io.Writer) {
	if r.Error == nil {
		fmt.Fprintf(w, "the sandbox in %s is empty\n", r.folder)
	}
}

func (a *app) sandboxReset() *cobra.Command {
	r := &resetResult{}
	return a.action("reset", "Empty the sandbox", r, func(ctx context.Context, s *session) error {
		r.folder = s.path(sandboxFolder)
		d, err := a.openDoor(r.folder)
		if errors.Is(err, sandbox.ErrDamaged) {
			return s.startOver(r.folder)
		}
		if err != nil {
			return err
		}
		return errors.Join(d.reset(ctx), d.close())
	})
}

// startOver puts an empty store into the place of a damaged one, which is kept for whoever wants to look at it.
func (s *session) startOver(folder string) error {
	kept, err := sandbox.MoveAside(folder)
	if err != nil {
		return err
	}
	s.tell.say("the store was damaged; it is kept as %s", kept)
	box, err := s.app.env.openSandbox(folder, sandbox.Options{})
	if err != nil {
		return explainSandbox(err)
	}
	return box.Close()
}

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
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(a.sandboxServe(), a.sandboxReset())
	return c
}

type serveResult struct{ header }

func (r *serveResult) writeText(io.Writer) {}

type serveOptions struct {
	listen  string
	latency string
	faults  []string
}

func (a *app) sandboxServe() *cobra.Command {
	var opt serveOptions
	c := a.action("serve", "Open the sandbox on a loopback port for the AWS CLI, SDKs and other tools", &serveResult{}, func(ctx context.Context, s *session) error {
		return s.serveSandbox(ctx, opt)
	})
	c.Flags().StringVar(&opt.listen, "listen", defaultListen, "loopback address and port; port 0 takes a free one")
	c.Flags().StringVar(&opt.latency, "latency", a.env.getenv("SG_SANDBOX_LATENCY"), "how long each operation on a resource takes, such as 200ms")
	c.Flags().StringArrayVar(&opt.faults, "fault", nil, "ACTION or LogicalId = throttle|error|drop|lost|denied|fail|slow:DURATION, then :PROBABILITY if not always")
	return c
}

func (s *session) serveSandbox(ctx context.Context, opt serveOptions) error {
	faults := opt.faults
	if fromEnv := s.app.env.getenv("SG_SANDBOX_FAULTS"); len(faults) == 0 && fromEnv != "" {
		faults = []string{fromEnv}
	}
	opts, err := s.app.sandboxOptions(opt.latency, strings.Join(faults, ","))
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", opt.listen)
	if err != nil {
		return fmt.Errorf("open sandbox port: %w", err)
	}
	box, err := sandbox.Open(s.path(sandboxFolder), opts)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	url := "http://" + listener.Addr().String()
	fmt.Fprintln(s.app.env.Stdout, url)
	s.tell.say("The sandbox in %s is open until Ctrl-C. For the AWS CLI and SDKs:", s.path(sandboxFolder))
	fmt.Fprintf(s.app.env.Stderr, "\n  export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-west-2\n\n", url)
	s.tell.say("The access key is the account: 12 digits; any other key means the account written last.")
	return box.Serve(ctx, listener)
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
		if err != nil {
			return err
		}
		return errors.Join(d.reset(ctx), d.close())
	})
}

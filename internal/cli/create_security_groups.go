package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/progress"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// tool is the name under which the stack engine works.
const tool = "sg-provisioner"

type groupJSON struct {
	Tier      string `json:"tier"`
	ID        string `json:"id"`
	Parameter string `json:"ssm_parameter"`
	Export    string `json:"export"`
}

type deployResult struct {
	header
	Outcome        string       `json:"outcome"` // created, updated or unchanged; empty when nothing was deployed
	StackStatus    string       `json:"stack_status"`
	SecurityGroups []groupJSON  `json:"security_groups"`
	Changes        []changeJSON `json:"changes"` // of the plan

	plan *stack.Plan // of a dry run, for the text
	took time.Duration
}

func (r *deployResult) writeText(w io.Writer) {
	switch {
	case r.plan != nil:
		writePlan(w, r.plan)
	case r.Outcome != "":
		fmt.Fprintf(w, "%s %s (%s) in %s\n", r.StackName, r.Outcome, r.StackStatus, r.took.Round(10*time.Millisecond))
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, g := range r.SecurityGroups {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", g.Tier, g.ID, g.Parameter)
		}
		table.Flush() // w is a buffer, whose own Flush returns the error
	}
}

func (a *app) createSecurityGroups() *cobra.Command {
	r := &deployResult{SecurityGroups: []groupJSON{}, Changes: []changeJSON{}}
	return a.action("create-security-groups", "Deploy the security groups as one stack, or update them", r, func(ctx context.Context, s *session) error {
		if err := s.load(); err != nil {
			return err
		}
		if err := s.blocked(); err != nil {
			return err
		}
		if err := s.mayWrite(); err != nil {
			return err
		}
		// Who is asked whether to deploy has seen the warnings.
		if a.opt.output == formatText {
			if err := s.showFindings(a.env.Stderr); err != nil {
				return err
			}
		}
		return s.deploy(ctx, r)
	})
}

// deploy makes the stack what the config says.
func (s *session) deploy(ctx context.Context, r *deployResult) (err error) {
	body, err := s.templateFile()
	if err != nil {
		return err
	}
	if err := s.openLog(); err != nil {
		return err
	}
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	vpc, err := s.vpc(ctx, c)
	if err != nil {
		return err
	}
	engine, show := s.engine(c, s.settings.DeployTimeout)
	defer func() { err = errors.Join(err, show.Close()) }()
	plan, err := engine.Plan(ctx, stack.Spec{
		Name:                  s.cfg.Names.Stack(),
		Template:              body,
		Parameters:            map[string]string{template.VPCParameter: vpc},
		Tags:                  template.Tags(s.cfg),
		TerminationProtection: s.cfg.Production(),
	})
	if err != nil {
		return awsenv.Explain(err)
	}
	r.Changes = changesOf(plan)
	s.tell.step("planned %d changes", len(plan.Changes))
	outcome, err := s.carryOut(ctx, engine, plan, r)
	if err != nil || r.plan != nil {
		return err
	}
	r.Outcome, r.StackStatus = string(outcome.Result), string(outcome.Stack.Status)
	if outcome.Result == stack.Unchanged {
		r.Status = statusUnchanged
	}
	groups, err := s.publish(r, outcome)
	if err != nil {
		return err
	}
	return s.verify(ctx, c, groups)
}

// carryOut applies a plan if nothing speaks against it; otherwise, and in a dry run, it leaves nothing of it behind.
func (s *session) carryOut(ctx context.Context, engine *stack.Engine, plan *stack.Plan, r *deployResult) (stack.Outcome, error) {
	if s.app.opt.dryRun {
		r.plan = plan
		r.Status = statusChanges
		if plan.Empty {
			r.Status = statusUnchanged
		}
		return stack.Outcome{}, awsenv.Explain(engine.Discard(ctx, plan))
	}
	if !plan.Empty {
		if err := s.approve(ctx, plan); err != nil {
			// The user may have pressed Ctrl-C at the question: what is to be cleaned up is cleaned up all the same.
			return stack.Outcome{}, errors.Join(err, engine.Discard(context.WithoutCancel(ctx), plan))
		}
	}
	start := s.app.env.Now()
	outcome, err := engine.Apply(ctx, plan)
	r.took = s.app.env.Now().Sub(start)
	return outcome, awsenv.Explain(err)
}

// approve shows the plan and asks for it.
func (s *session) approve(ctx context.Context, plan *stack.Plan) error {
	writePlan(s.app.env.Stderr, plan)
	if err := s.checkReplacement(plan); err != nil {
		return err
	}
	return s.confirm(ctx, "Deploy this to account "+s.cfg.AccountID+", "+s.cfg.Region+"?")
}

// templateFile writes the template for review and returns the body to send: the YAML, or as little JSON as possible where
// that is too large.
func (s *session) templateFile() (string, error) {
	text, err := s.template.YAML()
	if err != nil {
		return "", err
	}
	if !s.app.opt.dryRun {
		if err := s.writeTemplate(text); err != nil {
			return "", err
		}
	}
	if len(text) <= s.settings.TemplateBytes {
		return string(text), nil
	}
	text, err = s.template.JSON()
	if err == nil && len(text) > s.settings.TemplateBytes {
		err = blockedf("TEMPLATE_TOO_LARGE", "split the set into several: one config per part, told apart by security_groups.workload",
			"the template has %d bytes as JSON, over CloudFormation's limit of %d for a request", len(text), s.settings.TemplateBytes)
	}
	return string(text), err
}

// engine makes a stack engine whose events are shown and recorded. The caller closes what shows them.
func (s *session) engine(c *cloud, timeout time.Duration) (*stack.Engine, progress.Handler) {
	show := progress.New(s.app.env.Stderr, s.app.env.Environ)
	return stack.New(c.cfn, stack.Options{
		Tool: tool, Owner: c.caller.ARN, Timeout: timeout, Poll: s.settings.PollInterval,
		Emit: func(e stack.Event) {
			show.Handle(e)
			s.log.stackEvent(e)
		},
	}), show
}

// publish puts the groups into the result, by the outputs of the stack, and returns their IDs by tier.
func (s *session) publish(r *deployResult, outcome stack.Outcome) (map[string]string, error) {
	groups := make(map[string]string, len(s.set.Tiers))
	for _, t := range s.set.Tiers {
		id, ok := outcome.Stack.Outputs[template.OutputID(t.Name)]
		if !ok {
			return nil, fmt.Errorf("read output %s of stack %s: the stack does not have it", template.OutputID(t.Name), r.StackName)
		}
		groups[t.Name] = id
		r.SecurityGroups = append(r.SecurityGroups, groupJSON{t.Name, id, s.cfg.Names.Parameter(t.Name), s.cfg.Names.Export(t.Name)})
	}
	for _, o := range outcome.Orphans {
		s.tell.say("warning: %s (%s) could not be deleted and is left without a stack: %s", o.PhysicalID, o.Type, o.Reason)
	}
	return groups, nil
}

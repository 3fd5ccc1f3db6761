package cli

import (
	"context"
	"errors"
	"time"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/progress"
	"mlops-infra-suite/internal/sg/template"
	"mlops-infra-suite/internal/stack"
)

// deployment is what showing a change and carrying it out have in common: the AWS of the config, the stack's engine, and what
// the stack is to become.
type deployment struct {
	*session
	cloud  *cloud
	engine *stack.Engine
	show   progress.Handler
	vpc    live.Network
	spec   stack.Spec
	after  *template.Deployed // what the stack's template will say
}

// deployment reaches the AWS of the config and makes sure that it is the right one. Nothing is written to it; the caller
// closes what it gets.
func (s *session) deployment(ctx context.Context) (_ *deployment, err error) {
	body, tooLarge, err := s.templateFile()
	if err != nil {
		return nil, err
	}
	after, err := template.Read([]byte(body))
	if err != nil {
		return nil, err
	}
	if err := s.openLog(); err != nil {
		return nil, err
	}
	c, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	vpc, err := s.vpc(ctx, c)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	d := &deployment{session: s, cloud: c, vpc: vpc, after: after}
	d.engine, d.show = s.engine(c, s.settings.DeployTimeout)
	d.spec = stack.Spec{
		Name:                  s.cfg.Names.Stack(),
		Template:              body,
		Parameters:            map[string]string{template.VPCParameter: vpc.ID},
		Tags:                  s.stackTags(),
		TerminationProtection: s.cfg.Production() && !s.isTest(),
		Resources:             resourcesOf(after),
	}
	if tooLarge {
		d.spec.Bucket, err = s.bucket(ctx, c.config, c.door)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *deployment) close() error { return errors.Join(d.show.Close(), d.cloud.close()) }

// templateFile writes the template for review and returns the body to send: the YAML, or as little JSON as possible where
// that is too large; tooLarge where even that is, and has to go by way of a bucket.
func (s *session) templateFile() (body string, tooLarge bool, err error) {
	text, err := s.template.YAML()
	if err != nil {
		return "", false, err
	}
	if !s.app.opt.dryRun && !s.isTest() {
		if err := s.writeTemplate(text); err != nil {
			return "", false, err
		}
	}
	if len(text) <= s.settings.TemplateBytes {
		return string(text), false, nil
	}
	if text, err = s.template.JSON(); err != nil {
		return "", false, err
	}
	return string(text), len(text) > s.settings.TemplateBytes, s.checkSize(len(text))
}

// resourcesOf are the resources that a template makes.
func resourcesOf(d *template.Deployed) []stack.Resource {
	var list []stack.Resource
	for _, tier := range d.Tiers {
		list = append(list, stack.Resource{LogicalID: d.Groups[tier].LogicalID, Type: typeSecurityGroup})
		if p, ok := d.Parameters[tier]; ok {
			list = append(list, stack.Resource{LogicalID: p.LogicalID, Type: "AWS::SSM::Parameter"})
		}
	}
	for _, id := range standaloneRules(d) {
		list = append(list, stack.Resource{LogicalID: id, Type: ruleTypes[d.Rules[id].Direction]})
	}
	return list
}

// engine makes a stack engine whose events are shown and recorded. The caller closes what shows them.
func (s *session) engine(c *cloud, timeout time.Duration) (*stack.Engine, progress.Handler) {
	show := progress.New(s.app.env.Stderr, s.app.env.Environ)
	return stack.New(c.cfn, stack.Options{
		Tool: tool, Owner: c.caller.Principal(), Timeout: timeout, Poll: s.settings.PollInterval,
		Emit: func(e stack.Event) {
			show.Handle(e)
			s.log.stackEvent(e)
			s.story.handle(e)
		},
	}), show
}

// plan finds out what the deployment changes. The plan is to be applied or discarded.
func (d *deployment) plan(ctx context.Context) (*stack.Plan, error) {
	for left := stack.Absent; ; {
		plan, err := d.engine.Plan(ctx, d.spec)
		state, isStuck := errors.AsType[*stack.StateError](err)
		if !isStuck {
			if err != nil {
				return nil, d.explainPlan(err)
			}
			d.noteWarnings(plan)
			return plan, nil
		}
		if state.Status == left { // the way out has led back
			return nil, stuck(state)
		}
		left = state.Status
		if err := d.recover(ctx, state); err != nil {
			return nil, err
		}
	}
}

// previewPlan finds out what a deployment would change, and leaves nothing of it behind. As a deployment would, it waits for
// the end of an operation that somebody else began.
func (d *deployment) previewPlan(ctx context.Context) (*stack.Plan, error) {
	for {
		plan, err := d.engine.Preview(ctx, d.spec)
		switch {
		case err != nil:
			return nil, d.explainPlan(err)
		case plan.First != stack.WaitFirst && plan.Unknown && plan.Held != nil:
			return nil, stuck(plan.Held)
		case plan.First != stack.WaitFirst:
			d.noteWarnings(plan)
			return plan, nil
		}
		if _, err := d.engine.Settled(ctx, d.spec.Name); err != nil && !errors.Is(err, stack.ErrNotFound) {
			return nil, awsenv.Explain(err)
		}
	}
}

// The IDs of findings about what CloudFormation or a hook refuses before it changes anything, and of what it only warns.
const (
	codeValidation = "CFN001"
	codeWarning    = "CFN002"
)

// noteWarnings puts what CloudFormation or a hook warns of into the findings.
func (d *deployment) noteWarnings(plan *stack.Plan) {
	for _, p := range plan.Warnings {
		d.findings.Warnf(codeWarning, diag.Pos{}, "%v", p)
	}
}

// tellWarnings shows a plan's warnings to the user who is about to be asked for it.
func (d *deployment) tellWarnings(plan *stack.Plan) error {
	if len(plan.Warnings) == 0 {
		return nil
	}
	return d.showFindings(d.app.env.Stderr)
}

// explainPlan puts what CloudFormation's validation found into the findings, one by one.
func (d *deployment) explainPlan(err error) error {
	if refused, ok := errors.AsType[*stack.ChangeSetError](err); ok {
		for _, p := range refused.Problems {
			d.findings.Errorf(codeValidation, diag.Pos{}, "%v", p)
		}
	}
	return awsenv.Explain(err)
}

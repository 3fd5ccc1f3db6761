package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
)

// driftOptions are the flags of check-drift.
type driftOptions struct {
	exitCode  bool
	rulesOnly bool
	fix       bool
	onlyAdded bool
}

func (a *app) checkDrift() *cobra.Command {
	r := newDriftResult()
	var opt driftOptions
	c := a.action("check-drift", "Find what differs between the real groups and the deployed template, and who changed it", r, func(ctx context.Context, s *session) error {
		if opt.onlyAdded && !opt.fix {
			return usagef("--only-added is a part of --fix")
		}
		if err := s.load(); err != nil {
			return err
		}
		if opt.fix {
			if err := s.mayWrite(); err != nil {
				return err
			}
		}
		return s.checkDrift(ctx, r, opt)
	})
	c.Flags().BoolVar(&opt.exitCode, "exit-code", false, "exit with 10 where there is drift")
	c.Flags().BoolVar(&opt.rulesOnly, "rules-only", false, "do not wait for CloudFormation's own drift detection")
	c.Flags().BoolVar(&opt.fix, "fix", false, "put the groups, their tags and parameters back as the deployed template means them")
	c.Flags().BoolVar(&opt.onlyAdded, "only-added", false, "with --fix: revoke the rules that were added out of band, and nothing else")
	a.openFlag(c)
	return c
}

// checkDrift compares what AWS holds with the deployed template, finds out who made it differ, and with --fix puts it right.
func (s *session) checkDrift(ctx context.Context, r *driftResult, opt driftOptions) (err error) {
	if opt.fix {
		if err := s.openLog(); err != nil {
			return err
		}
	}
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	engine, show := s.engine(c, s.settings.DeployTimeout)
	defer func() { err = errors.Join(err, show.Close()) }()
	sc, err := s.lookAround(ctx, c, engine)
	if err != nil {
		return err
	}
	d, err := s.investigate(ctx, c, sc, r, opt)
	if err != nil {
		return err
	}
	r.Orphans = s.orphans(ctx, c, sc.stack.Name, groupsOf(sc.resources, nil))
	if err := s.lookBeside(ctx, c, sc); err != nil {
		return err
	}
	if opt.exitCode && !d.isEmpty() {
		s.app.exit = exitChanges
	}
	if opt.fix {
		err = s.fixDrift(ctx, &fixer{session: s, cloud: c, engine: engine, scene: sc, drift: d, result: r, onlyAdded: opt.onlyAdded})
	}
	if reported := s.reportDrift(ctx, r, err); err != nil || opt.fix {
		return reported
	} else if reported != nil { // a watch that may not write files must not lose what it has found
		s.tell.say("warning: %v", reported)
	}
	if s.app.opt.strict && s.app.exit == exitDone {
		return s.blocked()
	}
	return nil
}

// investigate finds what differs and who made it so, and puts it into the result.
func (s *session) investigate(ctx context.Context, c *cloud, sc *scene, r *driftResult, opt driftOptions) (*drift, error) {
	r.command = fmt.Sprintf("%s check-drift -c %s --fix", tool, s.app.opt.config)
	config := s.intended(sc)
	d := findDrift(sc, config)
	if err := s.attribute(ctx, c, sc, d); err != nil {
		return nil, err
	}
	verdict := live.Verdict{Status: notChecked, Reason: "--rules-only leaves it out"}
	if !opt.rulesOnly {
		var err error
		if verdict, err = s.cloudFormationVerdict(ctx, c, sc.stack); err != nil {
			return nil, awsenv.Explain(err)
		}
	}
	r.fill(sc, d, s.set)
	r.fillVerdict(sc, d, verdict)
	tags, err := s.pendingTags(sc)
	if err != nil {
		return nil, err
	}
	r.fillPending(pending(sc, config), tags)
	for _, x := range d.added {
		detail := "added " + x.change.String()
		if !x.change.found() {
			detail = "it is not known who added it: " + x.change.Reason
		}
		s.warnOutOfBand(x.held.Rule, detail)
	}
	return d, nil
}

// intended are the rules that EC2 would hold after a deployment of the config.
func (s *session) intended(sc *scene) []ruleset.Rule {
	tiers := sc.tiers()
	var rules []ruleset.Rule
	for _, t := range s.set.Tiers {
		for _, r := range t.Effective() {
			rules = append(rules, named(r, tiers))
		}
	}
	return rules
}

// warnOutOfBand reports a rule that EC2 holds and the template does not have; why, where more is known of it than the check says.
func (s *session) warnOutOfBand(r ruleset.Rule, why string) {
	f := check.OutOfBand.Finding(r.Tier, "EC2 holds the rule %q, which the template does not have", r.Key)
	f.Rule, f.Detail = r.Key.String(), cmp.Or(why, f.Detail)
	s.findings = append(s.findings, f)
}

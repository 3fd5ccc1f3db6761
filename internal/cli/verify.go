package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/ruleset"
)

// verify compares what EC2 and SSM really hold with what was meant; groups are the IDs by tier. Rules that are missing are an
// error; rules that somebody else added are findings. EC2 is given some time, as it may show late what has just been made.
func (s *session) verify(ctx context.Context, c *cloud, groups map[string]string, within time.Duration) error {
	var want []ruleset.Rule
	for _, t := range s.set.Tiers {
		want = append(want, t.Effective()...)
	}
	var delta ruleset.Delta
	_, err := live.Settle(ctx, within, func(ctx context.Context) (bool, error) {
		have, err := s.liveRules(ctx, c, groups)
		delta = ruleset.Compare(want, have)
		return len(delta.Missing)+len(delta.Redescribed) == 0, err
	})
	if err != nil {
		return awsenv.Explain(fmt.Errorf("verify rules: %w", err))
	}
	s.warnExtra(delta.Extra)
	if lost := slices.Concat(delta.Missing, delta.Redescribed); len(lost) > 0 {
		gone, err := c.goneGroups(ctx, groups)
		if err != nil {
			return awsenv.Explain(fmt.Errorf("verify groups: %w", err))
		}
		if len(gone) > 0 {
			return &exitError{exit: exitFailed, code: "NOT_VERIFIED", err: errors.New(goneInWords(gone)), hint: wayOutOfGone}
		}
		return notVerified("EC2 does not hold %d of the set's rules as they were meant, first %q", len(lost), lost[0].Key)
	}
	if err := s.verifyParameters(ctx, c, groups); err != nil {
		return err
	}
	s.tell.step("verified %d rules in EC2 and %d parameters in SSM", len(want), len(groups))
	return nil
}

// warnExtra reports rules that EC2 holds and no template has.
func (s *session) warnExtra(rules []ruleset.Rule) {
	for _, r := range rules {
		s.warnOutOfBand(r, "")
	}
}

func notVerified(format string, args ...any) error {
	return &exitError{
		exit: exitFailed, code: "NOT_VERIFIED", err: fmt.Errorf(format, args...),
		hint: "somebody changed the groups outside of CloudFormation: check-drift shows what, and who",
	}
}

// liveRules are the rules that EC2 holds for the groups (IDs by tier), in the words of the rule set.
func (s *session) liveRules(ctx context.Context, c *cloud, groups map[string]string) ([]ruleset.Rule, error) {
	held, err := c.heldRules(ctx, groups)
	return rulesHeld(held), err
}

// verifyParameters makes sure that each group's ID is published.
func (s *session) verifyParameters(ctx context.Context, c *cloud, groups map[string]string) error {
	var names []string
	for tier := range groups {
		names = append(names, s.cfg.Names.Parameter(tier))
	}
	slices.Sort(names)
	values, err := live.Parameters(ctx, c.ssm, names)
	if err != nil {
		return awsenv.Explain(fmt.Errorf("verify parameters: %w", err))
	}
	var wrong []string
	for tier, id := range groups {
		if name := s.cfg.Names.Parameter(tier); values[name] != id {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return notVerified("SSM does not hold the group's ID under %s", strings.Join(wrong, ", "))
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/stack"
)

type blockerJSON struct {
	Kind   string `json:"kind"` // network-interface, reference, import, termination-protection
	ID     string `json:"id"`
	Detail string `json:"detail"`
}

type deleteResult struct {
	header
	Outcome  string        `json:"outcome"` // deleted or absent; empty when nothing was deleted
	Blockers []blockerJSON `json:"blockers"`

	doomed map[string]string // of a dry run: what would go, by output
}

func (r *deleteResult) writeText(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, b := range r.Blockers {
		fmt.Fprintf(table, "in the way\t%s\t%s\t%s\n", b.Kind, b.ID, b.Detail)
	}
	for _, name := range slices.Sorted(maps.Keys(r.doomed)) {
		fmt.Fprintf(table, "would be deleted\t%s\t%s\n", name, r.doomed[name])
	}
	table.Flush() // w is a buffer, whose own Flush returns the error
	if r.Outcome != "" {
		fmt.Fprintf(w, "%s %s\n", r.StackName, r.Outcome)
	}
}

func (a *app) deleteSecurityGroups() *cobra.Command {
	r := &deleteResult{Blockers: []blockerJSON{}}
	unprotect := false
	c := a.action("delete-security-groups", "Delete the stack, after showing what stands in the way", r, func(ctx context.Context, s *session) error {
		if err := s.load(); err != nil {
			return err
		}
		if err := s.mayWrite(); err != nil {
			return err
		}
		return s.remove(ctx, r, unprotect)
	})
	c.Flags().BoolVar(&unprotect, "disable-termination-protection", false, "switch the stack's termination protection off before deleting it")
	return c
}

// remove deletes the stack if nothing stands in the way.
func (s *session) remove(ctx context.Context, r *deleteResult, unprotect bool) (err error) {
	if err := s.openLog(); err != nil {
		return err
	}
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	engine, show := s.engine(c, s.settings.DeleteTimeout)
	defer func() { err = errors.Join(err, show.Close()) }()
	name := s.cfg.Names.Stack()
	st, err := engine.Status(ctx, name)
	if errors.Is(err, stack.ErrNotFound) {
		r.Outcome = string(stack.WasAbsent)
		return nil
	}
	if err != nil {
		return awsenv.Explain(err)
	}
	if r.Blockers, err = s.blockers(ctx, c, st, unprotect); err != nil {
		return awsenv.Explain(err)
	}
	if s.app.opt.dryRun {
		r.doomed, r.Status = st.Outputs, statusChanges
	}
	if len(r.Blockers) > 0 {
		return blockedf("IN_USE", "nothing was touched; clear what the list names, then run the command again",
			"%d things stand in the way of deleting %s", len(r.Blockers), name)
	}
	if s.app.opt.dryRun {
		return nil
	}
	return s.deleteStack(ctx, engine, st, r)
}

func (s *session) deleteStack(ctx context.Context, engine *stack.Engine, st stack.Stack, r *deleteResult) error {
	if err := s.confirm(ctx, fmt.Sprintf("Delete %s with its %d security groups?", st.Name, len(st.Outputs))); err != nil {
		return err
	}
	if st.TerminationProtection {
		if err := engine.Protect(ctx, st.Name, false); err != nil {
			return awsenv.Explain(err)
		}
		s.tell.say("switched the termination protection of %s off", st.Name)
	}
	outcome, err := engine.Delete(ctx, st.ID)
	if err != nil {
		return awsenv.Explain(err)
	}
	r.Outcome = string(outcome.Result)
	return nil
}

// blockers lists everything that would make the deletion fail, so that nothing is touched while there is anything.
func (s *session) blockers(ctx context.Context, c *cloud, st stack.Stack, unprotect bool) ([]blockerJSON, error) {
	blockers := []blockerJSON{}
	if st.TerminationProtection && !unprotect {
		blockers = append(blockers, blockerJSON{"termination-protection", st.Name, "switch it off with --disable-termination-protection"})
	}
	groups := slices.Sorted(maps.Values(st.Outputs))
	if len(groups) == 0 {
		return blockers, nil
	}
	interfaces, err := live.NetworkInterfaces(ctx, c.ec2, groups)
	if err != nil {
		return nil, err
	}
	for _, i := range interfaces {
		detail := strings.TrimSpace(i.Type + " " + i.Description + " " + i.Instance)
		blockers = append(blockers, blockerJSON{"network-interface", i.ID, fmt.Sprintf("uses %s (%s)", strings.Join(i.Groups, ", "), detail)})
	}
	references, err := live.References(ctx, c.ec2, groups)
	if err != nil {
		return nil, err
	}
	for _, ref := range references {
		blockers = append(blockers, blockerJSON{"reference", ref.GroupID, fmt.Sprintf("a rule of the group %s names %s", ref.GroupName, ref.Refers)})
	}
	for _, t := range s.set.Tiers {
		importers, err := live.Importers(ctx, c.cfn, s.cfg.Names.Export(t.Name))
		if err != nil {
			return nil, err
		}
		for _, stackName := range importers {
			blockers = append(blockers, blockerJSON{"import", stackName, "imports " + s.cfg.Names.Export(t.Name)})
		}
	}
	return blockers, nil
}

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/stack"
)

// resourceJSON is one resource that goes with a stack.
type resourceJSON struct {
	LogicalID string `json:"logical_id"`
	Type      string `json:"type"`
	ID        string `json:"id"`
}

type deleteResult struct {
	header
	Outcome   string         `json:"outcome"` // deleted or absent; empty when nothing was deleted
	Blockers  []blockerJSON  `json:"blockers"`
	Revoked   []revokedJSON  `json:"revoked"`   // rules by which the groups name each other, of which the stack does not know
	Resources []resourceJSON `json:"resources"` // that went or would go, or, after a failure, are there still
	Stacks    []string       `json:"stacks"`    // that were deleted
	Orphans   []orphanJSON   `json:"orphans"`   // groups that the stack made and gave up before

	dryRun, testSets bool
}

func newDeleteResult() *deleteResult {
	return &deleteResult{Blockers: []blockerJSON{}, Revoked: []revokedJSON{}, Resources: []resourceJSON{}, Stacks: []string{}, Orphans: []orphanJSON{}}
}

// add puts what became of another stack into the result.
func (r *deleteResult) add(other *deleteResult) {
	r.Blockers = append(r.Blockers, other.Blockers...)
	r.Revoked = append(r.Revoked, other.Revoked...)
	r.Resources = append(r.Resources, other.Resources...)
	r.Stacks = append(r.Stacks, other.Stacks...)
	r.Orphans = append(r.Orphans, other.Orphans...)
	if r.Outcome == "" || other.Outcome == string(stack.Deleted) {
		r.Outcome = other.Outcome
	}
}

func (r *deleteResult) writeText(w io.Writer) {
	table := newTable(w)
	for _, b := range r.Blockers {
		fmt.Fprintf(table, "in the way\t%s\t%s\t%s\n", b.Kind, b.ID, b.Detail)
	}
	if r.dryRun {
		for _, rule := range r.Revoked {
			fmt.Fprintf(table, "would be revoked\t%s\t%s\t%s\n", rule.RuleID, rule.GroupID, rule.Detail)
		}
		for _, res := range r.Resources {
			fmt.Fprintf(table, "would be deleted\t%s\t%s\t%s\n", res.LogicalID, res.Type, res.ID)
		}
	}
	table.Flush()
	for _, name := range r.Stacks {
		fmt.Fprintf(w, "%s deleted\n", name)
	}
	switch {
	case r.Outcome != string(stack.WasAbsent):
	case r.testSets:
		fmt.Fprintf(w, "%s has no test sets\n", r.SGName)
	default:
		fmt.Fprintf(w, "%s absent\n", r.StackName)
	}
}

func (r *deleteResult) writeMarkdown(m *markdown) {
	if r.Outcome != "" {
		m.paragraph("%s: %s.", cmp.Or(strings.Join(r.Stacks, ", "), r.StackName), r.Outcome)
	}
	if len(r.Blockers) > 0 {
		m.heading(3, "In the way")
		m.blockers(r.Blockers)
	}
	if r.dryRun && len(r.Resources) > 0 {
		rows := make([][]string, len(r.Resources))
		for i, res := range r.Resources {
			rows[i] = []string{res.LogicalID, res.Type, res.ID}
		}
		m.heading(3, "Would be deleted")
		m.revoked(r.Revoked)
		m.table([]string{"Resource", "Type", "ID"}, rows)
	}
	m.orphans(r.Orphans)
}

// deletion is what a user asks for.
type deletion struct {
	unprotect bool
	testSets  bool     // the test sets of the config, in the place of its set
	retain    []string // logical IDs, of a stack in DELETE_FAILED
}

func (a *app) deleteSecurityGroups() *cobra.Command {
	r := newDeleteResult()
	var del deletion
	c := a.action("delete-security-groups", "Delete the stack, after showing what stands in the way", r, func(ctx context.Context, s *session) error {
		if err := s.load(); err != nil {
			return err
		}
		s.shown = append(s.shown, s.findings...) // what the checks say of the config has nothing to do with its deletion
		if err := s.mayWrite(); err != nil {
			return err
		}
		return s.remove(ctx, r, del)
	})
	c.Flags().BoolVar(&del.unprotect, "disable-termination-protection", false, "switch the stack's termination protection off before deleting it")
	c.Flags().StringSliceVar(&del.retain, "retain", nil, "leave this resource (its logical ID) behind; only after a deletion has failed because of it")
	c.Flags().BoolVar(&del.testSets, "test-sets", false, "delete the test sets that runs of test-deploy left, in the place of the set")
	return c
}

// remove deletes the stack of the config, or the stacks of its test sets, if nothing stands in the way.
func (s *session) remove(ctx context.Context, r *deleteResult, del deletion) (err error) {
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
	r.dryRun, r.testSets = s.app.opt.dryRun, del.testSets
	if r.dryRun {
		defer func() {
			r.Status = statusChanges
			if r.Outcome == string(stack.WasAbsent) {
				r.Status = statusUnchanged
			}
		}()
	}
	d := deleter{session: s, cloud: c, engine: engine, deletion: del, result: r}
	if !del.testSets {
		return d.run(ctx, s.cfg.Names.Stack())
	}
	stacks, err := s.testStacks(ctx, engine)
	if err != nil {
		return awsenv.Explain(err)
	}
	if len(stacks) == 0 {
		r.Outcome = string(stack.WasAbsent)
	}
	var failures []error
	for _, st := range stacks {
		one := d
		one.result = newDeleteResult()
		failures = append(failures, one.run(ctx, st.Name))
		r.add(one.result)
	}
	return errors.Join(failures...)
}

// deleter deletes one stack.
type deleter struct {
	*session
	cloud  *cloud
	engine *stack.Engine
	deletion
	result *deleteResult
	ties   []live.Rule // by which the groups name each other, and of which CloudFormation does not know
}

// run deletes the stack of that name if nothing stands in the way: everything that does is found before anything is
// touched.
func (d *deleter) run(ctx context.Context, name string) error {
	st, err := d.engine.Status(ctx, name)
	gone := stack.WasAbsent
	if err == nil && st.Status.InProgress() {
		gone = stack.Deleted // if it is gone after that, it went during this run
		st, err = d.engine.Settled(ctx, name)
	}
	if errors.Is(err, stack.ErrNotFound) {
		d.result.Outcome = string(gone)
		if gone == stack.Deleted {
			d.result.Stacks = append(d.result.Stacks, name)
		}
		d.result.Orphans = d.orphans(ctx, d.cloud, name, nil)
		return nil
	}
	if err != nil {
		return awsenv.Explain(err)
	}
	resources, err := d.inspect(ctx, st)
	if err != nil {
		return err
	}
	if n := len(d.result.Blockers); n > 0 {
		return blockedf("IN_USE", "nothing was touched; clear what the list names, then run the command again",
			"%s of deleting %s", inTheWay(n), name)
	}
	if d.app.opt.dryRun {
		d.result.Orphans = d.orphans(ctx, d.cloud, name, groupsOf(resources, nil))
		return nil
	}
	if err := d.delete(ctx, st, resources); err != nil {
		return err
	}
	d.result.Orphans = d.orphans(ctx, d.cloud, name, groupsOf(resources, d.retain)) // EC2 may show for a while what is gone
	return nil
}

func inTheWay(n int) string {
	if n == 1 {
		return "1 thing stands in the way"
	}
	return fmt.Sprintf("%d things stand in the way", n)
}

// inspect reads what the stack holds and what stands in the way of its deletion, into the result.
func (d *deleter) inspect(ctx context.Context, st stack.Stack) ([]stack.StackResource, error) {
	resources, err := d.engine.Resources(ctx, st.ID)
	if err != nil {
		return nil, awsenv.Explain(err)
	}
	if err := d.checkRetain(st, resources); err != nil {
		return nil, err
	}
	d.result.Resources = existing(resources, d.retain)
	for _, res := range resources {
		if res.Status == string(stack.DeleteFailed) {
			d.tell.say("%s (%s) could not be deleted the last time: %s", res.LogicalID, res.PhysicalID, res.Reason)
		}
	}
	if err := d.findBlockers(ctx, st, resources); err != nil {
		return nil, awsenv.Explain(err)
	}
	if err := d.findTies(ctx, resources); err != nil {
		return nil, awsenv.Explain(err)
	}
	return resources, awsenv.Explain(d.warnPeers(ctx, d.cloud, groupsOf(resources, d.retain)))
}

// existing are those of a stack's resources that there are, but for the logical IDs in except.
func existing(resources []stack.StackResource, except []string) []resourceJSON {
	list := []resourceJSON{}
	for _, r := range resources {
		if r.Exists() && !slices.Contains(except, r.LogicalID) {
			list = append(list, resourceJSON{r.LogicalID, r.Type, r.PhysicalID})
		}
	}
	return list
}

// findBlockers lists everything that would make the deletion fail.
func (d *deleter) findBlockers(ctx context.Context, st stack.Stack, resources []stack.StackResource) error {
	blockers := foreignStack(st, resources)
	if st.TerminationProtection && !d.unprotect {
		blockers = append(blockers, blockerJSON{"termination-protection", st.Name, "switch it off with --disable-termination-protection"})
	}
	uses, err := d.cloud.uses(ctx, groupsOf(resources, d.retain))
	if err != nil {
		return err
	}
	imports, err := d.cloud.importers(ctx, st)
	if err != nil {
		return err
	}
	d.result.Blockers = append(append(blockers, uses...), imports...)
	return nil
}

// delete deletes a stack for which no blocker was found, if the user agrees.
func (d *deleter) delete(ctx context.Context, st stack.Stack, resources []stack.StackResource) error {
	question := fmt.Sprintf("Delete %s with its %d security groups?", st.Name, len(groupsOf(resources, d.retain)))
	if err := d.confirm(ctx, question); err != nil {
		return err
	}
	d.begun = true
	if st.TerminationProtection {
		if err := d.engine.Protect(ctx, st.Name, false); err != nil {
			return awsenv.Explain(err)
		}
		d.tell.say("switched the termination protection of %s off", st.Name)
	}
	if err := d.untie(ctx); err != nil {
		return err
	}
	err := d.erase(ctx, st)
	if err != nil {
		d.restoreTies(ctx, st)
	}
	return err
}

// erase deletes a stack, asking no more.
func (d *deleter) erase(ctx context.Context, st stack.Stack) error {
	outcome, err := d.engine.Delete(ctx, st.ID, d.retain...)
	if failed, ok := errors.AsType[*stack.FailedError](err); ok {
		return d.explain(ctx, st, failed)
	}
	if err != nil {
		return awsenv.Explain(err)
	}
	d.result.Outcome = string(outcome.Result)
	d.result.Stacks = append(d.result.Stacks, st.Name)
	return nil
}

// explain says what holds a stack whose deletion has failed: something that came to use it after the pre-flight, or that the
// pre-flight can't see.
func (d *deleter) explain(ctx context.Context, st stack.Stack, failed *stack.FailedError) error {
	e := &exitError{exit: exitFailed, code: "DELETE_FAILED", err: failed, hint: failed.Hint()}
	resources, err := d.engine.Resources(ctx, failed.StackID)
	if err == nil {
		st.TerminationProtection = false // else it would not have begun
		err = d.findBlockers(ctx, st, resources)
	}
	if err != nil { // what is known is told; what holds it stays unknown
		d.tell.say("warning: what holds the stack could not be found: %v", err)
		return e
	}
	d.result.Resources = existing(resources, nil)
	if len(d.result.Blockers) > 0 {
		e.hint = "clear what the list names, then run the same command again"
	}
	if failed.Status == stack.DeleteFailed {
		e.hint = cmp.Or(e.hint, "mend what failed, then run the same command again") + "; or leave the resource behind with --retain LOGICAL_ID"
	}
	return e
}

// checkRetain refuses --retain where CloudFormation would: only a resource whose deletion has failed can be left behind.
func (d *deleter) checkRetain(st stack.Stack, resources []stack.StackResource) error {
	if len(d.retain) == 0 {
		return nil
	}
	const hint = "delete without --retain first: if something can't be deleted, the failure names it"
	if st.Status != stack.DeleteFailed {
		return blockedf("RETAIN", hint, "%s is in %s: resources can be left behind only after a deletion has failed", st.Name, st.Status)
	}
	for _, id := range d.retain {
		failed := slices.ContainsFunc(resources, func(r stack.StackResource) bool {
			return r.LogicalID == id && r.Status == string(stack.DeleteFailed)
		})
		if !failed {
			return blockedf("RETAIN", hint, "%s has no resource %s whose deletion has failed", st.Name, id)
		}
	}
	return nil
}

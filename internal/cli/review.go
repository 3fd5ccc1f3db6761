package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/stack"
)

// review is a plan as its reader has to judge it: what it changes, what it opens and closes against what EC2 really holds,
// and what stands in its way.
type review struct {
	plan      *stack.Plan
	standing  *standing
	impact    *impact
	tree      []changeNode
	flows     reach.Delta
	added     []heldRule     // out of band: EC2 holds them, the deployed template does not have them
	described []heldRule     // EC2 holds them with another description than the deployed template
	leaving   []leavingRule  // rules that it takes from the stack, and that CloudFormation would leave in EC2
	missing   []ruleset.Rule // the deployed template has them, EC2 does not hold them
	uses      []blockerJSON  // what uses the groups that are replaced, and goes on using the old ones
	barriers  []barrier      // for which the plan must not be carried out
}

// barrier is a reason against a plan that one of the guards has found.
type barrier struct {
	code, summary, hint string
	things              []blockerJSON // one by one
}

// review looks at a plan.
func (d *deployment) review(ctx context.Context, plan *stack.Plan) (*review, error) {
	st, err := d.standing(ctx, plan)
	if err != nil {
		return nil, err
	}
	im := impactOf(plan, st, d.after)
	v := &review{plan: plan, standing: st, impact: im, tree: changeTree(plan.Changes, st.template, d.after)}
	if err := d.findLeaving(ctx, v); err != nil {
		return nil, err
	}
	if !plan.Unknown {
		v.flows = im.flows(st)
	}
	v.added, v.missing, v.described = st.drift()
	d.checkQuota(im, st)
	d.checkSkipping(st)
	if v.uses, err = d.usesOf(ctx, groupsToGo(plan, isReplaced), st); err != nil {
		return nil, err
	}
	v.barriers, err = d.barriers(ctx, v)
	return v, err
}

// barriers asks every guard.
func (d *deployment) barriers(ctx context.Context, v *review) ([]barrier, error) {
	removal, err := d.guardRemoval(ctx, v.plan, v.standing)
	return slices.Concat(
		guardStatus(v.plan), guardForeignStack(v), guardGroupGone(v), d.guardReplacement(v), removal, guardEqualKeys(v.impact), guardRuleGone(v), d.guardTies(v), d.guardDuplicates(v.impact, v.standing),
	), err
}

// things are all that stand in the plan's way, one by one.
func (v *review) things() []blockerJSON {
	things := []blockerJSON{}
	for _, b := range v.barriers {
		things = append(things, b.things...)
	}
	return things
}

// refusal is the error of a plan that a barrier stands against, nil without one.
func (v *review) refusal() error {
	if len(v.barriers) == 0 {
		return nil
	}
	summaries := make([]string, len(v.barriers))
	for i, b := range v.barriers {
		summaries[i] = b.summary
	}
	return blockedf(v.barriers[0].code, v.barriers[0].hint, "%s", strings.Join(summaries, "; "))
}

// isUpdate reports whether the plan changes groups that are in use, rather than making the first ones.
func (v *review) isUpdate() bool { return v.plan.Kind == stack.Update }

// writeText writes the review for people.
func (v *review) writeText(w io.Writer) {
	v.writeSummary(w)
	v.writeFirst(w)
	v.writeTree(w)
	if !v.plan.Empty && !v.plan.Unknown {
		fmt.Fprintln(w, "\nFlows")
		if len(v.flows.Opened)+len(v.flows.Closed) > 0 {
			writeFlows(w, "opens", v.flows.Opened)
			writeFlows(w, "closes", v.flows.Closed)
		}
		fmt.Fprintf(w, "  %s\n", effect(v.flows))
	}
	v.writeLeaving(w)
	v.writeMoves(w)
	v.writeDrift(w)
	v.writeGone(w)
	if v.standing.foreign != nil {
		fmt.Fprintf(w, "\n%s\n", v.foreignNote())
	}
	v.writeBarriers(w)
}

// foreignNote says what can't be told where somebody has changed the deployed template beyond what the tool reads.
func (v *review) foreignNote() string {
	return fmt.Sprintf("The template that %s holds can't be read, so that what its rules were and what their going closes is not told: %v",
		v.plan.StackName, v.standing.foreign)
}

// effect is a difference of flows in one phrase.
func effect(d reach.Delta) string {
	switch {
	case d.Broadens():
		return "it broadens: something can flow that could not before"
	case len(d.Closed) > 0:
		return "it narrows: nothing can flow that could not before"
	default:
		return "the flows stay as they are"
	}
}

func (v *review) writeSummary(w io.Writer) {
	switch p := v.plan; {
	case p.Empty:
		fmt.Fprintf(w, "%s: nothing to change\n", p.StackName)
	case p.Unknown:
		fmt.Fprintf(w, "%s (%s): what changes is not known yet\n", p.StackName, p.Kind)
	default:
		counts := countActions(p.Changes)
		fmt.Fprintf(w, "%s (%s): %d to add, %d to modify, %d to remove\n",
			p.StackName, p.Kind, counts[stack.Add], counts[stack.Modify], counts[stack.Remove])
	}
}

// writeFirst says what comes before the changes.
func (v *review) writeFirst(w io.Writer) {
	if v.plan.First == stack.DeleteFirst {
		fmt.Fprintf(w, "before that the stack, which is left from a failed first try (%s), is deleted\n", v.plan.Before.Status)
	}
}

func countActions(changes []stack.Change) map[stack.Action]int {
	counts := map[stack.Action]int{}
	for _, c := range changes {
		counts[c.Action]++
	}
	return counts
}

var signs = map[stack.Action]string{stack.Add: "+", stack.Modify: "~", stack.Remove: "-"}

// writeTree writes the changes tier by tier.
func (v *review) writeTree(w io.Writer) {
	table := newTable(w)
	for i, n := range v.tree {
		if i == 0 || n.tier != v.tree[i-1].tier {
			fmt.Fprintf(table, "\n%s\n", cmp.Or(n.tier, "the set as a whole"))
		}
		fmt.Fprintf(table, "  %s %s", signs[n.action], n.words)
		if names := n.resources(); names != "" {
			fmt.Fprintf(table, "\t%s", names)
		}
		fmt.Fprintln(table)
		for _, text := range n.details {
			fmt.Fprintf(table, "      %s\n", text)
		}
	}
	table.Flush()
}

// resources names the resources behind a node.
func (n changeNode) resources() string {
	if n.from != nil {
		return fmt.Sprintf("+ %s, - %s", n.change.LogicalID, n.from.LogicalID)
	}
	return n.change.LogicalID + replacementNote(n.change)
}

func replacementNote(c stack.Change) string {
	switch c.Replacement {
	case stack.Replaced:
		return " (replacement)"
	case stack.Conditional:
		return " (replacement possible)"
	default:
		return ""
	}
}

// writeBarriers tells what stands in the plan's way; where a replacement is allowed, what it leaves with the old groups.
func (v *review) writeBarriers(w io.Writer) {
	switch {
	case len(v.barriers) > 0:
		fmt.Fprintln(w, "\nIn the way")
	case len(v.uses) > 0:
		fmt.Fprintln(w, "\nThese go on using the old groups, and keep them from being deleted")
		writeThings(w, v.uses)
	}
	for _, b := range v.barriers {
		fmt.Fprintf(w, "  %s\n", b.summary)
		writeThings(w, b.things)
		fmt.Fprintf(w, "    %s\n", b.hint)
	}
}

func writeThings(w io.Writer, things []blockerJSON) {
	for _, t := range things {
		fmt.Fprintf(w, "    %s %s: %s\n", t.Kind, t.ID, t.Detail)
	}
}

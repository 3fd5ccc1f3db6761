package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"mlops-infra-suite/internal/stack"
)

// changeJSON is one change of a plan as the JSON output has it.
type changeJSON struct {
	LogicalID   string `json:"logical_id"`
	Type        string `json:"type"`
	Action      string `json:"action"`
	Replacement string `json:"replacement"`
}

func changesOf(p *stack.Plan) []changeJSON {
	out := make([]changeJSON, len(p.Changes))
	for i, c := range p.Changes {
		out[i] = changeJSON{c.LogicalID, c.Type, string(c.Action), string(c.Replacement)}
	}
	return out
}

// writePlan writes a plan for people: how much of what, then a line a resource.
func writePlan(w io.Writer, p *stack.Plan) {
	if p.Empty {
		fmt.Fprintf(w, "%s: nothing to change\n", p.StackName)
		return
	}
	counts := map[stack.Action]int{}
	for _, c := range p.Changes {
		counts[c.Action]++
	}
	fmt.Fprintf(w, "%s (%s): %d to add, %d to modify, %d to remove\n",
		p.StackName, p.Kind, counts[stack.Add], counts[stack.Modify], counts[stack.Remove])
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range p.Changes {
		note := ""
		switch c.Replacement {
		case stack.Replaced:
			note = "\treplacement"
		case stack.Conditional:
			note = "\treplacement possible"
		case stack.Kept:
		}
		sign := map[stack.Action]string{stack.Add: "+", stack.Modify: "~", stack.Remove: "-"}[c.Action]
		fmt.Fprintf(table, "  %s %s\t%s%s\n", sign, c.LogicalID, c.Type, note)
	}
	table.Flush() // errors of w come back where it is flushed or closed
}

// checkReplacement refuses a plan that would replace a resource: the old one may be in use.
func (s *session) checkReplacement(p *stack.Plan) error {
	if s.app.opt.allowReplacement {
		return nil
	}
	for _, c := range p.Changes {
		possible := c.Replacement == stack.Conditional && c.Type == "AWS::EC2::SecurityGroup"
		if c.Replacement == stack.Replaced || possible {
			return blockedf("REPLACEMENT", "whatever uses the old group keeps it from being deleted; --allow-replacement lets it happen",
				"the change would replace %s (%s)", c.LogicalID, c.Type)
		}
	}
	return nil
}

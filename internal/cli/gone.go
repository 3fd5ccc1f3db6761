package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/live"
)

// wayOutOfGone says how a stack comes to have a group again that was deleted outside of it.
const wayOutOfGone = "run delete-security-groups, then create-security-groups; or, where the other groups are in use, " +
	"a change set in the mode REVERT_DRIFT"

// goneGroups are those of the groups (IDs by tier) that EC2 does not have.
func (c *cloud) goneGroups(ctx context.Context, groups map[string]string) (map[string]string, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	tiers := tiersByID(groups)
	missing, err := live.MissingGroups(ctx, c.ec2, slices.Sorted(maps.Keys(tiers)))
	gone := map[string]string{}
	for _, id := range missing {
		gone[tiers[id]] = id
	}
	return gone, err
}

// goneInWords names groups that are gone (IDs by tier).
func goneInWords(gone map[string]string) string {
	var names []string
	for _, tier := range slices.Sorted(maps.Keys(gone)) {
		names = append(names, fmt.Sprintf("%s (%s)", tier, gone[tier]))
	}
	return fmt.Sprintf("EC2 does not have %s of the stack any more: %s", plural(len(gone), "group"), strings.Join(names, ", "))
}

// writeGone tells of groups that are gone, also where the plan does not need them.
func (v *review) writeGone(w io.Writer) {
	if len(v.standing.gone) > 0 {
		fmt.Fprintf(w, "\n%s: %s\n", goneInWords(v.standing.gone), wayOutOfGone)
	}
}

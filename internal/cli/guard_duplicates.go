package cli

import (
	"fmt"
	"slices"
)

// guardDuplicates stands against a plan that adds a rule which EC2 holds already, such as a hot fix that is now written into
// the config: EC2 would refuse it as a duplicate, and the deployment would be rolled back.
func (d *deployment) guardDuplicates(im *impact, st *standing) []barrier {
	var things []blockerJSON
	for _, h := range im.present(st) {
		same := func(r ruleChange) bool { return r.Key == h.Key }
		if !slices.ContainsFunc(im.added, same) || slices.ContainsFunc(im.removed, same) {
			continue
		}
		things = append(things, blockerJSON{"out-of-band-rule", h.ID,
			fmt.Sprintf("EC2 holds it already: %s; %s", keyInWords(h.Key), revocation(h, d.cfg.Region))})
	}
	if len(things) == 0 {
		return nil
	}
	if st.foreign != nil { // perhaps it is a rule that the plan takes away under another name: that would be lost
		return []barrier{{
			"RULE_LOSS", fmt.Sprintf("%s to be added %s in EC2 already, and the deployed template can't be read", plural(len(things), "rule"), areOrIs(len(things))),
			"take these rules out of the config and deploy, then put them back and deploy again; or revoke them just before the deployment", things,
		}}
	}
	return []barrier{{
		"OUT_OF_BAND", fmt.Sprintf("%s to be added %s in EC2 already, added outside of the stack", plural(len(things), "rule"), areOrIs(len(things))),
		"revoke each with its command just before the deployment, then run this command again", things,
	}}
}

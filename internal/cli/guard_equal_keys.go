package cli

import "fmt"

// guardEqualKeys stands against a plan that adds a rule and removes one that is the same to EC2: CloudFormation, which makes
// what is new before it deletes what is old, would report success and leave the group without the rule (reported). Rules that
// move between a group and resources of their own are another matter: see move.
func guardEqualKeys(im *impact) []barrier {
	var things []blockerJSON
	for _, m := range im.moves() {
		if im.leavesGroup(m) || im.isInline(m.now) && im.isCovered(m.now.Rule) {
			continue
		}
		detail := fmt.Sprintf("it would be deleted after %s has taken its place, and for EC2 both are one rule: %s", m.now.logicalID, keyInWords(m.old.Key))
		if m.now.logicalID == m.old.logicalID {
			detail = "it would be replaced by what is the same rule to EC2: " + keyInWords(m.old.Key)
		}
		things = append(things, blockerJSON{"rule-loss", m.old.logicalID, detail})
	}
	if len(things) == 0 {
		return nil
	}
	return []barrier{{
		"RULE_LOSS", fmt.Sprintf("the change would lose %s that it seems to keep", plural(len(things), "rule")),
		"deploy in two steps, where the traffic may stop in between: take these rules out of the config and deploy, then put them back and deploy again",
		things,
	}}
}

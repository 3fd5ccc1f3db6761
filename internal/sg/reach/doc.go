// Package reach computes who can reach whom: the flows between the zones of a rule set, exactly and with the algebra of
// sets, never by sampling. A flow is there where the egress of the source and the ingress of the destination both permit
// it; a zone outside the set permits everything on its own side.
//
// Where the answer depends on addresses that are not known, a flow is a possible one. A member of a tier has an address in
// the VPC, whose CIDRs may be known; a member of another group has any; a prefix list is somewhere in one family. Rules for
// all of 0.0.0.0/0 or ::/0, in one or in parts, hold for whoever has an address of that family. A rule for a prefix list
// gives a flow of that list alone, and possibly of tiers and groups, not of ranges; but an assertion that denies a range, or
// the internet, is not proved where a rule names a list.
//
// It proves assertions about flows or gives a counter-example with the rules that make it, and it tells what a change of
// the rule set opens and closes.
package reach

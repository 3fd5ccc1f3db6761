// Package reach computes who can reach whom: the flows between the zones of a rule set, exactly and with the algebra of
// sets, never by sampling. A flow is there where the egress of the source and the ingress of the destination both permit
// it; a zone outside the set permits everything on its own side.
//
// It proves assertions about flows or gives a counter-example with the rules that make it, and it tells what a change of
// the rule set opens and closes.
package reach

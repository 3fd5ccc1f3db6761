package cli

import (
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// inWords is what a rule permits, in the words of both its ends: "web may reach app on tcp/8443". The two halves of a
// connection are one sentence.
func inWords(k ruleset.Key) string {
	from, to := reach.ZoneName(k.Peer), k.Tier
	if k.Direction == ruleset.Egress {
		from, to = to, from
	}
	if from == to {
		to = "itself"
	}
	return from + " may reach " + to + " " + on(k.Traffic)
}

// on is traffic at the end of a sentence.
func on(t ruleset.Traffic) string {
	if t.Protocol == ruleset.All {
		return "on everything"
	}
	return "on " + t.InRule()
}

// half is a rule in words, with the side that holds it.
func half(k ruleset.Key) string {
	if k == ruleset.Placeholder(k.Tier).Key {
		return "egress: nothing (the placeholder)"
	}
	return k.Direction.String() + ": " + inWords(k)
}

// keyInWords is a rule in words, with its tier.
func keyInWords(k ruleset.Key) string { return k.Tier + " " + half(k) }

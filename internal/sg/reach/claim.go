package reach

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// Claims reads the assertions of a config. One that names no zone, or nothing that the tool could prove, is reported.
func Claims(assertions []config.Assertion, tiers []string) ([]Claim, diag.List) {
	var claims []Claim
	var problems diag.List
	for _, a := range assertions {
		before := len(problems)
		c := Claim{Allow: a.Allow, Text: textOf(a), Pos: a.Pos}
		c.From = readEnd(a.From, a.Pos, tiers, &problems)
		c.To = readEnd(a.To, a.Pos, tiers, &problems)
		for _, p := range a.Ports {
			t, err := ruleset.ParseTraffic(p)
			if err != nil {
				problems.Errorf(diag.CodeAssertion, a.Pos, "ports of the assertion %q: %v", c.Text, err)
			}
			c.Traffic = append(c.Traffic, t)
		}
		if len(problems) == before && !c.From.isTier() && !c.To.isTier() {
			problems.Errorf(diag.CodeAssertion, a.Pos, "neither end of the assertion %q is a tier: nothing is known about flows past the set", c.Text)
		}
		if len(problems) == before {
			claims = append(claims, c)
		}
	}
	return claims, problems
}

func readEnd(text string, pos diag.Pos, tiers []string, problems *diag.List) End {
	p, ok := ParseZone(text, tiers)
	if !ok {
		problems.Errorf(diag.CodeAssertion, pos, "the assertion names %q, which is neither a tier nor internet, a CIDR, sg-... or pl-...", text).
			WithHint("%s", diag.Suggest(text, append([]string{Internet, InternetIPv6}, tiers...)))
	}
	switch text {
	case Internet:
		return End{[]ruleset.Peer{ruleset.CIDRPeer(anyIPv4), ruleset.CIDRPeer(anyIPv6)}, true}
	case InternetIPv6:
		return End{[]ruleset.Peer{p}, true}
	default:
		return End{[]ruleset.Peer{p}, false}
	}
}

// textOf is an assertion in one line.
func textOf(a config.Assertion) string {
	verb := "deny"
	if a.Allow {
		verb = "allow"
	}
	return strings.TrimSpace(verb + " " + a.From + " -> " + a.To + " " + strings.Join(a.Ports, ", "))
}

// Peers are the zones that claims name, to be looked at even where no rule names them.
func Peers(claims []Claim) []ruleset.Peer {
	var peers []ruleset.Peer
	for _, c := range claims {
		for _, p := range slices.Concat(c.From.Zones, c.To.Zones) {
			if p.Kind != ruleset.TierRef {
				peers = append(peers, p)
			}
		}
	}
	return peers
}

// CodeRefuted is the ID of findings about assertions that don't hold.
const CodeRefuted = "ASSERT"

// Findings are the claims that don't hold.
func Findings(verdicts []Verdict) diag.List {
	var found diag.List
	for _, v := range verdicts {
		if v.Holds {
			continue
		}
		d := found.Errorf(CodeRefuted, v.Claim.Pos, "the assertion %q does not hold: %s", v.Claim.Text, v.CounterExample)
		d.Hint = "change the rules, or the assertion if it asks for too much"
		if len(v.Rules) > 0 {
			d.Tier, d.Rule = v.Rules[0].Tier, v.Rules[0].String()
		}
	}
	return found
}

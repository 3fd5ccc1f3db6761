package template

import (
	"fmt"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/ruleset"
)

// peerKeys are the properties that name the other end of a rule, by direction.
var peerKeys = [...][]string{
	{"CidrIp", "CidrIpv6", "SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupName"},
	{"CidrIp", "CidrIpv6", "DestinationPrefixListId", "DestinationSecurityGroupId"},
}

// isRules checks the list of a group's rules of one direction.
func isRules(d ruleset.Direction) func(*validator, string, part) {
	return func(v *validator, what string, p part) {
		if _, _, computed := p.call(); computed {
			return
		}
		if !p.isList() {
			v.wrong(diag.CodeType, p, "%s must be a list of rules", what)
			return
		}
		for _, item := range p.target().Content {
			for _, rule := range v.alternatives(part{item}) {
				v.object(what, rule, [...]schema{ingressRule, egressRule}[d], rule)
				v.rule(what, rule, d)
			}
		}
	}
}

// rule checks what the properties of a rule mean together.
func (v *validator) rule(what string, p part, d ruleset.Direction) {
	if _, _, computed := p.call(); computed || !p.isMapping() {
		return
	}
	v.peer(what, p, d)
	v.ports(what, p)
}

// peer wants exactly one peer. One too many or too few is reported for conditions that make it sure.
func (v *validator) peer(what string, p part, d ruleset.Direction) {
	sure, possible := 0, 0
	for _, key := range peerKeys[d] {
		switch v.presence(p.get(key)) {
		case present:
			sure++
		case perhaps:
			possible++
		case absent:
		}
	}
	switch {
	case sure > 1:
		v.wrong(diag.CodePeer, p, "%s: the rule names %d peers; a rule has one", what, sure).WithHint("write a rule for each of them")
	case sure+possible == 0:
		v.wrong(diag.CodePeer, p, "%s: the rule names no peer", what).
			WithHint("without a peer CloudFormation is reported to succeed and to make no rule; name one of %s", strings.Join(peerKeys[d], ", "))
	}
}

// ports checks that ports go with the protocol.
func (v *validator) ports(what string, p part) {
	text, ok := v.resolve(p.get("IpProtocol"))
	protocol, err := ruleset.ParseProtocol(text.text)
	if !ok || err != nil {
		return
	}
	from, to := p.get("FromPort"), p.get("ToPort")
	if !protocol.HasPorts() && !protocol.IsICMP() {
		for _, port := range []part{from, to} {
			if port.exists() {
				v.warn(diag.CodePorts, port, "%s: ports mean nothing with protocol %s: all of it is let through", what, protocol.EC2())
				break
			}
		}
		return
	}
	if protocol != ruleset.ICMPv6 { // which without a type is all of it
		for _, key := range []string{"FromPort", "ToPort"} {
			if v.presence(p.get(key)) == absent {
				v.wrong(diag.CodePorts, p, "%s: %s is missing, which protocol %s needs", what, key, protocol).
					WithHint("all ports are 0 to 65535, all ICMP is -1 and -1")
			}
		}
	}
	low, lowKnown := v.number(from)
	high, highKnown := v.number(to)
	if problem := rangeProblem(protocol, low, high); problem != "" && lowKnown && highKnown {
		v.wrong(diag.CodePorts, from, "%s: %d to %d: %s", what, low, high, problem)
	}
}

func (v *validator) number(p part) (int, bool) {
	value, ok := v.resolve(p)
	n, err := strconv.Atoi(value.text)
	return n, ok && err == nil
}

// rangeProblem says what is wrong with a range of ports, or with an ICMP type and code; empty: nothing.
func rangeProblem(protocol ruleset.Protocol, low, high int) string {
	most, words := ruleset.MaxPort, "ports"
	if protocol.IsICMP() {
		most, words = 255, "ICMP types and codes"
	}
	switch {
	case low < -1 || low > most || high < -1 || high > most:
		return fmt.Sprintf("%s lie within 0 and %d, or are -1 for all", words, most)
	case low == -1 && high != -1 || high == -1 && low != -1 && !protocol.IsICMP():
		return "-1 means all, and must stand in both places"
	case protocol.HasPorts() && low > high:
		return "the range runs backwards"
	default:
		return ""
	}
}

package template

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/ruleset"
)

// foreign are the checks that make sense for groups of unknown purpose. The others want to know what a tier is for, or hold
// the groups to this tool's own customs.
var foreign = set("SG001", "SG002", "SG003", "SG004", "SG005", "SG006", "SG007", "SG008", "SG009", "SG010", "SG011", "SG012", "SG013", "SG014",
	"SG015", "SG020", "SG021", "SG024", "SG025", "SG026", "SG027", "SG031")

// foreignRemedies are what to do about findings whose own remedies speak of what the tool's configs have: tiers and waivers.
var foreignRemedies = map[string]string{
	"SG001": "name the one port that the world needs; all others to nobody, or to a security group",
	"SG004": "let the group of those who use the database reach it: SourceSecurityGroupId in the place of CidrIp or CidrIpv6",
	"SG005": "put the service behind port 443 of a load balancer, or name the range of those who use it as the source",
	"SG006": "let the range of your VPC or one security group reach it, never everybody",
	"SG007": "serve the world on 80 or 443; name the range of those who use other ports",
	"SG012": "serve nothing but the redirect to HTTPS there, or close it: browsers try HTTPS first",
	"SG013": "a rule for each port that is served; ranges are for security groups, up to 1000 ports",
	"SG015": "use tcp or udp if a port was meant",
}

// judge applies the security checks to the rules that can be read, and says what can't be judged. A template that is too large to
// be deployed is not judged: the checks compare groups with each other.
func (v *validator) judge(in check.Input) {
	v.tellLimits()
	if len(v.resources) > maxResources {
		return
	}
	unsound := v.problems.HasErrors()
	var tiers []ruleset.Tier
	var rules []ruleset.Rule
	places := map[string]part{}
	defaults := map[diag.Pos]string{} // parameters, by the rules whose defaults they give
	work := workload{v: v, left: judgedWork}
	for _, g := range v.allGroups() {
		tiers = append(tiers, ruleset.Tier{Name: g.id, Role: ruleset.Other})
		places[g.id] = g.at
		v.customs(g)
		for _, d := range []ruleset.Direction{ruleset.Ingress, ruleset.Egress} {
			rules = append(rules, work.take(g, d, v.readAll(g, d, defaults))...)
		}
	}
	work.tell()
	in.Set = ruleset.NewSet(tiers, rules)
	in.GroupDescription = func(string) string { return "" }
	in.Pos, in.Only = diag.Pos{File: v.file}, foreign
	for _, d := range check.Run(in) {
		d.Hint = cmp.Or(foreignRemedies[d.ID], d.Hint)
		d.Summary = strings.Replace(d.Summary, "tier "+d.Tier+":", "group "+d.Tier+":", 1)
		if parameter, ok := defaults[d.Pos]; ok && d.Severity == diag.Error {
			d.Severity = diag.Warning
			d.Summary += fmt.Sprintf(", by the default of the parameter %s", parameter)
		}
		if d.Pos.Line == 0 && d.Tier != "" {
			d.Pos = v.pos(places[d.Tier].node)
		}
		v.problems = append(v.problems, d)
	}
	if n := len(v.unread); n > 0 && !unsound {
		v.report(diag.Info, diag.CodeNotKnown, v.unread[0], "rules that depend on what only a deployment knows are not judged: %d, from here on", n)
	}
}

// allGroups are the groups of the template, in its order, and then those that stand elsewhere.
func (v *validator) allGroups() []*groupView {
	var all []*groupView
	for _, id := range v.ordered {
		if g := v.groups[id]; g != nil {
			all = append(all, g)
		}
	}
	return append(all, v.strangers...)
}

// customs reports what is risky about a group itself, if the template makes it.
func (v *validator) customs(g *groupView) {
	if v.groups[g.id] != g {
		return
	}
	properties := v.resources[g.id].get("Properties")
	if g.silent && properties.isMapping() && !v.transformed {
		v.custom("SG019", v.resources[g.id], "group %s: the template has no egress rule for it, so that AWS lets everything out", g.id)
	}
	if name := properties.get("GroupName"); v.presence(name) == present {
		v.custom("SG033", name, "group %s: its name is fixed, so that a change which replaces it fails", g.id)
	}
}

// custom reports a finding of the catalogue, as a warning: neither keeps a template from being deployed.
func (v *validator) custom(id string, at part, format string, args ...any) {
	c, _ := check.Find(id)
	d := v.warn(id, at, format, args...)
	d.Detail, d.Hint = c.Why, c.Remedy
}

// readAll reads the rules of a group, as far as they can be known. Rules that conditions decide on may be alternatives: of
// equal ones the first counts.
func (v *validator) readAll(g *groupView, d ruleset.Direction, defaults map[diag.Pos]string) []ruleset.Rule {
	var rules []ruleset.Rule
	seen := map[ruleset.Key]bool{}
	take := func(p part, conditional bool) {
		read, all := v.read(g.id, p, d)
		if !all {
			v.unread = append(v.unread, p)
		}
		for _, one := range read {
			if (conditional || len(read) > 1) && seen[one.Key] {
				continue
			}
			seen[one.Key] = true
			if one.byDefault != "" {
				defaults[one.Pos] = one.byDefault
			}
			rules = append(rules, one.Rule)
		}
	}
	conditional := v.isConditional(g, d)
	v.unread = append(v.unread, g.computed[d]...)
	for _, p := range g.inline[d] {
		take(p, conditional)
	}
	for _, resource := range g.standalone[d] {
		take(resource.get("Properties"), resource.get("Condition").exists())
	}
	return rules
}

// isConditional reports whether any rule inside of a group is decided on by a condition.
func (v *validator) isConditional(g *groupView, d ruleset.Direction) bool {
	list := v.resources[g.id].get("Properties").get([...]string{"SecurityGroupIngress", "SecurityGroupEgress"}[d])
	if name, _, ok := list.call(); ok && name == "Fn::If" {
		return true
	}
	items, _ := list.items()
	return slices.ContainsFunc(items, func(item part) bool {
		_, _, computed := item.call()
		return computed
	})
}

// readRule is a rule as far as the template says it.
type readRule struct {
	ruleset.Rule
	byDefault string // the parameter whose default it depends on
}

// read reads one rule, with each of the peers that conditions may give it; all is false where only the deployment knows it, or
// one of its peers.
func (v *validator) read(group string, p part, d ruleset.Direction) (rules []readRule, all bool) {
	r := readRule{Rule: ruleset.Rule{Key: ruleset.Key{Tier: group, Direction: d}, Pos: v.pos(p.node)}}
	note := func(k resolved) string {
		r.byDefault = cmp.Or(k.byDefault, r.byDefault)
		return k.text
	}
	protocol, ok := v.resolve(p.get("IpProtocol"))
	if !ok {
		return nil, false
	}
	var err error
	if r.Protocol, err = ruleset.ParseProtocol(note(protocol)); err != nil {
		return nil, false
	}
	r.Ports = ruleset.AnyPorts
	if r.Protocol.HasPorts() || r.Protocol.IsICMP() {
		if r.Ports, ok = v.readPorts(p, r.Protocol, note); !ok {
			return nil, false
		}
	}
	peers, all := v.readPeers(p, d)
	for _, peer := range peers {
		one := r
		one.Peer, one.byDefault = peer.Peer, cmp.Or(peer.byDefault, r.byDefault)
		rules = append(rules, one)
	}
	return rules, all
}

func (v *validator) readPorts(p part, protocol ruleset.Protocol, note func(resolved) string) (ruleset.Ports, bool) {
	if protocol == ruleset.ICMPv6 && !p.get("FromPort").exists() {
		return ruleset.AnyPorts, true
	}
	low, lowKnown := v.resolve(p.get("FromPort"))
	high, highKnown := v.resolve(p.get("ToPort"))
	from, okFrom := v.number(p.get("FromPort"))
	to, okTo := v.number(p.get("ToPort"))
	if !lowKnown || !highKnown || !okFrom || !okTo || rangeProblem(protocol, from, to) != "" {
		return ruleset.Ports{}, false
	}
	note(low)
	note(high)
	switch {
	case protocol.HasPorts() && from == -1:
		return ruleset.Ports{From: 0, To: ruleset.MaxPort}, true
	case protocol.IsICMP() && from == -1:
		return ruleset.AnyPorts, true
	}
	return ruleset.Ports{From: from, To: to}, true
}

// readPeer is a peer as far as the template says it.
type readPeer struct {
	ruleset.Peer
	byDefault string
}

// readPeers are the peers that a rule may have; all is false where one of them, or all, only the deployment knows.
func (v *validator) readPeers(p part, d ruleset.Direction) (peers []readPeer, all bool) {
	side := [...]string{"Source", "Destination"}[d]
	all = true
	for _, key := range []string{"CidrIp", "CidrIpv6", side + "PrefixListId", side + "SecurityGroupId"} {
		for _, one := range v.alternatives(p.get(key)) {
			peer, ok := v.readPeer(key, one)
			if all = all && ok; ok {
				peers = append(peers, peer)
			}
		}
	}
	return peers, all && len(peers) > 0
}

func (v *validator) readPeer(key string, p part) (readPeer, bool) {
	if id, _ := p.referred(); v.groups[id] != nil && strings.HasSuffix(key, "SecurityGroupId") {
		return readPeer{Peer: ruleset.TierPeer(id)}, true
	}
	value, ok := v.resolve(p)
	r := readPeer{byDefault: value.byDefault}
	switch {
	case strings.HasPrefix(key, "Cidr"):
		prefix, err := ruleset.ParseCIDR(value.text)
		r.Peer, ok = ruleset.CIDRPeer(prefix), ok && err == nil
	case strings.HasSuffix(key, "PrefixListId"):
		r.Peer = ruleset.PrefixPeer(value.text)
	default:
		r.Peer = ruleset.GroupPeer(value.text)
	}
	return r, ok
}

// tellLimits says what of the template is not checked here.
func (v *validator) tellLimits() {
	counts := map[string]int{}
	var first part
	for _, id := range v.ordered {
		if kind := v.typeOf(id); kind != "" && schemas[kind] == nil {
			if len(counts) == 0 {
				first = v.resources[id].get("Type")
			}
			counts[kind]++
		}
	}
	if len(counts) > 0 {
		var words []string
		for _, kind := range slices.Sorted(maps.Keys(counts)) {
			words = append(words, fmt.Sprintf("%s (%d)", kind, counts[kind]))
		}
		v.report(diag.Info, diag.CodeNotChecked, first, "the properties of these types are not checked here: %s", strings.Join(words, ", "))
	}
	if v.macro.exists() {
		v.report(diag.Info, diag.CodeNotChecked, v.macro, "a macro changes the template when it is deployed: what it adds and resolves is not checked here")
	}
}

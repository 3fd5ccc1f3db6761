package check

import (
	"net/netip"
	"slices"

	"mlops-infra-suite/internal/sg/ruleset"
)

// subject is a rule set with what several checks want to know of it.
type subject struct {
	Input
	atlas     atlas
	databases []int // the ports on which a database may listen
	tiers     []tierView
}

// tierView is a tier as the checks see it.
type tierView struct {
	ruleset.Tier
	index     int
	database  bool // by its role, or without a role by what it holds
	ingress   []stretch
	egress    []stretch
	open      []exposure // to the world
	perhaps   []exposure // to prefix lists, whose content is not known
	worldwide group      // the ingress rules that let the world in
}

func newSubject(in Input) *subject {
	s := &subject{Input: in, atlas: atlas{}, tiers: make([]tierView, len(in.Set.Tiers))}
	s.databases = databasePorts(in)
	lists := s.portLists()
	for i, t := range in.Set.Tiers {
		v := tierView{Tier: t, index: i, ingress: s.atlas.stretches(t.Ingress), egress: s.atlas.stretches(t.Egress)}
		v.database = t.Role == ruleset.Database || t.Role == ruleset.Other && s.holdsDatabase(t)
		for _, st := range v.ingress {
			v.worldwide = append(v.worldwide, st.world...)
		}
		v.worldwide = join(v.worldwide, nil)
		v.open = v.exposures(lists)
		v.perhaps = v.unknowns(lists)
		s.tiers[i] = v
	}
	return s
}

// databasePorts are the known ports of databases and the set's own, wherever they were moved.
func databasePorts(in Input) []int {
	ports := slices.Clone(in.DatabasePorts)
	for _, t := range in.Set.Tiers {
		switch {
		case t.Role != ruleset.Database:
		case t.Service != nil:
			ports = appendPorts(ports, t.Service.Ports)
		default:
			ports = append(ports, in.servedBy(t)...)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// widestService is how many ports a rule may have that is taken to say what a database serves.
const widestService = 100

// servedBy are the ports that a tier takes in by its rules, but for those of its administration.
func (in Input) servedBy(t ruleset.Tier) []int {
	var ports []int
	for _, r := range t.Ingress {
		if r.Protocol.HasPorts() && portsOf(r.Traffic) <= widestService {
			ports = appendPorts(ports, r.Ports)
		}
	}
	return slices.DeleteFunc(ports, func(port int) bool { return port == 22 || port == 3389 || slices.Contains(in.AdminPorts, port) })
}

func appendPorts(ports []int, more ruleset.Ports) []int {
	for port := more.From; port <= more.To; port++ {
		ports = append(ports, port)
	}
	return ports
}

// holdsDatabase reports whether a tier is there for databases, or a rule lets one of their ports in.
func (s *subject) holdsDatabase(t ruleset.Tier) bool {
	if t.Role == ruleset.Database {
		return true
	}
	known := func(u ruleset.Traffic) bool {
		return u.Protocol.HasPorts() && u.Ports.From == u.Ports.To && slices.Contains(s.databases, u.Ports.From)
	}
	return t.Service != nil && known(*t.Service) || slices.ContainsFunc(t.Ingress, func(r ruleset.Rule) bool { return known(r.Traffic) })
}

// isInner reports whether nobody on the internet has business with the tier directly.
func (v tierView) isInner() bool { return v.Role != ruleset.Edge }

// isWeb reports whether a port is one of the web's in a tier that serves the web. A database that is served over HTTPS, as
// OpenSearch is, doesn't make a database port of it there.
func (v tierView) isWeb(port int) bool {
	return v.Role == ruleset.Edge && (port == 80 || port == 443)
}

// mayBePublic are the TCP and UDP ports that the world may reach: of an edge tier the web's and its own.
func (v tierView) mayBePublic(p ruleset.Protocol, port int) bool {
	if v.Service != nil && v.Role == ruleset.Edge && v.Service.Covers(ruleset.Traffic{Protocol: p, Ports: ruleset.SinglePort(port)}) {
		return true
	}
	return port == 443 || port == 80 && p == ruleset.TCP
}

// pick are the rules of a group.
func pick(rules []ruleset.Rule, of group) []ruleset.Rule {
	out := make([]ruleset.Rule, len(of))
	for i, at := range of {
		out[i] = rules[at]
	}
	return out
}

func prefixesOf(rules []ruleset.Rule) []netip.Prefix {
	out := make([]netip.Prefix, len(rules))
	for i, r := range rules {
		out[i] = r.Peer.Prefix
	}
	return out
}

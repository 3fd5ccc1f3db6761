package ruleset

import "slices"

// Others stands, in the list that a TrafficSet gives, for the protocols without a name. Single ones that the set does not
// have are not told apart from those that it has: a list of 250 numbers would help nobody.
const Others Protocol = -2

// List is the set as traffic, sorted and as short as possible: All alone where it is everything; beside exceptions, the
// protocols that have names and Others.
func (s TrafficSet) List() []Traffic {
	if s.rest && len(s.parts) == 0 {
		return []Traffic{{All, AnyPorts}}
	}
	var out []Traffic
	if !s.rest {
		for _, p := range s.parts {
			out = append(out, p.list()...)
		}
		return out
	}
	out = append(out, Traffic{Others, AnyPorts})
	for _, p := range s.withNames() {
		out = append(out, p.list()...)
	}
	return out
}

// withNames are the parts of a set with a rest, those of the named protocols included.
func (s TrafficSet) withNames() []part {
	parts := slices.Clone(s.parts)
	for _, protocol := range named {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.protocol == protocol }) {
			parts = append(parts, part{protocol, whole})
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return int(a.protocol) - int(b.protocol) })
	return parts
}

func (p part) list() []Traffic {
	var out []Traffic
	for _, s := range p.spans {
		switch {
		case p.protocol.HasPorts():
			out = append(out, Traffic{p.protocol, Ports{s.lo, s.hi}})
		case s == whole[0]:
			out = append(out, Traffic{p.protocol, AnyPorts})
		default:
			out = append(out, icmpList(p.protocol, s)...)
		}
	}
	return out
}

// icmpList is a span of ICMP as whole types where it can be, and single codes where it can't.
func icmpList(protocol Protocol, s span) []Traffic {
	var out []Traffic
	for at := s.lo; at <= s.hi; {
		kind, code := at>>8, at&255
		if code == 0 && s.hi >= at|255 {
			out = append(out, Traffic{protocol, Ports{kind, -1}})
			at += 256
			continue
		}
		out = append(out, Traffic{protocol, Ports{kind, code}})
		at++
	}
	return out
}

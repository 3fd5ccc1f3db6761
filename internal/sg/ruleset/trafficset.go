package ruleset

import "slices"

// Others stands, in the list that a TrafficSet gives, for every protocol that has no name of its own there.
const Others Protocol = -2

// maxSpan is the last element of a protocol's space: of the ports 0 to 65535, or of the ICMP types and codes as
// 256*type+code. The whole of another protocol is the whole space.
const maxSpan = 65535

// span is an inclusive range of a protocol's space.
type span struct{ lo, hi int }

// part is what a set holds of one protocol: disjoint spans in order.
type part struct {
	protocol Protocol
	spans    []span
}

// TrafficSet is a set of traffic with the algebra of sets: exact, also for "everything but". The zero value is empty.
type TrafficSet struct {
	parts []part // in the order of their protocols; those that are as the rest is are left out
	rest  bool   // whether every protocol without a part is in the set as a whole
}

var whole = []span{{0, maxSpan}}

// SetOf is the set of what a rule lets through.
func SetOf(t Traffic) TrafficSet {
	switch {
	case t.Protocol == All:
		return TrafficSet{rest: true}
	case t.Protocol.HasPorts():
		return TrafficSet{parts: []part{{t.Protocol, []span{{t.Ports.From, t.Ports.To}}}}}
	case t.Protocol.IsICMP():
		return TrafficSet{parts: []part{{t.Protocol, []span{icmpSpan(t.Ports)}}}}
	default:
		return TrafficSet{parts: []part{{t.Protocol, whole}}}
	}
}

func icmpSpan(p Ports) span {
	switch {
	case p == AnyPorts:
		return whole[0]
	case p.To == -1:
		return span{p.From << 8, p.From<<8 | 255}
	default:
		return span{p.From<<8 | p.To, p.From<<8 | p.To}
	}
}

// IsEmpty reports whether nothing is in the set.
func (s TrafficSet) IsEmpty() bool { return !s.rest && len(s.parts) == 0 }

// Union is what is in either set.
func (s TrafficSet) Union(t TrafficSet) TrafficSet {
	switch {
	case s.IsEmpty():
		return t
	case t.IsEmpty():
		return s
	}
	return combine(s, t, func(a, b bool) bool { return a || b })
}

// Intersect is what is in both sets.
func (s TrafficSet) Intersect(t TrafficSet) TrafficSet {
	if s.IsEmpty() || t.IsEmpty() {
		return TrafficSet{}
	}
	return combine(s, t, func(a, b bool) bool { return a && b })
}

// Minus is what is in s and not in t.
func (s TrafficSet) Minus(t TrafficSet) TrafficSet {
	if s.IsEmpty() || t.IsEmpty() {
		return s
	}
	return combine(s, t, func(a, b bool) bool { return a && !b })
}

// Covers reports whether all of t is in s.
func (s TrafficSet) Covers(t TrafficSet) bool { return t.Minus(s).IsEmpty() }

// combine keeps what keep says of being in a and being in b. Nothing that is in neither may be kept.
func combine(a, b TrafficSet, keep func(inA, inB bool) bool) TrafficSet {
	out := TrafficSet{rest: keep(a.rest, b.rest)}
	i, j := 0, 0
	for i < len(a.parts) || j < len(b.parts) {
		var p part
		switch {
		case j == len(b.parts) || i < len(a.parts) && a.parts[i].protocol < b.parts[j].protocol:
			p = part{a.parts[i].protocol, sweep(a.parts[i].spans, spansOf(b.rest), keep)}
			i++
		case i == len(a.parts) || b.parts[j].protocol < a.parts[i].protocol:
			p = part{b.parts[j].protocol, sweep(spansOf(a.rest), b.parts[j].spans, keep)}
			j++
		default:
			p = part{a.parts[i].protocol, sweep(a.parts[i].spans, b.parts[j].spans, keep)}
			i, j = i+1, j+1
		}
		if !slices.Equal(p.spans, spansOf(out.rest)) {
			out.parts = append(out.parts, p)
		}
	}
	return out
}

func spansOf(all bool) []span {
	if all {
		return whole
	}
	return nil
}

// sweep walks two lists of spans from bound to bound.
func sweep(a, b []span, keep func(inA, inB bool) bool) []span {
	var out []span
	for at := 0; at <= maxSpan; {
		inA, endA := next(&a, at)
		inB, endB := next(&b, at)
		end := min(endA, endB)
		if keep(inA, inB) {
			if n := len(out); n > 0 && out[n-1].hi == at-1 {
				out[n-1].hi = end
			} else {
				out = append(out, span{at, end})
			}
		}
		at = end + 1
	}
	return out
}

// next drops the spans that end before at, and returns whether at lies in one and up to where that stays so.
func next(spans *[]span, at int) (in bool, end int) {
	for len(*spans) > 0 && (*spans)[0].hi < at {
		*spans = (*spans)[1:]
	}
	switch {
	case len(*spans) == 0:
		return false, maxSpan
	case (*spans)[0].lo <= at:
		return true, (*spans)[0].hi
	default:
		return false, (*spans)[0].lo - 1
	}
}

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
	for _, protocol := range []Protocol{ICMP, TCP, UDP, ICMPv6} {
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

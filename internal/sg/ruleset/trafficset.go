package ruleset

import (
	"cmp"
	"slices"
)

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

// named are the protocols whose rules may let a part of them through; every other protocol is in a set or is not.
var named = []Protocol{ICMP, TCP, UDP, ICMPv6}

// SetOf is the set of what any of the traffic lets through.
func SetOf(traffic ...Traffic) TrafficSet {
	var out TrafficSet
	unnamed := false
	for _, p := range piecesOf(traffic) {
		switch p.protocol {
		case All:
			return TrafficSet{rest: true}
		case Others:
			unnamed = true
		default:
			out.add(p)
		}
	}
	if unnamed {
		return others().Union(out)
	}
	return out
}

// Twice is the set of what two or more of the traffic let through.
func Twice(traffic ...Traffic) TrafficSet {
	everything := 0
	for _, t := range traffic {
		if t.Protocol == All {
			everything++
		}
	}
	switch everything {
	case 0:
	case 1:
		return SetOf(slices.DeleteFunc(slices.Clone(traffic), func(t Traffic) bool { return t.Protocol == All })...)
	default:
		return TrafficSet{rest: true}
	}
	var once, twice TrafficSet
	for _, p := range piecesOf(traffic) {
		if n := len(once.parts); n > 0 && once.parts[n-1].protocol == p.protocol {
			last := once.parts[n-1].spans
			if hi := min(p.hi, last[len(last)-1].hi); p.lo <= hi {
				twice.add(piece{p.protocol, span{p.lo, hi}})
			}
		}
		once.add(p)
	}
	return twice
}

// piece is what one traffic takes of its protocol's space.
type piece struct {
	protocol Protocol
	span
}

// piecesOf are the pieces of the traffic in order: Others comes first, then All, then what has a number.
func piecesOf(traffic []Traffic) []piece {
	pieces := make([]piece, len(traffic))
	for i, t := range traffic {
		pieces[i] = piece{t.Protocol, spanOf(t)}
	}
	slices.SortFunc(pieces, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.lo, b.lo))
	})
	return pieces
}

// spanOf is what traffic takes of its protocol's space.
func spanOf(t Traffic) span {
	switch {
	case t.Protocol.HasPorts():
		return span{t.Ports.From, t.Ports.To}
	case !t.Protocol.IsICMP() || t.Ports == AnyPorts:
		return whole[0]
	case t.Ports.To == -1:
		return span{t.Ports.From << 8, t.Ports.From<<8 | 255}
	default:
		return span{t.Ports.From<<8 | t.Ports.To, t.Ports.From<<8 | t.Ports.To}
	}
}

// add adds a piece to a set without a rest. The pieces come in order.
func (s *TrafficSet) add(p piece) {
	n := len(s.parts)
	if n == 0 || s.parts[n-1].protocol != p.protocol {
		s.parts = append(s.parts, part{p.protocol, []span{p.span}})
		return
	}
	last := &s.parts[n-1]
	if end := &last.spans[len(last.spans)-1]; p.lo <= end.hi+1 {
		end.hi = max(end.hi, p.hi)
		return
	}
	last.spans = append(last.spans, p.span)
}

// others is the set that Others stands for.
func others() TrafficSet {
	out := TrafficSet{rest: true}
	for _, protocol := range named {
		out.parts = append(out.parts, part{protocol: protocol})
	}
	return out
}

// IsEmpty reports whether nothing is in the set.
func (s TrafficSet) IsEmpty() bool { return !s.rest && len(s.parts) == 0 }

// isCopy reports whether two sets share their memory, as many of a matrix do: a cheap way to see that they are equal.
func (s TrafficSet) isCopy(t TrafficSet) bool {
	return s.rest == t.rest && len(s.parts) == len(t.parts) && (len(s.parts) == 0 || &s.parts[0] == &t.parts[0])
}

// Union is what is in either set.
func (s TrafficSet) Union(t TrafficSet) TrafficSet {
	switch {
	case s.IsEmpty():
		return t
	case t.IsEmpty() || s.isCopy(t):
		return s
	}
	return combine(s, t, func(a, b bool) bool { return a || b })
}

// Intersect is what is in both sets.
func (s TrafficSet) Intersect(t TrafficSet) TrafficSet {
	switch {
	case s.IsEmpty() || t.IsEmpty():
		return TrafficSet{}
	case s.isCopy(t):
		return s
	}
	return combine(s, t, func(a, b bool) bool { return a && b })
}

// Minus is what is in s and not in t.
func (s TrafficSet) Minus(t TrafficSet) TrafficSet {
	switch {
	case s.IsEmpty() || t.IsEmpty():
		return s
	case s.isCopy(t):
		return TrafficSet{}
	}
	return combine(s, t, func(a, b bool) bool { return a && !b })
}

// Covers reports whether all of t is in s.
func (s TrafficSet) Covers(t TrafficSet) bool { return t.Minus(s).IsEmpty() }

// Overlaps reports whether something is in both sets. It makes no new set.
func (s TrafficSet) Overlaps(t TrafficSet) bool {
	if s.rest && t.rest {
		return true // there are more protocols than those with parts
	}
	for _, p := range s.parts {
		if overlap(p.spans, t.spans(p.protocol)) {
			return true
		}
	}
	for _, p := range t.parts {
		if s.rest && overlap(p.spans, s.spans(p.protocol)) {
			return true
		}
	}
	return false
}

// spans are what a set holds of a protocol.
func (s TrafficSet) spans(protocol Protocol) []span {
	for _, p := range s.parts {
		if p.protocol == protocol {
			return p.spans
		}
	}
	return spansOf(s.rest)
}

func overlap(a, b []span) bool {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].hi < b[0].lo:
			a = a[1:]
		case b[0].hi < a[0].lo:
			b = b[1:]
		default:
			return true
		}
	}
	return false
}

// Holds reports whether all of the traffic is in s. It is Covers for a single rule, at the cost of a binary search.
func (s TrafficSet) Holds(t Traffic) bool {
	switch t.Protocol {
	case All:
		return s.rest && len(s.parts) == 0
	case Others:
		return s.Covers(SetOf(t))
	}
	i, ok := slices.BinarySearchFunc(s.parts, t.Protocol, func(p part, want Protocol) int { return cmp.Compare(p.protocol, want) })
	if !ok {
		return s.rest
	}
	want, spans := spanOf(t), s.parts[i].spans
	j, _ := slices.BinarySearchFunc(spans, want.lo, func(have span, lo int) int { return cmp.Compare(have.hi, lo) })
	return j < len(spans) && spans[j].lo <= want.lo && want.hi <= spans[j].hi
}

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

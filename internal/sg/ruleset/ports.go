package ruleset

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// MaxPort is the highest TCP or UDP port; the lowest that a rule may name is 1.
const MaxPort = 65535

// Ports is what a rule says beside the protocol, as EC2 holds it: the inclusive port range of TCP and UDP, type and code
// of ICMP (-1: any), and AnyPorts for every other protocol.
type Ports struct{ From, To int }

// AnyPorts stands for the whole protocol.
var AnyPorts = Ports{-1, -1}

// SinglePort is the range of one port.
func SinglePort(port int) Ports { return Ports{port, port} }

// ParsePorts reads "443" or "8000-8100". Ports lie within 1 and MaxPort.
func ParsePorts(text string) (Ports, error) {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	a, errA := strconv.Atoi(from)
	b, errB := strconv.Atoi(to)
	switch {
	case errA != nil || errB != nil:
		return Ports{}, fmt.Errorf("%q is not a port range of the form FROM-TO", text)
	case a < 1 || a > MaxPort || b < 1 || b > MaxPort:
		return Ports{}, fmt.Errorf("%s lies outside of the ports 1-%d", text, MaxPort)
	case a > b:
		return Ports{}, fmt.Errorf("%s runs backwards: write %d-%d", text, b, a)
	}
	return Ports{a, b}, nil
}

// Compare orders by the lower, then the upper bound.
func (p Ports) Compare(q Ports) int {
	return cmp.Or(cmp.Compare(p.From, q.From), cmp.Compare(p.To, q.To))
}

// Traffic is what a rule lets through, whoever the peer is.
type Traffic struct {
	Protocol Protocol
	Ports    Ports
}

// Covers reports whether everything that is u is t as well.
func (t Traffic) Covers(u Traffic) bool {
	switch {
	case t.Protocol == All:
		return true
	case t.Protocol != u.Protocol:
		return false
	case t.Protocol.HasPorts():
		return t.Ports.From <= u.Ports.From && u.Ports.To <= t.Ports.To
	case t.Protocol.IsICMP():
		return t.Ports == AnyPorts || t.Ports.From == u.Ports.From && (t.Ports.To == -1 || t.Ports.To == u.Ports.To)
	default:
		return true
	}
}

// Overlaps reports whether something is both t and u.
func (t Traffic) Overlaps(u Traffic) bool {
	if t.Protocol.HasPorts() && u.Protocol.HasPorts() && t.Ports != AnyPorts && u.Ports != AnyPorts {
		return t.Protocol == u.Protocol && t.Ports.From <= u.Ports.To && u.Ports.From <= t.Ports.To
	}
	return SetOf(t).Overlaps(SetOf(u))
}

// Compare orders by protocol number, then ports.
func (t Traffic) Compare(u Traffic) int {
	return cmp.Or(cmp.Compare(t.Protocol, u.Protocol), t.Ports.Compare(u.Ports))
}

// String is the traffic as people write it: tcp/443, udp/8000-8100, icmp/8, icmp/3.4, all.
func (t Traffic) String() string {
	name := t.Protocol.String()
	switch {
	case t.Ports == AnyPorts || t.Protocol.HasPorts() && t.Ports == Ports{0, MaxPort}:
		return name
	case t.Protocol.IsICMP() && t.Ports.To == -1:
		return fmt.Sprintf("%s/%d", name, t.Ports.From)
	case t.Protocol.IsICMP():
		return fmt.Sprintf("%s/%d.%d", name, t.Ports.From, t.Ports.To)
	case t.Ports.From == t.Ports.To:
		return fmt.Sprintf("%s/%d", name, t.Ports.From)
	default:
		return fmt.Sprintf("%s/%d-%d", name, t.Ports.From, t.Ports.To)
	}
}

// InRule is the traffic as a rule gives it: with its ports also where they are all of the protocol's, tcp/0-65535.
func (t Traffic) InRule() string {
	if t.Protocol.HasPorts() && t.Ports == (Ports{0, MaxPort}) {
		return fmt.Sprintf("%s/%d-%d", t.Protocol, t.Ports.From, t.Ports.To)
	}
	return t.String()
}

// ParseTraffic reads traffic as people write it: tcp/443, udp/8000-8100, icmp/8, icmp/3.4, a protocol alone for all of it,
// or all. All of TCP or UDP are the ports that a rule may name: port 0, which nobody serves, is not asked for.
func ParseTraffic(text string) (Traffic, error) {
	name, detail, hasDetail := strings.Cut(text, "/")
	protocol, err := ParseProtocol(name)
	switch {
	case err != nil:
		return Traffic{}, err
	case !hasDetail && protocol.HasPorts():
		return Traffic{protocol, Ports{1, MaxPort}}, nil
	case !hasDetail:
		return Traffic{protocol, AnyPorts}, nil
	case protocol.HasPorts():
		ports, err := ParsePorts(detail)
		return Traffic{protocol, ports}, err
	case protocol.IsICMP():
		ports, err := parseICMP(detail)
		return Traffic{protocol, ports}, err
	default:
		return Traffic{}, fmt.Errorf("%s has no ports: write %s alone", name, name)
	}
}

// parseICMP reads TYPE or TYPE.CODE.
func parseICMP(text string) (Ports, error) {
	kind, code, hasCode := strings.Cut(text, ".")
	if !hasCode {
		code = "-1"
	}
	a, errA := strconv.Atoi(kind)
	b, errB := strconv.Atoi(code)
	if errA != nil || errB != nil || a < 0 || a > 255 || b > 255 || hasCode && b < 0 {
		return Ports{}, fmt.Errorf("%q is not an ICMP type from 0 to 255, or TYPE.CODE", text)
	}
	return Ports{a, b}, nil
}

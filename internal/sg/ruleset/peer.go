package ruleset

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

// PeerKind says what the other end of a rule is.
type PeerKind uint8

// The kinds, in the order in which rules are listed.
const (
	CIDR       PeerKind = iota // an IPv4 or IPv6 range
	TierRef                    // a tier of the set
	GroupRef                   // an existing security group, sg-...
	PrefixList                 // a managed prefix list, pl-...
)

// Peer is the other end of a rule. Equal peers are equal Go values: a CIDR has no host bits.
type Peer struct {
	Kind   PeerKind
	Prefix netip.Prefix // of a CIDR
	Name   string       // of the others: the tier's name or the AWS ID
}

// CIDRPeer is a range of addresses; host bits are dropped.
func CIDRPeer(p netip.Prefix) Peer { return Peer{Kind: CIDR, Prefix: p.Masked()} }

// TierPeer is a tier of the set, by name.
func TierPeer(name string) Peer { return Peer{Kind: TierRef, Name: name} }

// GroupPeer is an existing security group, by ID.
func GroupPeer(id string) Peer { return Peer{Kind: GroupRef, Name: id} }

// PrefixPeer is a managed prefix list, by ID.
func PrefixPeer(id string) Peer { return Peer{Kind: PrefixList, Name: id} }

// ParseCIDR reads an IPv4 or IPv6 CIDR. It accepts host bits and any spelling of IPv6, and returns the canonical prefix;
// IPv4-mapped IPv6 and zones are refused, as EC2 has neither.
func ParseCIDR(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err == nil && p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is IPv4 inside of IPv6: write it as IPv4", text)
	}
	if err == nil {
		return p.Masked(), nil
	}
	if addr, addrErr := netip.ParseAddr(text); addrErr == nil && addr.Zone() == "" {
		return netip.Prefix{}, fmt.Errorf("%q has no prefix length: a single address is %s/%d", text, addr, addr.BitLen())
	}
	return netip.Prefix{}, fmt.Errorf("%q is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32", text)
}

// IsIPv6 reports whether the peer is an IPv6 range.
func (p Peer) IsIPv6() bool { return p.Kind == CIDR && p.Prefix.Addr().Is6() }

// IsAnywhere reports whether the peer is 0.0.0.0/0 or ::/0.
func (p Peer) IsAnywhere() bool { return p.Kind == CIDR && p.Prefix.Bits() == 0 }

// String is the peer as a config writes it.
func (p Peer) String() string {
	if p.Kind == CIDR {
		return p.Prefix.String()
	}
	return p.Name
}

// Compare orders by kind, then IPv4 before IPv6, address, length and name.
func (p Peer) Compare(q Peer) int {
	return cmp.Or(
		cmp.Compare(p.Kind, q.Kind),
		p.Prefix.Addr().Compare(q.Prefix.Addr()),
		cmp.Compare(p.Prefix.Bits(), q.Prefix.Bits()),
		strings.Compare(p.Name, q.Name),
	)
}

package ruleset

import (
	"math/big"
	"net/netip"
	"sync"

	"go4.org/netipx"
)

// The world is a set, not a string. Sources are the world from this many public addresses on: a /8 of IPv4, a /16 of
// IPv6.
const (
	worldIPv4 = 1 << 24
	worldIPv6 = 128 - 16 // as a power of two
)

// specialPurpose are the ranges of the IANA special-purpose address registries (RFC 6890), multicast included, from which
// nobody on the internet sends.
var specialPurpose = []string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4",
	"::/127", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "ff00::/8",
}

// IsWorld reports whether the union of the ranges, less special-purpose ones, is the world in IPv4 or in IPv6.
func IsWorld(ranges []netip.Prefix) bool {
	set, err := public(ranges)
	if err != nil {
		return true // an invalid prefix; ParseCIDR returns none, and a security tool errs to the safe side
	}
	v4, v6 := new(big.Int), new(big.Int)
	for _, r := range set.Ranges() {
		sum := v4
		if r.From().Is6() {
			sum = v6
		}
		sum.Add(sum, size(r))
	}
	return v4.Cmp(big.NewInt(worldIPv4)) >= 0 || v6.BitLen() > worldIPv6
}

// IsPublic reports whether a range has an address from which somebody on the internet may send.
func IsPublic(p netip.Prefix) bool {
	set, err := public([]netip.Prefix{p})
	return err != nil || len(set.Ranges()) > 0
}

// public is the union of the ranges, less special-purpose ones.
func public(ranges []netip.Prefix) (*netipx.IPSet, error) {
	var b netipx.IPSetBuilder
	for _, p := range ranges {
		b.AddPrefix(p)
	}
	special, err := specialSet()
	if err != nil {
		return nil, err
	}
	b.RemoveSet(special)
	return b.IPSet()
}

var specialSet = sync.OnceValues(func() (*netipx.IPSet, error) {
	var b netipx.IPSetBuilder
	for _, s := range specialPurpose {
		b.AddPrefix(netip.MustParsePrefix(s))
	}
	return b.IPSet()
})

func size(r netipx.IPRange) *big.Int {
	from := new(big.Int).SetBytes(r.From().AsSlice())
	to := new(big.Int).SetBytes(r.To().AsSlice())
	return to.Sub(to, from).Add(to, big.NewInt(1))
}

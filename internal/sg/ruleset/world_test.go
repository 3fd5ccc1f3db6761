package ruleset_test

import (
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/ruleset"
)

func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range texts {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func TestIsWorld(t *testing.T) {
	for _, tc := range []struct {
		ranges string
		want   bool
	}{
		{"", false},
		{"0.0.0.0/0", true},
		{"::/0", true},
		{"0.0.0.0/1", true},
		{"128.0.0.0/1", true},
		{"8.0.0.0/8", true},                       // exactly 2^24
		{"8.0.0.0/9", false},                      // half of it
		{"8.0.0.0/9 8.128.0.0/9", true},           // split
		{"8.0.0.0/9 8.0.0.0/9 8.0.0.0/10", false}, // the same addresses several times
		{"8.0.0.0/10 11.0.0.0/10 20.0.0.0/10 30.0.0.0/10", true},    // four /10s
		{"8.0.0.0/10 11.0.0.0/10 20.0.0.0/10", false},               // three
		{"8.0.0.0/10 11.0.0.0/10 20.0.0.0/10 100.64.0.0/10", false}, // the fourth is nobody's
		{"10.0.0.0/8", false},                                         // private
		{"10.0.0.0/8 172.16.0.0/12 192.168.0.0/16", false},            // all private space
		{"10.0.0.0/7", true},                                          // 11.0.0.0/8 is public
		{"172.0.0.0/8", false},                                        // a /8 less a private /12
		{"224.0.0.0/3", false},                                        // multicast and reserved
		{"100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 0.0.0.0/8", false}, // nobody on the internet
		{"203.0.113.7/32", false},                                     // one host
		{"2600::/16", true},                                           // exactly a /16
		{"2600::/17", false},                                          // half of it
		{"2600::/17 2600:8000::/17", true},                            // split
		{"2000::/3", true},                                            // all of global unicast
		{"fc00::/7 fe80::/10 ff00::/8 2002::/16 5f00::/16", false},    // nobody on the internet
		{"2001::/16", false},                                          // a /16 less special ranges
		{"8.0.0.0/9 2600::/17", false},                                // families don't add up
		{"2001:db8::/32 2600:1f00::/24 8.8.8.0/24 10.0.0.0/8", false}, // ordinary sources
		{"::ffff:0:0/96 64:ff9b::/96", false},                         // IPv4 in the clothes of IPv6
		{"8.0.0.0/10 8.64.0.0/10 8.128.0.0/10 8.192.0.0/11", false},   // an /11 short
		{"8.0.0.0/10 8.64.0.0/10 8.128.0.0/10 8.192.0.0/11 9.0.0.0/11", true},
	} {
		if got := ruleset.IsWorld(prefixes(strings.Fields(tc.ranges)...)); got != tc.want {
			t.Errorf("%q: %t, want %t", tc.ranges, got, tc.want)
		}
	}
}

// interval is an inclusive range of addresses of one family, as numbers.
type interval struct{ first, last *big.Int }

// intervals parses ranges of one family with the older net package.
func intervals(t *testing.T, texts []string, ipv6 bool) []interval {
	t.Helper()
	var out []interval
	for _, s := range texts {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(s, ":") != ipv6 {
			continue
		}
		ones, bits := n.Mask.Size()
		first := new(big.Int).SetBytes(n.IP)
		last := new(big.Int).Lsh(big.NewInt(1), uint(bits-ones))
		out = append(out, interval{first, last.Add(last, first).Sub(last, big.NewInt(1))})
	}
	return out
}

// count is how many addresses lie in one of the sources and in none of the excluded ranges. It cuts the line of addresses
// at every border and asks for each piece.
func count(sources, excluded []interval) *big.Int {
	var borders []*big.Int
	for _, i := range slices.Concat(sources, excluded) {
		borders = append(borders, i.first, new(big.Int).Add(i.last, big.NewInt(1)))
	}
	slices.SortFunc(borders, (*big.Int).Cmp)
	holds := func(list []interval, n *big.Int) bool {
		return slices.ContainsFunc(list, func(i interval) bool { return i.first.Cmp(n) <= 0 && n.Cmp(i.last) <= 0 })
	}
	sum := new(big.Int)
	for i := range max(0, len(borders)-1) {
		if from := borders[i]; holds(sources, from) && !holds(excluded, from) {
			sum.Add(sum, new(big.Int).Sub(borders[i+1], from))
		}
	}
	return sum
}

func TestIsWorldAgainstCounting(t *testing.T) {
	special := strings.Fields(`
		0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
		192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
		::/128 ::1/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16
		fc00::/7 fe80::/10 ff00::/8`)
	// net.ParseCIDR takes ::ffff:0:0/96 for all of IPv4, which is not what is meant; the range lies below the others.
	special = slices.DeleteFunc(special, func(s string) bool { return s == "::ffff:0:0/96" })
	special4, special6 := intervals(t, special, false), intervals(t, special, true)
	limit4, limit6 := big.NewInt(1<<24), new(big.Int).Lsh(big.NewInt(1), 112)

	draw := rapid.Custom(func(rt *rapid.T) string {
		if rapid.Bool().Draw(rt, "is IPv6") {
			return fmt.Sprintf("%x::/%d", rapid.IntRange(0x2000, 0x3fff).Draw(rt, "group"), rapid.IntRange(14, 20).Draw(rt, "bits"))
		}
		return fmt.Sprintf("%d.%d.0.0/%d", rapid.IntRange(0, 255).Draw(rt, "first"), rapid.IntRange(0, 255).Draw(rt, "second"), rapid.IntRange(6, 12).Draw(rt, "bits"))
	})
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.SliceOfN(draw, 0, 12).Draw(rt, "ranges")
		want := count(intervals(t, texts, false), special4).Cmp(limit4) >= 0 || count(intervals(t, texts, true), special6).Cmp(limit6) >= 0
		if got := ruleset.IsWorld(prefixes(texts...)); got != want {
			rt.Fatalf("%v: %t, want %t", texts, got, want)
		}
	})
}

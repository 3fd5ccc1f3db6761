package ruleset_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/ruleset"
)

func TestParseCIDR(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/16":                          "10.0.0.0/16",
		"10.0.3.4/16":                          "10.0.0.0/16",
		"203.0.113.7/32":                       "203.0.113.7/32",
		"1.2.3.4/0":                            "0.0.0.0/0",
		"2001:DB8:0::/32":                      "2001:db8::/32",
		"2001:0db8:0000:0000:0000:0000:0:1/64": "2001:db8::/64",
		"::/0":                                 "::/0",
	} {
		if got, err := ruleset.ParseCIDR(text); err != nil || got.String() != want {
			t.Errorf("%q: %v and %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                    `"" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
		"anywhere":            `"anywhere" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
		"10.0.0.0/33":         `"10.0.0.0/33" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
		"10.0.0.0/08":         `"10.0.0.0/08" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
		"010.0.0.0/8":         `"010.0.0.0/8" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
		" 10.0.0.0/8":         `" 10.0.0.0/8" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
		"10.0.0.0/8\n":        `"10.0.0.0/8\n" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
		"10.0.0.0/255.0.0.0":  `"10.0.0.0/255.0.0.0" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
		"fe80::%eth0/64":      `"fe80::%eth0/64" is not a CIDR such as 10.0.0.0/16 or 2001:db8::/32`,
		"10.0.0.1":            `"10.0.0.1" has no prefix length: a single address is 10.0.0.1/32`,
		"2001:DB8::1":         `"2001:DB8::1" has no prefix length: a single address is 2001:db8::1/128`,
		"::ffff:10.0.0.0/104": `"::ffff:10.0.0.0/104" is IPv4 inside of IPv6: write it as IPv4`,
	} {
		if got, err := ruleset.ParseCIDR(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v and %v, want %s", text, got, err, want)
		}
	}
}

// Whatever ParseCIDR accepts is canonical, means what the standard library's older parser takes it for, and reads back.
func FuzzParseCIDR(f *testing.F) {
	for _, seed := range []string{"10.0.0.0/16", "10.1.2.3/8", "::/0", "2001:DB8::1/64", "::ffff:1.2.3.4/100", "1.2.3.4", "fe80::%1/64", "0.0.0.0/-0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ruleset.ParseCIDR(text)
		if err != nil {
			return
		}
		_, want, err := net.ParseCIDR(text)
		if err != nil {
			t.Fatalf("net.ParseCIDR(%q): %v", text, err)
		}
		if got.String() != want.String() || got != got.Masked() {
			t.Errorf("%q gives %v, want %v", text, got, want)
		}
		if again, err := ruleset.ParseCIDR(got.String()); err != nil || again != got {
			t.Errorf("%v is read as %v (%v)", got, again, err)
		}
	})
}

// Every spelling of a range is the same peer.
func TestCIDRPeerIsCanonical(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		address := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "IPv4")))
		if rapid.Bool().Draw(rt, "is IPv6") {
			address = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "IPv6")))
		}
		bits := rapid.IntRange(0, address.BitLen()).Draw(rt, "bits")
		p := ruleset.CIDRPeer(netip.PrefixFrom(address, bits))
		first := p.Prefix.Addr()
		if q := ruleset.CIDRPeer(netip.PrefixFrom(first, bits)); p != q {
			rt.Fatalf("%v/%d and %v/%d are different peers", address, bits, first, bits)
		}
		if p.IsAnywhere() != (bits == 0) || p.IsIPv6() != address.Is6() {
			rt.Fatalf("%v: anywhere %t, IPv6 %t", p, p.IsAnywhere(), p.IsIPv6())
		}
	})
}

func cidr(text string) ruleset.Peer { return ruleset.CIDRPeer(netip.MustParsePrefix(text)) }

func TestPeerOrder(t *testing.T) {
	want := []ruleset.Peer{
		cidr("0.0.0.0/0"), cidr("0.0.0.0/1"), cidr("10.0.0.0/8"), cidr("10.0.0.0/16"), cidr("128.0.0.0/1"), cidr("::/0"), cidr("2001:db8::/32"),
		ruleset.TierPeer("app"), ruleset.TierPeer("web"), ruleset.GroupPeer("sg-12345678"), ruleset.PrefixPeer("pl-12345678"),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, ruleset.Peer.Compare)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b ruleset.Peer) bool { return a == b })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var names []string
	for _, p := range got {
		names = append(names, p.String())
	}
	wantNames := []string{
		"0.0.0.0/0", "0.0.0.0/1", "10.0.0.0/8", "10.0.0.0/16", "128.0.0.0/1", "::/0", "2001:db8::/32", "app", "web", "sg-12345678", "pl-12345678",
	}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

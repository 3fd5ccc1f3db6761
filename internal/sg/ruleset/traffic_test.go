package ruleset_test

import (
	"testing"

	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/ruleset"
)

// packet is one thing that traffic may let through: a protocol with a port, or with an ICMP type and code.
type packet struct {
	protocol ruleset.Protocol
	a, b     int
}

// packets are all packets of a small world: every protocol that rules are drawn from and one more, ports and ICMP types
// and codes up to one more than is drawn.
func packets() []packet {
	var all []packet
	for _, p := range []ruleset.Protocol{0, 1, 6, 17, 50, 51, 58} {
		for a := range 7 {
			for b := range 7 {
				all = append(all, packet{p, a, b})
			}
		}
	}
	return all
}

// permits is what EC2 documents, word by word.
func permits(t ruleset.Traffic, p packet) bool {
	switch {
	case t.Protocol == -1:
		return true
	case t.Protocol != p.protocol:
		return false
	case p.protocol == 6 || p.protocol == 17:
		return p.a >= t.Ports.From && p.a <= t.Ports.To
	case p.protocol == 1 || p.protocol == 58:
		return (t.Ports.From == -1 || t.Ports.From == p.a) && (t.Ports.To == -1 || t.Ports.To == p.b)
	default:
		return true
	}
}

func drawTraffic(t *rapid.T, label string) ruleset.Traffic {
	p := rapid.SampledFrom([]ruleset.Protocol{-1, 0, 1, 6, 17, 50, 58}).Draw(t, label+" protocol")
	traffic := ruleset.Traffic{Protocol: p, Ports: ruleset.AnyPorts}
	switch {
	case p.HasPorts():
		from := rapid.IntRange(1, 5).Draw(t, label+" from")
		traffic.Ports = ruleset.Ports{From: from, To: rapid.IntRange(from, 5).Draw(t, label+" to")}
	case p.IsICMP():
		traffic.Ports.From = rapid.IntRange(-1, 5).Draw(t, label+" type")
		if traffic.Ports.From >= 0 {
			traffic.Ports.To = rapid.IntRange(-1, 5).Draw(t, label+" code")
		}
	}
	return traffic
}

func TestCovers(t *testing.T) {
	all := packets()
	rapid.Check(t, func(rt *rapid.T) {
		t1, t2 := drawTraffic(rt, "first"), drawTraffic(rt, "second")
		want := true
		for _, p := range all {
			want = want && (!permits(t2, p) || permits(t1, p))
		}
		if got := t1.Covers(t2); got != want {
			rt.Fatalf("%v covers %v: %t, want %t", t1, t2, got, want)
		}
	})
}

func TestTrafficString(t *testing.T) {
	for want, traffic := range map[string]ruleset.Traffic{
		"all":           {Protocol: ruleset.All, Ports: ruleset.AnyPorts},
		"tcp/443":       {Protocol: ruleset.TCP, Ports: ruleset.SinglePort(443)},
		"udp/8000-8100": {Protocol: ruleset.UDP, Ports: ruleset.Ports{From: 8000, To: 8100}},
		"icmp":          {Protocol: ruleset.ICMP, Ports: ruleset.AnyPorts},
		"icmp/8":        {Protocol: ruleset.ICMP, Ports: ruleset.Ports{From: 8, To: -1}},
		"icmp/3.4":      {Protocol: ruleset.ICMP, Ports: ruleset.Ports{From: 3, To: 4}},
		"icmp/0.0":      {Protocol: ruleset.ICMP, Ports: ruleset.Ports{}},
		"icmpv6/128":    {Protocol: ruleset.ICMPv6, Ports: ruleset.Ports{From: 128, To: -1}},
		"50":            {Protocol: 50, Ports: ruleset.AnyPorts},
		"0":             {Protocol: 0, Ports: ruleset.AnyPorts},
	} {
		if got := traffic.String(); got != want {
			t.Errorf("%#v: %q, want %q", traffic, got, want)
		}
	}
}

// A rule that EC2 holds for all ports is told from one for the whole protocol, which TCP and UDP can't have.
func TestInRule(t *testing.T) {
	for want, traffic := range map[string]ruleset.Traffic{
		"tcp/0-65535": {Protocol: ruleset.TCP, Ports: ruleset.Ports{From: 0, To: ruleset.MaxPort}},
		"udp/0-65535": {Protocol: ruleset.UDP, Ports: ruleset.Ports{From: 0, To: ruleset.MaxPort}},
		"tcp/1-65535": {Protocol: ruleset.TCP, Ports: ruleset.Ports{From: 1, To: ruleset.MaxPort}},
		"tcp/443":     {Protocol: ruleset.TCP, Ports: ruleset.SinglePort(443)},
		"icmp/3.4":    {Protocol: ruleset.ICMP, Ports: ruleset.Ports{From: 3, To: 4}},
		"all":         {Protocol: ruleset.All, Ports: ruleset.AnyPorts},
	} {
		if got := traffic.InRule(); got != want {
			t.Errorf("%#v: %q, want %q", traffic, got, want)
		}
	}
}

func TestParseProtocol(t *testing.T) {
	for text, want := range map[string]ruleset.Protocol{
		"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "all": -1, "-1": -1, "TCP": 6, "All": -1,
		"6": 6, "0": 0, "255": 255, "050": 50, // EC2 and CloudFormation write numbers; configs can't begin one with 0
	} {
		got, err := ruleset.ParseProtocol(text)
		if err != nil || got != want {
			t.Errorf("%q: %v and %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "any", "tcp ", "256", "-2", "6.0", "0x06", "99999999999999999999"} {
		if got, err := ruleset.ParseProtocol(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
	for p := ruleset.Protocol(-1); p <= 255; p++ {
		for _, text := range []string{p.String(), p.EC2()} {
			if got, err := ruleset.ParseProtocol(text); err != nil || got != p {
				t.Errorf("%d is written as %q, and read as %d (%v)", int(p), text, int(got), err)
			}
		}
	}
}

func TestParsePorts(t *testing.T) {
	for text, want := range map[string]ruleset.Ports{
		"443": {From: 443, To: 443}, "1-65535": {From: 1, To: 65535}, "8000-8100": {From: 8000, To: 8100}, "80-80": {From: 80, To: 80}, "0443": {From: 443, To: 443},
	} {
		if got, err := ruleset.ParsePorts(text); err != nil || got != want {
			t.Errorf("%q: %v and %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":           `"" is not a port range of the form FROM-TO`,
		"http":       `"http" is not a port range of the form FROM-TO`,
		"80-":        `"80-" is not a port range of the form FROM-TO`,
		"-80":        `"-80" is not a port range of the form FROM-TO`,
		"1-2-3":      `"1-2-3" is not a port range of the form FROM-TO`,
		"80 - 90":    `"80 - 90" is not a port range of the form FROM-TO`,
		"0":          "0 lies outside of the ports 1-65535",
		"0-65535":    "0-65535 lies outside of the ports 1-65535",
		"80-65536":   "80-65536 lies outside of the ports 1-65535",
		"90-80":      "90-80 runs backwards: write 80-90",
		"80--90":     "80--90 lies outside of the ports 1-65535",
		"1-99999999": "1-99999999 lies outside of the ports 1-65535",
	} {
		got, err := ruleset.ParsePorts(text)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v and %v, want %s", text, got, err, want)
		}
	}
}

func FuzzParsePorts(f *testing.F) {
	for _, seed := range []string{"443", "8000-8100", "0", "1-65535", "90-80", "-", "1-2-3", "+1-+2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ports, err := ruleset.ParsePorts(text)
		if err != nil {
			return
		}
		if ports.From < 1 || ports.From > ports.To || ports.To > ruleset.MaxPort {
			t.Errorf("%q gives %v", text, ports)
		}
		written := ruleset.Traffic{Protocol: ruleset.TCP, Ports: ports}.String()[len("tcp/"):]
		if again, err := ruleset.ParsePorts(written); err != nil || again != ports {
			t.Errorf("%q is written as %s, which is read as %v (%v)", text, written, again, err)
		}
	})
}

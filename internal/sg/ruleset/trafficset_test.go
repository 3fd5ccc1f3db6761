package ruleset_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/ruleset"
)

// crowd is a set of packets of the small world, the plain way.
type crowd map[packet]bool

func crowdOf(traffic []ruleset.Traffic) crowd {
	c := crowd{}
	for _, p := range packets() {
		c[p] = slices.ContainsFunc(traffic, func(t ruleset.Traffic) bool { return permits(t, p) })
	}
	return c
}

// in is the crowd that a set holds, asked packet by packet.
func in(s ruleset.TrafficSet) crowd {
	c := crowd{}
	for _, p := range packets() {
		one := ruleset.Traffic{Protocol: p.protocol, Ports: ruleset.AnyPorts}
		switch p.protocol {
		case 6, 17:
			one.Ports = ruleset.SinglePort(p.a)
		case 1, 58:
			one.Ports = ruleset.Ports{From: p.a, To: p.b}
		}
		c[p] = s.Covers(ruleset.SetOf(one))
	}
	return c
}

func drawTraffics(t *rapid.T, label string) []ruleset.Traffic {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ruleset.Traffic { return drawTraffic(t, "rule") }), 0, 6).Draw(t, label)
}

// drawSet draws a set that may have holes, with the crowd that it should hold.
func drawSet(t *rapid.T, label string) (ruleset.TrafficSet, crowd) {
	with, without := drawTraffics(t, label), drawTraffics(t, label+" without")
	want, less := crowdOf(with), crowdOf(without)
	for p := range want {
		want[p] = want[p] && !less[p]
	}
	return ruleset.SetOf(with...).Minus(ruleset.SetOf(without...)), want
}

func TestTrafficSetAlgebra(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, inA := drawSet(rt, "a")
		b, inB := drawSet(rt, "b")
		for _, tt := range []struct {
			name string
			got  ruleset.TrafficSet
			want func(a, b bool) bool
		}{
			{"a", a, func(a, _ bool) bool { return a }},
			{"union", a.Union(b), func(a, b bool) bool { return a || b }},
			{"intersection", a.Intersect(b), func(a, b bool) bool { return a && b }},
			{"difference", a.Minus(b), func(a, b bool) bool { return a && !b }},
		} {
			for p, has := range in(tt.got) {
				if want := tt.want(inA[p], inB[p]); has != want {
					rt.Fatalf("%s has %v: %t, want %t", tt.name, p, has, want)
				}
			}
		}
		if got, want := a.Overlaps(b), !a.Intersect(b).IsEmpty(); got != want {
			rt.Fatalf("a and b overlap: %t, want %t", got, want)
		}
		isPart := true
		for p, has := range inB {
			isPart = isPart && (!has || inA[p])
		}
		if a.Covers(b) && !isPart || a.Covers(b) != b.Minus(a).IsEmpty() {
			rt.Fatalf("a covers b: %t, and is all of its packets: %t", a.Covers(b), isPart)
		}
	})
}

// TestTrafficSetIsCanonical wants one set of one content, whichever way it came about.
func TestTrafficSetIsCanonical(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		traffic := drawTraffics(rt, "traffic")
		shuffled := rapid.Permutation(traffic).Draw(rt, "shuffled")
		var oneByOne ruleset.TrafficSet
		for _, one := range shuffled {
			oneByOne = oneByOne.Union(ruleset.SetOf(one))
		}
		all := ruleset.SetOf(traffic...)
		if diff := cmp.Diff(all.List(), oneByOne.List()); diff != "" {
			rt.Fatalf("one by one (-at once +one by one):\n%s", diff)
		}
		other, _ := drawSet(rt, "other")
		back := all.Minus(other).Union(all.Intersect(other))
		if diff := cmp.Diff(all.List(), back.List()); diff != "" {
			rt.Fatalf("taken apart and put together (-before +after):\n%s", diff)
		}
	})
}

// TestTrafficSetList wants every set back from its list. Of the protocols without a name a set has all or none here: the
// list tells no exceptions of them.
func TestTrafficSetList(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		named := func(t ruleset.Traffic) bool {
			return t.Protocol == ruleset.All || t.Protocol.HasPorts() || t.Protocol.IsICMP()
		}
		with := drawTraffics(rt, "with")
		without := slices.DeleteFunc(drawTraffics(rt, "without"), func(t ruleset.Traffic) bool { return !named(t) })
		set := ruleset.SetOf(with...).Minus(ruleset.SetOf(without...))
		list := set.List()
		again := ruleset.SetOf(list...)
		if !again.Covers(set) || !set.Covers(again) {
			rt.Fatalf("%v is not the set that it lists, but %v", list, again.List())
		}
		for i, one := range list {
			if !set.Holds(one) || !set.Covers(ruleset.SetOf(one)) {
				rt.Fatalf("%v lists %v, and doesn't hold it", list, one)
			}
			if i > 0 && !slices.IsSortedFunc(list, ruleset.Traffic.Compare) {
				rt.Fatalf("%v is not sorted", list)
			}
		}
	})
}

func TestTrafficSetLists(t *testing.T) {
	all := ruleset.Traffic{Protocol: ruleset.All, Ports: ruleset.AnyPorts}
	for _, tt := range []struct {
		with, without, want []string
	}{
		{[]string{"all"}, nil, []string{"all"}},
		{[]string{"tcp/1-10", "tcp/11-20"}, nil, []string{"tcp/1-20"}},
		{[]string{"tcp/1-10", "tcp/5-20", "udp/53", "50"}, []string{"tcp/7"}, []string{"tcp/1-6", "tcp/8-20", "udp/53", "50"}},
		{[]string{"icmp/8.0", "icmp/3", "icmp/4"}, nil, []string{"icmp/3", "icmp/4", "icmp/8.0"}},
		{[]string{"icmp/254", "icmp/255"}, []string{"icmp/254.0", "icmp/255"}, codes("icmp/254", 1, 255)},
		{[]string{"all"}, []string{"tcp/22"}, []string{"other", "icmp", "tcp/0-21", "tcp/23-65535", "udp", "icmpv6"}},
		{[]string{"all"}, []string{"50"}, []string{"other", "icmp", "tcp", "udp", "icmpv6"}},
		{[]string{"all"}, []string{"icmp", "tcp", "udp", "icmpv6"}, []string{"other", "tcp/0", "udp/0"}},
		{[]string{"tcp"}, []string{"all"}, nil},
	} {
		got := ruleset.SetOf(parse(t, tt.with)...).Minus(ruleset.SetOf(parse(t, tt.without)...)).List()
		var words []string
		for _, one := range got {
			words = append(words, one.String())
		}
		if diff := cmp.Diff(tt.want, words); diff != "" {
			t.Errorf("%v without %v (-want +got):\n%s", tt.with, tt.without, diff)
		}
	}
	if got := ruleset.SetOf(all).Minus(ruleset.SetOf(all)); !got.IsEmpty() {
		t.Errorf("nothing is %v", got.List())
	}
}

func codes(kind string, from, to int) []string {
	var out []string
	for code := from; code <= to; code++ {
		p, _ := ruleset.ParseTraffic(kind)
		p.Ports.To = code
		out = append(out, p.String())
	}
	return out
}

func parse(t *testing.T, texts []string) []ruleset.Traffic {
	t.Helper()
	var out []ruleset.Traffic
	for _, text := range texts {
		one, err := ruleset.ParseTraffic(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	return out
}

func TestHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		set, _ := drawSet(rt, "set")
		one := drawTraffic(rt, "one")
		if rapid.IntRange(0, 9).Draw(rt, "others") == 0 {
			one = ruleset.Traffic{Protocol: ruleset.Others, Ports: ruleset.AnyPorts}
		}
		if got, want := set.Holds(one), set.Covers(ruleset.SetOf(one)); got != want {
			rt.Fatalf("%v holds %v: %t, want %t", set.List(), one, got, want)
		}
	})
}

func TestTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		traffic := drawTraffics(rt, "traffic")
		for p, has := range in(ruleset.Twice(traffic...)) {
			n := 0
			for _, one := range traffic {
				if permits(one, p) {
					n++
				}
			}
			if has != (n >= 2) {
				rt.Fatalf("%v is let through by %d of %v, and twice: %t", p, n, traffic, has)
			}
		}
	})
}

func FuzzParseTraffic(f *testing.F) {
	for _, seed := range []string{"tcp", "tcp/443", "udp/8000-8100", "icmp/8", "icmp/3.4", "icmpv6", "all", "-1", "6/22", "50", "99/1", "tcp/", "icmp/.1", "icmp/8.-1", "/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		traffic, err := ruleset.ParseTraffic(text)
		if err != nil {
			return
		}
		if again, err := ruleset.ParseTraffic(traffic.String()); err != nil || again != traffic {
			t.Errorf("%q is written as %s, which is read as %v (%v)", text, traffic, again, err)
		}
		set := ruleset.SetOf(traffic)
		if list := set.List(); !set.Holds(traffic) || !ruleset.SetOf(list...).Covers(set) {
			t.Errorf("%q is listed as %v", text, list)
		}
	})
}

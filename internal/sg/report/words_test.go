package report

import (
	"slices"
	"strings"
	"testing"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// flowsFrom are flows from a to b: what a text names, with "?" behind what is possible and "~" before what follows. The
// parts of a set of traffic are separated by spaces; "all-all-x" is everything but x.
func flowsFrom(t *testing.T, text string) []Flow {
	t.Helper()
	var out []Flow
	for word := range strings.FieldsSeq(text) {
		name, follows := strings.CutPrefix(word, "~")
		name, possible := strings.CutSuffix(name, "?")
		name, without, _ := strings.Cut(name, "-all-")
		set := ruleset.SetOf(trafficOfText(t, name))
		for missing := range strings.SplitSeq(without, "+") {
			if missing != "" {
				set = set.Minus(ruleset.SetOf(trafficOfText(t, missing)))
			}
		}
		var flows []reach.Flow
		for _, one := range set.List() {
			flows = append(flows, reach.Flow{From: "a", To: "b", Traffic: one, Possible: possible})
		}
		for _, f := range FlowsOf(flows) {
			f.Follows = follows
			out = append(out, f)
		}
	}
	return out
}

func trafficOfText(t *testing.T, text string) ruleset.Traffic {
	t.Helper()
	if text == "tcp/0-65535" { // no config writes it, but EC2 may hold it
		return ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.Ports{From: 0, To: ruleset.MaxPort}}
	}
	traffic, err := ruleset.ParseTraffic(text)
	if err != nil {
		t.Fatal(err)
	}
	return traffic
}

// What is left of everything beside narrower permissions is not told port by port.
func TestTrafficInWords(t *testing.T) {
	for _, tc := range []struct{ flows, want string }{
		{"", ""},
		{"tcp/443 tcp/80", "tcp/443, tcp/80"},
		{"47", "protocol 47"},
		{"tcp/0-65535", "all of tcp"},
		{"icmp", "all of icmp"},
		{"all", "all"},
		{"all-all-tcp/443", "all but tcp/443"},
		{"all-all-tcp/443+tcp/80", "all but tcp/80, tcp/443"},
		{"~tcp/443 tcp/8443", "tcp/8443, tcp/443"}, // what is meant comes first
		{"tcp/443 all-all-tcp/443?", "tcp/443, all else (possibly)"},
		{"tcp/443 ~all-all-tcp/443+tcp/22", "tcp/443, all else but tcp/22"},
		{"tcp/22 tcp/443?", "tcp/22, tcp/443 (possibly)"},
		// A single protocol that is missing is not known from the list: it must not read as if nothing were.
		{"all-all-50", "other protocols, all of icmp, all of tcp, all of udp, all of icmpv6"},
	} {
		flows := flowsFrom(t, tc.flows)
		all := phrases(flows)
		if got := sentence(all); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.flows, got, tc.want)
		}
		var told, want []string
		for _, p := range all {
			told = append(told, strings.Fields(p.told())...)
		}
		for _, f := range flows {
			want = append(want, "a|b|"+f.Traffic)
		}
		slices.Sort(told)
		slices.Sort(want)
		if !slices.Equal(told, want) {
			t.Errorf("%s: programs are told %q, want %q", tc.flows, told, want)
		}
	}
}

// A chart is one that Mermaid draws, or says that there is none.
func TestMermaidHasBounds(t *testing.T) {
	for _, tc := range []struct {
		name    string
		lines   int
		traffic string
		drawn   bool
	}{
		{"nothing", 0, "", true},
		{"as many as are drawn", maxMermaidLines, "tcp/443", true},
		{"too many", maxMermaidLines + 1, "tcp/443", false},
		{"too much text", 10, strings.Repeat("tcp/443, ", maxMermaidText/80), false},
	} {
		p := picture{Boxes: []boxView{{Full: "a"}}, Lines: make([]lineView, tc.lines)}
		for i := range p.Lines {
			p.Lines[i].Traffic = tc.traffic
		}
		chart := mermaid(p)
		if drawn := chart != tooLarge; drawn != tc.drawn || len(chart) > maxMermaidText {
			t.Errorf("%s: drawn %v, %d characters", tc.name, drawn, len(chart))
		}
	}
}

package cli

import (
	"fmt"
	"io"
	"strings"

	"mlops-infra-suite/internal/sg/reach"
)

// flowJSON is a flow as the JSON output has it. Ports are EC2's: type and code of ICMP, -1 for any.
type flowJSON struct {
	From      string `json:"from"`
	To        string `json:"to"`
	Protocol  string `json:"protocol"`
	FromPort  int    `json:"from_port"`
	ToPort    int    `json:"to_port"`
	Certainty string `json:"certainty,omitempty"`
}

// flowsOf are flows as the JSON output has them.
func flowsOf(flows []reach.Flow) []flowJSON {
	out := make([]flowJSON, len(flows))
	for i, f := range flows {
		out[i] = flowJSON{From: f.From, To: f.To, Protocol: f.Protocol.String(), FromPort: f.Ports.From, ToPort: f.Ports.To}
		if f.Possible {
			out[i].Certainty = "possible"
		}
	}
	return out
}

// differenceJSON is what a change opens and closes.
type differenceJSON struct {
	Opened   []flowJSON `json:"opened"`
	Closed   []flowJSON `json:"closed"`
	Broadens bool       `json:"broadens"`
}

// flowGroup is a line of flows: all traffic between two zones, as what and under which heading they are shown.
type flowGroup struct {
	zone, heading string
	traffic       []string
}

// group joins neighbouring flows of the same key into lines.
func group(flows []reach.Flow, key func(reach.Flow) (zone, heading string)) []flowGroup {
	var out []flowGroup
	for _, f := range flows {
		zone, heading := key(f)
		if n := len(out); n == 0 || out[n-1].zone != zone || out[n-1].heading != heading {
			out = append(out, flowGroup{zone: zone, heading: heading})
		}
		text := f.Traffic.String()
		if f.Possible {
			text += " (possibly)"
		}
		out[len(out)-1].traffic = append(out[len(out)-1].traffic, text)
	}
	return out
}

// writeFlows writes what a change opens or closes, as the verb says.
func writeFlows(w io.Writer, verb string, flows []reach.Flow) {
	if len(flows) == 0 {
		fmt.Fprintf(w, "  %s nothing\n", verb)
		return
	}
	table := newTable(w)
	for _, g := range group(flows, func(f reach.Flow) (string, string) { return f.From + " -> " + f.To, "" }) {
		fmt.Fprintf(table, "  %s %s\t%s\n", verb, g.zone, strings.Join(g.traffic, ", "))
	}
	table.Flush()
}

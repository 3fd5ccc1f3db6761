package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/report"
	"mlops-infra-suite/internal/sg/ruleset"
)

type assertionJSON struct {
	Text           string `json:"text"`
	Holds          bool   `json:"holds"`
	CounterExample string `json:"counterexample"`
}

type reachResult struct {
	header
	Flows      []flowJSON      `json:"flows"`
	Assertions []assertionJSON `json:"assertions"`
	Difference *differenceJSON `json:"difference,omitempty"` // with --against

	zones []string // in the order of the text
	table bool     // as a matrix
	flows []reach.Flow
	delta *reach.Delta
	base  string // the config of --against
	chart string // of the whole set, for Markdown
}

func (r *reachResult) writeText(w io.Writer) {
	if r.Error != nil {
		return // nothing was looked at
	}
	switch {
	case r.delta != nil:
		fmt.Fprintf(w, "In the place of %s\n", r.base)
		writeFlows(w, "opens", r.delta.Opened)
		writeFlows(w, "closes", r.delta.Closed)
	case r.table:
		writeMatrix(w, r.zones, r.flows)
	default:
		writeReached(w, r.zones, r.flows)
	}
	if len(r.Assertions) > 0 {
		fmt.Fprintln(w, "\nAssertions")
	}
	for _, a := range r.Assertions {
		verdict := "holds"
		if !a.Holds {
			verdict = "DOES NOT HOLD: " + a.CounterExample
		}
		fmt.Fprintf(w, "  %s: %s\n", a.Text, verdict)
	}
}

// writeReached answers for each zone who can reach it.
func writeReached(w io.Writer, zones []string, flows []reach.Flow) {
	order := make(map[string]int, len(zones))
	for i, zone := range zones {
		order[zone] = i
	}
	byTo := slices.Clone(flows)
	slices.SortStableFunc(byTo, func(a, b reach.Flow) int { return cmp.Compare(order[a.To], order[b.To]) })
	table := newTable(w)
	last := ""
	for _, g := range group(byTo, func(f reach.Flow) (string, string) { return f.From, f.To }) {
		if g.heading != last {
			fmt.Fprintf(table, "%s is reached by\n", g.heading)
			last = g.heading
		}
		fmt.Fprintf(table, "  %s\t%s\n", g.zone, strings.Join(g.traffic, ", "))
	}
	table.Flush()
	if len(flows) == 0 {
		fmt.Fprintln(w, "nothing flows")
	}
}

// writeMatrix writes a table: from the zone of the row to the zone of the column.
func writeMatrix(w io.Writer, zones []string, flows []reach.Flow) {
	traffic := map[[2]string][]string{}
	sends, receives := map[string]bool{}, map[string]bool{}
	for _, g := range group(flows, func(f reach.Flow) (string, string) { return f.From, f.To }) {
		at := [2]string{g.zone, g.heading}
		traffic[at] = append(traffic[at], g.traffic...)
		sends[g.zone], receives[g.heading] = true, true
	}
	table := newTable(w)
	fmt.Fprint(table, "from \\ to")
	for _, to := range zones {
		if receives[to] {
			fmt.Fprint(table, "\t", to)
		}
	}
	fmt.Fprintln(table)
	for _, from := range zones {
		if !sends[from] {
			continue
		}
		fmt.Fprint(table, from)
		for _, to := range zones {
			if receives[to] {
				fmt.Fprint(table, "\t", cmp.Or(strings.Join(traffic[[2]string{from, to}], ","), "-"))
			}
		}
		fmt.Fprintln(table)
	}
	table.Flush()
}

func (r *reachResult) writeMarkdown(m *markdown) {
	switch {
	case r.delta != nil:
		effect := "it opens nothing"
		if r.delta.Broadens() {
			effect = "it opens what was closed"
		}
		m.paragraph("In the place of %s: %s.", r.base, effect)
		m.flows("Opened", r.delta.Opened)
		m.flows("Closed", r.delta.Closed)
	case r.Error == nil:
		m.flows("Flows", r.flows)
		m.mermaid("Connections", r.chart)
	}
}

type reachOptions struct {
	from, to, port, against string
	matrix                  bool
}

func (a *app) showReachability() *cobra.Command {
	r := &reachResult{Flows: []flowJSON{}, Assertions: []assertionJSON{}}
	var opt reachOptions
	c := a.action("show-reachability", "Show who can reach whom, and whether the assertions hold", r, func(_ context.Context, s *session) error {
		return s.showReachability(r, opt)
	})
	c.Flags().StringVar(&opt.from, "from", "", "only flows from this zone: a tier, internet, internet-ipv6, a CIDR, sg-..., pl-...")
	c.Flags().StringVar(&opt.to, "to", "", "only flows to this zone")
	c.Flags().StringVar(&opt.port, "port", "", "only this traffic, such as tcp/443")
	c.Flags().StringVar(&opt.against, "against", "", "another config: show what changes if this one takes its place")
	c.Flags().BoolVar(&opt.matrix, "matrix", false, "as text: a table of zones instead of a list")
	return c
}

func (s *session) showReachability(r *reachResult, opt reachOptions) error {
	if err := s.load(); err != nil {
		return err
	}
	keep, zones, err := opt.filter(s.set.TierNames())
	if err != nil {
		return err
	}
	for _, v := range s.verdicts {
		r.Assertions = append(r.Assertions, assertionJSON{v.Claim.Text, v.Holds, v.CounterExample})
	}
	if opt.against != "" {
		return s.compareWith(r, opt.against, keep, zones)
	}
	matrix := reach.Compute(s.set, reach.Options{Zones: zones})
	r.zones, r.flows = matrix.Zones(), keep(matrix.Flows())
	r.Flows, r.table = flowsOf(r.flows), opt.matrix
	if all := (reachOptions{matrix: opt.matrix}); opt == all && s.app.opt.output == formatMarkdown {
		r.chart = report.Chart(s.set, matrix)
	}
	return nil
}

// compareWith shows what the set of this config opens and closes where that of another one was before.
func (s *session) compareWith(r *reachResult, name string, keep func([]reach.Flow) []reach.Flow, zones []ruleset.Peer) error {
	other := s.other(name)
	if err := other.load(); err != nil {
		s.findings, s.sources = append(s.findings, other.findings...), other.sources
		return err
	}
	delta := reach.Compare(other.set, s.set, reach.Options{Zones: zones})
	delta.Opened, delta.Closed = keep(delta.Opened), keep(delta.Closed)
	r.base, r.delta = other.cfg.File, &delta
	r.Difference = &differenceJSON{flowsOf(delta.Opened), flowsOf(delta.Closed), delta.Broadens()}
	return nil
}

// filter reads the flags that choose flows. Zones that they name are looked at even where no rule names them.
func (o reachOptions) filter(tiers []string) (func([]reach.Flow) []reach.Flow, []ruleset.Peer, error) {
	var zones []ruleset.Peer
	for flag, text := range map[string]*string{"--from": &o.from, "--to": &o.to} {
		if *text == "" {
			continue
		}
		p, ok := reach.ParseZone(*text, tiers)
		if !ok {
			return nil, nil, usagef("%s: %q is neither a tier nor internet, a CIDR, sg-... or pl-...", flag, *text)
		}
		if p.Kind != ruleset.TierRef {
			zones = append(zones, p)
		}
		*text = reach.ZoneName(p) // 10.8.1.1/16 is 10.8.0.0/16, and 0.0.0.0/0 the internet
	}
	wanted := ruleset.Traffic{Protocol: ruleset.All, Ports: ruleset.AnyPorts}
	if o.port != "" {
		var err error
		if wanted, err = ruleset.ParseTraffic(o.port); err != nil {
			return nil, nil, usagef("--port: %w", err)
		}
	}
	return func(flows []reach.Flow) []reach.Flow {
		return slices.DeleteFunc(slices.Clone(flows), func(f reach.Flow) bool {
			return o.from != "" && f.From != o.from || o.to != "" && f.To != o.to || !f.Overlaps(wanted)
		})
	}, zones, nil
}

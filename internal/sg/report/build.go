package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
	"mlops-infra-suite/internal/sg/template"
)

// Input is what a review is made from.
type Input struct {
	Config        *config.Config
	About         string      // the scenario's description
	Set           ruleset.Set // as the config has it
	Plain         ruleset.Set // the scenario without overrides
	Findings      diag.List
	Verdicts      []reach.Verdict
	Sources       diag.Sources
	Template      []byte
	TemplateFile  string
	Resources     int
	Strict        bool // warnings block
	DatabasePorts []int
}

// NewReview judges what there is to judge and gathers the rest.
func NewReview(in Input) *Review {
	matrix := reach.Compute(in.Set, reach.Options{})
	flows := matrix.Flows()
	b := &builder{in: in, lines: map[string][][]byte{}}
	r := &Review{
		Version:    reviewVersion,
		Subject:    NewSubject(in.Config, in.About),
		World:      world(in.Set),
		Outbound:   outbound(in.Set, flows),
		Databases:  databases(in.Set, flows, in.DatabasePorts),
		Findings:   b.findings(),
		Assertions: b.assertions(),
		Zones:      matrix.Zones(),
		Flows:      markFollowing(FlowsOf(flows), flows, in.Set),
		Tiers:      b.tiers(),
		Names:      NewNames(in.Config, in.Set, in.TemplateFile),
		Template:   NewTemplate(in.Template, in.Resources),
	}
	r.Overrides = b.overrides(r.Tiers)
	r.Verdict = r.judge(in.Strict)
	r.connections = connectionsOf(in.Set, matrix)
	return r
}

// NewSubject is what the reports of a config are about.
func NewSubject(c *config.Config, about string) Subject {
	return Subject{
		SGName: c.Names.SGName, Config: c.File, Company: c.CompanyName, Account: c.AccountID, Tenant: c.TenantID,
		Environment: c.Env, Region: c.Region, Workload: c.Workload, Scenario: c.Scenario, About: about,
	}
}

// NewNames are the names of a config's set.
func NewNames(c *config.Config, set ruleset.Set, templateFile string) Names {
	n := Names{
		Stack: c.Names.Stack(), VPC: cmp.Or(c.VPCID, c.VPCPath), TemplateFile: templateFile,
		Groups: make([]Group, len(set.Tiers)), Tags: template.Tags(c),
	}
	for i, t := range set.Tiers {
		n.Groups[i] = Group{
			Tier: t.Name, Role: string(t.Role), Name: c.Names.Group(t.Name), Description: c.Names.GroupDescription(t.Name),
			Parameter: c.Names.Parameter(t.Name), Export: c.Names.Export(t.Name),
		}
	}
	return n
}

// NewTemplate describes a template by its text.
func NewTemplate(text []byte, resources int) Template {
	sum := sha256.Sum256(text)
	return Template{Resources: resources, Bytes: len(text), SHA256: hex.EncodeToString(sum[:]), Text: string(text)}
}

// FlowsOf are flows as plain values.
func FlowsOf(flows []reach.Flow) []Flow {
	out := make([]Flow, len(flows))
	for i, f := range flows {
		out[i] = Flow{
			From: f.From, To: f.To, Protocol: f.Protocol.String(), FromPort: f.Ports.From, ToPort: f.Ports.To, Traffic: f.Traffic.String(), traffic: f.Traffic,
		}
		if f.Possible {
			out[i].Certainty = "possible"
		}
	}
	return out
}

// builder turns what the other packages found into plain values.
type builder struct {
	in    Input
	lines map[string][][]byte // of the sources, by file
}

// longestLine bounds how much of a line is shown, in characters: a file of one line would be shown whole with every rule.
const longestLine = 160

// frame is a line as it is shown; of a long one the part around a column, which counts characters.
func frame(line []byte, column int) string {
	from, shown := 0, line
	if len(line) > longestLine {
		for skip := column - longestLine/2; skip > 0 && from < len(line); skip-- {
			_, size := utf8.DecodeRune(line[from:])
			from += size
		}
		to := from
		for range longestLine {
			_, size := utf8.DecodeRune(line[to:])
			to += size
		}
		shown = line[from:to]
	}
	text := strings.ToValidUTF8(strings.TrimSpace(string(shown)), "\ufffd")
	if from > 0 {
		return text
	}
	return strings.TrimPrefix(text, "- ")
}

// place adds the line's text to a position.
func (b *builder) place(p diag.Pos) Place {
	lines, known := b.lines[p.File]
	if !known {
		lines = bytes.Split(b.in.Sources[p.File], []byte("\n"))
		b.lines[p.File] = lines
	}
	out := Place{File: p.File, Line: p.Line, Column: p.Column}
	if p.Line > 0 && p.Line <= len(lines) {
		out.Text = frame(lines[p.Line-1], p.Column)
	}
	return out
}

// findings are those that block first, then warnings, informations, and what has been waived.
func (b *builder) findings() []Finding {
	out := make([]Finding, len(b.in.Findings))
	for i, d := range b.in.Findings {
		c, _ := check.Find(d.ID)
		out[i] = Finding{
			ID: d.ID, Title: cmp.Or(c.Title, titleOf(d.ID)), Severity: d.Severity.String(), Impact: string(c.Impact), Tier: d.Tier, Rule: d.Rule,
			Message: d.Summary, Why: d.Detail, Remedy: d.Hint, Waivable: c.Waivable, Waived: d.Waived, Place: b.place(d.Pos),
		}
	}
	rank := func(f Finding) int {
		if f.Waived != "" {
			return 3
		}
		return slices.Index([]string{"error", "warning", "info"}, f.Severity)
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Message, b.Message))
	})
	return out
}

// titleOf is what a finding is about that no check of the catalogue made.
func titleOf(id string) string {
	if id == reach.CodeRefuted {
		return "an assertion that does not hold"
	}
	i := slices.IndexFunc(diag.Codes(), func(c diag.Code) bool { return c.ID == id })
	if i < 0 {
		return ""
	}
	return diag.Codes()[i].Title
}

func (b *builder) assertions() []Assertion {
	out := make([]Assertion, len(b.in.Verdicts))
	for i, v := range b.in.Verdicts {
		out[i] = Assertion{v.Claim.Text, v.Holds, v.CounterExample, b.place(v.Claim.Pos)}
	}
	return out
}

func (b *builder) tiers() []Tier {
	replaced := b.replaced()
	out := make([]Tier, len(b.in.Set.Tiers))
	for i, t := range b.in.Set.Tiers {
		out[i] = Tier{
			Name: t.Name, Role: string(t.Role), Description: t.Description,
			Ingress: b.rules(t.Ingress, nil, replaced), Egress: b.rules(t.Egress, t.CoveredEgress(), replaced),
		}
		if t.Service != nil {
			out[i].Service = t.Service.String()
		}
	}
	return out
}

func (b *builder) rules(rules, covered []ruleset.Rule, replaced map[ruleset.Key]*Replaced) []Rule {
	left := make(map[ruleset.Key]bool, len(covered))
	for _, r := range covered {
		left[r.Key] = true
	}
	out := make([]Rule, len(rules))
	for i, r := range rules {
		out[i] = Rule{
			LogicalID: template.RuleID(r.Key), Tier: r.Tier, Direction: r.Direction.String(),
			Protocol: r.Protocol.String(), FromPort: r.Ports.From, ToPort: r.Ports.To, Peer: peerOf(r.Peer),
			Description: r.Description, Origin: r.Origin.String(), Covered: left[r.Key],
			Cause: b.place(r.Pos), Replaces: replaced[r.Key], Traffic: r.Traffic.String(),
		}
	}
	return out
}

func peerOf(p ruleset.Peer) Peer {
	switch text := p.String(); p.Kind {
	case ruleset.TierRef:
		return Peer{Tier: text}
	case ruleset.GroupRef:
		return Peer{SecurityGroup: text}
	case ruleset.PrefixList:
		return Peer{PrefixList: text}
	default:
		return Peer{CIDR: text}
	}
}

// replaced finds, for every rule that a port override moved, the rule of the plain scenario in whose place it stands: the
// one that differs from it in the port alone.
func (b *builder) replaced() map[ruleset.Key]*Replaced {
	before := map[diag.Pos]ruleset.Traffic{} // the traffic that each port override replaced, by its place
	for _, o := range b.in.Config.Overrides {
		for _, m := range o.PortOverrides {
			protocol, err := ruleset.ParseProtocol(m.Text("protocol"))
			if port, ok := m.Get("old_port").Int(); ok && err == nil {
				before[m.Pos()] = ruleset.Traffic{Protocol: protocol, Ports: ruleset.SinglePort(port)}
			}
		}
	}
	plain := map[ruleset.Key]ruleset.Rule{}
	for r := range b.in.Plain.Rules() {
		plain[r.Key] = r
	}
	found := map[ruleset.Key]*Replaced{}
	for r := range b.in.Set.Rules() {
		old, moved := before[r.Pos]
		key := r.Key
		key.Traffic = old
		if rule, ok := plain[key]; ok && moved {
			found[r.Key] = &Replaced{rule.Traffic.String(), b.place(rule.Pos)}
		}
	}
	return found
}

// overrides says what the config changes in the scenario.
func (b *builder) overrides(tiers []Tier) Overrides {
	delta := reach.Compare(b.in.Plain, b.in.Set, reach.Options{})
	o := Overrides{
		Opened: markFollowing(FlowsOf(delta.Opened), delta.Opened, b.in.Set),
		Closed: markFollowing(FlowsOf(delta.Closed), delta.Closed, b.in.Plain),
	}
	plain := map[string]bool{}
	for r := range b.in.Plain.Rules() {
		plain[template.RuleID(r.Key)] = true
	}
	for _, t := range tiers {
		for _, r := range slices.Concat(t.Ingress, t.Egress) {
			switch {
			case r.Replaces != nil:
				o.Moved++
			case !plain[r.LogicalID]:
				o.Added++
			}
		}
	}
	return o
}

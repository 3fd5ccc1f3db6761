package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/report"
)

type verdictJSON struct {
	Decision string `json:"decision"` // approve, look or block
	Sentence string `json:"sentence"`
}

type reachedJSON struct {
	Tier    string   `json:"tier"`
	From    string   `json:"from,omitempty"`
	Traffic []string `json:"traffic"`
}

type reviewResult struct {
	header
	Verdict    verdictJSON     `json:"verdict"`
	World      []reachedJSON   `json:"open_to_the_world"`
	Databases  []reachedJSON   `json:"reach_the_database"`
	Difference differenceJSON  `json:"difference"` // of the overrides, against the scenario without them
	Flows      []flowJSON      `json:"flows"`
	Assertions []assertionJSON `json:"assertions"`

	review *report.Review
	yaml   []byte // of a dry run
}

func (r *reviewResult) writeText(w io.Writer) {
	if r.review == nil {
		return
	}
	if r.yaml != nil {
		fmt.Fprintf(w, "%s", r.yaml)
		return
	}
	fmt.Fprintln(w, r.Verdict.Sentence)
	table := newTable(w)
	for _, row := range r.answers() {
		fmt.Fprintf(table, "  %s\t%s\n", row[0], diag.Printable(row[1]))
	}
	table.Flush()
	for _, file := range []string{r.Files.Review, r.Files.ReviewHTML} {
		if file != "" {
			fmt.Fprintln(w, file)
		}
	}
}

// answers are what a person who has to approve asks first.
func (r *reviewResult) answers() [][]string {
	var world []string
	for _, open := range r.World {
		world = append(world, open.Tier+" on "+strings.Join(open.Traffic, ", "))
	}
	opened, closed := r.review.Overrides.Meant()
	return [][]string{
		{"open to the world", cmp.Or(strings.Join(world, "; "), "nothing")},
		{"reach the database", r.reaching()},
		{"overrides", fmt.Sprintf("%s opened, %d closed", plural(opened, "flow"), closed)},
	}
}

// reaching is what reaches the databases, first what is not expected to; the report and the JSON have all of it.
func (r *reviewResult) reaching() string {
	if len(r.review.Databases) == 0 {
		return "there is none"
	}
	var alarming, expected []string
	for _, d := range r.review.Databases {
		for _, f := range d.From {
			words := f.Zone + " to " + d.Tier + " on " + strings.Join(f.Traffic, ", ")
			if f.Expected {
				expected = append(expected, words)
			} else {
				alarming = append(alarming, words)
			}
		}
	}
	const most = 6
	all := slices.Concat(alarming, expected)
	if more := len(all) - most; more > 0 {
		all = append(all[:most], fmt.Sprintf("and %d more", more))
	}
	return cmp.Or(strings.Join(all, "; "), "nothing")
}

func (r *reviewResult) writeMarkdown(m *markdown) {
	if r.review == nil {
		return
	}
	m.paragraph("%s", r.Verdict.Sentence)
	m.table([]string{"Question", "Answer"}, r.answers())
	m.mermaid("Connections", r.review.Mermaid())
}

func (a *app) createReviewReport() *cobra.Command {
	r := &reviewResult{
		World: []reachedJSON{}, Databases: []reachedJSON{}, Flows: []flowJSON{}, Assertions: []assertionJSON{},
		Difference: differenceJSON{Opened: []flowJSON{}, Closed: []flowJSON{}},
	}
	c := a.action("create-review-report", "Write the review: HTML to approve from, YAML for programs", r, func(ctx context.Context, s *session) error {
		return s.createReviewReport(ctx, r)
	})
	a.openFlag(c)
	return c
}

// createReviewReport writes its files also for a set that is blocked: they say why.
func (s *session) createReviewReport(ctx context.Context, r *reviewResult) error {
	if err := s.load(); err != nil {
		return err
	}
	review, err := s.reviewReport()
	if err != nil {
		return err
	}
	r.take(review)
	text := review.YAML()
	if s.app.opt.dryRun {
		r.yaml = text
		return s.blocked()
	}
	name := s.cfg.Names.Review(s.settings.Folders.Templates)
	if err := s.writeFile(name, text); err != nil {
		return err
	}
	r.Files.Review = name
	page, err := review.HTML(s.stamp())
	if err != nil {
		return err
	}
	if r.Files.ReviewHTML, err = s.writeReport(report.ReviewKind, page); err != nil {
		return err
	}
	if s.app.opt.open {
		s.openReport(ctx, r.Files.ReviewHTML)
	}
	return s.blocked()
}

// reviewReport judges the set beside its scenario as it is without overrides.
func (s *session) reviewReport() (*report.Review, error) {
	text, err := s.template.YAML()
	if err != nil {
		return nil, err
	}
	plain, _ := s.scenario.Resolve(nil) // what is wrong with the scenario has been reported
	s.findings.Sort()
	return report.NewReview(report.Input{
		Config: s.cfg, About: s.scenario.Description, Set: s.set, Plain: plain,
		Findings: s.findings, Verdicts: s.verdicts, Sources: s.sources,
		Template: text, TemplateFile: s.cfg.Names.Template(s.settings.Folders.Templates), Resources: s.template.Resources,
		Strict: s.app.opt.strict, DatabasePorts: s.settings.DatabasePorts,
	}), nil
}

// take puts the review into the JSON document.
func (r *reviewResult) take(v *report.Review) {
	r.review = v
	r.Verdict = verdictJSON{string(v.Verdict.Decision), v.Verdict.Sentence}
	for _, w := range v.World {
		r.World = append(r.World, reachedJSON{Tier: w.Zone, Traffic: w.Traffic})
	}
	for _, d := range v.Databases {
		for _, f := range d.From {
			r.Databases = append(r.Databases, reachedJSON{d.Tier, f.Zone, f.Traffic})
		}
	}
	r.Flows = reviewFlows(v.Flows)
	r.Difference = differenceJSON{reviewFlows(v.Overrides.Opened), reviewFlows(v.Overrides.Closed), len(v.Overrides.Opened) > 0}
	for _, a := range v.Assertions {
		r.Assertions = append(r.Assertions, assertionJSON{a.Text, a.Holds, a.CounterExample})
	}
}

func reviewFlows(flows []report.Flow) []flowJSON {
	out := make([]flowJSON, len(flows))
	for i, f := range flows {
		out[i] = flowJSON{From: f.From, To: f.To, Protocol: f.Protocol, FromPort: f.FromPort, ToPort: f.ToPort, Certainty: f.Certainty}
	}
	return out
}

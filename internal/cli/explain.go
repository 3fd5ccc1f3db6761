package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/sg/check"
)

type levelJSON struct {
	Severity     string   `json:"severity"`
	Environments []string `json:"environments"` // none: in all
	When         string   `json:"when"`
}

type mappingJSON struct {
	Framework string   `json:"framework"`
	Controls  []string `json:"controls"`
}

type checkJSON struct {
	ID          string        `json:"id"`
	Title       string        `json:"title"`
	Why         string        `json:"why"`
	Notes       string        `json:"notes"`
	Impact      string        `json:"impact"`
	Levels      []levelJSON   `json:"levels"`
	Waivable    bool          `json:"waivable"`
	Remedy      string        `json:"remedy"`
	Fix         string        `json:"fix"`
	Mappings    []mappingJSON `json:"mappings"`
	Passes      string        `json:"passes"`
	Fails       string        `json:"fails"`
	Constructed string        `json:"constructed"` // why no set of this tool fails; empty where one can
	Live        bool          `json:"live"`        // check-drift looks for it in EC2: there are no examples, and the fix is a command
}

func checkOf(c check.Check) checkJSON {
	out := checkJSON{
		ID: c.ID, Title: c.Title, Why: c.Why, Notes: c.Notes, Impact: string(c.Impact), Waivable: c.Waivable, Remedy: c.Remedy, Fix: c.Fix,
		Passes: c.Pass.YAML, Fails: c.Fail.YAML, Constructed: c.Constructed, Live: c.Live,
		Levels: []levelJSON{}, Mappings: []mappingJSON{},
	}
	for _, l := range c.Levels {
		out.Levels = append(out.Levels, levelJSON{l.Severity.String(), append([]string{}, l.Envs...), l.When})
	}
	for _, m := range c.Mappings {
		out.Mappings = append(out.Mappings, mappingJSON(m))
	}
	return out
}

type explainResult struct {
	header
	Checks []checkJSON `json:"checks"`

	checks []check.Check
	alone  bool // one check was asked for
}

func (r *explainResult) writeText(w io.Writer) {
	if r.Error != nil {
		return
	}
	if r.alone && len(r.checks) == 1 {
		writeCheck(w, r.checks[0])
		return
	}
	table := newTable(w)
	for _, c := range r.checks {
		fmt.Fprintf(table, "%s\t%s\t%s\n", c.ID, c.Levels[0].Severity, c.Title)
	}
	table.Flush()
}

// writeCheck writes everything about one check, for a terminal.
func writeCheck(w io.Writer, c check.Check) {
	waivable := "can't be waived"
	if c.Waivable {
		waivable = "can be waived"
	}
	fmt.Fprintf(w, "%s  %s\n%s; impact %s; %s\n", c.ID, c.Title, c.LevelText(), c.Impact, waivable)
	fmt.Fprintf(w, "\nWhy: %s.\n", c.Why)
	if c.Notes != "" {
		fmt.Fprintf(w, "\nWhat counts: %s\n", c.Notes)
	}
	if c.Live {
		fmt.Fprintln(w, "\nWhere: in what EC2 holds; check-drift looks.")
	}
	if c.Constructed != "" {
		fmt.Fprintf(w, "\nSets of this tool pass: %s.\n", c.Constructed)
	}
	fmt.Fprintf(w, "\nWhat to do: %s.\n%s", c.Remedy, indent(c.Fix))
	if !c.Live {
		fmt.Fprintf(w, "\nPasses:\n%s\nFails:\n%s", indent(c.Pass.YAML), indent(c.Fail.YAML))
	}
	if len(c.Mappings) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWhat others call it:")
	table := newTable(w)
	for _, m := range c.Mappings {
		fmt.Fprintf(table, "  %s\t%s\n", m.Framework, strings.Join(m.Controls, ", "))
	}
	table.Flush()
}

func indent(yaml string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(yaml, "\n"), "\n", "\n  ") + "\n"
}

func (a *app) explain() *cobra.Command {
	r := &explainResult{Checks: []checkJSON{}}
	var asked []string
	c := a.action("explain", "Explain a security check: why, what to do, what others call it; without an ID list all", r, func(context.Context, *session) error {
		return r.choose(asked)
	})
	c.Use = "explain [CHECK]"
	c.Example = "  sg-provisioner explain SG013"
	for _, known := range check.All() {
		c.ValidArgs = append(c.ValidArgs, cobra.CompletionWithDesc(known.ID, known.Title))
	}
	c.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usagef("explain takes the ID of one check, such as SG013, or none")
		}
		asked = args
		return nil
	}
	return c
}

// choose takes the checks that were asked for: all of them, or one.
func (r *explainResult) choose(ids []string) error {
	r.checks = check.All()
	if len(ids) > 0 {
		c, ok := check.Find(strings.ToUpper(ids[0]))
		if !ok {
			return usagef("there is no check %q", ids[0]).withHint(check.Suggest(ids[0]))
		}
		r.checks, r.alone = []check.Check{c}, true
	}
	for _, c := range r.checks {
		r.Checks = append(r.Checks, checkOf(c))
	}
	return nil
}

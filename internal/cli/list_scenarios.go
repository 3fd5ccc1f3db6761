package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/spf13/cobra"
)

type scenarioEntry struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Tiers       []string `json:"tiers"`
	Source      string   `json:"source"`
}

type listScenariosResult struct {
	header
	Scenarios []scenarioEntry `json:"scenarios"`
}

func (r *listScenariosResult) writeText(w io.Writer) {
	table := newTable(w)
	for _, s := range r.Scenarios {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", s.Name, strings.Join(s.Tiers, " > "), s.Source, s.Description)
	}
	table.Flush()
}

func (a *app) listScenarios() *cobra.Command {
	r := &listScenariosResult{Scenarios: []scenarioEntry{}}
	return a.action("list-scenarios", "List the built-in scenarios and those of the scenario folder", r, func(_ context.Context, s *session) error {
		if err := s.loadSettings(); err != nil {
			return err
		}
		library := s.library()
		entries, problems, err := library.List()
		if err != nil {
			return err
		}
		maps.Copy(s.sources, library.Sources)
		for _, e := range entries {
			source := "file"
			if e.Builtin {
				source = "builtin"
			}
			r.Scenarios = append(r.Scenarios, scenarioEntry{e.Name, e.Description, e.Tiers, source})
		}
		return s.accept(problems)
	})
}

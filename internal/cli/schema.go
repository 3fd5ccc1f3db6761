package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/config"
	"mlops-infra-suite/internal/sg/scenario"
)

// schema makes a command that is no action: it needs no license and no settings, and prints a file of this program.
func (a *app) schema() *cobra.Command {
	schemas := map[string][]byte{"config": config.Schema, "scenario": scenario.Schema}
	return &cobra.Command{
		Use:       "schema config|scenario",
		Short:     "Print the JSON Schema of config or scenario files, for editors",
		ValidArgs: []string{"config", "scenario"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || schemas[args[0]] == nil {
				return usagef("schema takes one of config and scenario")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := a.env.Stdout.Write(schemas[args[0]]); err != nil {
				return fmt.Errorf("write schema: %w", err)
			}
			return nil
		},
	}
}

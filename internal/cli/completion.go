package cli

import "github.com/spf13/cobra"

// wantShell makes completion without a shell that is known wrong usage. The library would print its help in the place of a script,
// and call that a success.
func wantShell(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args = cobra.ArbitraryArgs
			c.RunE = func(*cobra.Command, []string) error {
				return usagef("completion takes one of bash, zsh, fish and powershell")
			}
		}
	}
}

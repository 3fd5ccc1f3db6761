package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/diag"
)

// normalise turns the documented form of the container, `-con FILE -act ACTION`, into the one that the command line
// library knows: -con becomes --config, and the action moves to the front.
func normalise(args []string) ([]string, error) {
	long := map[string]string{"-con": "--config", "-act": "--action"}
	out := make([]string, 0, len(args))
	action, given := "", false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			out = append(out, args[i:]...)
			break
		}
		name, value, hasValue := strings.Cut(arg, "=")
		if l, ok := long[name]; ok {
			name = l
			arg = strings.Join(append([]string{name}, strings.SplitN(arg, "=", 2)[1:]...), "=")
		}
		if name != "--action" {
			out = append(out, arg)
			continue
		}
		if !hasValue {
			if i++; i == len(args) {
				return nil, usagef("%s needs an action", args[i-1])
			}
			value = args[i]
		}
		if given && value != action {
			return nil, usagef("two actions are named: %s and %s", action, value)
		}
		action, given = value, true
	}
	if !given {
		return out, nil
	}
	switch {
	case action == "":
		return nil, noAction()
	case strings.HasPrefix(action, "-"):
		return nil, usagef("%q is not an action", action)
	}
	return slices.Insert(out, 0, action), nil
}

// wrongFlag is the error of a flag that a command doesn't have, or not with this value. It suggests the flag that may be meant.
func wrongFlag(cmd *cobra.Command, err error) error {
	e := usagef("%w", err)
	_, name, unknown := strings.Cut(err.Error(), "unknown flag: --")
	if !unknown {
		_, name, unknown = strings.Cut(err.Error(), " in -") // unknown shorthand flag: 's' in -strict
	}
	if hint := diag.Suggest("--"+name, flagNames(cmd)); unknown && strings.HasPrefix(hint, "did you mean") {
		e.hint = hint
	}
	return e
}

// flagNames are the flags of a command as one writes them. They are taken from its help, for the library shows them by types of
// another one.
func flagNames(cmd *cobra.Command) []string {
	var names []string
	for word := range strings.FieldsSeq(cmd.Flags().FlagUsages()) {
		if name, ok := strings.CutPrefix(word, "--"); ok && cmd.Flag(name) != nil {
			names = append(names, word)
		}
	}
	return names
}

// wantsJSON reports whether the arguments ask for JSON, also where they can't be parsed otherwise: even a usage error is
// then one JSON document.
func wantsJSON(args []string) bool {
	for i, arg := range args {
		switch {
		case arg == "-o=json" || arg == "-ojson" || arg == "--output=json":
			return true
		case (arg == "-o" || arg == "--output") && i+1 < len(args) && args[i+1] == "json":
			return true
		}
	}
	return false
}

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mlops-infra-suite/internal/diag"
)

// The values of --output. Every action has a text and a JSON form; the others it has where its document says so.
const (
	formatText     = "text"
	formatJSON     = "json"
	formatMarkdown = "markdown" // for the comment of a pull request: markdownDocument
	formatSARIF    = "sarif"    // for code scanning: sarifDocument
)

// formatsKey is the annotation of an action's command that holds its formats, separated by spaces.
const formatsKey = "formats"

// formatsOf are the formats that a document has a form in.
func formatsOf(doc document) []string {
	formats := []string{formatText, formatJSON}
	if _, ok := doc.(markdownDocument); ok {
		formats = append(formats, formatMarkdown)
	}
	if _, ok := doc.(sarifDocument); ok {
		formats = append(formats, formatSARIF)
	}
	return formats
}

// takesFormat reports whether a command is an action that has a form in a format.
func takesFormat(cmd *cobra.Command, format string) bool {
	return slices.Contains(strings.Fields(cmd.Annotations[formatsKey]), format)
}

// checkFormat refuses a format that there is not, or not for this action.
func checkFormat(cmd *cobra.Command, format string) error {
	if takesFormat(cmd, format) {
		return nil
	}
	var others []string
	for _, c := range cmd.Root().Commands() {
		if takesFormat(c, format) {
			others = append(others, c.Name())
		}
	}
	if len(others) == 0 {
		return usagef("--output is text, json, markdown or sarif, not %q", format)
	}
	return usagef("%s has no form for --output %s", cmd.Name(), format).withHint("these have one: " + strings.Join(others, ", "))
}

// completeFormat offers the values of --output to the shell: those of the action, where one is named already.
func completeFormat(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	formats := strings.Fields(cmd.Annotations[formatsKey])
	if len(formats) == 0 {
		formats = []string{formatText, formatJSON, formatMarkdown, formatSARIF}
	}
	return formats, cobra.ShellCompDirectiveNoFileComp
}

// print writes the result in the wanted format. The reader of a file or a comment does not see stderr, and the reader of a
// pipeline's log not the file: Markdown and SARIF name a failure in both.
func (s *session) print(failure *errorInfo) error {
	env := s.app.env
	switch s.app.opt.output {
	case formatJSON:
		return writeJSON(env.Stdout, s.doc)
	case formatMarkdown:
		if err := s.writeMarkdown(env.Stdout); err != nil {
			return err
		}
	case formatSARIF:
		if s.app.exit == exitUsage || s.app.exit == exitUnlicensed {
			break // nothing was analysed: there is no result
		}
		if err := writeJSON(env.Stdout, s.sarif(failure)); err != nil {
			return err
		}
	default:
		if err := s.printText(); err != nil {
			return err
		}
	}
	s.tellFailure(failure)
	return nil
}

// printText writes findings and result for people.
func (s *session) printText() error {
	env := s.app.env
	findings := env.Stderr
	if s.findingsOnStdout {
		findings = env.Stdout
	}
	if err := s.showFindings(findings); err != nil {
		return err
	}
	return writeText(env.Stdout, s.doc)
}

// mostFindings is how many findings are shown for people at a time: more are no list to read, but a file to mend at its source.
// Other formats have all of them.
const mostFindings = 100

// showFindings writes those findings for people that have not been shown yet.
func (s *session) showFindings(w io.Writer) error {
	fresh := slices.DeleteFunc(slices.Clone(s.findings), func(d diag.Diagnostic) bool { return slices.Contains(s.shown, d) })
	fresh.Sort()
	told, rest := fresh.Gravest(mostFindings)
	width := s.app.env.StderrWidth
	if w == s.app.env.Stdout {
		width = s.app.env.StdoutWidth
	}
	var text strings.Builder
	if err := told.WriteText(&text, s.sources, s.tell.paint()); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	if _, err := io.WriteString(w, wrapProse(text.String(), width)); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	if len(rest) > 0 {
		fmt.Fprintf(w, "\n... and %s (%s); -o json lists them all\n", plural(len(rest), "more finding"), rest.Count())
	}
	if len(fresh) > 0 {
		fmt.Fprintln(w)
	}
	s.shown = append(s.shown, fresh...)
	return nil
}

// tellFailure names on stderr what went wrong, if anything did.
func (s *session) tellFailure(failure *errorInfo) {
	if failure == nil {
		return
	}
	label := "error"
	if paint := s.tell.paint(); paint != nil {
		label = paint(diag.Error, label)
	}
	width := s.app.env.StderrWidth
	message := wrap("error: "+diag.Printable(failure.Message), width, "  ")
	fmt.Fprintf(s.app.env.Stderr, "%s%s\n", label, strings.TrimPrefix(message, "error"))
	if failure.Hint != "" {
		fmt.Fprintln(s.app.env.Stderr, wrap("hint: "+diag.Printable(failure.Hint), width, "  "))
	}
}

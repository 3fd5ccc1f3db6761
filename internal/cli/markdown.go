package cli

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
)

// markdownDocument is a document with a form for the comment of a pull request. The verdict, the failure, the findings and
// the assertions are written for all of them alike; writeMarkdown adds what is the action's own.
type markdownDocument interface {
	document
	writeMarkdown(m *markdown)
}

const (
	// maxMarkdownRows bounds a table, so that a comment stays within the 65,536 characters that GitHub takes.
	maxMarkdownRows = 100
	// maxMarkdownCell bounds a cell, in characters: what a message quotes may be as long as a config.
	maxMarkdownCell = 500
)

// writeMarkdown writes the whole document.
func (s *session) writeMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	m := &markdown{w: out}
	h := s.doc.head()
	m.heading(2, "%s: %s", strings.TrimSpace(s.action+" "+cmp.Or(h.SGName, s.app.opt.config)), s.verdict(h))
	if h.Error != nil {
		m.paragraph("Error: %s", h.Error.Message)
		if h.Error.Hint != "" {
			m.paragraph("Hint: %s", h.Error.Hint)
		}
	}
	m.findings(s.findings)
	if doc, ok := s.doc.(markdownDocument); ok {
		doc.writeMarkdown(m)
	}
	m.assertions(s.verdicts)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// verdict is the outcome in a few words. An action that only shows does not fail because of what the checks found: then
// the count is the verdict.
func (s *session) verdict(h *header) string {
	count := s.findings.Count()
	words := map[string]string{
		statusOK: count, statusFailed: "failed", statusBlocked: "blocked", statusChanges: "changes planned", statusUnchanged: "nothing to change",
		statusDrift: "drift",
	}
	verdict := words[h.Status]
	if s.app.exit == exitInvalid {
		verdict = "not valid"
	}
	if h.Status != statusOK && (s.findings.Has(diag.Error) || s.findings.Has(diag.Warning)) {
		verdict += ", " + count
	}
	return verdict
}

// markdown writes GitHub-flavoured Markdown, block by block. What its methods are given is text, which is shown as it is and
// never obeyed.
type markdown struct {
	w     io.Writer // a buffer, whose own Flush returns the error
	begun bool
}

// block begins the next block, with an empty line after the last one.
func (m *markdown) block() {
	if m.begun {
		fmt.Fprintln(m.w)
	}
	m.begun = true
}

// heading writes a heading; the level counts from 1.
func (m *markdown) heading(level int, format string, args ...any) {
	m.block()
	fmt.Fprintf(m.w, "%s %s\n", strings.Repeat("#", level), escapeMarkdown(fmt.Sprintf(format, args...)))
}

// paragraph writes a paragraph.
func (m *markdown) paragraph(format string, args ...any) {
	m.block()
	text := escapeMarkdown(fmt.Sprintf(format, args...))
	if strings.IndexAny(text, "-+=0123456789") == 0 {
		text = markdownNothing + text // no list, and no underline of a heading
	}
	fmt.Fprintln(m.w, text)
}

// table writes a table of as many rows as a comment bears, and says how many there are beyond.
func (m *markdown) table(columns []string, rows [][]string) {
	m.block()
	m.row(columns)
	m.row(slices.Repeat([]string{"---"}, len(columns)))
	for _, row := range rows[:min(len(rows), maxMarkdownRows)] {
		cells := make([]string, len(row))
		for i, text := range row {
			if long := []rune(text); len(long) > maxMarkdownCell {
				text = string(long[:maxMarkdownCell]) + "…"
			}
			cells[i] = escapeMarkdown(text)
		}
		m.row(cells)
	}
	if more := len(rows) - maxMarkdownRows; more > 0 {
		m.paragraph("And %d more: --output json has all of them.", more)
	}
}

func (m *markdown) row(cells []string) {
	fmt.Fprintf(m.w, "| %s |\n", strings.Join(cells, " | "))
}

// markdownNothing is a space of no width.
const markdownNothing = "&#8203;"

// escapeMarkdown makes a text show as it is: on one line, without markup, HTML, links, mentions of people or references
// to issues. GitHub looks for the last three when escapes are gone already, so that only a character between helps.
func escapeMarkdown(text string) string {
	return strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`, "[", `\[`, "]", `\]`, "|", `\|`, "$", `\$`,
		"&", "&amp;", "<", "&lt;", ">", "&gt;",
		"@", "@"+markdownNothing, "#", "#"+markdownNothing, "://", ":"+markdownNothing+"//", "www.", "www"+markdownNothing+".",
	).Replace(strings.TrimSpace(diag.Printable(text)))
}

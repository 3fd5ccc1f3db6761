package cli

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// narrowest is the width below which broken lines would be no easier to read than long ones.
const narrowest = 30

// wrap breaks one line of prose at its spaces so that it fits into a terminal; what follows is indented. A width of 0 breaks
// nothing, and a word that is too long stays whole: it may be there to be copied.
func wrap(line string, width int, indent string) string {
	if width < narrowest || utf8.RuneCountInString(line) <= width {
		return line
	}
	words := strings.Fields(line)
	margin := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var out strings.Builder
	out.WriteString(margin + words[0])
	column := utf8.RuneCountInString(margin + words[0])
	for _, word := range words[1:] {
		n := utf8.RuneCountInString(word)
		if column+1+n > width {
			out.WriteString("\n" + indent + word)
			column = len(indent) + n
			continue
		}
		out.WriteString(" " + word)
		column += 1 + n
	}
	return out.String()
}

// wrapProse breaks those lines of findings that are prose, the reason and the mend, and of other texts all that aren't indented.
func wrapProse(text string, width int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "  why: "), strings.HasPrefix(line, "  hint: "):
			lines[i] = wrap(line, width, "    ")
		case !strings.HasPrefix(line, " ") && !strings.Contains(line, "\x1b"):
			lines[i] = wrap(line, width, "")
		}
	}
	return strings.Join(lines, "\n")
}

// wrappedUsage breaks the lines of flags in what usage writes. (A usage template of our own would do it as well, but it would
// link text/template, which calls methods by name: the linker then keeps every method there is, and the program is three times as
// large.)
func wrappedUsage(usage func(*cobra.Command) error, width int) func(*cobra.Command) error {
	return func(c *cobra.Command) error {
		out := c.OutOrStderr()
		var written strings.Builder
		c.SetOut(&written)
		err := usage(c)
		c.SetOut(out)
		text := written.String()
		local, inherited := c.LocalFlags(), c.InheritedFlags()
		text = replaceBlock(text, local.FlagUsages(), local.FlagUsagesWrapped(width))
		text = replaceBlock(text, inherited.FlagUsages(), inherited.FlagUsagesWrapped(width))
		_, writeErr := io.WriteString(out, text)
		return errors.Join(err, writeErr)
	}
}

// replaceBlock replaces one block of lines, whatever space there is around it.
func replaceBlock(text, block, by string) string {
	if block = strings.TrimSpace(block); block == "" {
		return text
	}
	return strings.Replace(text, block, strings.TrimSpace(by), 1)
}

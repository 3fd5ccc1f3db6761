package diag

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Sources holds the text of the files that diagnostics point into, by the name in their Pos.
type Sources map[string][]byte

// Paint colours a piece of text for a severity; the words never depend on it.
type Paint func(Severity, string) string

// longestFrameLine bounds how much of an offending line is shown, in characters.
const longestFrameLine = 160

// WriteText writes the list for people: a line with severity, ID and summary, the place with its offending line, the
// detail and the hint. Control characters of the sources are shown escaped: a config may be hostile to terminals.
// A nil paint means no colour.
func (l List) WriteText(w io.Writer, sources Sources, paint Paint) error {
	if paint == nil {
		paint = func(_ Severity, s string) string { return s }
	}
	out := bufio.NewWriter(w)
	lines := make(map[string][][]rune, len(sources))
	for i, d := range l {
		if i > 0 {
			fmt.Fprintln(out)
		}
		file := d.Pos.File
		if src, ok := sources[file]; ok && lines[file] == nil {
			for line := range strings.SplitSeq(string(src), "\n") {
				lines[file] = append(lines[file], []rune(strings.TrimSuffix(line, "\r")))
			}
		}
		d.write(out, lines[file], paint)
	}
	return out.Flush()
}

// write writes one diagnostic; lines are those of its file.
func (d Diagnostic) write(w io.Writer, lines [][]rune, paint Paint) {
	head := d.Severity.String()
	if d.Waived != "" {
		head += " (waived)"
	}
	fmt.Fprintf(w, "%s %s: %s\n", paint(d.Severity, head), d.ID, Printable(d.Summary))
	if !d.Pos.IsZero() {
		fmt.Fprintf(w, "  --> %s\n", Printable(d.Pos.String()))
		writeFrame(w, d.Pos, lines)
	}
	for _, part := range []struct{ label, text string }{{"why", d.Detail}, {"hint", d.Hint}, {"waived", d.Waived}} {
		if part.text != "" {
			fmt.Fprintf(w, "  %s: %s\n", part.label, Printable(part.text))
		}
	}
}

// writeFrame shows the offending line, or of a long one the part around the column, with a mark below the column.
func writeFrame(w io.Writer, pos Pos, lines [][]rune) {
	if pos.Line < 1 || pos.Line > len(lines) {
		return
	}
	text := lines[pos.Line-1]
	column := min(max(pos.Column, 1), len(text)+1)
	start := 0
	if column > longestFrameLine {
		start = column - longestFrameLine/2
	}
	end := min(len(text), start+longestFrameLine)
	number := strconv.Itoa(pos.Line)
	margin := strings.Repeat(" ", len(number))
	before := Printable(string(text[start : column-1]))
	fmt.Fprintf(w, "  %s |\n", margin)
	fmt.Fprintf(w, "  %s | %s%s\n", number, before, Printable(string(text[column-1:max(end, column-1)])))
	fmt.Fprintf(w, "  %s | %s^\n", margin, strings.Repeat(" ", len([]rune(before))))
}

// Printable replaces what a terminal would obey rather than show (control and direction characters, invalid UTF-8) by a
// visible escape. Tabs become one space, so that columns stay in line.
func Printable(s string) string {
	if strings.IndexFunc(s, needsEscape) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case needsEscape(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func needsEscape(r rune) bool {
	return r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

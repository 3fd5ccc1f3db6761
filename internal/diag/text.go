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
	for i, d := range l {
		if i > 0 {
			fmt.Fprintln(out)
		}
		d.write(out, sources, paint)
	}
	return out.Flush()
}

func (d Diagnostic) write(w io.Writer, sources Sources, paint Paint) {
	head := d.Severity.String()
	if d.Waived != "" {
		head += " (waived)"
	}
	fmt.Fprintf(w, "%s %s: %s\n", paint(d.Severity, head), d.ID, Printable(d.Summary))
	if !d.Pos.IsZero() {
		fmt.Fprintf(w, "  --> %s\n", Printable(d.Pos.String()))
		writeFrame(w, d.Pos, sources)
	}
	for _, part := range []struct{ label, text string }{{"why", d.Detail}, {"hint", d.Hint}, {"waived", d.Waived}} {
		if part.text != "" {
			fmt.Fprintf(w, "  %s: %s\n", part.label, Printable(part.text))
		}
	}
}

// writeFrame shows the offending line between its neighbours' numbers, with a mark below the column.
func writeFrame(w io.Writer, pos Pos, sources Sources) {
	line, ok := sourceLine(sources[pos.File], pos.Line)
	if !ok {
		return
	}
	text := []rune(line)
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

func sourceLine(src []byte, number int) (string, bool) {
	if number < 1 {
		return "", false
	}
	rest := string(src)
	for ; number > 1; number-- {
		_, after, found := strings.Cut(rest, "\n")
		if !found {
			return "", false
		}
		rest = after
	}
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSuffix(line, "\r"), true
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

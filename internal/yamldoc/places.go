package yamldoc

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A place counts lines as editors, grep and our own excerpts do: by line feeds.
type place struct{ line, column int }

// oddBreaks end a line for the YAML library, which follows YAML 1.1, and for nobody else; but for the carriage return before a
// line feed.
const oddBreaks = "\r\u0085\u2028\u2029"

// hasOddBreaks reports whether the library's lines are not ours.
func (d *Document) hasOddBreaks() bool {
	return bytes.ContainsAny(bytes.ReplaceAll(d.Source, []byte("\r\n"), []byte("\n")), oddBreaks)
}

// lineStarts are the places at which the library's lines begin, and at last the end of the source.
func (d *Document) lineStarts() []place {
	at := place{1, 1}
	starts := []place{at}
	text := strings.ReplaceAll(string(d.Source), "\r\n", "\n")
	for _, r := range text {
		at.column++
		if r == '\n' {
			at = place{at.line + 1, 1}
		}
		if r == '\n' || strings.ContainsRune(oddBreaks, r) {
			starts = append(starts, at)
		}
	}
	return append(starts, at)
}

// translate turns a position of the library into ours. The library puts what is missing at the end of a source without a last
// line feed into a line that isn't there.
func translate(starts []place, line, column int) (int, int) {
	if line < 1 {
		return line, column
	}
	end := starts[len(starts)-1]
	if line >= len(starts) {
		return end.line, end.column
	}
	start := starts[line-1]
	return start.line, start.column + column - 1
}

// translateAll turns the positions of a whole tree.
func translateAll(starts []place, n *yaml.Node) {
	n.Line, n.Column = translate(starts, n.Line, n.Column)
	for _, child := range n.Content {
		translateAll(starts, child)
	}
}

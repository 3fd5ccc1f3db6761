package yamldoc

import (
	"bytes"
	"unicode/utf8"

	"mlops-infra-suite/internal/diag"
)

// isText reports the first byte of the source that YAML can't hold: the YAML library refuses it as well, but doesn't say
// where it is.
func (d *Document) isText() bool {
	for i := 0; i < len(d.Source); {
		r, size := utf8.DecodeRune(d.Source[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			d.Problems.Errorf(diag.CodeSyntax, d.offset(i), "the file is not UTF-8 text: byte 0x%02x", d.Source[i]).
				WithHint("save it as UTF-8")
			return false
		case !printable(r):
			d.Problems.Errorf(diag.CodeSyntax, d.offset(i), "the file holds the control character %U", r).
				WithHint("remove it; in a text with double quotes it can be written as an escape")
			return false
		}
		i += size
	}
	return true
}

// printable is c-printable of YAML 1.2, with the byte order mark that may begin a file.
func printable(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= '~' || r == 0x85 || r >= 0xA0 && r <= 0xFFFD || r >= 0x10000
}

// offset turns a byte offset of the source into a position.
func (d *Document) offset(at int) diag.Pos {
	before := d.Source[:at]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return diag.Pos{File: d.File, Line: line, Column: column}
}

// secondDocument is the place where the second document of a source with several of them begins.
func (d *Document) secondDocument() diag.Pos {
	begun, ended := false, false
	number := 0
	for line := range bytes.Lines(d.Source) {
		number++
		text := bytes.TrimSpace(line)
		switch {
		case len(text) == 0 || text[0] == '#' || text[0] == '%':
		case bytes.HasPrefix(line, []byte("...")):
			ended = begun
		case begun && (ended || bytes.HasPrefix(line, []byte("---"))):
			return diag.Pos{File: d.File, Line: number, Column: 1}
		default:
			begun = true
		}
	}
	return diag.Pos{File: d.File}
}

// longestQuote bounds how much of a text from the file a message repeats, in characters.
const longestQuote = 80

// clip shortens a text for a message.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= longestQuote {
		return s
	}
	return string([]rune(s)[:longestQuote]) + "..."
}

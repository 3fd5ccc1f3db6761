package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plural is a number of things in words.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// areOrIs is the verb of a number of things.
func areOrIs(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// sentence is a phrase with a capital and a full stop.
func sentence(phrase string) string {
	return capital(strings.TrimSuffix(phrase, ".")) + "."
}

// capital is a phrase with a capital.
func capital(phrase string) string {
	first, size := utf8.DecodeRuneInString(phrase)
	return string(unicode.ToUpper(first)) + phrase[size:]
}

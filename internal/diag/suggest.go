package diag

import (
	"fmt"
	"strings"
)

// Suggest is the hint for a word that is not among the known ones: the nearest of them when one is near, else all of
// them when they are few, else nothing. A word that begins with another, or the other way round, is near.
func Suggest(word string, known []string) string {
	best, least := "", longestSuggestion
	for _, k := range known {
		d := editDistance(word, k)
		if near := d < min(len(word)/3+2, len(k)) || begins(word, k) || begins(k, word); near && d < least {
			best, least = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %q?", best)
	case len(known) > 0 && len(known) <= 12:
		return "known are: " + strings.Join(known, ", ")
	default:
		return ""
	}
}

// begins reports whether s begins with a start that is long enough to mean something.
func begins(s, start string) bool { return len(start) > 2 && strings.HasPrefix(s, start) }

// longestSuggestion bounds the words that are compared, in bytes: edit distance costs their product. Longer ones are that
// far from everything.
const longestSuggestion = 64

// editDistance is the Levenshtein distance in bytes, with a swap of neighbours counted as one step.
func editDistance(a, b string) int {
	if len(a) > longestSuggestion || len(b) > longestSuggestion {
		return longestSuggestion
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

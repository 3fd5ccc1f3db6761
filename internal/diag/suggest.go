package diag

import (
	"fmt"
	"strings"
)

// Suggest is the hint for a word that is not among the known ones: the nearest of them when one is near, else all of
// them when they are few, else nothing.
func Suggest(word string, known []string) string {
	best, distance := "", len(word)/3+2
	for _, k := range known {
		if len(k) > 2 && strings.HasPrefix(word, k) || len(word) > 2 && strings.HasPrefix(k, word) {
			return fmt.Sprintf("did you mean %q?", k)
		}
		if d := editDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %q?", best)
	case len(known) > 0 && len(known) <= 12:
		return fmt.Sprintf("known are: %s", strings.Join(known, ", "))
	default:
		return ""
	}
}

// longestSuggestion bounds the words that are compared, in bytes: edit distance costs their product.
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

package report

import "strings"

// textWidth is how wide a text of some size is at most, nearly: no font is at hand, and the reader's is not known.
func textWidth(text string, size float64) int {
	em := 0.0
	for _, c := range text {
		switch {
		case strings.ContainsRune("iljtf.,:;|!'()[] -/", c):
			em += 0.4
		case strings.ContainsRune("mwMW@%", c):
			em += 0.9
		case c > 0x2e80: // of East Asian writing, as wide as high
			em += 1.05
		default:
			em += 0.63
		}
	}
	return int(em * size)
}

// clip shortens a text that is too wide, with an ellipsis.
func clip(text string, size float64, width int) string {
	if textWidth(text, size) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 1 && textWidth(string(runes)+"…", size) > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

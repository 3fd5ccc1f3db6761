package progress

import (
	"fmt"
	"strconv"
	"strings"
)

// terminal is as much of a terminal as the table needs. It understands what draws and refuses everything else: nothing
// that asks the terminal for an answer, or changes more than text, goes unnoticed.
type terminal struct {
	cells        [][]rune
	x, y         int
	hiddenCursor bool
	refused      []string
}

func newTerminal(columns, rows int) *terminal {
	t := &terminal{cells: make([][]rune, rows)}
	for i := range t.cells {
		t.cells[i] = []rune(strings.Repeat(" ", columns))
	}
	return t
}

// String is the text on the screen, without trailing space.
func (t *terminal) String() string {
	var b strings.Builder
	for _, line := range t.cells {
		fmt.Fprintln(&b, strings.TrimRight(string(line), " "))
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (t *terminal) write(output string) {
	text := []rune(output)
	for len(text) > 0 {
		if n := t.control(text); n > 0 {
			text = text[n:]
			continue
		}
		t.cells[t.y][t.x] = text[0]
		t.x = min(t.x+1, len(t.cells[t.y])-1)
		text = text[1:]
	}
}

// control obeys a control character or sequence at the start of text, and tells its length.
func (t *terminal) control(text []rune) int {
	switch text[0] {
	case '\r':
		t.x = 0
		return 1
	case '\n':
		t.down(1)
		return 1
	case '\b':
		t.x = max(t.x-1, 0)
		return 1
	case '\x1b':
		if text[1] == 'M' {
			t.y = max(t.y-1, 0)
			return 2
		}
		end := 2
		for end < len(text)-1 && !(text[end] >= '@' && text[end] <= '~') {
			end++
		}
		t.sequence(string(text[1:end+1]), string(text[2:end]))
		return end + 1
	default:
		return 0
	}
}

func (t *terminal) sequence(all, parameter string) {
	n, err := strconv.Atoi(parameter)
	if err != nil || n == 0 {
		n = 1
	}
	line := t.cells[t.y]
	switch all[len(all)-1] {
	case 'A':
		t.y = max(t.y-n, 0)
	case 'B':
		t.y = min(t.y+n, len(t.cells)-1)
	case 'C':
		t.x = min(t.x+n, len(line)-1)
	case 'D':
		t.x = max(t.x-n, 0)
	case 'G':
		t.x = n - 1
	case 'X':
		t.blank(t.y, t.x, min(t.x+n, len(line)))
	case 'K':
		t.blank(t.y, t.x, len(line))
	case 'J':
		t.blank(t.y, t.x, len(line))
		for y := t.y + 1; y < len(t.cells); y++ {
			t.blank(y, 0, len(line))
		}
	case 'm':
	case 'h', 'l':
		if all == "[?25l" || all == "[?25h" {
			t.hiddenCursor = all == "[?25l"
			return
		}
		t.refused = append(t.refused, all)
	default:
		t.refused = append(t.refused, all)
	}
}

// down moves the cursor, and the whole screen where there is no line left.
func (t *terminal) down(n int) {
	for t.y += n; t.y >= len(t.cells); t.y-- {
		t.cells = append(t.cells[1:], []rune(strings.Repeat(" ", len(t.cells[0]))))
	}
}

func (t *terminal) blank(y, from, to int) {
	for x := from; x < to; x++ {
		t.cells[y][x] = ' '
	}
}

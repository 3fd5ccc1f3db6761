package progress

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"mlops-infra-suite/internal/stack"
)

// Widths of the table's columns, and the widths of a terminal from which on it has them.
const (
	statusWidth  = 18 // CREATE_IN_PROGRESS
	typeWidth    = 20 // SecurityGroupIngress
	elapsedWidth = 6
	withElapsed  = 48
	withType     = 92
)

// The colours, always beside a sign and a word.
var (
	plain = ansi.Style{}
	bold  = plain.Bold()
	faint = plain.Faint()
	good  = plain.ForegroundColor(ansi.Green)
	bad   = plain.ForegroundColor(ansi.Red)
	busy  = plain.ForegroundColor(ansi.Cyan)
)

// View draws the operation: headline, resources, the first failure, and a summary.
func (m *model) View() tea.View {
	lines := []string{bold.Styled(m.fit(headline(m.started)))}
	for _, r := range m.visible() {
		lines = append(lines, m.line(r))
	}
	if hidden := len(m.rows) - len(m.visible()); hidden > 0 {
		lines = append(lines, faint.Styled(m.fit(fmt.Sprintf("  and %d more", hidden))))
	}
	if m.failure != "" {
		lines = append(lines, bad.Styled(m.fit("  "+m.failure)))
	}
	lines = append(lines, m.summary())
	view := tea.NewView(strings.Join(lines, "\n") + "\n")
	view.DisableBracketedPasteMode = true // nothing is read
	return view
}

// visible are the rows that fit on the screen: all, or else those that fail and run, and the latest of the rest.
func (m *model) visible() []row {
	room := m.height - 5 // headline, "and more", failure, summary, and the line where the cursor rests
	if len(m.rows) <= room {
		return m.rows
	}
	order := make([]int, len(m.rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if ra, rb := rank(m.rows[a]), rank(m.rows[b]); ra != rb {
			return ra - rb
		}
		return b - a
	})
	order = order[:max(room, 1)]
	slices.Sort(order)
	rows := make([]row, len(order))
	for i, at := range order {
		rows[i] = m.rows[at]
	}
	return rows
}

// rank is the order in which rows are shown where there isn't room for all.
func rank(r row) int {
	switch {
	case r.failed():
		return 0
	case r.active():
		return 1
	default:
		return 2
	}
}

// line draws one resource: sign, logical ID, type, status, time.
func (m *model) line(r row) string {
	sign, style := "•", busy
	switch {
	case r.failed():
		sign, style = "✗", bad
	case !r.active():
		sign, style = "✓", good
	}
	columns := []string{style.Styled(padded(r.status, statusWidth))}
	rest := m.width - 2 - 2 - statusWidth
	if m.width >= withType {
		columns = slices.Insert(columns, 0, faint.Styled(padded(r.typ, typeWidth)))
		rest -= 2 + typeWidth
	}
	if m.width >= withElapsed {
		columns = append(columns, fmt.Sprintf("%*s", elapsedWidth, elapsed(m.elapsedOf(r))))
		rest -= 2 + elapsedWidth
	}
	name := r.logicalID
	if r.removal {
		name += " (old)"
	}
	columns = slices.Insert(columns, 0, padded(name, min(max(rest, 8), m.longestName())))
	return ansi.Truncate(style.Styled(sign)+" "+strings.Join(columns, "  "), m.width, "")
}

func (m *model) longestName() int {
	longest := 24
	for _, r := range m.rows {
		longest = max(longest, ansi.StringWidth(r.logicalID)+6)
	}
	return longest
}

func (m *model) elapsedOf(r row) time.Duration {
	if r.active() {
		return m.now.Sub(r.seen)
	}
	return r.took
}

// summary is the last line: how many of how many, the stack's status, the time.
func (m *model) summary() string {
	text := elapsed(m.now.Sub(m.started.Time))
	if m.status != "" {
		text = m.status + "  " + text
	}
	if total := max(m.started.Resources, len(m.rows)); total > 0 && m.failure == "" {
		text = fmt.Sprintf("%d/%d resources  %s", m.done(), total, text)
	}
	switch {
	case m.ended == nil:
		return m.fit("  " + text)
	case m.ended.Err == nil:
		return good.Styled("✓") + " " + m.fit(text)
	case stack.Status(m.status).InProgress():
		return "• " + m.fit(text+"  no longer watched")
	default:
		return bad.Styled("✗") + " " + m.fit(text)
	}
}

func (m *model) done() int {
	n := 0
	for _, r := range m.rows {
		if !r.active() && !r.failed() {
			n++
		}
	}
	return n
}

// fit cuts text to the terminal's width, less the two columns of a sign.
func (m *model) fit(text string) string { return ansi.Truncate(text, max(m.width-2, 1), "…") }

// padded is text in exactly width columns.
func padded(text string, width int) string {
	text = ansi.Truncate(text, width, "…")
	return text + strings.Repeat(" ", max(width-ansi.StringWidth(text), 0))
}

// elapsed is a duration as it's read at a glance: 3s, 1m20s; below a second with one decimal.
func elapsed(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	default:
		return d.Truncate(time.Second).String()
	}
}

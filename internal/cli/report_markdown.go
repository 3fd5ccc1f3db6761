package cli

import (
	"fmt"
	"strings"
)

// mermaid writes a chart for those who show Markdown to draw. Its text is Mermaid's, escaped by who wrote it; it has no
// backquotes, so that it can't end the block. Where there is no chart, nothing is written.
func (m *markdown) mermaid(title, chart string) {
	if chart == "" {
		return
	}
	m.heading(3, "%s", title)
	m.block()
	fmt.Fprintf(m.w, "```mermaid\n%s```\n", strings.ReplaceAll(chart, "`", "'"))
}

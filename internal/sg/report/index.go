package report

import (
	"cmp"
	"slices"
	"strings"
)

// IndexFile is the name of the list of reports, in the folder of the reports.
const IndexFile = "index.html"

// Index is the list of reports as a page, the newest first.
func Index(reports []Meta, stamp Stamp) ([]byte, error) {
	sorted := slices.Clone(reports)
	slices.SortFunc(sorted, func(a, b Meta) int {
		return cmp.Or(b.Time.Compare(a.Time), strings.Compare(a.SGName, b.SGName), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	content := part(h("p", text("There are no reports here.")))
	if len(sorted) > 0 {
		content = panel(table([]string{"Written", "Set", "Report", "It says"}, each(sorted, Meta.row)))
	}
	return page{title: "Reports", body: parts{top("Security groups", "Reports", nil), h("main", id("main"), content)}}.write(stamp)
}

// row is the report as a line of the list.
func (m Meta) row() part {
	word := map[string]string{"good": "good", "look": "look at it", "stop": "stop"}[m.Outcome]
	at := m.Time.UTC()
	return h("tr", h("td", class("nowrap"), text(at.Format("2 January 2006 ")), muted(at.Format("15:04 UTC"))), rowHead(m.SGName, class("says")),
		cell(h("a", attr{"href", m.File()}, text(m.Kind)), when(m.Sandbox, text(" "), muted("(sandbox)"))),
		cell(class("says"), badge(m.Outcome, word), text(" "+m.Says)))
}

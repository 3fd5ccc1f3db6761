package report

// matrixView is the table of all flows: from the zone of a row to the zone of a column.
type matrixView struct {
	Columns []string
	Rows    []matrixRow
}

type matrixRow struct {
	Zone  string
	Cells []matrixCell
}

type matrixCell struct {
	To    string
	Class string
	Items []phrase
}

// matrix makes the table. Zones that send nothing have no row, those that receive nothing no column.
func (r *Review) matrix() matrixView {
	cells := map[pair][]Flow{}
	sends, receives := map[string]bool{}, map[string]bool{}
	for _, f := range r.Flows {
		sends[f.From], receives[f.To] = true, true
		at := pair{f.From, f.To}
		cells[at] = append(cells[at], f)
	}
	var m matrixView
	for _, to := range r.Zones {
		if receives[to] {
			m.Columns = append(m.Columns, to)
		}
	}
	for _, from := range r.Zones {
		if !sends[from] {
			continue
		}
		row := matrixRow{Zone: from}
		for _, to := range m.Columns {
			row.Cells = append(row.Cells, cellOf(to, cells[pair{from, to}]))
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// cellOf is the cell of what flows from one zone to another.
func cellOf(to string, flows []Flow) matrixCell {
	cell := matrixCell{To: to, Items: phrases(flows)}
	if len(cell.Items) > 0 && !cell.Items[0].Follows { // what rules mean comes first
		cell.Class = "on"
		if isWorld(flows[0].From) {
			cell.Class = "fromworld"
		}
	}
	return cell
}

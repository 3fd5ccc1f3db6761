package report

import (
	"math"
	"slices"
	"strconv"
)

// way is the path of a line, as SVG writes it.
type way string

func (w *way) move(x, y int) { *w += way("M" + point(x, y)) }
func (w *way) across(x int)  { *w += way("H" + strconv.Itoa(x)) }

// bend goes from (x, y) to (tx, ty), level at both ends.
func (w *way) bend(x, y, tx, ty int) {
	if y == ty {
		w.across(tx)
		return
	}
	mid := (x + tx) / 2
	*w += way("C" + point(mid, y) + " " + point(mid, ty) + " " + point(tx, ty))
}

// turn goes from (x, y) around to (x, ty), as far as tip.
func (w *way) turn(x, y, tip, ty int) {
	*w += way("C" + point(tip, y) + " " + point(tip, ty) + " " + point(x, ty))
}

func point(x, y int) string { return strconv.Itoa(x) + "," + strconv.Itoa(y) }

// column is where a column is drawn: its boxes, and how far its labels reach on both sides.
type column struct{ labelsFrom, left, right, labelsTo int }

// draw gives everything its place on the page.
func (l *layout) draw() drawing {
	columns := l.across()
	d := drawing{w: l.width(columns), boxes: make([]rect, len(l.boxes))}
	for _, c := range l.spots {
		if c.box >= 0 {
			at := columns[c.column]
			w := l.boxes[c.box].w
			d.boxes[c.box] = rect{at.left + (at.right-at.left-w)/2, round(c.mid - float64(c.h)/2), w, c.h}
		}
		d.h = max(d.h, round(c.mid+float64(c.h)/2)+margin)
	}
	for i := range l.links {
		w, label := l.route(i, columns, d.boxes)
		d.ways, d.labels = append(d.ways, w), append(d.labels, label)
	}
	return d
}

// across places the columns.
func (l *layout) across() []column {
	out := make([]column, len(l.columns))
	x := margin
	for i, spots := range l.columns {
		width := 0
		for _, c := range spots {
			if b := l.spots[c].box; b >= 0 {
				width = max(width, l.boxes[b].w)
			}
		}
		if i > 0 {
			x += curveWidth + min(2*len(spots), curveWidth)
		}
		out[i].labelsFrom = x
		out[i].left = x + l.before[i]
		out[i].right = out[i].left + width
		out[i].labelsTo = out[i].right + l.after[i]
		x = out[i].labelsTo
	}
	return out
}

// width is that of the picture, with the room for lines that turn behind the last column.
func (l *layout) width(columns []column) int {
	last := len(columns) - 1
	w := columns[last].labelsTo + margin
	if l.turnsIn(last) {
		w += curveWidth
	}
	return w
}

// turnsIn reports whether a link stays within a column.
func (l *layout) turnsIn(column int) bool {
	for _, k := range l.links {
		if l.boxes[k.from].column == column && l.boxes[k.to].column == column {
			return true
		}
	}
	return false
}

// outer is how far a column reaches, with its labels, on one side.
func (c column) outer(right bool) int {
	if right {
		return c.labelsTo
	}
	return c.labelsFrom
}

// side is the x of one side of a box.
func (r rect) side(right bool) int {
	if right {
		return r.x + r.w
	}
	return r.x
}

// route is the way of a link and where its label stands. It leaves its box on the side where it has to go; within a column on
// the right, to which it comes back.
func (l *layout) route(i int, columns []column, boxes []rect) (w way, label rect) {
	k, chain := l.links[i], l.chains[i]
	from, to := columns[l.boxes[k.from].column], columns[l.boxes[k.to].column]
	right := l.boxes[k.to].column >= l.boxes[k.from].column
	y := l.leaves(k.from, i, right)
	label = rect{from.right + labelMargin, y - k.h/2, k.w, k.h}
	if !right {
		label.x = from.left - labelMargin - k.w
	}
	w.move(boxes[k.from].side(right), y)
	x := from.outer(right)
	w.across(x)
	if from == to {
		w.turn(x, y, x+l.reach(k.from, k.to), l.arrives(k.to, k.from, true))
		w.across(boxes[k.to].side(true))
		return w, label
	}
	for _, lane := range chain[1 : len(chain)-1] {
		next := l.spots[lane]
		w.bend(x, y, columns[next.column].outer(!right), round(next.mid))
		x, y = columns[next.column].outer(right), round(next.mid)
		w.across(x)
	}
	w.bend(x, y, to.outer(!right), l.arrives(k.to, chain[len(chain)-2], !right))
	w.across(boxes[k.to].side(!right))
	return w, label
}

// reach is how far a line bulges that stays in its column: the farther it goes, the more, so that it does not lie on others.
func (l *layout) reach(from, to int) int {
	column := l.columns[l.boxes[from].column]
	passed := slices.Index(column, from) - slices.Index(column, to)
	return curveWidth*2/3 + min(4*(max(passed, -passed)-1), curveWidth/2)
}

// leaves is the height at which a link leaves its box.
func (l *layout) leaves(box, link int, right bool) int {
	return l.portOf(box, right, func(p port) bool { return p.link == link })
}

// arrives is the height at which what comes from a spot enters a box.
func (l *layout) arrives(box, from int, right bool) int {
	return l.portOf(box, right, func(p port) bool { return p.link < 0 && p.other == from })
}

func (l *layout) portOf(box int, right bool, is func(port) bool) int {
	c := l.spots[box]
	side := c.left
	if right {
		side = c.right
	}
	for _, p := range side {
		if is(p) {
			return round(c.mid + p.y)
		}
	}
	return round(c.mid)
}

func round(f float64) int { return int(math.Round(f)) }

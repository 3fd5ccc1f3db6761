package report

import (
	"cmp"
	"slices"
)

// The measures of a picture, in pixels.
const (
	margin      = 12
	laneGap     = 10 // between a box and a line that passes it
	laneHeight  = 8  // that a line takes which passes a column
	portGap     = 5  // between what leaves or enters a box on one side
	widestVoid  = 44 // between what stands above a line through all columns and what stands below it
	curveWidth  = 44 // in which lines may rise and fall between two columns
	labelMargin = 8  // before and behind a label
)

// spacing is what differs between pictures of few boxes and of many.
type spacing struct {
	rowGap     int // between boxes of a column
	portHeight int // of a line without label at the side of a box
}

var (
	roomy = spacing{rowGap: 22, portHeight: 12}
	tight = spacing{rowGap: 15, portHeight: 6}
)

// box is something with a size that stands in a column.
type box struct{ column, w, h int }

// link is a line from one box to another, with a label of this size; w is 0 for none.
type link struct{ from, to, w, h int }

// rect is where something is drawn.
type rect struct{ x, y, w, h int }

// drawing is a picture laid out: where the boxes are, and for each link its way and label.
type drawing struct {
	w, h   int
	boxes  []rect
	ways   []way
	labels []rect
}

// arrange lays out boxes and links. The boxes of a column stand below each other and every line leaves its box at a place
// of its own, with its label right there, so that neither boxes nor labels ever collide; lines bend only between the
// columns, beside the labels. The same input gives the same drawing.
func arrange(boxes []box, links []link, s spacing) drawing {
	if len(boxes) == 0 {
		return drawing{w: 2 * margin, h: 2 * margin}
	}
	l := &layout{boxes: boxes, links: links, spacing: s}
	l.insertLanes()
	l.order()
	l.ports()
	l.rows()
	l.gaps()
	return l.draw()
}

// widthOf is how wide a drawing of these would be.
func widthOf(boxes []box, links []link) int {
	l := &layout{boxes: boxes, links: links}
	l.insertLanes()
	l.gaps()
	return l.width(l.across())
}

// spot is what takes room in a column: a box, or a lane by which lines pass it on their way to a farther one.
type spot struct {
	box        int // -1: a lane
	column     int
	h          int
	mid        float64 // of its height
	left       []port  // from the top
	right      []port
	next, prev []int // the spots of the neighbouring columns that lines go to and come from
	beside     []int // the spots of its own column that lines go to and come from
}

// gap is the room between two spots that stand below each other.
func (s spacing) gap(a, b spot) int {
	switch {
	case a.box >= 0 && b.box >= 0:
		return s.rowGap
	case a.box >= 0 || b.box >= 0:
		return laneGap
	default:
		return 0
	}
}

// port is where a line, or the lines of one lane, leave or enter a spot.
type port struct {
	link  int // the labelled link that leaves here; -1: something arrives
	other int // the spot at the other end of this piece
	h     int
	y     float64 // of its middle, from the spot's middle
}

// layout is a picture at work.
type layout struct {
	spacing
	boxes   []box
	links   []link
	spots   []spot
	columns [][]int // the spots of each, from the top
	chains  [][]int // the spots on the way of each link
	before  []int   // room for labels on the left of each column
	after   []int   // and on its right
}

// laneKey is what lines share a lane for: the box that they lead to.
type laneKey struct {
	to, column int
	back       bool
}

// insertLanes makes spots of boxes, and lanes for the links that pass a column. All links to one box share its lanes: the
// far ends of a large set would otherwise be a web of lines.
func (l *layout) insertLanes() {
	columns := 0
	for i, b := range l.boxes {
		columns = max(columns, b.column+1)
		l.spots = append(l.spots, spot{box: i, column: b.column, h: b.h})
	}
	lanes := map[laneKey]int{}
	for _, k := range l.links {
		from, to := l.boxes[k.from].column, l.boxes[k.to].column
		step := cmp.Compare(to, from)
		chain := []int{k.from}
		for c := from + step; step != 0 && c != to; c += step {
			key := laneKey{k.to, c, step < 0}
			if _, ok := lanes[key]; !ok {
				lanes[key] = len(l.spots)
				l.spots = append(l.spots, spot{box: -1, column: c, h: laneHeight})
			}
			chain = append(chain, lanes[key])
		}
		chain = append(chain, k.to)
		l.chains = append(l.chains, chain)
		if step != 0 {
			l.connect(chain)
		} else {
			l.connectBeside(k.from, k.to)
		}
	}
	l.columns = make([][]int, columns)
	for i, c := range l.spots {
		l.columns[c.column] = append(l.columns[c.column], i)
	}
}

// connect notes the neighbours along a chain, from left to right whichever way it goes.
func (l *layout) connect(chain []int) {
	for i := 1; i < len(chain); i++ {
		a, b := chain[i-1], chain[i]
		if l.spots[a].column > l.spots[b].column {
			a, b = b, a
		}
		if !slices.Contains(l.spots[a].next, b) {
			l.spots[a].next = append(l.spots[a].next, b)
			l.spots[b].prev = append(l.spots[b].prev, a)
		}
	}
}

// connectBeside notes that two boxes of one column are neighbours.
func (l *layout) connectBeside(a, b int) {
	if !slices.Contains(l.spots[a].beside, b) {
		l.spots[a].beside = append(l.spots[a].beside, b)
		l.spots[b].beside = append(l.spots[b].beside, a)
	}
}

// ports gives every line its place at the side of each spot, in the order of the spots at the other ends, and makes boxes
// high enough for them.
func (l *layout) ports() {
	for i, chain := range l.chains {
		k := l.links[i]
		back := l.boxes[k.to].column < l.boxes[k.from].column
		same := l.boxes[k.to].column == l.boxes[k.from].column
		for n := 1; n < len(chain); n++ {
			from, to := &l.spots[chain[n-1]], &l.spots[chain[n]]
			out := port{link: -1, other: chain[n], h: l.portHeight}
			if n == 1 {
				out.link, out.h = i, max(k.h, l.portHeight)
			}
			in := port{link: -1, other: chain[n-1], h: l.portHeight}
			switch {
			case same:
				from.right, to.right = append(from.right, out), append(to.right, in)
			case back:
				from.left, to.right = addPort(from.left, out), addPort(to.right, in)
			default:
				from.right, to.left = addPort(from.right, out), addPort(to.left, in)
			}
		}
	}
	rank := l.ranks()
	for i := range l.spots {
		c := &l.spots[i]
		if c.box < 0 {
			continue // everything in a lane runs in its middle
		}
		for _, side := range [][]port{c.left, c.right} {
			slices.SortStableFunc(side, func(a, b port) int { return cmp.Compare(rank[a.other], rank[b.other]) })
			c.h = max(c.h, spread(side))
		}
	}
}

// addPort adds a port, but for a lane's that is there.
func addPort(side []port, p port) []port {
	if p.link < 0 && slices.ContainsFunc(side, func(q port) bool { return q.link < 0 && q.other == p.other }) {
		return side
	}
	return append(side, p)
}

// spread gives the ports of one side their heights around the middle, and returns the room that they take.
func spread(side []port) int {
	total := -portGap
	for _, p := range side {
		total += p.h + portGap
	}
	at := -float64(total) / 2
	for i := range side {
		side[i].y = at + float64(side[i].h)/2
		at += float64(side[i].h + portGap)
	}
	return total + 2*portGap
}

// ranks are the places of all spots in their columns.
func (l *layout) ranks() []int {
	rank := make([]int, len(l.spots))
	for _, column := range l.columns {
		for i, c := range column {
			rank[c] = i
		}
	}
	return rank
}

// gaps finds how much room the labels beside each column take.
func (l *layout) gaps() {
	l.before, l.after = make([]int, len(l.columns)), make([]int, len(l.columns))
	for _, k := range l.links {
		from, to := l.boxes[k.from].column, l.boxes[k.to].column
		side := l.after
		if to < from {
			side = l.before
		}
		side[from] = max(side[from], k.w+2*labelMargin)
	}
}

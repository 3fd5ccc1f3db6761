package report

import (
	"cmp"
	"slices"
)

// paint describes all boxes and lines, and gives them their places.
func (p *painter) paint() picture {
	both, families := p.families()
	out := &p.out
	out.Dense = len(p.review.Tiers) >= denseTiers
	for i, z := range p.zones {
		out.Boxes = append(out.Boxes, p.box(i, z, families[i]))
	}
	for i, c := range p.drawn {
		out.Lines = append(out.Lines, p.line(i, c, both))
		out.Possible = out.Possible || c.has(isPossible)
	}
	for i, z := range p.zones {
		if own, ok := p.own[z.zone]; ok && z.outside == 0 {
			out.Within = append(out.Within, p.words(own, i, i, false))
			out.Boxes[i].OwnFlows = out.Within[len(out.Within)-1].Flows
		}
	}
	p.place(p.fit())
	// The Tab key follows the eye.
	slices.SortFunc(out.Boxes, func(a, b boxView) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) })
	out.Summary = p.review.summary(len(out.Lines) + len(out.Within))
	out.Hidden = p.review.hidden()
	return *out
}

// fit finds boxes that make a picture as wide as a screen shows: narrower ones, and then fewer columns, where it has to be.
func (p *painter) fit() ([]box, []link) {
	links := p.links()
	var boxes []box
	for most := maxColumns; most >= minColumns; most-- {
		columns := p.columns(most)
		for _, widest := range boxWidths {
			boxes = p.boxes(columns, widest)
			if shrunk(widthOf(boxes, links)) <= widestPanel {
				return boxes, links
			}
		}
	}
	return boxes, links
}

// boxes are the sizes of the zones' boxes; those of a column are of one width.
func (p *painter) boxes(columns []int, widest int) []box {
	least, height := boxWidth, boxHeight
	if p.out.Dense {
		least, height = denseBoxWidth, denseBoxHeight
	}
	boxes := make([]box, len(p.zones))
	widths := map[int]int{}
	for i, b := range p.out.Boxes {
		boxes[i] = box{column: columns[i], h: height}
		if b.Own != "" {
			boxes[i].h += itemHeight
		}
		wide := max(textWidth(b.Full, titleSize), textWidth(b.Sub, 12), textWidth(b.Own, 12)) + 34
		widths[columns[i]] = max(widths[columns[i]], min(max(wide, least), widest))
	}
	for i := range boxes {
		boxes[i].w = widths[columns[i]]
	}
	return boxes
}

// links are the lines with the sizes of their labels.
func (p *painter) links() []link {
	links := make([]link, len(p.drawn))
	for i, line := range p.out.Lines {
		links[i] = link{from: line.A, to: line.B, h: itemHeight * len(line.Items)}
		if p.out.Dense {
			links[i].h = denseHeight // a label may lie over the lines beside it: only one tier's are shown at a time
			continue
		}
		for _, it := range line.Items {
			links[i].w = max(links[i].w, it.W)
		}
	}
	return links
}

// place gives everything its place.
func (p *painter) place(boxes []box, links []link) {
	out := &p.out
	s := roomy
	if out.Dense {
		s = tight
	}
	d := arrange(boxes, links, s)
	out.W, out.H = d.w, d.h
	for i := range out.Boxes {
		b := &out.Boxes[i]
		b.rect = d.boxes[i]
		b.Title, b.Sub, b.Own = clip(b.Full, titleSize, b.w-26), clip(b.Sub, 12, b.w-24), clip(b.Own, 12, b.w-24)
	}
	for i := range out.Lines {
		line := &out.Lines[i]
		line.Way = d.ways[i]
		for n := range line.Items {
			line.Items[n].X, line.Items[n].Y = d.labels[i].x, d.labels[i].y+n*itemHeight
		}
	}
	if out.Dense {
		p.spreadLabels(boxes)
	}
}

// spreadLabels sets apart the labels beside each box of a dense picture, which has no room for them: they are shown for one
// box at a time, over what else is there.
func (p *painter) spreadLabels(boxes []box) {
	type side struct {
		box  int
		back bool
	}
	beside := map[side][]*itemView{}
	for i := range p.out.Lines {
		line := &p.out.Lines[i]
		at := side{line.A, boxes[line.A].column > boxes[line.B].column}
		for n := range line.Items {
			beside[at] = append(beside[at], &line.Items[n])
		}
	}
	for at, labels := range beside {
		slices.SortStableFunc(labels, func(a, b *itemView) int { return cmp.Compare(a.Y, b.Y) })
		// Very many at their full height would lead away from their box: these are slim.
		height := p.out.Boxes[at.box].h
		pitch := min(itemHeight, max(slimLabel, max(height+2*itemHeight, height*5/4)/len(labels)))
		top := (labels[0].Y + labels[len(labels)-1].Y - (len(labels)-1)*pitch) / 2
		top = max(0, min(top, p.out.H-(len(labels)-1)*pitch-itemHeight))
		for n, label := range labels {
			label.Y, label.H = top+n*pitch, pitch
			if at.back {
				label.X -= label.W
			}
			label.X = max(0, min(label.X, p.out.W-label.W))
		}
	}
}

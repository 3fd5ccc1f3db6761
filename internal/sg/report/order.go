package report

import (
	"cmp"
	"slices"
)

// sweeps is how often the columns are put in order, forwards and backwards in turn. More of them change nothing any more in
// pictures of sixty tiers.
const sweeps = 12

// order puts the spots of every column into an order with few crossings: each by the mean place of its neighbours in the
// column before, forwards and backwards in turn. The best order that was seen is kept.
func (l *layout) order() {
	best, fewest := l.snapshot(), l.crossings()
	for i := 0; i < sweeps && fewest > 0; i++ {
		if i%2 == 0 {
			for c := 1; c < len(l.columns); c++ {
				l.sortColumn(c, func(c spot) []int { return c.prev })
			}
		} else {
			for c := len(l.columns) - 2; c >= 0; c-- {
				l.sortColumn(c, func(c spot) []int { return c.next })
			}
		}
		if n := l.crossings(); n < fewest {
			best, fewest = l.snapshot(), n
		}
	}
	l.columns = best
}

func (l *layout) snapshot() [][]int {
	columns := make([][]int, len(l.columns))
	for i, c := range l.columns {
		columns[i] = slices.Clone(c)
	}
	return columns
}

// sortColumn sorts one column by the neighbours on one side. A spot without any stays where it is.
func (l *layout) sortColumn(column int, neighbours func(spot) []int) {
	rank := l.ranks()
	spots := l.columns[column]
	mean := make(map[int]float64, len(spots))
	for i, c := range spots {
		mean[c] = float64(i)
		if near := neighbours(l.spots[c]); len(near) > 0 {
			sum := 0
			for _, n := range near {
				sum += rank[n]
			}
			mean[c] = float64(sum) / float64(len(near))
		}
	}
	slices.SortStableFunc(spots, func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
}

// crossings counts the pairs of lines that cross between neighbouring columns.
func (l *layout) crossings() int {
	rank := l.ranks()
	total := 0
	for _, column := range l.columns {
		var ends []int // of the lines, in the order of their beginnings
		for _, c := range column {
			targets := make([]int, len(l.spots[c].next))
			for i, n := range l.spots[c].next {
				targets[i] = rank[n]
			}
			slices.Sort(targets)
			for _, t := range targets {
				at, _ := slices.BinarySearch(ends, t+1)
				total += len(ends) - at
				ends = slices.Insert(ends, at, t)
			}
		}
	}
	return total
}

// rows gives every spot its height on the page: near the mean of its neighbours, without touching the others of its column.
func (l *layout) rows() {
	for _, column := range l.columns {
		at := 0.0
		for _, c := range column {
			l.spots[c].mid = at + float64(l.spots[c].h)/2
			at += float64(l.spots[c].h + l.rowGap) // for a start; settle makes it right
		}
	}
	for i := range sweeps {
		if i%2 == 0 {
			for _, column := range l.columns {
				l.settle(column, i)
			}
		} else {
			for _, column := range slices.Backward(l.columns) {
				l.settle(column, i)
			}
		}
	}
	l.closeVoids()
}

// closeVoids moves everything up as far as nothing stands in the way in any column: boxes whose lines go far down would
// otherwise stand alone above a screen of nothing.
func (l *layout) closeVoids() {
	top := func(i int) float64 { return l.spots[i].mid - float64(l.spots[i].h)/2 }
	fromTop := make([]int, len(l.spots))
	for i := range fromTop {
		fromTop[i] = i
	}
	slices.SortStableFunc(fromTop, func(a, b int) int { return cmp.Compare(top(a), top(b)) })
	up := top(fromTop[0]) - margin
	bottom := 0.0 // of what has been moved
	for n, i := range fromTop {
		if n > 0 {
			up = max(up, top(i)-bottom-widestVoid)
		}
		l.spots[i].mid -= up
		bottom = max(bottom, top(i)+float64(l.spots[i].h))
	}
}

// settle moves the spots of a column as near as possible to where their lines want them (least squares): neighbours that
// would collide move as one block.
func (l *layout) settle(column []int, sweep int) {
	type block struct {
		from, to int     // indices in column
		sum      float64 // of the wishes for the first spot's middle
	}
	offset := make([]float64, len(column)) // of each spot's middle from the first one's, packed
	for i := 1; i < len(column); i++ {
		a, b := l.spots[column[i-1]], l.spots[column[i]]
		offset[i] = offset[i-1] + float64(a.h+b.h)/2 + float64(l.gap(a, b))
	}
	var blocks []block
	mean := func(b block) float64 { return b.sum / float64(b.to-b.from) }
	for i, c := range column {
		blocks = append(blocks, block{i, i + 1, l.wish(c, sweep) - offset[i]})
		for n := len(blocks); n > 1 && mean(blocks[n-2]) > mean(blocks[n-1]); n-- {
			blocks[n-2] = block{blocks[n-2].from, blocks[n-1].to, blocks[n-2].sum + blocks[n-1].sum}
			blocks = blocks[:n-1]
		}
	}
	for _, b := range blocks {
		for i := b.from; i < b.to; i++ {
			l.spots[column[i]].mid = mean(b) + offset[i]
		}
	}
}

// wish is where the lines of a spot want its middle: the first sweeps look at one side, as the order did, the last ones at
// both, and at its own column.
func (l *layout) wish(c int, sweep int) float64 {
	this := l.spots[c]
	near := slices.Concat(this.prev, this.next, this.beside)
	switch {
	case sweep >= sweeps/2:
	case sweep%2 == 0 && len(this.prev) > 0:
		near = this.prev
	case sweep%2 == 1 && len(this.next) > 0:
		near = this.next
	}
	if len(near) == 0 {
		return this.mid
	}
	sum := 0.0
	for _, n := range near {
		sum += l.spots[n].mid
	}
	return sum / float64(len(near))
}

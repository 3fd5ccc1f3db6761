package report

// maxColumns and minColumns bound how many columns the tiers of a picture take: a chain of sixty tiers would be a strip that
// nobody can look at. Where a set is deeper, or wider than a screen, neighbouring steps share a column.
const (
	maxColumns = 8
	minColumns = 3
)

// place says of a tier what decides its column beside the flows to and from other tiers.
type place struct {
	entered  bool // from outside of the set
	innerEnd bool // a database: it belongs to the far end
}

// columnsOf gives every tier its column, counted from 0: the longest way that leads to it. Flows that close a circle don't
// count; the order of the tiers decides which those are. There are most columns or fewer.
func columnsOf(tiers []place, links [][2]int, most int) []int {
	next := make([][]int, len(tiers))
	for _, l := range forward(len(tiers), links) {
		next[l[0]] = append(next[l[0]], l[1])
	}
	columns := longestWays(next)
	last := 0
	for _, c := range columns {
		last = max(last, c)
	}
	fed := make([]bool, len(tiers))
	for _, targets := range next {
		for _, t := range targets {
			fed[t] = true
		}
	}
	for i, t := range tiers {
		switch {
		case t.innerEnd && len(next[i]) == 0:
			columns[i] = last
		case !fed[i] && !t.entered && len(next[i]) > 0: // only it begins there: it stands beside what it goes to
			columns[i] = nearest(columns, next[i]) - 1
		}
	}
	return compress(columns, most)
}

// nearest is the first column of some tiers.
func nearest(columns, of []int) int {
	first := columns[of[0]]
	for _, t := range of {
		first = min(first, columns[t])
	}
	return first
}

// forward leaves out of the links those that lead a tier to itself or close a circle.
func forward(tiers int, links [][2]int) [][2]int {
	all := make([][]int, tiers)
	for _, l := range links {
		if l[0] != l[1] {
			all[l[0]] = append(all[l[0]], l[1])
		}
	}
	const (
		unseen = iota
		onTheWay
		done
	)
	state := make([]int, tiers)
	var kept [][2]int
	var visit func(int)
	visit = func(i int) {
		state[i] = onTheWay
		for _, j := range all[i] {
			if state[j] == onTheWay {
				continue
			}
			kept = append(kept, [2]int{i, j})
			if state[j] == unseen {
				visit(j)
			}
		}
		state[i] = done
	}
	for i := range tiers {
		if state[i] == unseen {
			visit(i)
		}
	}
	return kept
}

// longestWays is for every tier how many steps the longest way to it has. The links have no circle.
func longestWays(next [][]int) []int {
	left := make([]int, len(next)) // links into the tier that have not been walked
	for _, targets := range next {
		for _, t := range targets {
			left[t]++
		}
	}
	columns := make([]int, len(next))
	var ready []int
	for i := range next {
		if left[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		for _, t := range next[i] {
			columns[t] = max(columns[t], columns[i]+1)
			if left[t]--; left[t] == 0 {
				ready = append(ready, t)
			}
		}
	}
	return columns
}

// compress takes out empty columns. Where there are more than most, neighbouring ones are joined, so that all hold about as
// many tiers.
func compress(columns []int, most int) []int {
	last := 0
	for _, c := range columns {
		last = max(last, c)
	}
	tiers := make([]int, last+1)
	for _, c := range columns {
		tiers[c]++
	}
	used := last + 1
	for _, n := range tiers {
		if n == 0 {
			used--
		}
	}
	rank := make([]int, last+1)
	before, next, share := 0, 0, -1
	for c, n := range tiers {
		if n == 0 {
			continue
		}
		to := next
		if used > most {
			to = (2*before + n) * most / (2 * len(columns)) // where the middle of its tiers is among all
		}
		if to != share {
			share = to
			next++
		}
		rank[c] = next - 1
		before += n
	}
	out := make([]int, len(columns))
	for i, c := range columns {
		out[i] = rank[c]
	}
	return out
}

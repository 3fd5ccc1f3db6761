package report

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mlops-infra-suite/internal/sg/ruleset"
)

// anyPicture draws boxes, columns and links of all kinds: forwards, backwards, within a column.
func anyPicture(rt *rapid.T) ([]box, []link) {
	n := rapid.IntRange(1, 40).Draw(rt, "boxes")
	boxes := make([]box, n)
	columns := rapid.IntRange(1, 7).Draw(rt, "columns")
	for i := range boxes {
		boxes[i] = box{
			column: rapid.IntRange(0, columns-1).Draw(rt, "column"),
			w:      rapid.IntRange(40, 200).Draw(rt, "width"), h: rapid.IntRange(20, 90).Draw(rt, "height"),
		}
	}
	boxes[0].column = 0
	for i := range min(n, columns) { // no column is empty
		boxes[i].column = i
	}
	if n < columns {
		for i := range boxes {
			boxes[i].column = min(boxes[i].column, n-1)
		}
	}
	var links []link
	seen := map[[2]int]bool{}
	for range rapid.IntRange(0, 60).Draw(rt, "links") {
		ends := [2]int{rapid.IntRange(0, n-1).Draw(rt, "from"), rapid.IntRange(0, n-1).Draw(rt, "to")}
		if ends[0] == ends[1] || seen[ends] {
			continue
		}
		seen[ends] = true
		links = append(links, link{ends[0], ends[1], rapid.IntRange(20, 120).Draw(rt, "label width"), 18 * rapid.IntRange(1, 4).Draw(rt, "label lines")})
	}
	return boxes, links
}

func overlap(a, b rect) bool {
	return a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h
}

// Whatever is to be drawn: boxes and labels stay within the picture and apart from each other, and the same input gives the
// same picture.
func TestNothingCollides(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		boxes, links := anyPicture(rt)
		s := rapid.SampledFrom([]spacing{roomy, tight}).Draw(rt, "spacing")
		d := arrange(boxes, links, s)
		if diff := cmp.Diff(d, arrange(boxes, links, s), cmp.AllowUnexported(drawing{}, rect{})); diff != "" {
			rt.Fatalf("the same input gives two pictures:\n%s", diff)
		}
		var all []rect
		var names []string
		for i, b := range d.boxes {
			all, names = append(all, b), append(names, fmt.Sprintf("box %d", i))
		}
		for i, l := range d.labels {
			all, names = append(all, l), append(names, fmt.Sprintf("label %d", i))
		}
		for i, w := range d.ways {
			for _, p := range regexp.MustCompile(`(-?\d+),(-?\d+)`).FindAllStringSubmatch(string(w), -1) {
				x, _ := strconv.Atoi(p[1])
				y, _ := strconv.Atoi(p[2])
				if x < 0 || y < 0 || x > d.w || y > d.h {
					rt.Fatalf("line %d, %s, leaves %dx%d", i, w, d.w, d.h)
				}
			}
		}
		for i, a := range all {
			if a.x < 0 || a.y < 0 || a.x+a.w > d.w || a.y+a.h > d.h {
				rt.Fatalf("%s at %+v lies outside of %dx%d", names[i], a, d.w, d.h)
			}
			for j, b := range all[:i] {
				if overlap(a, b) {
					rt.Fatalf("%s at %+v and %s at %+v overlap", names[i], a, names[j], b)
				}
			}
		}
	})
}

// A line begins and ends at its boxes.
func TestLinesMeetTheirBoxes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		boxes, links := anyPicture(rt)
		s := rapid.SampledFrom([]spacing{roomy, tight}).Draw(rt, "spacing")
		d := arrange(boxes, links, s)
		for i, l := range links {
			from, to := d.boxes[l.from], d.boxes[l.to]
			var x, y int
			if _, err := fmt.Sscanf(string(d.ways[i]), "M%d,%d", &x, &y); err != nil {
				rt.Fatalf("way %q: %v", d.ways[i], err)
			}
			if x != from.x && x != from.x+from.w || y < from.y || y > from.y+from.h {
				rt.Fatalf("line %d begins at %d,%d, its box is %+v", i, x, y, from)
			}
			end := d.ways[i].end()
			if end != to.x && end != to.x+to.w {
				rt.Fatalf("line %d ends at x %d, its box is %+v (%s)", i, end, to, d.ways[i])
			}
		}
	})
}

// end is the x at which a way ends: all of them end level.
func (w way) end() int {
	x := 0
	for i := len(w) - 1; i >= 0; i-- {
		if w[i] == 'H' {
			if _, err := fmt.Sscanf(string(w[i:]), "H%d", &x); err != nil {
				return -1
			}
			return x
		}
	}
	return x
}

func TestColumns(t *testing.T) {
	edge, inner, db := place{entered: true}, place{}, place{innerEnd: true}
	for _, tc := range []struct {
		name  string
		tiers []place
		links [][2]int
		want  []int
	}{
		{"nothing", nil, nil, []int{}},
		{"a chain", []place{edge, inner, db}, [][2]int{{0, 1}, {1, 2}}, []int{0, 1, 2}},
		{"the longest way counts", []place{edge, inner, db}, [][2]int{{0, 1}, {0, 2}, {1, 2}}, []int{0, 1, 2}},
		{"a circle", []place{edge, inner, inner}, [][2]int{{0, 1}, {1, 2}, {2, 0}}, []int{0, 1, 2}},
		{"a tier that talks to itself", []place{edge}, [][2]int{{0, 0}}, []int{0}},
		{"databases stand at the far end", []place{edge, inner, inner, db}, [][2]int{{0, 1}, {1, 2}, {0, 3}}, []int{0, 1, 2, 2}},
		{"who only begins stands beside what it goes to", []place{edge, inner, inner, inner}, [][2]int{{0, 1}, {1, 2}, {3, 2}}, []int{0, 1, 2, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, columnsOf(tc.tiers, tc.links, maxColumns)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A chain of sixty tiers shares columns, and none of them goes backwards.
func TestColumnsAreFew(t *testing.T) {
	tiers := make([]place, 60)
	var links [][2]int
	for i := 1; i < len(tiers); i++ {
		links = append(links, [2]int{i - 1, i})
	}
	columns := columnsOf(tiers, links, 5)
	for i := 1; i < len(columns); i++ {
		if columns[i] < columns[i-1] || columns[i] >= 5 {
			t.Fatalf("columns %v", columns)
		}
	}
}

func TestCrossingsAreUndone(t *testing.T) {
	boxes := []box{{0, 50, 30}, {0, 50, 30}, {1, 50, 30}, {1, 50, 30}}
	d := arrange(boxes, []link{{from: 0, to: 3, w: 30, h: 18}, {from: 1, to: 2, w: 30, h: 18}}, roomy)
	if (d.boxes[0].y < d.boxes[1].y) != (d.boxes[3].y < d.boxes[2].y) {
		t.Errorf("the lines cross: %+v", d.boxes)
	}
}

// Nothing stands alone above or below a screen of nothing: no band through all columns is empty for long.
func TestNoVoids(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		boxes, links := anyPicture(rt)
		l := &layout{boxes: boxes, links: links, spacing: tight}
		l.insertLanes()
		l.order()
		l.ports()
		l.rows()
		taken := map[int]bool{}
		last := 0
		for _, c := range l.spots {
			from, to := round(c.mid)-c.h/2, round(c.mid)+c.h/2
			for y := from; y <= to; y++ {
				taken[y] = true
			}
			last = max(last, to)
		}
		empty := 0
		for y := range last {
			if empty++; taken[y] {
				empty = 0
			}
			if empty > widestVoid+2 { // pixels are whole
				rt.Fatalf("nothing stands at the heights %d to %d of %d", y-empty+1, y, last)
			}
		}
	})
}

// What talks to a box of its own column stands beside it, however far down the lines of that box lead.
func TestNeighboursOfAColumnStandTogether(t *testing.T) {
	boxes := []box{{0, 50, 30}, {0, 50, 30}}
	links := []link{{from: 0, to: 1, w: 30, h: 18}}
	for i := range 30 {
		boxes = append(boxes, box{1, 50, 30})
		links = append(links, link{from: 1, to: 2 + i})
	}
	d := arrange(boxes, links, roomy)
	if gap := d.boxes[1].y - d.boxes[0].y - d.boxes[0].h; gap > 2*roomy.rowGap {
		t.Errorf("there are %d pixels between %+v and %+v", gap, d.boxes[0], d.boxes[1])
	}
}

// The labels beside one box of a dense picture, which are shown together, lie apart and within the picture.
func TestLabelsOfADensePictureLieApart(t *testing.T) {
	r := &Review{}
	for i := range denseTiers + 5 {
		name := fmt.Sprintf("t%02d", i)
		r.Tiers = append(r.Tiers, Tier{Name: name, Role: "app"})
		for _, to := range []int{i + 1, i + 2, i + 7, i - 3} { // forwards, backwards and beside
			if to >= 0 && to < denseTiers+5 {
				one := item{traffic: ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.Ports{From: 10000, To: 20000 + i}}}
				r.connections = append(r.connections, connection{from: name, to: fmt.Sprintf("t%02d", to), items: []item{one}})
			}
		}
	}
	for i := 2; i < denseTiers+5; i++ { // a hub
		for _, other := range []string{"10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16"} {
			one := item{traffic: ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.SinglePort(i)}, override: true}
			r.connections = append(r.connections, connection{from: "t00", to: fmt.Sprintf("%s-%d", other, i), items: []item{one}})
		}
	}
	p := r.picture()
	if !p.Dense {
		t.Fatal("the picture is not dense")
	}
	beside := map[int][]rect{}
	for _, line := range p.Lines {
		for _, it := range line.Items {
			label := rect{it.X, it.Y, it.W, it.H}
			if label.x < 0 || label.y < 0 || label.x+label.w > p.W || label.y+label.h > p.H {
				t.Errorf("%s to %s: the label at %+v lies outside of %dx%d", line.From, line.To, label, p.W, p.H)
			}
			for _, other := range beside[line.A] {
				if overlap(label, other) {
					t.Errorf("%s to %s: the labels at %+v and %+v overlap", line.From, line.To, label, other)
				}
			}
			beside[line.A] = append(beside[line.A], label)
		}
	}
}

// A picture is no wider than a screen shows, but for names that are too long to be shortened any more.
func TestPicturesFitTheScreen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := &Review{}
		n := rapid.IntRange(1, 60).Draw(rt, "tiers")
		for i := range n {
			r.Tiers = append(r.Tiers, Tier{Name: fmt.Sprintf("tier-of-some-length-%02d", i), Role: "app", Service: "tcp/8080"})
		}
		for range rapid.IntRange(0, 120).Draw(rt, "connections") {
			ends := [2]int{rapid.IntRange(0, n-1).Draw(rt, "from"), rapid.IntRange(0, n-1).Draw(rt, "to")}
			one := item{traffic: ruleset.Traffic{Protocol: ruleset.TCP, Ports: ruleset.SinglePort(8080)}}
			r.connections = append(r.connections, connection{from: r.Tiers[ends[0]].Name, to: r.Tiers[ends[1]].Name, items: []item{one}})
		}
		if p := r.picture(); shrunk(p.W) > widestPanel {
			rt.Fatalf("it is %d wide", p.W)
		}
	})
}

package template

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
)

// graph says what depends on what.
type graph struct {
	edges map[string][]edge
	known map[[2]string]bool
}

// edge leads to what something depends on.
type edge struct {
	to string
	at part // the reference
}

func newGraph() graph { return graph{map[string][]edge{}, map[[2]string]bool{}} }

// add notes a reference: of several between the same two the first counts.
func (g graph) add(from, to string, at part) {
	if pair := [2]string{from, to}; !g.known[pair] {
		g.known[pair] = true
		g.edges[from] = append(g.edges[from], edge{to, at})
	}
}

// cycles reports resources and conditions that depend on themselves: for each tangle of them its shortest cycle.
func (v *validator) cycles() {
	for _, path := range v.dependencies.shortestCycles(v.ordered) {
		d := v.wrong(diag.CodeCycle, path[0].at, "circular dependency: %s", inWords(path))
		if v.isGroupCycle(path) {
			d.Hint = "make one of the rules a resource of its own (AWS::EC2::SecurityGroupIngress or SecurityGroupEgress): " +
				"it refers to both groups, and neither group to it"
		}
	}
	_, order := named(v.root.get("Conditions"))
	for _, path := range v.decisions.shortestCycles(order) {
		v.wrong(diag.CodeCycle, path[0].at, "conditions depend on each other: %s", inWords(path))
	}
}

// inWords is a cycle as A -> B -> A.
func inWords(path []edge) string {
	names := []string{path[len(path)-1].to}
	for _, e := range path {
		names = append(names, e.to)
	}
	return strings.Join(names, " -> ")
}

func (v *validator) isGroupCycle(path []edge) bool {
	return !slices.ContainsFunc(path, func(e edge) bool { return v.typeOf(e.to) != typeGroup })
}

// shortestCycles finds a shortest cycle through each node that is on one, but for nodes of cycles found before. The edges of a
// cycle begin at the node that comes first in the order. It costs the product of nodes and edges, and looks at no more nodes
// than a template may have.
func (g graph) shortestCycles(order []string) [][]edge {
	if len(order) > maxResources {
		return nil // which is reported
	}
	var cycles [][]edge
	seen := map[string]bool{}
	for _, start := range order {
		if seen[start] {
			continue
		}
		path := g.wayBack(start)
		for _, e := range path {
			seen[e.to] = true
		}
		if len(path) > 0 {
			cycles = append(cycles, path)
		}
	}
	return cycles
}

// wayBack is the shortest way from a node back to itself; nil: there is none.
func (g graph) wayBack(start string) []edge {
	type step struct {
		edge
		before *step
	}
	reached := map[string]bool{}
	front := []*step{{edge: edge{to: start}}}
	for len(front) > 0 {
		at := front[0]
		front = front[1:]
		for _, e := range g.edges[at.to] {
			next := &step{e, at}
			if e.to == start {
				var path []edge
				for s := next; s.before != nil; s = s.before {
					path = append(path, s.edge)
				}
				slices.Reverse(path)
				return path
			}
			if !reached[e.to] {
				reached[e.to] = true
				front = append(front, next)
			}
		}
	}
	return nil
}

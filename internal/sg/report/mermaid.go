package report

import (
	"fmt"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sg/reach"
	"mlops-infra-suite/internal/sg/ruleset"
)

// maxMermaidLines and maxMermaidText bound a chart: Mermaid refuses 500 connections and 50,000 characters (documented: its
// maxEdges and maxTextSize), and nobody could read half of that.
const (
	maxMermaidLines = 250
	maxMermaidText  = 50_000
	tooLarge        = "flowchart LR\n  z[\"There are too many connections to draw them here.<br>The page of create-review-report has them.\"]\n"
)

// Mermaid is the picture as a Mermaid flowchart, for places that draw one from text, such as comments on GitHub. It shows the
// same connections; the chart is drawn by whoever shows it.
// The chart of a set that is too large for one says so.
func (r *Review) Mermaid() string { return mermaid(r.picture()) }

// Chart is the same chart for a set that is not reviewed.
func Chart(set ruleset.Set, matrix *reach.Matrix) string {
	r := &Review{connections: connectionsOf(set, matrix)}
	for _, t := range set.Tiers {
		tier := Tier{Name: t.Name, Role: string(t.Role)}
		if t.Service != nil {
			tier.Service = t.Service.String()
		}
		r.Tiers = append(r.Tiers, tier)
	}
	return r.Mermaid()
}

func mermaid(p picture) string {
	if len(p.Lines)+len(p.Within) > maxMermaidLines {
		return tooLarge
	}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for _, box := range p.Boxes {
		shape := [2]string{"[", "]"}
		switch {
		case strings.HasPrefix(box.Class, "outside"):
			shape = [2]string{"([", "])"}
		case strings.HasSuffix(box.Class, " database"):
			shape = [2]string{"[(", ")]"}
		}
		fmt.Fprintf(&b, "  z%d%s\"%s<br>%s\"%s\n", box.Index, shape[0], mermaidText(box.Full), mermaidText(box.Sub), shape[1])
	}
	for _, line := range slices.Concat(p.Lines, p.Within) {
		arrow := "-->"
		if strings.Contains(line.Class, "possible") {
			arrow = "-.->"
		}
		fmt.Fprintf(&b, "  z%d %s|\"%s\"| z%d\n", line.A, arrow, mermaidText(line.Traffic), line.B)
	}
	if b.Len() > maxMermaidText {
		return tooLarge
	}
	return b.String()
}

// mermaidText makes a text one that Mermaid shows as it is: everything but letters, digits and harmless marks becomes the
// number of its character.
func mermaidText(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune(" ,./:_?-", c):
			b.WriteRune(c)
		default:
			fmt.Fprintf(&b, "#%d;", c)
		}
	}
	return b.String()
}

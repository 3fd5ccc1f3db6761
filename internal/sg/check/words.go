package check

import (
	"fmt"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/sg/ruleset"
)

// portsInWords are ports as "port 22" or "ports 3306, 5432 and 8 more".
func portsInWords(ports []int) string {
	if len(ports) == 1 {
		return "port " + strconv.Itoa(ports[0])
	}
	return "ports " + inShort(ports, ", ")
}

// peersOf are the peers of rules, in short.
func peersOf(rules []ruleset.Rule) string {
	return inShort(distinct(rules, peerOf), " and ")
}

func peerOf(r ruleset.Rule) ruleset.Peer { return r.Peer }

// trafficOf is the traffic of rules, in short.
func trafficOf(rules []ruleset.Rule) string {
	return inShort(distinct(rules, func(r ruleset.Rule) ruleset.Traffic { return r.Traffic }), ", ")
}

// distinct is a part of each rule, each once, in their order.
func distinct[T comparable](rules []ruleset.Rule, part func(ruleset.Rule) T) []T {
	var out []T
	seen := make(map[T]bool)
	for _, r := range rules {
		if p := part(r); !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

// inShort joins things in words and leaves out all but the first few.
func inShort[T any](things []T, separator string) string {
	const shown = 5
	var words []string
	for _, t := range things[:min(shown, len(things))] {
		words = append(words, fmt.Sprint(t))
	}
	text := strings.Join(words, separator)
	if more := len(things) - shown; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

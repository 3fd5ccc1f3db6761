package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	thinnest  = 0.4 // of a bar, in percent of the whole time
	mostTicks = 8
)

// chart is the time line of a deployment: a row for each resource, a bar for each thing that was done to it. Places are in
// percent of the whole time, so that it is as wide as there is room.
type chart struct {
	Rows    []chartRowView
	Ticks   []chartTick
	Longest string // in words: the text alternative
}

type chartRowView struct {
	Name string
	Bars []chartBar
	Took string // of all that was done to the resource
}

type chartBar struct {
	X, W  float64
	Class string
	Title string
}

type chartTick struct {
	X    float64
	Text string
}

// percent is a place as an attribute has it.
func percent(x float64) string { return strconv.FormatFloat(math.Round(100*x)/100, 'f', -1, 64) + "%" }

// span is something that was done to a resource, from its first event to its last.
type span struct {
	from, to     time.Time
	verb, status string
	kind, reason string
}

func (s span) isStack() bool { return s.kind == "AWS::CloudFormation::Stack" }

// class says how the span's bar looks.
func (s span) class() string {
	switch {
	case strings.HasSuffix(s.status, "_FAILED") && strings.Contains(s.reason, "cancelled"):
		return "cancelled" // because of another failure
	case strings.HasSuffix(s.status, "_FAILED"):
		return "failed"
	case strings.Contains(s.verb, "ROLLBACK") || s.verb == "DELETE":
		return "undo"
	case s.isStack():
		return "whole"
	default:
		return s.kind[strings.LastIndex(s.kind, ":")+1:]
	}
}

// chartOf draws events.
func chartOf(events []Event) chart {
	if len(events) == 0 {
		return chart{}
	}
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b Event) int { return a.Time.Compare(b.Time) })
	begin := sorted[0].Time
	whole := sorted[len(sorted)-1].Time.Sub(begin)
	scale := 100 / float64(max(whole, time.Millisecond))
	names, spans := spansOf(sorted)
	var c chart
	var longest time.Duration
	resources, words := 0, ""
	for _, name := range names {
		row, took := rowOf(name, spans[name], begin, scale)
		c.Rows = append(c.Rows, row)
		if spans[name][0].isStack() {
			continue
		}
		if resources++; took > longest {
			longest, words = took, "; the longest was "+name+" with "+short(took)
		}
	}
	c.Longest = plural(resources, "resource") + " in " + short(whole) + words
	for step, at := tickOf(whole), time.Duration(0); at <= whole; at += step {
		c.Ticks = append(c.Ticks, chartTick{float64(at) * scale, plain(at)})
	}
	return c
}

// tickSteps are round times, in milliseconds.
var tickSteps = []int64{
	1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000,
}

// tickOf is the time between two ticks of the axis: a round one, so that there are not too many.
func tickOf(whole time.Duration) time.Duration {
	for _, step := range tickSteps {
		if whole.Milliseconds() < mostTicks*step {
			return time.Duration(step) * time.Millisecond
		}
	}
	return whole.Truncate(time.Hour)/mostTicks + time.Hour
}

// plain is a round duration: 0.5 s, 20 s, 2 min.
func plain(d time.Duration) string {
	if d > 0 && d%time.Minute == 0 {
		return count(int(d.Minutes())) + " min"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}

// rowOf draws what was done to one resource, and returns how long that took.
func rowOf(name string, spans []span, begin time.Time, scale float64) (row chartRowView, took time.Duration) {
	row = chartRowView{Name: name}
	for _, s := range spans {
		lasted := s.to.Sub(s.from)
		took += lasted
		x := min(float64(s.from.Sub(begin))*scale, 100-thinnest)
		w := min(max(thinnest, float64(lasted)*scale), 100-x)
		row.Bars = append(row.Bars, chartBar{x, w, s.class(), fmt.Sprintf("%s: %s in %s", name, s.status, short(lasted))})
	}
	row.Took = short(took)
	return row, took
}

// spansOf pairs the events of each resource, in the order in which the resources began.
func spansOf(events []Event) (names []string, spans map[string][]span) {
	spans = map[string][]span{}
	for _, e := range events {
		if _, known := spans[e.LogicalID]; !known {
			names = append(names, e.LogicalID)
			spans[e.LogicalID] = nil
		}
		list := spans[e.LogicalID]
		verb := verbOf(e.Status)
		if n := len(list); n > 0 && list[n-1].verb == verb {
			last := &list[n-1]
			last.to, last.status, last.reason = e.Time, e.Status, cmp.Or(e.Reason, last.reason)
			continue
		}
		if n := len(list); n > 0 && strings.HasSuffix(list[n-1].status, "_IN_PROGRESS") {
			list[n-1].to = e.Time // until it was given up for this
		}
		spans[e.LogicalID] = append(list, span{from: e.Time, to: e.Time, verb: verb, status: e.Status, kind: e.Type, reason: e.Reason})
	}
	return names, spans
}

// verbOf is what is done, without how far it is: UPDATE_ROLLBACK of UPDATE_ROLLBACK_IN_PROGRESS.
func verbOf(status string) string {
	for _, end := range []string{"_IN_PROGRESS", "_COMPLETE", "_FAILED"} {
		if verb, ok := strings.CutSuffix(status, end); ok {
			return strings.TrimSuffix(verb, "_COMPLETE_CLEANUP")
		}
	}
	return status
}

// short is a duration for people.
func short(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}

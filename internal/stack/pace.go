package stack

import (
	"slices"
	"time"
)

// pace decides when the next look at an operation is worth its call. It keeps to one call per period on average, and yet
// notices the end early, for calls that are saved while the end can't be near are spent when it is:
//
//   - Opening: an operation that takes milliseconds (an emulator) is noticed within milliseconds; each look without an end
//     multiplies the distance. The calls are a debt to be paid back.
//   - Far: resources that the plan foresees haven't begun yet, so the end is at least one resource away.
//   - Open: all have begun. What the resources took so far tells when the last of them should be done; looks are set so
//     that one falls there.
//   - Near: that moment is past, or nothing is running any more. Looks follow closely, as long as there is credit.
type pace struct {
	period    time.Duration // one call per period is what an operation may cost
	begun     time.Time     // of the first look
	looks     int
	opening   []time.Duration
	resources int // foreseen operations on resources; 0: not known
	skew      time.Duration
	skewKnown bool

	running map[string]run           // by logical ID and verb
	took    []time.Duration          // of the resources that are done
	tookOf  map[string]time.Duration // the longest, by type and verb
}

// run is an operation on one resource that has begun.
type run struct {
	kind  string    // type and verb
	begun time.Time // by our clock
}

// openingSteps are the distances of the first looks.
var openingSteps = []time.Duration{
	3 * time.Millisecond, 6 * time.Millisecond, 12 * time.Millisecond, 48 * time.Millisecond, 190 * time.Millisecond, 750 * time.Millisecond,
}

// newPace is the pace for an operation that foresees so many operations on resources (0: unknown) and takes first at
// least.
func newPace(first time.Duration, resources int, period time.Duration) *pace {
	from, _ := slices.BinarySearch(openingSteps, min(first, period))
	return &pace{
		period: period, resources: resources, opening: openingSteps[from:],
		running: map[string]run{}, tookOf: map[string]time.Duration{},
	}
}

// next is how long to wait before the next look.
func (p *pace) next(now time.Time) time.Duration {
	if p.begun.IsZero() {
		p.begun = now
	}
	d := p.distance(now)
	p.looks++
	return d
}

func (p *pace) distance(now time.Time) time.Duration {
	if len(p.opening) > 0 {
		d := min(p.opening[0], p.period)
		p.opening = p.opening[1:]
		return d
	}
	if p.resources > len(p.took)+len(p.running) && (len(p.running) > 0 || len(p.took) == 0) {
		return 2 * p.period
	}
	credit := float64(now.Sub(p.begun))/float64(p.period) - float64(p.looks)
	left, known := p.left(now)
	switch {
	case known && left > 0: // set the looks so that one falls just behind the expected end
		steps := 1 + left/(p.period*14/10)
		return max(left/steps, p.period/4) + p.period/20
	case credit >= 1 && len(p.running) == 0 && known:
		return p.period / 4
	case credit >= 1 && known:
		return p.period / 2
	case credit < -1: // pay back
		return p.period * 5 / 4
	default:
		return p.period
	}
}

// left is how long the resources that are running should take, by what others took. It is not known until one is done.
func (p *pace) left(now time.Time) (left time.Duration, known bool) {
	if len(p.took) == 0 {
		return 0, false
	}
	typical := p.took[len(p.took)/2]
	for _, r := range p.running {
		expected, ok := p.tookOf[r.kind]
		if !ok {
			expected = typical
		}
		left = max(left, expected-now.Sub(r.begun))
	}
	return left, true
}

// note learns from an event that was read now.
func (p *pace) note(ev ResourceEvent, now time.Time) {
	if behind := now.Sub(ev.Time); !p.skewKnown || behind < p.skew { // the clocks differ, and reading lags behind
		p.skew, p.skewKnown = behind, true
	}
	if ev.Type == typeStack {
		return
	}
	key, kind, at := ev.LogicalID+" "+ev.verb(), ev.Type+" "+ev.verb(), ev.Time.Add(p.skew)
	r, begun := p.running[key]
	switch {
	case ev.Failed(): // the rest of the plan won't happen
		p.resources = 0
		delete(p.running, key)
	case ev.InProgress() && !begun:
		p.running[key] = run{kind: kind, begun: at}
	case !ev.InProgress() && begun:
		delete(p.running, key)
		took := at.Sub(r.begun)
		i, _ := slices.BinarySearch(p.took, took)
		p.took = slices.Insert(p.took, i, took)
		p.tookOf[kind] = max(p.tookOf[kind], took)
	}
}

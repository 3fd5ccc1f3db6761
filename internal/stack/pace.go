package stack

import (
	"slices"
	"time"
)

// pace decides when the next look at an operation is worth its call. It keeps to one call per period on average, and yet
// notices the end early, for calls that are saved while the end can't be near are spent when it is:
//
//   - Opening: an operation that takes milliseconds (an emulator's) is noticed within milliseconds; the distances grow by
//     a factor until they reach the period. These calls are a debt, which is paid back.
//   - Far: resources that the plan foresees haven't begun yet, so the end is at least one resource away.
//   - Open: all have begun. What the resources took so far tells when the last of them should be done; looks are set so
//     that one falls there.
//   - Near: that moment is past, or nothing is running any more. Looks follow closely, as long as there is credit.
type pace struct {
	period    time.Duration // one call per period is what an operation may cost
	resources int           // foreseen operations on resources; 0: not known
	opening   time.Duration // the next distance of the opening
	factor    int           // by which it grows
	begun     time.Time     // when the first look was asked for
	looks     int

	running map[string]run           // by logical ID and verb
	took    []time.Duration          // of the operations on resources that are done, in order
	longest map[string]time.Duration // of them, by type and verb
	skew    time.Duration            // how far our clock is ahead of CloudFormation's, at most
	skewed  bool                     // skew is known
}

// run is an operation on one resource that has begun.
type run struct {
	kind  string    // type and verb
	begun time.Time // by CloudFormation's clock
}

// shortest is the distance of the first looks at an operation that may be that quick.
const shortest = 3 * time.Millisecond

// newPace is the pace for an operation of which so many operations on resources are foreseen (0: not known). The first look is
// worth its call after the time first, which follows from how long the change set took, or else a call.
func newPace(first time.Duration, resources int, period time.Duration) *pace {
	p := &pace{
		period: period, resources: resources, opening: max(first, shortest), factor: 2,
		running: map[string]run{}, longest: map[string]time.Duration{},
	}
	if resources == 0 { // a guess only
		p.factor = 3
	}
	return p
}

// next is how long to wait before the next look.
func (p *pace) next(now time.Time) time.Duration {
	if p.looks == 0 {
		p.begun = now
	}
	d := p.distance(now)
	p.looks++
	return d
}

// distance is the time until the next look, by the phase that the operation is in: see pace.
func (p *pace) distance(now time.Time) time.Duration {
	left, known := p.left(now)
	if d := p.opening; d < p.period {
		p.opening *= time.Duration(p.factor)
		if left > 0 {
			d = min(d, left+left/20+shortest)
		}
		return d
	}
	passed := now.Sub(p.begun)
	credit := passed/p.period - time.Duration(p.looks)
	switch {
	case p.resources > len(p.took)+len(p.running) && (len(p.running) > 0 || len(p.took) == 0): // far
		return min(max(passed/4, p.period), 2*p.period)
	case left > 0: // open: the last step falls just behind the expected end
		steps := 1 + left/(p.period*14/10)
		return max(left/steps, p.period/4) + p.period/20
	case known && credit >= 1 && len(p.running) > 0: // near
		return p.period / 2
	case known && credit >= 1: // nearest
		return p.period / 4
	case credit < -1: // pay back
		return p.period * 5 / 4
	default:
		return p.period
	}
}

// left is how long the resources that are running should still take, by what others took: those of the same type, or else
// the median of all. It is not known until one is done.
func (p *pace) left(now time.Time) (left time.Duration, known bool) {
	if len(p.took) == 0 {
		return 0, false
	}
	for _, r := range p.running {
		expected, ok := p.longest[r.kind]
		if !ok {
			expected = p.took[len(p.took)/2]
		}
		left = max(left, expected-now.Sub(r.begun.Add(p.skew)))
	}
	return left, true
}

// note learns from an event that was read now.
func (p *pace) note(ev ResourceEvent, now time.Time) {
	if !p.skewed && !p.begun.IsZero() { // the operation's first event is about as old as our watch
		p.skew, p.skewed = p.begun.Sub(ev.Time), true
	}
	if behind := now.Sub(ev.Time); !p.skewed || behind < p.skew {
		p.skew, p.skewed = behind, true
	}
	if ev.Type == typeStack {
		return
	}
	id, kind := ev.LogicalID+" "+ev.verb(), ev.Type+" "+ev.verb()
	r, begun := p.running[id]
	switch {
	case ev.Failed(): // the rest of the plan won't happen
		p.resources = 0
		delete(p.running, id)
	case ev.InProgress() && !begun:
		p.running[id] = run{kind: kind, begun: ev.Time}
	case !ev.InProgress() && begun:
		delete(p.running, id)
		took := ev.Time.Sub(r.begun)
		i, _ := slices.BinarySearch(p.took, took)
		p.took = slices.Insert(p.took, i, took)
		p.longest[kind] = max(p.longest[kind], took)
	}
}

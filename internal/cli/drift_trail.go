package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/live"
	"mlops-infra-suite/internal/sg/ruleset"
)

// attribute finds out who has made things differ. What it can't find out stays unknown, with the reason: that is no error.
func (s *session) attribute(ctx context.Context, c *cloud, sc *scene, d *drift) error {
	if d.isEmpty() {
		return nil
	}
	trail, t := live.NewTrail(c.trail), newTracer(sc, d)
	reason := fmt.Sprintf("CloudTrail's history has no such event: it keeps %d days, and what is new takes some minutes to arrive", live.TrailDays)
	for _, resource := range t.resources() {
		err := t.follow(ctx, trail, resource)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, live.ErrTrailTooLong):
			reason = err.Error()
		case err != nil:
			reason = "CloudTrail could not be asked: " + awsenv.Explain(err).Error()
			s.tell.say("warning: who made the changes is unknown: %v", awsenv.Explain(err))
		}
		if err != nil && !errors.Is(err, live.ErrTrailTooLong) {
			break // what was refused once is refused again
		}
	}
	t.guessOrigins()
	for _, change := range d.changes() {
		if !change.found() {
			change.unknown(reason)
		}
	}
	s.findStacks(ctx, c, d)
	s.tell.step("looked into CloudTrail for %d changes", len(d.changes()))
	return ctx.Err()
}

// findStacks names the stacks that have the rules which CloudFormation added: CloudTrail doesn't tell which stack made a call. A
// stack that can't be found is left empty.
func (s *session) findStacks(ctx context.Context, c *cloud, d *drift) {
	for _, r := range d.added {
		if r.change.By == byCloudFormation {
			r.change.Stack, _ = live.Stack(ctx, c.cfn, r.held.ID)
		}
	}
}

// changes are the changes of everything that differs.
func (d *drift) changes() []*change {
	var list []*change
	for _, r := range d.rules() {
		list = append(list, &r.change)
	}
	for _, g := range d.groups {
		list = append(list, &g.change)
	}
	for _, p := range d.parameters {
		list = append(list, &p.change)
	}
	for _, t := range d.tags {
		list = append(list, &t.change)
	}
	return list
}

// tracer joins events to what differs. It is fed with the events of one resource after the other, newest first, so that the
// first event that fits is the one that made a thing what it is.
type tracer struct {
	drift    *drift
	tiers    map[string]string     // of the groups, by ID
	physical map[string]string     // IDs of the stack's resources, by logical ID
	egress   map[string]bool       // by rule ID: whether it is one of egress, as far as that is known
	undone   map[string]live.Event // by rule ID: the call that took the rule away, or made it another one
	modified map[string]*ruleDrift // by rule ID: added rules that were another one before, which is not known yet
}

func newTracer(sc *scene, d *drift) *tracer {
	t := &tracer{
		drift: d, tiers: sc.tiers(), physical: sc.physical, egress: map[string]bool{},
		undone: map[string]live.Event{}, modified: map[string]*ruleDrift{},
	}
	for id, r := range sc.meant() {
		t.egress[sc.physical[id]] = r.Direction == ruleset.Egress
	}
	for _, h := range sc.held {
		t.egress[h.ID] = h.Direction == ruleset.Egress
	}
	return t
}

// resources are the groups and parameters of which something differs.
func (t *tracer) resources() []string {
	ids := make(map[string]string, len(t.tiers))
	for id, tier := range t.tiers {
		ids[tier] = id
	}
	set := map[string]bool{}
	for _, r := range t.drift.rules() {
		set[ids[r.key().Tier]] = true
	}
	for _, g := range t.drift.groups {
		set[g.id] = true
	}
	for _, p := range t.drift.parameters {
		set[p.name] = true
	}
	for _, tag := range t.drift.tags {
		set[tag.resource] = true
	}
	delete(set, "")
	return slices.Sorted(maps.Keys(set))
}

// follow goes back through a resource's events until everything about it is explained.
func (t *tracer) follow(ctx context.Context, trail *live.Trail, resource string) error {
	for e, err := range trail.Events(ctx, resource) {
		if err != nil {
			return err
		}
		t.feed(e, resource)
		if t.isExplained(resource) {
			break
		}
	}
	return nil
}

// isExplained reports whether nothing about a resource is open.
func (t *tracer) isExplained(resource string) bool {
	tier := t.tiers[resource]
	for _, r := range t.drift.rules() {
		if r.key().Tier == tier && !r.isTold() {
			return false
		}
	}
	for _, r := range t.modified {
		if r.held.Tier == tier {
			return false
		}
	}
	for _, g := range t.drift.groups {
		if g.id == resource && !g.change.found() {
			return false
		}
	}
	for _, p := range t.drift.parameters {
		if p.name == resource && !p.change.found() && !p.traced {
			return false
		}
	}
	for _, tag := range t.drift.tags {
		if tag.resource == resource && !tag.change.found() && !tag.traced {
			return false
		}
	}
	return true
}

// feed joins one event. An event of another group that only names this one is left for that group's turn: only among one
// group's events is the order known.
func (t *tracer) feed(e live.Event, resource string) {
	if e.Group != "" && e.Group != resource {
		return
	}
	for _, c := range e.Rules {
		switch c.Verb {
		case live.Authorized:
			t.authorized(e, c.Rule)
		case live.Revoked:
			t.revokedRule(e, c.Rule)
		case live.Modified:
			t.modifiedRule(e, c.Rule)
		case live.Described:
			t.described(e, c.Rule)
		}
	}
	t.feedResource(e, resource)
}

// join joins an event that made the rule what it was at that time. If it is another one now, CloudTrail doesn't have the last
// change yet, and no older event is that.
func (r *ruleDrift) join(e live.Event, fits bool) {
	switch {
	case r.isTold():
	case fits:
		r.change.set(e)
	default:
		r.traced = true
	}
}

// isTold reports whether no older event can say more about the rule.
func (r *ruleDrift) isTold() bool { return r.change.found() || r.traced }

// key is what an event's rule is for EC2; ok is false where the event doesn't tell.
func (t *tracer) key(r live.Rule) (_ ruleset.Key, ok bool) {
	rule, err := ruleFromEC2(r, t.tiers)
	return rule.Key, err == nil && r.Protocol != ""
}

// authorized joins the addition of a rule: of one that differs, or of one of which later events told only the ID. If the rule is
// a different one now, it was modified since, by a call that CloudTrail doesn't have yet.
func (t *tracer) authorized(e live.Event, r live.Rule) {
	key, told := t.key(r)
	for _, d := range slices.Clone(t.drift.added) {
		switch same := told && key == d.held.Key; {
		case r.ID != "" && r.ID != d.held.ID || d.isTold():
		case same || r.ID != "" && !told:
			d.change.set(e)
		case r.ID != "":
			d.traced = true
			t.pairWith(d, func(d *ruleDrift) bool { return d.meant.Key == key })
		}
	}
	for _, d := range t.drift.changed {
		same := told && key == d.held.Key
		if r.ID == d.held.ID || r.ID == "" && same {
			d.join(e, same && r.Description == d.held.Description)
		}
	}
	if told {
		t.stood(r.ID, func(d *ruleDrift) bool { return d.meant.Key == key })
		delete(t.modified, r.ID)
	}
}

// stood joins that rules which are missing now stood after an event, under an ID that may not be known. What later events told of
// that ID was about them. If they told nothing, no older event can have taken them away either.
func (t *tracer) stood(id string, were func(*ruleDrift) bool) {
	if added, ok := t.modified[id]; ok && t.pairWith(added, were) {
		delete(t.modified, id)
	}
	if later, ok := t.undone[id]; ok {
		t.explainRemoved(later, were)
	}
	for _, d := range t.drift.removed {
		d.traced = d.traced || were(d)
	}
}

// revokedRule joins the revocation of a rule, which the event names by its ID or by what it was.
func (t *tracer) revokedRule(e live.Event, r live.Rule) {
	t.egress[r.ID] = r.Egress
	t.undo(e, r.ID)
	if key, told := t.key(r); told {
		t.explainRemoved(e, func(d *ruleDrift) bool { return d.meant.Key == key })
	}
}

// undo joins that the rule with an ID is no longer what it was: a rule of the stack, or one that earlier events tell of.
func (t *tracer) undo(e live.Event, id string) {
	if _, later := t.undone[id]; later || id == "" {
		return
	}
	t.undone[id] = e
	t.explainRemoved(e, func(d *ruleDrift) bool { return t.physical[d.logicalID] == id })
}

// explainRemoved gives the event to those missing rules that it is about and that are not explained yet.
func (t *tracer) explainRemoved(e live.Event, is func(*ruleDrift) bool) {
	for _, d := range t.drift.removed {
		if is(d) {
			d.join(e, true)
		}
	}
}

// modifiedRule joins the modification of a rule. The event doesn't tell what the rule was before; an older one may.
func (t *tracer) modifiedRule(e live.Event, r live.Rule) {
	keys := t.modifiedKeys(r)
	were := func(d *ruleDrift) bool { return slices.Contains(keys, d.meant.Key) }
	if len(keys) == 1 {
		t.stood(r.ID, were)
	} else {
		t.stood("", were)
	}
	t.undo(e, r.ID)
	fits := func(d *ruleDrift) bool { return len(keys) == 0 || slices.Contains(keys, d.held.Key) }
	for _, d := range t.drift.changed {
		if d.held.ID == r.ID {
			d.join(e, fits(d) && (!d.onlyDescription() || r.Description == d.held.Description))
		}
	}
	for _, d := range t.drift.added {
		if d.held.ID == r.ID && !d.isTold() {
			d.join(e, fits(d))
			t.modified[r.ID] = d
		}
	}
}

// modifiedKeys are what a modification can have made of a rule; none if the event can't be read. It doesn't tell whether the rule
// is one of egress. Where nothing else does, because CloudTrail doesn't have the end of the rule yet, it may be either.
func (t *tracer) modifiedKeys(r live.Rule) []ruleset.Key {
	var keys []ruleset.Key
	for _, egress := range []bool{false, true} {
		r.Egress = egress
		is, known := t.egress[r.ID]
		if key, told := t.key(r); told && (!known || is == egress) {
			keys = append(keys, key)
		}
	}
	return keys
}

// described joins the change of a rule's description.
func (t *tracer) described(e live.Event, r live.Rule) {
	key, told := t.key(r)
	for _, d := range t.drift.changed {
		same := r.ID != "" && d.held.ID == r.ID || told && d.held.Key == key
		if same && d.onlyDescription() {
			d.join(e, r.Description == d.held.Description)
		}
	}
}

// guessOrigins pairs modified rules whose making is older than CloudTrail's history: where one rule of the same group and
// direction is missing and nobody took it away, it is what the modified rule was.
func (t *tracer) guessOrigins() {
	for _, id := range slices.Sorted(maps.Keys(t.modified)) {
		added := t.modified[id]
		like := func(d *ruleDrift) bool {
			return d.meant.Tier == added.held.Tier && d.meant.Direction == added.held.Direction && !d.change.found()
		}
		alike := 0
		for _, other := range t.modified {
			if other.held.Tier == added.held.Tier && other.held.Direction == added.held.Direction {
				alike++
			}
		}
		candidates := 0
		for _, d := range t.drift.removed {
			if like(d) {
				candidates++
			}
		}
		if alike == 1 && candidates == 1 {
			t.pairWith(added, like)
		}
	}
}

// pairWith makes one changed rule of an added one and the missing one that it was, if there is such a one.
func (t *tracer) pairWith(added *ruleDrift, is func(*ruleDrift) bool) bool {
	i := slices.IndexFunc(t.drift.removed, is)
	if i >= 0 {
		t.drift.pair(t.drift.removed[i], added)
	}
	return i >= 0
}

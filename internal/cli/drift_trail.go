package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// findStacks names the stacks that have what CloudFormation added. Which stack made a call CloudTrail doesn't tell; what can't
// be found out is left empty.
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

// tracer joins events to what differs. It is fed with the events of one resource after the other, the last one first, so that
// the first event that fits is the one that made a thing what it is.
type tracer struct {
	drift    *drift
	tiers    map[string]string     // of the groups, by ID
	physical map[string]string     // IDs of the stack's resources, by logical ID
	undone   map[string]live.Event // by rule ID: the call that took the rule away, or made it another one
	modified map[string]*ruleDrift // by rule ID: added rules that were another one before, which is not known yet
}

func newTracer(sc *scene, d *drift) *tracer {
	return &tracer{
		drift: d, tiers: sc.tiers(), physical: sc.physical,
		undone: map[string]live.Event{}, modified: map[string]*ruleDrift{},
	}
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
		if r.key().Tier == tier && !r.change.found() && !r.traced {
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

// feed joins one event. An event of another group that only names this one has its turn with that group: what is older here
// may be newer there.
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

// feedResource joins an event about a group, a parameter or tags as a whole. An event fits what there is now, or else it is
// not the last one: that one CloudTrail doesn't have yet.
func (t *tracer) feedResource(e live.Event, resource string) {
	for _, g := range t.drift.groups {
		if g.id == e.Group && e.Name == "DeleteSecurityGroup" && !g.change.found() {
			g.change.set(e)
		}
	}
	if !slices.Contains(e.Names, resource) {
		return
	}
	for _, p := range t.drift.parameters {
		if p.name == resource {
			p.join(e)
		}
	}
	for _, tag := range t.drift.tags {
		if tag.resource == resource {
			tag.join(e)
		}
	}
}

// join joins an event that put or deleted the parameter. Which value was put the event hides: CloudFormation and the tool put
// the right one, so that theirs was not the last.
func (p *parameterDrift) join(e live.Event) {
	put, deleted := e.Name == "PutParameter", strings.HasPrefix(e.Name, "DeleteParameter")
	if !put && !deleted || p.change.found() || p.traced {
		return
	}
	var c change
	c.set(e)
	if p.traced = put != p.exists || put && c.By != byUser; !p.traced {
		p.change = c
	}
}

// join joins an event that set the tag or took it away.
func (t *tagDrift) join(e live.Event) {
	value, about := e.Tags[t.key]
	if !about || t.change.found() || t.traced {
		return
	}
	away := strings.HasPrefix(e.Name, "DeleteTags") || strings.HasPrefix(e.Name, "RemoveTags")
	if t.traced = away != (t.actual == nil) || !away && value != *t.actual; !t.traced {
		t.change.set(e)
	}
}

// key is what an event's rule is for EC2; ok is false where the event doesn't tell.
func (t *tracer) key(r live.Rule) (_ ruleset.Key, ok bool) {
	rule, err := ruleFromEC2(r, t.tiers)
	return rule.Key, err == nil && r.Protocol != ""
}

// authorized joins that a rule was added: one that differs, or one of which later events told only the ID. A rule that is
// another one now has been modified since, by a call that CloudTrail doesn't have yet.
func (t *tracer) authorized(e live.Event, r live.Rule) {
	key, told := t.key(r)
	for _, d := range slices.Clone(t.drift.added) {
		switch same := told && key == d.held.Key; {
		case r.ID != "" && r.ID != d.held.ID || d.change.found():
		case same || r.ID != "" && !told:
			d.change.set(e)
		case r.ID != "":
			t.pairWith(d, func(d *ruleDrift) bool { return d.meant.Key == key })
		}
	}
	for _, d := range t.drift.changed {
		same := r.ID == d.held.ID || r.ID == ""
		if same && told && key == d.held.Key && r.Description == d.held.Description && !d.change.found() {
			d.change.set(e)
		}
	}
	if told {
		t.stood(r.ID, key)
	}
}

// stood joins that a rule of a key was added, under an ID that may not be known. What later events told of that ID was about
// this rule. If they told nothing it still stands, as far as CloudTrail knows: no older event took it away.
func (t *tracer) stood(id string, key ruleset.Key) {
	was := func(d *ruleDrift) bool { return d.meant.Key == key }
	if added, ok := t.modified[id]; ok {
		delete(t.modified, id)
		t.pairWith(added, was)
	}
	if later, ok := t.undone[id]; ok {
		t.explainRemoved(later, was)
	}
	for _, d := range t.drift.removed {
		d.traced = d.traced || was(d)
	}
}

// revokedRule joins that a rule was taken away, by its ID or by what it was.
func (t *tracer) revokedRule(e live.Event, r live.Rule) {
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

func (t *tracer) explainRemoved(e live.Event, is func(*ruleDrift) bool) {
	for _, d := range t.drift.removed {
		if is(d) && !d.change.found() && !d.traced {
			d.change.set(e)
		}
	}
}

// modifiedRule joins that a rule was made another one. What it was the event doesn't tell: an earlier one may.
func (t *tracer) modifiedRule(e live.Event, r live.Rule) {
	t.undo(e, r.ID)
	for _, d := range t.drift.changed {
		if d.held.ID == r.ID && !d.change.found() {
			d.change.set(e)
		}
	}
	for _, d := range t.drift.added {
		if d.held.ID == r.ID && !d.change.found() {
			d.change.set(e)
			t.modified[r.ID] = d
		}
	}
}

// described joins that a rule's description was changed.
func (t *tracer) described(e live.Event, r live.Rule) {
	key, told := t.key(r)
	for _, d := range t.drift.changed {
		same := r.ID != "" && d.held.ID == r.ID || told && d.held.Key == key
		if same && d.onlyDescription() && r.Description == d.held.Description && !d.change.found() {
			d.change.set(e)
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

// pairWith makes one changed rule of an added one and the missing one that it was.
func (t *tracer) pairWith(added *ruleDrift, is func(*ruleDrift) bool) {
	if i := slices.IndexFunc(t.drift.removed, is); i >= 0 {
		t.drift.pair(t.drift.removed[i], added)
	}
}

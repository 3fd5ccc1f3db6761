package cli

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/live"
)

// feedResource joins an event about a group, a parameter or tags as a whole. If the newest event doesn't fit what there is now,
// CloudTrail doesn't have the last one yet.
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

// join joins an event that put or deleted the parameter. The event hides the value; CloudFormation and the tool put none but the
// right one, so that the wrong one was put after theirs.
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

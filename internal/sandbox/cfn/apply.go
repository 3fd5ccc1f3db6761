package cfn

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/resource"
	"mlops-infra-suite/internal/sandbox/cfn/template"
)

// apply works on the resources that the deployment wants, as far as that can be done now: each after those it depends on, and
// otherwise all at once.
func (r *run) apply() (progress bool, err error) {
	if len(r.op.Tasks) == 0 && r.stack.Status != updateRollbackInProgress {
		reason, err := obstacle(r.call, r.template, r.stack.Deployment)
		if reason == "" && err == nil {
			reason = r.validate()
		}
		if reason != "" || err != nil {
			return true, errors.Join(err, r.abandon(reason))
		}
		if r.rejectInvalid() {
			return true, r.failApplying()
		}
	}
	for _, id := range r.due() {
		progress = true
		if err := r.completeApplying(id); err != nil {
			return false, err
		}
		if r.op.Tasks[id].State == taskFailed {
			return true, r.failApplying()
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.template.Resources)) {
		if r.op.Tasks[id] == nil && r.dependenciesDone(id) {
			progress = true
			if err := r.startApplying(id); err != nil {
				return false, err
			}
		}
	}
	if len(r.op.withState(taskDone)) == len(r.template.Resources) {
		return true, r.applied()
	}
	return progress, nil
}

func (r *run) dependenciesDone(id string) bool {
	for _, on := range r.template.Resources[id].DependsOn {
		if t := r.op.Tasks[on]; t == nil || t.State != taskDone {
			return false
		}
	}
	return true
}

// desired is what the template wants of a resource whose dependencies are done.
func (r *run) desired(id string) (resource.Desired, error) {
	properties, err := template.Evaluate(r.template.Resources[id].Properties, r.scope().resolve)
	if err != nil {
		return resource.Desired{}, fmt.Errorf("evaluate properties of %s: %w", id, err)
	}
	want := resource.Desired{StackName: r.stack.Name, LogicalID: id, Properties: properties.(template.Map)}
	if r.types[r.template.Resources[id].Type].Taggable() {
		want.Tags = r.stack.resourceTags(id, r.stack.Deployment.Tags)
	}
	return want, nil
}

// resourceTags are the tags that CloudFormation puts on every taggable
// resource: its own and the stack's (documented).
func (s *stack) resourceTags(id string, tags []Tag) map[string]string {
	all := map[string]string{
		"aws:cloudformation:logical-id": id,
		"aws:cloudformation:stack-id":   s.ID,
		"aws:cloudformation:stack-name": s.Name,
	}
	for _, tag := range tags {
		all[tag.Key] = tag.Value
	}
	return all
}

// difference tells what has to be done to make a resource what is wanted.
func (r *run) difference(have *resourceRecord, want resource.Desired) action {
	if have.gone() && r.op.Import[want.LogicalID] != "" {
		return actImport
	}
	if have.gone() {
		return actCreate
	}
	if replaces(r.types[have.Type], have.Properties, want.Properties) {
		return actReplace
	}
	if !reflect.DeepEqual(have.Properties, want.Properties) || !maps.Equal(have.Tags, want.Tags) {
		return actUpdate
	}
	return actNothing
}

// replaces tells whether going from one set of properties to another takes a
// new physical resource.
func replaces(t resource.Type, have, want template.Map) bool {
	return slices.ContainsFunc(changedProperties(have, want), t.CreateOnly)
}

// changedProperties lists the properties that differ, sorted.
func changedProperties(have, want template.Map) []string {
	names := maps.Clone(have)
	if names == nil {
		names = template.Map{}
	}
	maps.Copy(names, want)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(names)), func(name string) bool {
		return reflect.DeepEqual(have[name], want[name])
	})
}

// startApplying decides what the run does with the resource id of the new template, and begins it: what is new is provisioned,
// the rest is marked as in progress. completeApplying ends it.
func (r *run) startApplying(id string) error {
	want, err := r.desired(id)
	if err != nil {
		return err
	}
	have := r.stack.Resources[id]
	if slices.Contains(r.op.Skip, id) {
		r.skip(id, have, want)
		return nil
	}
	act := r.difference(have, want)
	switch act {
	case actImport:
		r.startImport(id, want)
		return nil
	case actNothing:
		r.op.Tasks[id] = &task{Action: actNothing, State: taskDone}
		r.describe(id, have)
		if !isComplete(have.Status) {
			r.stack.mark(r.call, id, have, updateComplete, "", want.Properties)
		}
		return nil
	case actUpdate:
		r.stack.mark(r.call, id, have, updateInProgress, "", want.Properties)
		r.start(id, act)
		return nil
	case actReplace:
		if name := r.types[have.Type].KeptName(have.Properties, want.Properties); name != "" {
			r.stack.mark(r.call, id, have, updateInProgress, "", want.Properties)
			r.start(id, actUpdate).Failure = "CloudFormation cannot update a stack when a custom-named resource requires " +
				"replacing. Rename " + name + " and update the stack again."
			return nil
		}
		return r.replace(id, have, want)
	default:
		record := &resourceRecord{Type: r.template.Resources[id].Type}
		r.stack.Resources[id] = record
		r.stack.mark(r.call, id, record, createInProgress, "", want.Properties)
		return r.provision(id, record, want, r.start(id, actCreate))
	}
}

// replace puts a new physical resource into the place of the old one, which is
// left for the clean-up.
func (r *run) replace(id string, have *resourceRecord, want resource.Desired) error {
	r.stack.mark(r.call, id, have, updateInProgress,
		"Requested update requires the creation of a new physical resource; hence creating one.", want.Properties)
	old := *have
	r.stack.Garbage = append(r.stack.Garbage, &garbage{
		LogicalID: id, Resource: &old,
		Retain: r.template.Resources[id].UpdateReplacePolicy == template.PolicyRetain,
	})
	t := r.start(id, actReplace)
	err := r.provision(id, have, want, t)
	if t.Failure != "" {
		r.stack.Garbage = slices.DeleteFunc(r.stack.Garbage, func(g *garbage) bool { return g.Resource == &old })
	}
	return err
}

// provision has the handler make the resource, which exists from now on. It is reported as complete, or as failed, when the
// task ends.
func (r *run) provision(id string, record *resourceRecord, want resource.Desired, t *task) error {
	var state resource.State
	err := r.attempt(id, t, func() (err error) {
		state, err = r.types[record.Type].Create(r.context(), want)
		return err
	})
	if err != nil || t.Failure != "" {
		return err
	}
	record.State, record.Skipped = state, false
	r.describe(id, record)
	r.stack.mark(r.call, id, record, record.Status, "Resource creation Initiated", want.Properties)
	return nil
}

// describe copies what the template says of a resource besides its properties.
func (r *run) describe(id string, record *resourceRecord) {
	wanted := r.template.Resources[id]
	record.DependsOn, record.DeletionPolicy, record.Metadata = wanted.DependsOn, wanted.DeletionPolicy, wanted.Metadata
}

// skip counts a resource as rolled back that the caller has told the rollback to skip (documented: from then on it may differ
// from the template).
func (r *run) skip(id string, record *resourceRecord, want resource.Desired) {
	r.op.Tasks[id] = &task{Action: actNothing, State: taskDone}
	record.Properties, record.Tags, record.Skipped = want.Properties, want.Tags, true
	r.describe(id, record)
	r.stack.mark(r.call, id, record, updateComplete, "", want.Properties)
}

// completeApplying ends what startApplying began: it imports or updates the resource, and records how that ended.
func (r *run) completeApplying(id string) error {
	t, record := r.op.Tasks[id], r.stack.Resources[id]
	want, err := r.desired(id)
	if err != nil {
		return err
	}
	if t.Action == actImport {
		if err := r.completeImport(id, t, record, want); err != nil {
			return err
		}
	}
	if t.Action == actUpdate && t.Failure == "" {
		var state resource.State
		err := r.attempt(id, t, func() (err error) {
			state, err = r.types[record.Type].Update(r.context(), want, record.State)
			return err
		})
		if err != nil {
			return err
		}
		if t.Failure == "" {
			record.State, record.Skipped = state, false
			r.describe(id, record)
		}
	}
	if t.Failure != "" {
		t.State = taskFailed
		record.RollbackFailed = r.stack.Status == updateRollbackInProgress
		r.stack.mark(r.call, id, record, t.Action.status("FAILED"), t.Failure, want.Properties)
		return nil
	}
	t.State = taskDone
	r.stack.mark(r.call, id, record, t.Action.status("COMPLETE"), "", want.Properties)
	return nil
}

// verb is what an action does to a resource, as statuses and reasons word it.
func (a action) verb() string {
	switch a {
	case actCreate, actImport:
		return string(a)
	}
	return "update"
}

// status is the resource status of an action that ends as said.
func (a action) status(end string) string {
	if a == actImport && end == "COMPLETE" {
		return updateComplete // of its tags
	}
	return strings.ToUpper(a.verb()) + "_" + end
}

// applied ends applying after all resources are as wanted.
func (r *run) applied() error {
	s := r.stack
	if s.Status == updateRollbackInProgress {
		s.Stable = nil
		s.proceed(r.call, updateRollbackCompleteCleanupInProgress, "")
		return nil
	}
	if reason, err := r.publish(); reason != "" || err != nil {
		return errors.Join(err, r.abandon(reason))
	}
	s.Stable = nil
	for _, record := range s.Resources {
		record.Imported = false
	}
	switch s.Status {
	case createInProgress:
		r.finish(createComplete, "", true)
		return nil
	case importInProgress:
		r.finish(importComplete, "", true)
		return nil
	}
	s.proceed(r.call, updateCompleteCleanupInProgress, "")
	return nil
}

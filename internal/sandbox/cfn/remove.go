package cfn

import (
	"fmt"
	"maps"
	"slices"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// cleanUpAttempts is how often the clean-up of an update tries to delete a
// resource before it forgets it (documented).
const cleanUpAttempts = 3

// target is a resource to remove.
type target struct {
	key     string // of its task
	id      string // logical
	record  *resourceRecord
	garbage bool
	retain  bool
}

// remove deletes the resources that are to go, as far as can be done now, each
// after those that depend on it and otherwise all at once.
func (r *run) remove() (progress bool, err error) {
	if reason := r.undeletable(); reason != "" {
		r.stack.Deleted, r.stack.DeletionMode = nil, ""
		r.finish(r.op.Before, reason, false)
		return true, nil
	}
	targets := r.targets()
	for _, key := range r.due() {
		progress = true
		if err := r.completeRemoving(targets[key]); err != nil {
			return false, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(targets)) {
		if r.op.Tasks[key] == nil && r.dependentsDone(targets, targets[key]) {
			progress = true
			r.startRemoving(targets[key])
		}
	}
	if len(r.op.withState(taskRunning)) == 0 && !progress {
		r.removed()
		return true, nil
	}
	return progress, nil
}

// undeletable says at the beginning of a deletion what forbids it, "" if nothing does. The stack then stays as it was
// (reported).
func (r *run) undeletable() string {
	if r.stack.Status != deleteInProgress || r.op.Before == "" || len(r.op.Tasks) > 0 {
		return ""
	}
	if export, users := r.stack.exportInUse(r.call, nil); export != "" {
		return fmt.Sprintf("Delete canceled. Cannot delete export %s as it is in use by %s.", export, users)
	}
	return ""
}

// targets lists what the part of the operation has to remove, or had to.
func (r *run) targets() map[string]target {
	targets := map[string]target{}
	if r.stack.Status == importRollbackInProgress {
		for id := range r.op.Import {
			if record := r.stack.Resources[id]; record != nil {
				targets[id] = target{key: id, id: id, record: record}
			}
		}
		return targets
	}
	for id, record := range r.stack.Resources {
		_, wanted := r.template.Resources[id]
		if r.cleaningUp() && wanted || r.op.Tasks[id] == nil && removedBefore(record) {
			continue
		}
		targets[id] = target{key: id, id: id, record: record, retain: r.retains(id, record)}
	}
	for _, g := range r.stack.Garbage {
		key := g.LogicalID + "#" + g.Resource.PhysicalID
		targets[key] = target{key: key, id: g.LogicalID, record: g.Resource, garbage: true, retain: g.Retain}
	}
	return targets
}

func removedBefore(record *resourceRecord) bool {
	return record.Status == deleteComplete || record.Status == deleteSkipped
}

// cleaningUp reports whether resources are removed after an update, not with the whole stack.
func (r *run) cleaningUp() bool {
	return r.stack.Status == updateCompleteCleanupInProgress || r.stack.Status == updateRollbackCompleteCleanupInProgress
}

// retains reports whether a resource lives on when it leaves the stack.
func (r *run) retains(id string, record *resourceRecord) bool {
	creationFailed := r.takingBack()
	return slices.Contains(r.op.Retain, id) ||
		record.DeletionPolicy == template.PolicyRetain && !(creationFailed && r.op.RetainExceptOnCreate) ||
		record.DeletionPolicy == template.PolicyRetainExceptOnCreate && !creationFailed
}

// takingBack reports whether what a failed operation has made is being removed.
func (r *run) takingBack() bool {
	return r.op.Type == createStackOperation || r.stack.Status == rollbackInProgress ||
		r.stack.Status == updateRollbackCompleteCleanupInProgress
}

// dependentsDone reports whether everything that depends on a resource has been removed. In a clean-up, what could not be
// removed counts as well.
func (r *run) dependentsDone(targets map[string]target, t target) bool {
	for key, other := range targets {
		if key == t.key || !slices.Contains(other.record.DependsOn, t.id) {
			continue
		}
		work := r.op.Tasks[key]
		if work == nil || work.State == taskRunning || work.State == taskFailed && !r.cleaningUp() {
			return false
		}
	}
	return true
}

// startRemoving begins to take a resource out of the stack: it is released, dropped from the records at once if it never came to
// be or is retained, and deleted by completeRemoving otherwise.
func (r *run) startRemoving(t target) {
	switch {
	case r.releases(t):
		r.startReleasing(t)
	case t.record.PhysicalID == "":
		r.dropped(t, deleteComplete)
	case t.retain:
		r.dropped(t, deleteSkipped)
	default:
		r.stack.mark(r.call, t.id, t.record, deleteInProgress, "", r.shown(t))
		r.start(t.key, actRemove)
	}
}

// shown is what events show of a resource that goes; nothing in a clean-up
// (reported).
func (r *run) shown(t target) template.Map {
	if r.cleaningUp() {
		return nil
	}
	if t.record.Properties == nil {
		return template.Map{}
	}
	return t.record.Properties
}

// dropped records that a resource has left the stack.
func (r *run) dropped(t target, status string) {
	r.op.Tasks[t.key] = &task{Action: actRemove, State: taskDone}
	r.stack.mark(r.call, t.id, t.record, status, "", r.shown(t))
	r.forget(t)
}

// forget removes a resource from the stack's record, unless the stack itself is being deleted: a deleted stack can still be
// described.
func (r *run) forget(t target) {
	if t.garbage {
		r.stack.Garbage = slices.DeleteFunc(r.stack.Garbage, func(g *garbage) bool { return g.Resource == t.record })
	} else if r.cleaningUp() {
		delete(r.stack.Resources, t.id)
	}
}

// completeRemoving deletes the resource, or releases one that was imported. If the deletion fails, a forced one skips the
// resource, the clean-up of an update tries again up to cleanUpAttempts times and then forgets it, and any other has failed.
func (r *run) completeRemoving(t target) error {
	work := r.op.Tasks[t.key]
	if r.releases(t) {
		return r.completeReleasing(t, work)
	}
	if !r.keptInRollback(t) {
		err := r.attempt(t.id, work, func() error {
			return r.types[t.record.Type].Delete(r.context(), t.record.State)
		})
		if err != nil {
			return err
		}
	}
	if work.Failure == "" {
		r.dropped(t, deleteComplete)
		return nil
	}
	r.stack.mark(r.call, t.id, t.record, deleteFailed, work.Failure, r.shown(t))
	if r.op.Force {
		r.dropped(t, deleteSkipped)
		return nil
	}
	work.State = taskFailed
	work.Attempts++
	if !r.cleaningUp() {
		return nil
	}
	if work.Attempts < cleanUpAttempts {
		work.Failure = ""
		r.startRemoving(t)
		return nil
	}
	r.op.Orphaned = true
	r.forget(t)
	return nil
}

// keptInRollback reports whether the physical resource is also that of a resource which the rollback keeps: an adopted rule.
// (Assumed: a rollback loses no rule.)
func (r *run) keptInRollback(t target) bool {
	if r.stack.Status != updateRollbackCompleteCleanupInProgress {
		return false
	}
	for id := range r.template.Resources {
		if kept := r.stack.Resources[id]; kept != t.record && kept.PhysicalID == t.record.PhysicalID {
			return true
		}
	}
	return false
}

// removed ends the removal when there is nothing left to try.
func (r *run) removed() {
	s, reason := r.stack, failedTo("delete", r.failedRemovals())
	switch s.Status {
	case updateCompleteCleanupInProgress:
		r.finish(updateComplete, r.orphans("Update"), true)
	case updateRollbackCompleteCleanupInProgress:
		r.finish(updateRollbackComplete, r.orphans("Rollback"), false)
	case importRollbackInProgress:
		r.released(reason)
	case rollbackInProgress:
		if reason != "" {
			r.finish(rollbackFailed, reason, false)
			return
		}
		r.finish(rollbackComplete, "", false)
	case deleteInProgress:
		if reason != "" {
			r.finish(deleteFailed, reason, false)
			return
		}
		r.finish(deleteComplete, "", false)
	}
}

func (r *run) failedRemovals() []string {
	var ids []string
	targets := r.targets()
	for _, key := range r.op.withState(taskFailed) {
		ids = append(ids, targets[key].id)
	}
	return slices.Compact(ids)
}

func (r *run) orphans(what string) string {
	if !r.op.Orphaned {
		return ""
	}
	return what + " successful. One or more resources could not be deleted."
}

// bury leaves the ID as the only way to find a deleted stack.
func (s *stack) bury(call *wire.Call) {
	s.Outputs, s.TerminationProtection = nil, false
	store.Delete(call.Tx, stackNames, call.Key(s.Name))
	s.withdrawExports(call, nil)
	s.dropChangeSets(call, func(cs *changeSet) bool {
		return cs.ExecutionStatus != executeComplete && cs.ExecutionStatus != executeFailed
	})
}

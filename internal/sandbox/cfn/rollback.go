package cfn

import (
	"fmt"
	"strings"
)

// failApplying ends applying after a resource has failed: the others under way
// are cancelled, and the operation goes the way it shall on failure.
func (r *run) failApplying() error {
	for _, id := range r.op.withState(taskRunning) {
		t, record := r.op.Tasks[id], r.stack.Resources[id]
		want, err := r.desired(id)
		if err != nil {
			return err
		}
		reason := "Resource update cancelled"
		if t.Action == actCreate {
			reason = "Resource creation cancelled"
		}
		t.State = taskFailed
		r.stack.mark(r.call, id, record, t.Action.status("FAILED"), reason, want.Properties)
	}
	var created, updated []string
	for _, id := range r.op.withState(taskFailed) {
		if r.op.Tasks[id].Action == actCreate {
			created = append(created, id)
		} else {
			updated = append(updated, id)
		}
	}
	return r.abandon(failedTo("create", created) + failedTo("update", updated))
}

func failedTo(verb string, ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return fmt.Sprintf("The following resource(s) failed to %s: [%s]. ", verb, strings.Join(ids, ", "))
}

// abandon goes the operation's way on failure.
func (r *run) abandon(reason string) error {
	s := r.stack
	switch {
	case s.Status == updateRollbackInProgress:
		r.finish(updateRollbackFailed, reason, false)
	case s.Status == createInProgress && r.op.OnFailure == onFailureDoNothing:
		r.finish(createFailed, reason, false)
	case s.Status == createInProgress && r.op.OnFailure == onFailureDelete:
		s.Deleted = &r.call.Now
		s.proceed(r.call, deleteInProgress, reason+"Delete requested by user.")
	case s.Status == createInProgress:
		s.Deleted = &r.call.Now
		s.proceed(r.call, rollbackInProgress, reason+"Rollback requested by user.")
	case r.op.OnFailure == onFailureDoNothing || r.op.Previous == nil:
		s.Stable = r.op.Previous
		r.finish(updateFailed, reason, false)
	default:
		return r.goBack(reason)
	}
	return nil
}

// goBack makes the previous deployment the one to apply. Resources that were
// replaced are there still: they take their places back.
func (r *run) goBack(reason string) error {
	s := r.stack
	s.Deployment = *r.op.Previous
	restored := map[string]bool{}
	for i, g := range s.Garbage {
		if restored[g.LogicalID] {
			continue
		}
		restored[g.LogicalID] = true
		replacement := s.Resources[g.LogicalID]
		g.Resource.Status = updateFailed // to be reported as back in place
		s.Resources[g.LogicalID] = g.Resource
		s.Garbage[i] = &garbage{LogicalID: g.LogicalID, Resource: replacement}
	}
	s.proceed(r.call, updateRollbackInProgress, reason)
	return r.load()
}

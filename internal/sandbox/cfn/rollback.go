package cfn

import (
	"fmt"
	"strings"
)

// failApplying ends applying after a resource has failed: work on the others is cancelled, and the operation does what it is to
// do on failure.
func (r *run) failApplying() error {
	if err := r.cancelTasks(); err != nil {
		return err
	}
	failed := map[string][]string{}
	for _, id := range r.op.withState(taskFailed) {
		verb := r.op.Tasks[id].Action.verb()
		failed[verb] = append(failed[verb], id)
	}
	return r.abandon(failedTo("create", failed["create"]) + failedTo("import", failed["import"]) + failedTo("update", failed["update"]))
}

const (
	creationCancelled = "Resource creation cancelled"
	updateCancelled   = "Resource update cancelled"
	importCancelled   = "Resource import cancelled"
)

// cancelTasks stops the work on resources, however far it has come.
func (r *run) cancelTasks() error {
	for _, id := range r.op.withState(taskRunning) {
		t, record := r.op.Tasks[id], r.stack.Resources[id]
		want, err := r.desired(id)
		if err != nil {
			return err
		}
		reason := updateCancelled
		switch t.Action {
		case actCreate:
			reason = creationCancelled
		case actImport:
			reason = importCancelled
		}
		t.State, record.RollbackFailed = taskFailed, false
		r.stack.mark(r.call, id, record, t.Action.status("FAILED"), reason, want.Properties)
	}
	return nil
}

func failedTo(verb string, ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return fmt.Sprintf("The following resource(s) failed to %s: [%s]. ", verb, strings.Join(ids, ", "))
}

// abandon does what the operation is to do on failure.
func (r *run) abandon(reason string) error {
	s := r.stack
	if s.Status == createInProgress && !strings.HasSuffix(reason, " ") {
		reason += ". "
	}
	switch {
	case s.Status == updateRollbackInProgress:
		r.finish(updateRollbackFailed, reason, false)
	case s.Status == importInProgress:
		s.proceed(r.call, importRollbackInProgress, reason)
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

// goBack makes the previous deployment the one to apply.
func (r *run) goBack(reason string) error {
	r.stack.restore(r.op.Previous)
	r.stack.proceed(r.call, updateRollbackInProgress, reason)
	return r.load()
}

// restore makes a previous deployment the stack's again. Resources that were replaced still exist, and return to their places.
func (s *stack) restore(previous *deployment) {
	s.Deployment = *previous
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
}

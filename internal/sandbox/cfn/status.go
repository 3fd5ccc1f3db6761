package cfn

import "strings"

// Statuses of stacks and resources.
const (
	reviewInProgress = "REVIEW_IN_PROGRESS"

	createInProgress = "CREATE_IN_PROGRESS"
	createComplete   = "CREATE_COMPLETE"
	createFailed     = "CREATE_FAILED"

	rollbackInProgress = "ROLLBACK_IN_PROGRESS"
	rollbackComplete   = "ROLLBACK_COMPLETE"
	rollbackFailed     = "ROLLBACK_FAILED"

	updateInProgress                = "UPDATE_IN_PROGRESS"
	updateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
	updateComplete                  = "UPDATE_COMPLETE"
	updateFailed                    = "UPDATE_FAILED"

	updateRollbackInProgress                = "UPDATE_ROLLBACK_IN_PROGRESS"
	updateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
	updateRollbackComplete                  = "UPDATE_ROLLBACK_COMPLETE"
	updateRollbackFailed                    = "UPDATE_ROLLBACK_FAILED"

	deleteInProgress = "DELETE_IN_PROGRESS"
	deleteComplete   = "DELETE_COMPLETE"
	deleteFailed     = "DELETE_FAILED"
	deleteSkipped    = "DELETE_SKIPPED"

	importInProgress         = "IMPORT_IN_PROGRESS"
	importComplete           = "IMPORT_COMPLETE"
	importFailed             = "IMPORT_FAILED"
	importRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS"
	importRollbackComplete   = "IMPORT_ROLLBACK_COMPLETE"
	importRollbackFailed     = "IMPORT_ROLLBACK_FAILED"
)

// updatable tells whether an update may start (documented; reported for a
// creation that was to be left as it failed).
func (s *stack) updatable() bool {
	switch s.Status {
	case createComplete, updateComplete, updateRollbackComplete, importComplete, importRollbackComplete,
		updateFailed:
		return true
	case createFailed:
		return !s.Frozen
	}
	return false
}

func isInProgress(status string) bool { return strings.HasSuffix(status, "_IN_PROGRESS") }

func isComplete(status string) bool { return strings.HasSuffix(status, "_COMPLETE") }

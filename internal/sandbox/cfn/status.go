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
)

// updatable tells the statuses from which an update may start (documented).
func updatable(status string) bool {
	switch status {
	case createComplete, updateComplete, updateRollbackComplete, createFailed, updateFailed:
		return true
	}
	return false
}

func isInProgress(status string) bool { return strings.HasSuffix(status, "_IN_PROGRESS") }

func isComplete(status string) bool { return strings.HasSuffix(status, "_COMPLETE") }

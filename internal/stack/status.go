package stack

import "strings"

// Status is a stack's status in CloudFormation's words; Absent is ours.
type Status string

// Absent is the status of a stack that doesn't exist.
const Absent Status = ""

// The 23 statuses that CloudFormation documents.
const (
	CreateInProgress              Status = "CREATE_IN_PROGRESS"
	CreateFailed                  Status = "CREATE_FAILED"
	CreateComplete                Status = "CREATE_COMPLETE"
	RollbackInProgress            Status = "ROLLBACK_IN_PROGRESS"
	RollbackFailed                Status = "ROLLBACK_FAILED"
	RollbackComplete              Status = "ROLLBACK_COMPLETE"
	DeleteInProgress              Status = "DELETE_IN_PROGRESS"
	DeleteFailed                  Status = "DELETE_FAILED"
	DeleteComplete                Status = "DELETE_COMPLETE"
	UpdateInProgress              Status = "UPDATE_IN_PROGRESS"
	UpdateCompleteCleanup         Status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
	UpdateComplete                Status = "UPDATE_COMPLETE"
	UpdateFailed                  Status = "UPDATE_FAILED"
	UpdateRollbackInProgress      Status = "UPDATE_ROLLBACK_IN_PROGRESS"
	UpdateRollbackFailed          Status = "UPDATE_ROLLBACK_FAILED"
	UpdateRollbackCompleteCleanup Status = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
	UpdateRollbackComplete        Status = "UPDATE_ROLLBACK_COMPLETE"
	ReviewInProgress              Status = "REVIEW_IN_PROGRESS"
	ImportInProgress              Status = "IMPORT_IN_PROGRESS"
	ImportComplete                Status = "IMPORT_COMPLETE"
	ImportRollbackInProgress      Status = "IMPORT_ROLLBACK_IN_PROGRESS"
	ImportRollbackFailed          Status = "IMPORT_ROLLBACK_FAILED"
	ImportRollbackComplete        Status = "IMPORT_ROLLBACK_COMPLETE"
)

// InProgress reports whether an operation is under way. REVIEW_IN_PROGRESS is none: such a stack holds nothing but change
// sets that wait for a decision.
func (s Status) InProgress() bool {
	return strings.HasSuffix(string(s), "_IN_PROGRESS") && s != ReviewInProgress
}

// Succeeded reports whether s ends an operation as it was meant, rather than by going back.
func (s Status) Succeeded() bool {
	switch s {
	case CreateComplete, UpdateComplete, DeleteComplete, ImportComplete:
		return true
	default:
		return false
	}
}

// answer is what a run does about the status that it finds a stack in.
type answer string

const (
	takesCreate answer = "create"  // a change set of type CREATE: there are no resources yet
	takesUpdate answer = "update"  // a change set of type UPDATE
	wait        answer = "wait"    // follow the operation under way, then look again
	replace     answer = "replace" // a failed first try without resources: delete it, then create
	refuse      answer = "refuse"  // the way out is the user's decision: StateError
)

// answers holds the answer for a deployment to every status (documented: the stack status codes of the CloudFormation user guide).
var answers = map[Status]answer{
	Absent:                        takesCreate,
	DeleteComplete:                takesCreate,
	ReviewInProgress:              takesCreate,
	CreateComplete:                takesUpdate,
	UpdateComplete:                takesUpdate,
	UpdateRollbackComplete:        takesUpdate,
	ImportComplete:                takesUpdate,
	ImportRollbackComplete:        takesUpdate,
	CreateInProgress:              wait,
	UpdateInProgress:              wait,
	UpdateCompleteCleanup:         wait,
	UpdateRollbackInProgress:      wait,
	UpdateRollbackCompleteCleanup: wait,
	RollbackInProgress:            wait,
	DeleteInProgress:              wait,
	ImportInProgress:              wait,
	ImportRollbackInProgress:      wait,
	RollbackComplete:              replace,
	RollbackFailed:                refuse,
	CreateFailed:                  refuse,
	UpdateFailed:                  refuse,
	UpdateRollbackFailed:          refuse,
	DeleteFailed:                  refuse,
	ImportRollbackFailed:          refuse,
}

// answerTo is the answer to s; a status that is newer than this table is either waited for or refused.
func answerTo(s Status) answer {
	if a, known := answers[s]; known {
		return a
	}
	if s.InProgress() {
		return wait
	}
	return refuse
}

// leadsToCreate reports whether a deployment creates a stack that it finds in s: now, or once s has come to its end.
func (s Status) leadsToCreate() bool {
	switch s {
	case Absent, DeleteComplete, ReviewInProgress, RollbackInProgress, RollbackComplete, DeleteInProgress,
		CreateFailed, RollbackFailed, DeleteFailed:
		return true
	default:
		return false
	}
}

// waysOut are the ways out of the statuses that a deployment refuses. A stack that was never created can be created anew;
// one that was goes back to what it was.
var waysOut = map[Status]WayOut{
	CreateFailed:         DeleteAndCreate,
	RollbackFailed:       DeleteAndCreate,
	DeleteFailed:         DeleteAndCreate,
	UpdateFailed:         RollBack,
	UpdateRollbackFailed: ContinueRollback,
	ImportRollbackFailed: NoWayOut,
}

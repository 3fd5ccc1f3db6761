package cfn

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Statuses of change sets; createInProgress and createComplete are shared with
// stacks.
const (
	createPending   = "CREATE_PENDING"
	changeSetFailed = "FAILED"

	unavailable       = "UNAVAILABLE"
	available         = "AVAILABLE"
	executeInProgress = "EXECUTE_IN_PROGRESS"
	executeComplete   = "EXECUTE_COMPLETE"
	executeFailed     = "EXECUTE_FAILED"
	obsolete          = "OBSOLETE"
)

const noChanges = "The submitted information didn't contain changes. Submit different information to create a change set."

// changeSetImport is the type of a change set that takes existing resources in.
const changeSetImport = "IMPORT"

// changeSet is a change set as it is stored.
type changeSet struct {
	UUID, ID, Name  string
	Number          uint64 // in the order of creation
	Stack           string // its UUID
	Type            string // CREATE, UPDATE or IMPORT
	Token           string `json:",omitempty"` // the creation's ClientToken
	Execution       string `json:",omitempty"` // the execution's ClientRequestToken
	Description     string `json:",omitempty"`
	OnStackFailure  string `json:",omitempty"`
	Operation       string // its creation
	Caller          wire.Caller
	Status          string
	StatusReason    string `json:",omitempty"`
	ExecutionStatus string
	Created         time.Time
	Due             time.Time // when it is worked out
	Deployment      deployment
	Import          map[string]string `json:",omitempty"` // physical IDs by logical ID
	ImportExisting  bool              `json:",omitempty"` // also what has the fixed name of a new resource
	Unvalidated     bool              `json:",omitempty"` // the caller wants no validation
	Invalid         map[string]string `json:",omitempty"` // as verdict's
	Changes         []Change          // with property values
	Plain           []Change          // without
}

func (cs *changeSet) key() string { return cs.Stack + "/" + cs.UUID }

func (cs *changeSet) put(call *wire.Call) {
	store.Put(call.Tx, changeSetTable, call.Key(cs.Stack, cs.UUID), cs)
	store.Put(call.Tx, changeSetIndex, call.Key(cs.UUID), cs.Stack)
}

func (cs *changeSet) drop(call *wire.Call) {
	store.Delete(call.Tx, changeSetTable, call.Key(cs.Stack, cs.UUID))
	store.Delete(call.Tx, changeSetIndex, call.Key(cs.UUID))
}

func getChangeSet(call *wire.Call, key string) *changeSet {
	cs, ok := store.Get[*changeSet](call.Tx, changeSetTable, call.Key(key))
	if !ok {
		return nil
	}
	return cs
}

// changeSets lists a stack's change sets, the oldest first.
func (s *stack) changeSets(call *wire.Call) []*changeSet {
	var list []*changeSet
	for _, cs := range store.Scan[*changeSet](call.Tx, changeSetTable, call.Prefix(s.UUID)) {
		list = append(list, cs)
	}
	slices.SortFunc(list, func(a, b *changeSet) int { return cmp.Compare(a.Number, b.Number) })
	return list
}

// active tells a change set that still counts: ListChangeSets shows it, and
// its name is taken.
func (cs *changeSet) active() bool {
	switch cs.ExecutionStatus {
	case executeInProgress, executeComplete, executeFailed:
		return false
	}
	return true
}

// findChangeSet finds a change set by its ID, or by its name within a stack.
// Names of executed ones may be used again: the last one is meant.
func findChangeSet(call *wire.Call, nameOrID, stackName string) (*changeSet, *stack, error) {
	if rest, isID := strings.CutPrefix(nameOrID, call.ARN("cloudformation", "changeSet/")); isID {
		_, uuid, _ := strings.Cut(rest, "/")
		stackUUID, _ := store.Get[string](call.Tx, changeSetIndex, call.Key(uuid))
		cs := getChangeSet(call, stackUUID+"/"+uuid)
		if cs == nil || cs.ID != nameOrID {
			return nil, nil, noSuchChangeSet(nameOrID)
		}
		s, _ := store.Get[*stack](call.Tx, stackTable, call.Key(cs.Stack))
		return cs, s, nil
	}
	if stackName == "" {
		return nil, nil, validation("StackName must be specified if ChangeSetName is not specified as an ARN.")
	}
	s := findStack(call, stackName)
	if s == nil {
		return nil, nil, noSuchStack(stackName)
	}
	var found *changeSet
	for _, cs := range s.changeSets(call) {
		if cs.Name == nameOrID {
			found = cs
		}
	}
	if found == nil {
		return nil, s, noSuchChangeSet(nameOrID)
	}
	return found, s, nil
}

func noSuchChangeSet(name string) error {
	return &wire.Error{Code: "ChangeSetNotFound", Message: "ChangeSet [" + name + "] does not exist", Status: 404}
}

// dropChangeSets deletes change sets of the stack.
func (s *stack) dropChangeSets(call *wire.Call, which func(*changeSet) bool) {
	for _, cs := range s.changeSets(call) {
		if which(cs) {
			cs.drop(call)
		}
	}
}

// outdate makes the stack's change sets obsolete: it has been changed without them.
func (s *stack) outdate(call *wire.Call) {
	for _, cs := range s.changeSets(call) {
		if cs.ExecutionStatus == available {
			cs.ExecutionStatus = obsolete
			cs.put(call)
		}
	}
}

// endChangeSet records how the execution of the operation's change set ended.
func (op *operation) endChangeSet(call *wire.Call, succeeded bool) {
	if op.ChangeSet == "" {
		return
	}
	cs := getChangeSet(call, op.ChangeSet)
	if cs == nil {
		return
	}
	cs.ExecutionStatus = executeFailed
	if succeeded {
		cs.ExecutionStatus = executeComplete
	}
	cs.put(call)
}

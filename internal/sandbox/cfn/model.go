package cfn

import (
	"maps"
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn/resource"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// The tables. Keys begin with account, region and the stack's UUID, but for
// stackNames (account, region, name) and exports (account, region, name).
const (
	stackTable     = "cfn.stack"
	stackNames     = "cfn.stack-name" // names of stacks that aren't deleted -> UUID
	eventTable     = "cfn.event"
	changeSetTable = "cfn.change-set"
	changeSetIndex = "cfn.change-set-stack" // UUIDs of change sets -> UUID of the stack
	exportTable    = "cfn.export"
	pendingTable   = "cfn.pending" // what a worker has to finish
	operationTable = "cfn.operation"
	driftTable     = "cfn.drift-detection" // by the detection's ID
	hookTable      = "cfn.hook-result"     // by the result's ID
)

// stack is a stack as it is stored, with the operation under way. It is the
// one record that a step of the worker changes, besides events and what the
// handlers do, so that they can't come apart.
type stack struct {
	UUID                  string
	ID                    string // the ARN
	Name                  string
	Status                string
	StatusReason          string `json:",omitempty"`
	Created               time.Time
	Updated               *time.Time  `json:",omitempty"`
	Deleted               *time.Time  `json:",omitempty"`
	ChangeSetID           string      `json:",omitempty"` // the one executed last
	TerminationProtection bool        `json:",omitempty"`
	DisableRollback       bool        `json:",omitempty"`
	RetainExceptOnCreate  bool        `json:",omitempty"`
	Frozen                bool        `json:",omitempty"` // created with OnFailure DO_NOTHING: a failure is for good
	DeletionMode          string      `json:",omitempty"`
	Deployment            deployment  // what is deployed, or being deployed
	Stable                *deployment `json:",omitempty"` // what was, before an update failed without a rollback
	Resources             map[string]*resourceRecord
	Garbage               []*garbage `json:",omitempty"` // for the next clean-up
	Outputs               []Output
	Operation             *operation  `json:",omitempty"` // nil when the stack is at rest
	Detection             string      `json:",omitempty"` // of drift, under way
	Drift                 *stackDrift `json:",omitempty"` // nil when it hasn't been looked for
	LastOperation         *OperationEntry
	LastToken             string `json:",omitempty"` // with which something was asked for
	LastAction            string `json:",omitempty"` // and what
	LastEvent             time.Time
}

// deployment is what a caller asks a stack to be.
type deployment struct {
	Template     string
	Description  string
	Parameters   map[string]string
	Stored       map[string]string `json:",omitempty"` // what SSM holds for parameters that name one there
	NoEcho       []string          `json:",omitempty"` // parameters that are not to be shown
	Imports      []string          `json:",omitempty"` // names of exports
	Tags         []Tag
	Capabilities []string
}

// resourceRecord is a resource of a stack. Without PhysicalID it has yet to be
// made.
type resourceRecord struct {
	Type           string
	Status         string
	StatusReason   string `json:",omitempty"`
	Changed        time.Time
	resource.State          // what was applied last
	DependsOn      []string `json:",omitempty"`
	DeletionPolicy string
	Imported       bool           `json:",omitempty"` // by an operation that hasn't succeeded yet
	Metadata       any            `json:",omitempty"`
	Skipped        bool           `json:",omitempty"` // by a rollback: what the template says of it isn't so
	RollbackFailed bool           `json:",omitempty"` // why its status is UPDATE_FAILED
	Drift          *resourceDrift `json:",omitempty"` // nil when it hasn't been looked for
}

// gone tells a resource that isn't there: not yet made, or deleted.
func (r *resourceRecord) gone() bool {
	return r == nil || r.PhysicalID == "" || r.Status == deleteComplete || r.Status == deleteSkipped
}

// Tag is a key and a value.
type Tag struct {
	Key   string `aws:",required"`
	Value string `aws:",always"`
}

func (s *stack) put(call *wire.Call) { store.Put(call.Tx, stackTable, call.Key(s.UUID), s) }

// findStack finds a stack by its name, or by its ID even after its deletion;
// nil when there is none.
func findStack(call *wire.Call, nameOrID string) *stack {
	s, ok := store.Get[*stack](call.Tx, stackTable, call.Key(stackUUID(call, nameOrID)))
	if !ok || s.ID != nameOrID && s.Name != nameOrID {
		return nil
	}
	return s
}

// stackUUID is what a name or ID says that the stack's UUID is, "" where it says
// nothing.
func stackUUID(call *wire.Call, nameOrID string) string {
	if rest, isID := strings.CutPrefix(nameOrID, call.ARN("cloudformation", "stack/")); isID {
		_, uuid, _ := strings.Cut(rest, "/")
		return uuid
	}
	uuid, _ := store.Get[string](call.Tx, stackNames, call.Key(nameOrID))
	return uuid
}

// logicalIDs are the names of the stack's resources, sorted.
func (s *stack) logicalIDs() []string { return slices.Sorted(maps.Keys(s.Resources)) }

// newStack makes the record of a stack and takes its name.
func newStack(call *wire.Call, name string) *stack {
	uuid := call.NewUUID()
	s := &stack{
		UUID: uuid, ID: call.ARN("cloudformation", "stack/"+name+"/"+uuid), Name: name,
		Created: call.Now, Resources: map[string]*resourceRecord{},
	}
	store.Put(call.Tx, stackNames, call.Key(name), uuid)
	return s
}

// logicalIDOf tells which resource has a physical ID; "" for none.
func (s *stack) logicalIDOf(physicalID string) string {
	for id, r := range s.Resources {
		if physicalID != "" && r.PhysicalID == physicalID && !r.gone() {
			return id
		}
	}
	return ""
}

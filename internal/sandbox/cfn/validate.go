package cfn

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/cfn/resource"
	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// The validations before a deployment. Their names, the mode FAIL and the requests on which they run are documented. The checks
// in mode WARN are for types that the sandbox lacks, or for service quotas, which it does not check.
const (
	propertyValidation     = "PROPERTY_VALIDATION"
	nameConflictValidation = "NAME_CONFLICT_VALIDATION"
)

// validationFailed is the detailed status of a resource whose properties are
// found to be wrong at the beginning of an operation.
const validationFailed = "VALIDATION_FAILED"

// finding is what a validation has found wrong.
type finding struct {
	EventID    string    `json:",omitempty"`
	Time       time.Time `json:",omitzero"`
	Validation string
	LogicalID  string
	PhysicalID string `json:",omitempty"`
	Type       string
	Path       string
	Reason     string
}

// verdict is what is known to be wrong with a deployment before it begins.
type verdict struct {
	Findings []finding         `json:",omitempty"` // which forbid it
	Invalid  map[string]string `json:",omitempty"` // reasons by logical ID, for which it will fail at its beginning
}

// judge remembers that a resource's properties break its schema. AWS finds
// that before a deployment for some types, and as its first step for the others
// (both documented).
func (c *comparison) judge(id string, t resource.Type, problems []string) {
	if c.verdict.Invalid == nil {
		c.verdict.Invalid = map[string]string{}
	}
	c.verdict.Invalid[id] = resource.InvalidProperties(id, problems)
	if !t.ValidatedEarly() {
		return
	}
	for _, problem := range problems {
		at, _, _ := strings.Cut(problem, ": ")
		c.verdict.Findings = append(c.verdict.Findings, finding{
			Validation: propertyValidation, LogicalID: id, PhysicalID: c.stack.physicalID(id), Type: t.Name,
			Path: "/Resources/" + id + "/Properties" + strings.TrimPrefix(at, "#"), Reason: problem,
		})
	}
}

// checkName records a finding if the fixed name of a new resource is taken (wording and mechanism reported; the path assumed).
func (c *comparison) checkName(id string, t resource.Type, properties template.Map) error {
	if !t.ValidatedEarly() || c.verdict.Invalid[id] != "" {
		return nil
	}
	taken, err := t.Existing(c.context(), properties)
	if wire.IsCode(err, "AccessDeniedException", "UnauthorizedOperation") {
		return nil // who may not look goes without (assumed)
	}
	if err != nil || taken == "" {
		return err
	}
	c.verdict.Findings = append(c.verdict.Findings, finding{
		Validation: nameConflictValidation, LogicalID: id, PhysicalID: taken, Type: t.Name,
		Path: "/Resources/" + id + "/Properties/" + t.Identifier(), Reason: resource.AlreadyExists(t.Name, taken),
	})
	return nil
}

// unless drops the findings of the validations if the caller has disabled them.
func (v verdict) unless(disabled *bool) verdict {
	if isTrue(disabled) {
		v.Findings = nil
	}
	return v
}

// refusal is the reason for which the validations forbid the deployment, "" if they allow it (reported).
func (v verdict) refusal() string {
	hooks := map[string]string{
		propertyValidation:     "AWS::EarlyValidation::PropertyValidation",
		nameConflictValidation: "AWS::EarlyValidation::ResourceExistenceCheck",
	}
	failed := map[string]bool{}
	for _, f := range v.Findings {
		failed[hooks[f.Validation]] = true
	}
	if len(failed) == 0 {
		return ""
	}
	return "The following hook(s)/validation failed: [" + strings.Join(slices.Sorted(maps.Keys(failed)), ", ") + "]. " +
		"To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information."
}

// note adds what has been found to an operation's history.
func (s *stack) note(call *wire.Call, operation string, findings []finding, hooks []hookResult) {
	h, ok := store.Get[history](call.Tx, operationTable, call.Key(s.UUID, operation))
	if !ok {
		return
	}
	for _, f := range findings {
		f.EventID, f.Time = call.NewUUID(), call.Now
		h.Findings = append(h.Findings, f)
	}
	for _, r := range hooks {
		if r.failed() {
			h.Hooks = append(h.Hooks, r)
		}
	}
	store.Put(call.Tx, operationTable, call.Key(s.UUID, operation), h)
}

// physicalID is the ID of what a resource is, "" before it is made.
func (s *stack) physicalID(id string) string {
	if r := s.Resources[id]; !r.gone() {
		return r.PhysicalID
	}
	return ""
}

// validate does what comes before the first step of a direct operation. A reason that is not "" says why there will be no such
// step. (Documented: the stack's status shows that. Assumed: the stack then does what it does on any failure.)
func (r *run) validate() (reason string) {
	if !r.op.Direct {
		return ""
	}
	hooks, reason := r.invokeHooks(r.call, r.stack, hookOnStack, r.stack.ID)
	r.stack.note(r.call, r.op.ID, r.op.Verdict.Findings, hooks)
	return strings.TrimSuffix(cmp.Or(r.op.Verdict.refusal(), reason), ".")
}

// rejectInvalid fails the resources whose properties break their schema, before
// any resource is touched (documented: DetailedStatus VALIDATION_FAILED).
func (r *run) rejectInvalid() (rejected bool) {
	for _, id := range slices.Sorted(maps.Keys(r.op.Verdict.Invalid)) {
		record, act := r.stack.Resources[id], actUpdate
		if record.gone() {
			record, act = &resourceRecord{Type: r.template.Resources[id].Type}, actCreate
			r.stack.Resources[id] = record
		}
		r.op.Tasks[id] = &task{Action: act, State: taskFailed}
		r.describe(id, record)
		r.stack.markAs(r.call, id, record, act.status("FAILED"), validationFailed, r.op.Verdict.Invalid[id], nil)
	}
	return len(r.op.Verdict.Invalid) > 0
}

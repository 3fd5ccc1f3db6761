package cfn

import (
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/resource"
	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// ResourceToImport names something that exists for a resource of the template.
type ResourceToImport struct {
	ResourceType       string            `aws:",required"`
	LogicalResourceId  string            `aws:",required"`
	ResourceIdentifier map[string]string `aws:",required"`
}

// toImport settles what a change set imports: physical IDs by logical ID
// (documented rules, assumed wording unless said).
func (e *Engine) toImport(call *wire.Call, in *CreateChangeSetInput, s *stack, t *template.Template) (map[string]string, error) {
	if in.ChangeSetType != changeSetImport {
		if len(in.ResourcesToImport) > 0 {
			return nil, validation("ResourcesToImport is only allowed with the change set type IMPORT")
		}
		return nil, nil
	}
	ids := map[string]string{}
	for _, wanted := range in.ResourcesToImport {
		id := wanted.LogicalResourceId
		r, declared := t.Resources[id]
		identifier := e.types[r.Type].Identifier()
		physicalID := wanted.ResourceIdentifier[identifier]
		switch {
		case !declared || r.Type != wanted.ResourceType:
			return nil, validation("Resource [%s] of type %s to import is not in the template", id, wanted.ResourceType)
		case !s.Resources[id].gone():
			return nil, validation("Resource [%s] is already in the stack", id)
		case physicalID == "" || len(wanted.ResourceIdentifier) > 1:
			return nil, validation("The identifier of resource [%s] must be [%s]", id, identifier)
		case !r.PolicyGiven:
			return nil, needsPolicy(id)
		}
		if owner := ownerOf(call, physicalID); owner != nil {
			return nil, validation("%s already exists in stack %s", physicalID, owner.ID) // reported
		}
		ids[id] = physicalID
	}
	if len(ids) == 0 {
		return nil, validation("ResourcesToImport must not be empty for the change set type IMPORT")
	}
	return ids, nil
}

// importing says which existing resources a comparison takes into the stack.
type importing struct {
	ids      map[string]string // physical by logical
	existing bool              // and what has the fixed name of a new resource (documented: ImportExistingResources)
}

// imported tells what exists already for a new resource, "" for nothing.
func (c *comparison) imported(id string, wanted template.Resource, properties template.Map) (physicalID string, err error) {
	if physicalID = c.imports.ids[id]; physicalID != "" || !c.imports.existing {
		return physicalID, nil
	}
	physicalID, err = c.types[wanted.Type].Existing(c.context(), properties)
	if err != nil || physicalID == "" || ownerOf(c.call, physicalID) != nil {
		return "", err // of another stack's, the creation will fail
	}
	if !wanted.PolicyGiven {
		return "", needsPolicy(id)
	}
	if c.imports.ids == nil {
		c.imports.ids = map[string]string{}
	}
	c.imports.ids[id] = physicalID
	return physicalID, nil
}

func needsPolicy(id string) error {
	return validation("Resources to import must have DeletionPolicy attribute specified in the template. Resources to import: [%s]", id)
}

// ownerOf finds the stack that has a physical resource, nil for none.
func ownerOf(call *wire.Call, physicalID string) *stack {
	for _, s := range store.Scan[*stack](call.Tx, stackTable, call.Prefix()) {
		if s.logicalIDOf(physicalID) != "" {
			return s
		}
	}
	return nil
}

// checkImport refuses an import that would change anything else (documented; the
// wording of the first and the last is reported).
func (c *comparison) checkImport() error {
	var missing, changed []string
	for _, change := range c.changes {
		switch r := change.ResourceChange; r.Action {
		case "Import":
		case "Add":
			missing = append(missing, r.LogicalResourceId)
		default:
			changed = append(changed, r.LogicalResourceId)
		}
	}
	var stackLevel []string
	if !slices.Equal(c.outputs, c.stack.Outputs) {
		stackLevel = append(stackLevel, "Outputs")
	}
	if len(c.want.Tags) > 0 && !slices.Equal(c.want.Tags, c.before.Tags) {
		stackLevel = append(stackLevel, "Tags")
	}
	switch {
	case len(missing) > 0:
		return validation("Resources [%s] are missing from ResourceToImport list", strings.Join(missing, ", "))
	case len(changed) > 0:
		return validation("As part of the import operation, you cannot modify or delete resources [%s]", strings.Join(changed, ", "))
	case len(stackLevel) > 0:
		return validation("As part of the import operation, you cannot modify or add [%s]", strings.Join(stackLevel, ", "))
	}
	return nil
}

func (r *run) startImport(id string, want resource.Desired) {
	record := &resourceRecord{Type: r.template.Resources[id].Type, Imported: true}
	record.PhysicalID = r.op.Import[id]
	r.stack.Resources[id] = record
	r.stack.mark(r.call, id, record, importInProgress, "Resource import started.", want.Properties)
	r.start(id, actImport)
}

// completeImport takes an existing resource into the stack and gives it the stack's tags. Its properties are assumed to be the
// template's (documented: AWS leaves the comparison to drift detection).
func (r *run) completeImport(id string, t *task, record *resourceRecord, want resource.Desired) error {
	handlers := r.types[record.Type]
	return r.attempt(id, t, func() error {
		state, err := handlers.Import(r.context(), want, record.PhysicalID)
		if err != nil {
			return err
		}
		record.State = state
		r.describe(id, record)
		r.stack.mark(r.call, id, record, importComplete, "Resource import completed.", want.Properties)
		r.stack.mark(r.call, id, record, updateInProgress, "Apply stack-level tags to imported resource if applicable.", want.Properties)
		if !handlers.Taggable() {
			return nil
		}
		record.State, err = handlers.Update(r.context(), want, state)
		return err
	})
}

// releases reports whether the operation has imported the resource and, now that it is rolled back, must release it.
func (r *run) releases(t target) bool {
	return r.stack.Status == importRollbackInProgress || t.record.Imported && r.takingBack()
}

// startReleasing begins to release an imported resource in a rollback. There is nothing to release if its import has failed.
func (r *run) startReleasing(t target) {
	if t.record.Status == importFailed {
		r.op.Tasks[t.key] = &task{Action: actRemove, State: taskDone}
		delete(r.stack.Resources, t.id)
		return
	}
	r.stack.mark(r.call, t.id, t.record, importRollbackInProgress, "", r.shown(t))
	r.start(t.key, actRemove)
}

// completeReleasing takes an imported resource out of the stack again, and leaves it in its service.
func (r *run) completeReleasing(t target, work *task) error {
	err := r.attempt(t.id, work, func() error {
		return r.types[t.record.Type].Release(r.context(), t.record.State)
	})
	if err != nil {
		return err
	}
	if work.Failure != "" {
		work.State = taskFailed
		r.stack.mark(r.call, t.id, t.record, importRollbackFailed, work.Failure, r.shown(t))
		if r.cleaningUp() {
			r.op.Orphaned = true
			r.forget(t)
		}
		return nil
	}
	work.State = taskDone
	r.stack.mark(r.call, t.id, t.record, importRollbackComplete, "", r.shown(t))
	delete(r.stack.Resources, t.id)
	return nil
}

// released ends the rollback of an import.
func (r *run) released(failed string) {
	if failed != "" {
		r.finish(importRollbackFailed, strings.Replace(failed, "delete", "roll back", 1), false)
		return
	}
	r.stack.Deployment = deployment{}
	if r.op.Previous != nil {
		r.stack.Deployment = *r.op.Previous
	}
	r.finish(importRollbackComplete, "", false)
}

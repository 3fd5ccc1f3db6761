package cfn

import (
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/resource"
	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Change is one change of a change set.
type Change struct {
	Type           string
	ResourceChange ResourceChange
}

// ResourceChange says what becomes of one resource.
type ResourceChange struct {
	PolicyAction       string
	Action             string
	LogicalResourceId  string
	PhysicalResourceId string
	ResourceType       string
	Replacement        string
	Scope              []string
	Details            []ResourceChangeDetail
	BeforeContext      string
	AfterContext       string
}

// ResourceChangeDetail is one reason for which a resource is modified.
type ResourceChangeDetail struct {
	Target        ResourceTargetDefinition
	Evaluation    string
	ChangeSource  string
	CausingEntity string
}

// ResourceTargetDefinition is the part of a resource that changes.
type ResourceTargetDefinition struct {
	Attribute           string
	Name                string
	RequiresRecreation  string
	Path                string
	BeforeValue         string
	AfterValue          string
	AttributeChangeType string
}

// comparison is what a deployment would change of a stack.
type comparison struct {
	*Engine
	call         *wire.Call
	stack        *stack
	old, new     *template.Template
	before, want deployment
	imports      importing

	replaced map[string]bool // resources that will have a new physical ID
	touched  map[string]bool // resources that may change in place
	verdict  verdict
	changes  []Change // as DescribeChangeSet shows them with property values
	plain    []Change // and without
	outputs  []Output // as they will be
}

// compare works out what a deployment would change. It reports what is wrong
// with the deployment, as far as that can be known without executing it.
func (e *Engine) compare(
	call *wire.Call, s *stack, t *template.Template, want deployment, imports importing,
) (*comparison, error) {
	c := &comparison{
		Engine: e, call: call, stack: s, old: &template.Template{}, new: t, before: s.Deployment, want: want, imports: imports,
		replaced: map[string]bool{}, touched: map[string]bool{},
	}
	if s.Deployment.Template != "" {
		var err error
		if c.old, err = e.settled(call, s, s.Deployment); err != nil {
			return nil, err
		}
	}
	if err := c.checkTypes(); err != nil {
		return nil, err
	}
	for _, id := range t.Order() {
		if err := c.compareResource(id); err != nil {
			return nil, err
		}
	}
	for id, record := range s.Resources {
		if _, kept := t.Resources[id]; !kept && !record.gone() {
			c.add(c.removal(id, record), true, true)
		}
	}
	byID := func(a, b Change) int {
		return strings.Compare(a.ResourceChange.LogicalResourceId, b.ResourceChange.LogicalResourceId)
	}
	slices.SortFunc(c.changes, byID)
	slices.SortFunc(c.plain, byID)
	var err error
	c.outputs, err = c.scope().outputs()
	return c, err
}

// context is for looking at what exists, on the caller's behalf.
func (c *comparison) context() *resource.Context {
	call := *c.call
	call.Via = wire.CloudFormation
	return &resource.Context{Call: &call}
}

// checkTypes refuses to make a resource one of another type (documented).
func (c *comparison) checkTypes() error {
	for _, id := range slices.Sorted(maps.Keys(c.new.Resources)) {
		if record := c.stack.Resources[id]; !record.gone() && record.Type != c.new.Resources[id].Type {
			return wire.Errorf("ValidationError", "Update of resource type is not permitted. The new template modifies "+
				"resource type of the following resources: [%s]", id)
		}
	}
	return nil
}

// scope is what names will stand for after the deployment: a resource that keeps its physical ID keeps its attributes too,
// those of any other are known only afterwards (recorded from AWS).
func (c *comparison) scope() scope {
	return scope{
		call: c.call, stack: c.stack, template: c.new, deployment: c.want,
		resource: func(ref template.Reference) any {
			if c.stack.Resources[ref.Name].gone() || c.replaced[ref.Name] {
				return template.KnownAfterApply
			}
			return c.stack.current(ref)
		},
	}
}

// compareResource adds what the new template does to the resource id: an addition, an import or a modification. What the
// schema of the type does not allow is a finding of the validation; a property that the sandbox does not support is an error.
func (c *comparison) compareResource(id string) error {
	wanted, record := c.new.Resources[id], c.stack.Resources[id]
	t := c.types[wanted.Type]
	// Assumed: AWS knows more properties, or reports a failed validation. The sandbox says at once that it goes no further.
	if name := t.Unsupported(wanted.Properties); name != "" {
		return wire.Errorf("ValidationError", "Encountered unsupported property %s", name)
	}
	value, err := template.Evaluate(wanted.Properties, c.scope().resolve)
	if err != nil {
		return err
	}
	properties := value.(template.Map)
	if problems := t.Validate(properties); len(problems) > 0 {
		c.judge(id, t, problems)
	}
	if record.gone() {
		change := addition(id, wanted.Type, properties)
		physicalID, err := c.imported(id, wanted, properties)
		if err != nil {
			return err
		}
		if physicalID != "" {
			change.Action, change.PhysicalResourceId, change.Replacement = "Import", physicalID, ""
		} else if err := c.checkName(id, t, properties); err != nil {
			return err
		}
		c.add(change, true, true)
		return nil
	}
	m := modification{comparison: c, id: id, record: record, wanted: wanted, t: t, properties: properties}
	if c.replaced[id] = replaces(t, record.Properties, properties); c.replaced[id] && t.KeptName(record.Properties, properties) == "" {
		if err := c.checkName(id, t, properties); err != nil {
			return err
		}
	}
	details := m.details()
	c.add(m.change(details), len(details) > 0, false)
	plain := m.plainDetails(details)
	c.touched[id] = len(plain) > 0
	c.add(m.change(plain), false, len(plain) > 0)
	return nil
}

func (c *comparison) add(change ResourceChange, withValues, plain bool) {
	if withValues {
		c.changes = append(c.changes, Change{"Resource", change})
	}
	if plain {
		c.plain = append(c.plain, Change{"Resource", withoutValues(change)})
	}
}

func addition(id, resourceType string, properties template.Map) ResourceChange {
	return ResourceChange{
		Action: "Add", LogicalResourceId: id, ResourceType: resourceType, Replacement: "True",
		Scope: []string{}, Details: []ResourceChangeDetail{}, AfterContext: contextOf(properties),
	}
}

func (c *comparison) removal(id string, record *resourceRecord) ResourceChange {
	policy := "Delete"
	if record.DeletionPolicy != template.PolicyDelete {
		policy = "Retain"
	}
	return ResourceChange{
		Action: "Remove", PolicyAction: policy, LogicalResourceId: id, PhysicalResourceId: record.PhysicalID,
		ResourceType: record.Type, Scope: []string{}, Details: []ResourceChangeDetail{},
		BeforeContext: contextOf(record.Properties),
	}
}

func contextOf(properties template.Map) string {
	return jsonText(template.Map{"Properties": properties})
}

// withoutValues is a change as DescribeChangeSet shows it by default.
func withoutValues(change ResourceChange) ResourceChange {
	change.BeforeContext, change.AfterContext = "", ""
	if change.Action == "Add" {
		change.Replacement = "" // shown with property values only (recorded from AWS)
	}
	change.Details = slices.Clone(change.Details)
	for i := range change.Details {
		target := &change.Details[i].Target
		target.Path, target.BeforeValue, target.AfterValue, target.AttributeChangeType = "", "", "", ""
	}
	return change
}

// changesAnything tells whether executing would do something: resources,
// outputs or the stack's own tags.
func (c *comparison) changesAnything() bool {
	return len(c.plain) > 0 || len(c.changes) > 0 ||
		!slices.Equal(c.outputs, c.stack.Outputs) ||
		!maps.Equal(tagMap(c.before.Tags), tagMap(c.want.Tags))
}

func tagMap(tags []Tag) map[string]string {
	m := map[string]string{}
	for _, tag := range tags {
		m[tag.Key] = tag.Value
	}
	return m
}

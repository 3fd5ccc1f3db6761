package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Output is one output of a stack.
type Output struct {
	OutputKey   string
	OutputValue string `aws:",always"`
	Description string
	ExportName  string
}

// Export is a value that stacks of the account and region can import.
type Export struct {
	ExportingStackId string
	Name             string
	Value            string `aws:",always"`
}

// outputs evaluates the template's outputs, sorted by key.
func (s scope) outputs() ([]Output, error) {
	var outputs []Output
	for _, key := range slices.Sorted(maps.Keys(s.template.Outputs)) {
		wanted := s.template.Outputs[key]
		output := Output{OutputKey: key, Description: wanted.Description}
		value, err := template.Evaluate(wanted.Value, s.resolve)
		if err != nil {
			return nil, err
		}
		var ok bool
		if output.OutputValue, ok = value.(string); !ok {
			return nil, wire.Errorf("ValidationError", "Template format error: Output %s is malformed. "+
				"The Value field of every Outputs member must evaluate to a String", key)
		}
		if wanted.Export != nil {
			name, err := template.Evaluate(wanted.Export, s.resolve)
			if err != nil {
				return nil, err
			}
			if output.ExportName, ok = name.(string); !ok || output.ExportName == "" {
				return nil, wire.Errorf("ValidationError", "Template format error: Output %s is malformed. "+
					"The Name field of every Export member must evaluate to a String", key)
			}
		}
		outputs = append(outputs, output)
	}
	return outputs, nil
}

// publish evaluates the outputs and exports them. A reason that is not "" says why that is not possible.
func (r *run) publish() (reason string, err error) {
	outputs, err := r.scope().outputs() // no error of the template: compare has tried
	if err != nil {
		return "", err
	}
	exports := map[string]Export{}
	for _, o := range outputs {
		if o.ExportName == "" {
			continue
		}
		taken, isTaken := store.Get[Export](r.call.Tx, exportTable, r.call.Key(o.ExportName))
		_, twice := exports[o.ExportName]
		if twice || isTaken && taken.ExportingStackId != r.stack.ID {
			owner := r.stack.Name
			if !twice {
				owner = findStack(r.call, taken.ExportingStackId).Name
			}
			return fmt.Sprintf("Export with name %s is already exported by stack %s", o.ExportName, owner), nil
		}
		exports[o.ExportName] = Export{ExportingStackId: r.stack.ID, Name: o.ExportName, Value: o.OutputValue}
	}
	if name, users := r.stack.exportInUse(r.call, exports); name != "" {
		verb := "deleted"
		if _, kept := exports[name]; kept {
			verb = "updated"
		}
		return fmt.Sprintf("Export %s cannot be %s as it is in use by %s", name, verb, users), nil
	}
	r.stack.withdrawExports(r.call, exports)
	for name, export := range exports {
		store.Put(r.call.Tx, exportTable, r.call.Key(name), export)
	}
	r.stack.Outputs = outputs
	return "", nil
}

// exportInUse is an export that other stacks import and that would change or disappear with the new exports, and the stacks
// that import it; "" if there is none.
func (s *stack) exportInUse(call *wire.Call, wanted map[string]Export) (name, users string) {
	for _, export := range store.Scan[Export](call.Tx, exportTable, call.Prefix()) {
		want, kept := wanted[export.Name]
		if export.ExportingStackId != s.ID || kept && want.Value == export.Value {
			continue
		}
		users := only(importers(call, export.Name), func(name string) bool { return name != s.Name })
		if len(users) > 0 {
			return export.Name, joined(users)
		}
	}
	return "", ""
}

// joined lists names as a sentence does: "a, b and c".
func joined(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// importers lists, sorted, the stacks that import an export, and those that will or may do so once the operation on them has
// ended.
func importers(call *wire.Call, export string) []string {
	var names []string
	for _, s := range store.Scan[*stack](call.Tx, stackTable, call.Prefix()) {
		if slices.ContainsFunc(s.deployments(), func(d *deployment) bool { return slices.Contains(d.Imports, export) }) {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return names
}

// deployments are those from which the stack's resources may come: during an update the previous one too.
func (s *stack) deployments() []*deployment {
	if s.Status == deleteComplete || s.Status == rollbackComplete {
		return nil
	}
	list := []*deployment{&s.Deployment}
	if s.Stable != nil {
		list = append(list, s.Stable)
	}
	if s.Operation != nil && s.Operation.Previous != nil {
		list = append(list, s.Operation.Previous)
	}
	return list
}

// withdrawExports ends the stack's exports, except for those to keep.
func (s *stack) withdrawExports(call *wire.Call, keep map[string]Export) {
	for key, export := range store.Scan[Export](call.Tx, exportTable, call.Prefix()) {
		if _, kept := keep[export.Name]; export.ExportingStackId == s.ID && !kept {
			store.Delete(call.Tx, exportTable, key)
		}
	}
}

// ListExportsInput is ListExports' request.
type ListExportsInput struct{ NextToken string }

// ListExportsOutput is ListExports' response.
type ListExportsOutput struct {
	Exports   []Export
	NextToken string
}

func (e *Engine) listExports(call *wire.Call, in *ListExportsInput) (*ListExportsOutput, error) {
	var exports []Export
	for _, export := range store.Scan[Export](call.Tx, exportTable, call.Prefix()) {
		exports = append(exports, export)
	}
	shown, next, err := page(exports, func(e Export) string { return e.Name }, in.NextToken)
	return &ListExportsOutput{Exports: shown, NextToken: next}, err
}

// ListImportsInput is ListImports' request.
type ListImportsInput struct {
	ExportName string `aws:",required"`
	NextToken  string
}

// ListImportsOutput is ListImports' response.
type ListImportsOutput struct {
	Imports   []string
	NextToken string
}

func (e *Engine) listImports(call *wire.Call, in *ListImportsInput) (*ListImportsOutput, error) {
	users := importers(call, in.ExportName)
	if len(users) == 0 {
		return nil, validation("Export '%s' is not imported by any stack.", in.ExportName)
	}
	shown, next, err := page(users, func(name string) string { return name }, in.NextToken)
	return &ListImportsOutput{Imports: shown, NextToken: next}, err
}

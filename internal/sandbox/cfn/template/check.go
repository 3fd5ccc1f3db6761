package template

import (
	"maps"
	"slices"
	"strings"
)

// pseudoParameters are the names of the language itself. AWS::NoValue has no
// value: it takes away the property that refers to it.
var pseudoParameters = []string{
	"AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition",
	"AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix",
}

// checkTypes refuses resource types that the sandbox does not know, all of them in one error.
func (t *Template) checkTypes(types Types) error {
	unknown := map[string]bool{}
	for _, r := range t.Resources {
		if !types.Known(r.Type) {
			unknown[r.Type] = true
		}
	}
	if len(unknown) > 0 {
		return formatError("Unrecognized resource types: [%s]", strings.Join(slices.Sorted(maps.Keys(unknown)), ", "))
	}
	return nil
}

// checkNames resolves all names in resources and outputs. Where conditions may break a cycle, Settle looks for it.
func (t *Template) checkNames(types Types) error {
	if err := t.checkResources(types); err != nil {
		return err
	}
	if err := t.checkOutputs(types); err != nil || len(t.Conditions) > 0 {
		return err
	}
	return t.checkCycles()
}

// checkResources resolves the names in resources and fills in what follows
// from them: the references and the dependencies.
func (t *Template) checkResources(types Types) error {
	unresolved := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		r := t.Resources[name]
		refs, err := References(r.Properties)
		if err != nil {
			return err
		}
		if r.Condition != "" {
			refs = append(refs, Reference{Kind: Condition, Name: r.Condition})
		}
		if err := t.checkReferences(refs, "Resources", types, unresolved); err != nil {
			return err
		}
		dependsOn := map[string]bool{}
		for _, id := range r.Declared {
			if _, ok := t.Resources[id]; !ok {
				unresolved[id] = true
			}
			dependsOn[id] = true
		}
		for _, ref := range refs {
			if _, ok := t.Resources[ref.Name]; ok && ref.Kind == Named {
				dependsOn[ref.Name] = true
			}
		}
		r.References, r.DependsOn = refs, slices.Sorted(maps.Keys(dependsOn))
		t.Resources[name] = r
	}
	return unresolvedError(unresolved, "Resources")
}

// checkOutputs checks the references of the outputs. The name of an export must not depend on a resource.
func (t *Template) checkOutputs(types Types) error {
	unresolved := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(t.Outputs)) {
		output := t.Outputs[name]
		refs, err := References(output.Value)
		if err != nil {
			return err
		}
		exportRefs, err := References(output.Export)
		if err != nil {
			return err
		}
		for _, ref := range exportRefs {
			if _, isResource := t.Resources[ref.Name]; isResource && ref.Kind == Named {
				return formatError("Output %s is malformed. The Name field of every Export member must be specified "+
					"and consist of parameters and pseudo parameters alone", name)
			}
		}
		if output.Condition != "" {
			refs = append(refs, Reference{Kind: Condition, Name: output.Condition})
		}
		if err := t.checkReferences(append(refs, exportRefs...), "Outputs", types, unresolved); err != nil {
			return err
		}
	}
	return unresolvedError(unresolved, "Outputs")
}

// checkReferences checks that each reference has something to refer to. Names
// that have nothing are added to unresolved.
func (t *Template) checkReferences(refs []Reference, section string, types Types, unresolved map[string]bool) error {
	for _, ref := range refs {
		var err error
		switch ref.Kind {
		case Condition:
			err = t.checkCondition(ref.Name, section)
		case Mapping:
			err = t.checkMapping(ref.Name)
		default:
			err = t.checkNamed(ref, types, unresolved)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkNamed checks one Ref or Fn::GetAtt. A name that nothing declares goes to unresolved, so that one error names them all.
func (t *Template) checkNamed(ref Reference, types Types, unresolved map[string]bool) error {
	r, isResource := t.Resources[ref.Name]
	_, isParameter := t.Parameters[ref.Name]
	switch {
	case isResource && ref.Attribute != "":
		if !types.HasAttribute(r.Type, ref.Attribute) {
			return validationError("Template error: resource %s does not support attribute type %s in Fn::GetAtt",
				ref.Name, ref.Attribute)
		}
	case ref.Attribute != "":
		return validationError("Template error: instance of Fn::GetAtt references undefined resource %s", ref.Name)
	case !isResource && !isParameter && !slices.Contains(pseudoParameters, ref.Name):
		unresolved[ref.Name] = true
	}
	return nil
}

func unresolvedError(unresolved map[string]bool, section string) error {
	if len(unresolved) == 0 {
		return nil
	}
	return formatError("Unresolved resource dependencies [%s] in the %s block of the template",
		strings.Join(slices.Sorted(maps.Keys(unresolved)), ", "), section)
}

func (t *Template) checkCycles() error {
	edges := make(map[string][]string, len(t.Resources))
	for id, r := range t.Resources {
		edges[id] = r.DependsOn
	}
	if on := cyclic(edges); len(on) > 0 {
		return validationError("Circular dependency between resources: [%s]", strings.Join(on, ", "))
	}
	return nil
}

// cyclic removes, again and again, the nodes without an edge to a remaining node, and then those without an edge from one. What
// remains, sorted, lies on a cycle or between two.
func cyclic(edges map[string][]string) []string {
	left := maps.Clone(edges)
	peel := func(free func(id string) bool) {
		for again := true; again; {
			again = false
			for id := range left {
				if free(id) {
					delete(left, id)
					again = true
				}
			}
		}
	}
	isLeft := func(id string) bool { _, ok := left[id]; return ok }
	peel(func(id string) bool { return !slices.ContainsFunc(left[id], isLeft) })
	peel(func(id string) bool {
		for _, to := range left {
			if slices.Contains(to, id) {
				return false
			}
		}
		return true
	})
	return sortedKeys(left)
}

// Order lists the resources so that each comes after those it depends on.
func (t *Template) Order() []string {
	var order []string
	placed := map[string]bool{}
	var place func(id string)
	place = func(id string) {
		if placed[id] {
			return
		}
		placed[id] = true
		for _, on := range t.Resources[id].DependsOn {
			place(on)
		}
		order = append(order, id)
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		place(id)
	}
	return order
}

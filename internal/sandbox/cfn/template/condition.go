package template

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// The bounds of Fn::And and Fn::Or (documented).
const (
	minOperands = 2
	maxOperands = 10
)

func isConditionFunction(name string) bool {
	return slices.Contains([]string{"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"}, name)
}

func ifReferences(arg any) ([]Reference, error) {
	parts, ok := arg.(List)
	if ok && len(parts) == 3 {
		if name, isText := parts[0].(string); isText {
			found, err := References(List{parts[1], parts[2]})
			return append(found, Reference{Kind: Condition, Name: name}), err
		}
	}
	return nil, validationError("Template error: Fn::If requires a list argument with the first element being a condition")
}

func ifEvaluate(arg any, resolve Resolver) (any, error) {
	parts := arg.(List)
	value, err := resolve(Reference{Kind: Condition, Name: parts[0].(string)})
	if err != nil {
		return nil, err
	}
	if value == true {
		return Evaluate(parts[1], resolve)
	}
	return Evaluate(parts[2], resolve)
}

func (t *Template) readConditions(root Map) error {
	conditions, names, err := members(root, "Conditions", "Condition", math.MaxInt) // no limit is documented
	if err != nil {
		return err
	}
	t.Conditions = make(map[string]any, len(names))
	for _, name := range names {
		if _, ok := conditions[name].(Map); !ok {
			return formatError("Any Conditions member must be an object.")
		}
		t.Conditions[name] = conditions[name]
	}
	return nil
}

// conditionCall takes a node of the Conditions section apart: a condition
// function with its operands, or the name of another condition.
func conditionCall(node any) (function, condition string, operands List, err error) {
	m, _ := node.(Map)
	if len(m) == 1 {
		for function, arg := range m {
			if name, ok := arg.(string); ok && function == "Condition" {
				return "", name, nil, nil
			}
			operands, _ = arg.(List)
			n := len(operands)
			switch {
			case function == "Fn::Equals" && n == 2,
				function == "Fn::Not" && n == 1,
				(function == "Fn::And" || function == "Fn::Or") && n >= minOperands && n <= maxOperands:
				return function, "", operands, nil
			case function == "Fn::Equals":
				err = validationError("Template error: every Fn::Equals object requires a list of 2 string parameters.")
			case function == "Fn::Not":
				err = validationError("Template error: every Fn::Not object requires one boolean parameter.")
			case isConditionFunction(function):
				err = validationError("Template error: every %s object requires a list of at least %d and at most %d boolean parameters.",
					function, minOperands, maxOperands)
			}
		}
	}
	if err == nil {
		err = formatError("Conditions can only be boolean operations on parameters and other conditions")
	}
	return "", "", nil, err
}

// conditionReferences lists what a condition refers to.
func conditionReferences(node any) ([]Reference, error) {
	function, name, operands, err := conditionCall(node)
	switch {
	case err != nil:
		return nil, err
	case name != "":
		return []Reference{{Kind: Condition, Name: name}}, nil
	case function == "Fn::Equals":
		if calls(operands, "Fn::ImportValue") {
			return nil, validationError("Template error: Cannot use Fn::ImportValue in Conditions.")
		}
		return References(operands)
	}
	var found []Reference
	for _, operand := range operands {
		refs, err := conditionReferences(operand)
		if err != nil {
			return nil, err
		}
		found = append(found, refs...)
	}
	return found, nil
}

// checkConditions resolves the names in conditions. None may refer to a
// resource, or to itself through others.
func (t *Template) checkConditions(Types) error {
	edges := map[string][]string{}
	for _, name := range sortedKeys(t.Conditions) {
		refs, err := conditionReferences(t.Conditions[name])
		if err != nil {
			return err
		}
		var unresolved []string
		for _, ref := range refs {
			_, isParameter := t.Parameters[ref.Name]
			switch {
			case ref.Kind == Condition:
				edges[name] = append(edges[name], ref.Name)
				if err := t.checkCondition(ref.Name, "Conditions"); err != nil {
					return err
				}
			case ref.Kind == Mapping:
				if err := t.checkMapping(ref.Name); err != nil {
					return err
				}
			case !isParameter && (ref.Attribute != "" || !slices.Contains(pseudoParameters, ref.Name)):
				unresolved = append(unresolved, ref.Name)
			}
		}
		if len(unresolved) > 0 {
			return formatError("Unresolved dependencies [%s]. Cannot reference resources in the Conditions block of the template",
				strings.Join(unresolved, ", "))
		}
	}
	if on := cyclic(edges); len(on) > 0 {
		return validationError("Template error: Circular dependency between conditions: [%s]", strings.Join(on, ", "))
	}
	return nil
}

func (t *Template) checkCondition(name, section string) error {
	if _, ok := t.Conditions[name]; !ok {
		return formatError("Unresolved condition dependency %s in the %s block of the template", name, section)
	}
	return nil
}

// holds computes a condition. The nodes have passed checkConditions.
func (t *Template) holds(node any, resolve Resolver) (bool, error) {
	function, name, operands, err := conditionCall(node)
	switch {
	case err != nil:
		return false, err
	case name != "":
		return t.holds(t.Conditions[name], resolve)
	case function == "Fn::Equals":
		a, err := text(operands[0], t.deciding(resolve), function)
		if err != nil {
			return false, err
		}
		b, err := text(operands[1], t.deciding(resolve), function)
		return a == b, err
	}
	for _, operand := range operands {
		value, err := t.holds(operand, resolve)
		switch {
		case err != nil:
			return false, err
		case function == "Fn::Not":
			return !value, nil
		case value != (function == "Fn::And"):
			return value, nil // decides it
		}
	}
	return function == "Fn::And", nil
}

// deciding is a Resolver that also knows the values of the conditions.
func (t *Template) deciding(resolve Resolver) Resolver {
	return func(ref Reference) (any, error) {
		switch ref.Kind {
		case Condition:
			return t.holds(t.Conditions[ref.Name], resolve)
		case Mapping:
			return t.Mappings[ref.Name], nil
		}
		return resolve(ref)
	}
}

// Settle decides the conditions and returns the template as they leave it:
// without the resources and outputs whose condition doesn't hold, and with every
// Fn::If replaced by one of its values. Resolve is asked for parameters and
// pseudo parameters alone.
func (t *Template) Settle(types Types, resolve Resolver) (*Template, error) {
	if len(t.Conditions) == 0 {
		return t, nil
	}
	values := make(map[string]bool, len(t.Conditions))
	for name, node := range t.Conditions {
		var err error
		if values[name], err = t.holds(node, resolve); err != nil {
			return nil, err
		}
	}
	settled := *t
	settled.Conditions = nil
	settled.Resources = make(map[string]Resource, len(t.Resources))
	for id, r := range t.Resources {
		if r.Condition != "" && !values[r.Condition] {
			continue
		}
		r.Condition = ""
		r.Properties = prune(r.Properties, values).(Map)
		r.Declared = slices.DeleteFunc(slices.Clone(r.Declared), func(on string) bool {
			condition := t.Resources[on].Condition
			return condition != "" && !values[condition]
		})
		settled.Resources[id] = r
	}
	settled.Outputs = make(map[string]Output, len(t.Outputs))
	for name, o := range t.Outputs {
		if o.Condition != "" && !values[o.Condition] {
			continue
		}
		o.Condition, o.Value, o.Export = "", prune(o.Value, values), prune(o.Export, values)
		settled.Outputs[name] = o
	}
	return &settled, settled.checkNames(types)
}

// prune replaces every Fn::If by the value that it stands for.
func prune(node any, values map[string]bool) any {
	if name, arg, isCall := call(node); isCall && name == "Fn::If" {
		parts := arg.(List)
		if values[parts[0].(string)] {
			return prune(parts[1], values)
		}
		return prune(parts[2], values)
	}
	switch node := node.(type) {
	case List:
		list := make(List, len(node))
		for i, item := range node {
			list[i] = prune(item, values)
		}
		return list
	case Map:
		m := make(Map, len(node))
		for key, item := range node {
			m[key] = prune(item, values)
		}
		return m
	}
	return node
}

// calls tells whether a value contains a call of a function.
func calls(node any, function string) bool {
	if name, _, isCall := call(node); isCall && name == function {
		return true
	}
	for child := range children(node) {
		if calls(child, function) {
			return true
		}
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

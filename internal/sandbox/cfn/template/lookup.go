package template

import (
	"cmp"
	"strconv"
	"strings"
)

// The functions that pick a value out of something: a list, a text, a mapping,
// another stack's exports.

func selectReferences(arg any) ([]Reference, error) {
	parts, ok := arg.(List)
	if ok && len(parts) == 2 {
		if _, isText := parts[1].(string); !isText {
			return References(parts)
		}
	}
	return nil, selectError()
}

func selectError() error {
	return validationError("Template error: Fn::Select requires a list argument with two elements: an integer index and a list")
}

func selectEvaluate(arg any, resolve Resolver) (any, error) {
	parts := arg.(List)
	index, err := text(parts[0], resolve, "Fn::Select")
	if err != nil {
		return nil, err
	}
	value, err := Evaluate(parts[1], resolve)
	if err != nil || value == KnownAfterApply {
		return value, err
	}
	list, isList := value.(List)
	n, err := strconv.Atoi(index)
	switch {
	case err != nil || !isList:
		return nil, selectError()
	case n < 0 || n >= len(list):
		return nil, validationError("Template error: Fn::Select cannot select nonexistent value at index %d", n)
	}
	return list[n], nil
}

func splitReferences(arg any) ([]Reference, error) {
	parts, ok := arg.(List)
	if ok && len(parts) == 2 {
		if delimiter, isText := parts[0].(string); isText && delimiter != "" {
			return References(parts[1])
		}
	}
	return nil, splitError()
}

func splitError() error {
	return validationError("Template error: every Fn::Split object requires two parameters, (1) a string delimiter and " +
		"(2) a string to be split or a function that returns a string to be split.")
}

func splitEvaluate(arg any, resolve Resolver) (any, error) {
	parts := arg.(List)
	value, err := Evaluate(parts[1], resolve)
	if err != nil {
		return nil, err
	}
	whole, ok := value.(string)
	switch {
	case !ok:
		return nil, splitError()
	case strings.Contains(whole, KnownAfterApply):
		return KnownAfterApply, nil
	}
	list := List{}
	for part := range strings.SplitSeq(whole, parts[0].(string)) {
		list = append(list, part)
	}
	return list, nil
}

// findInMapReferences are the references in the keys, and the mapping itself if its name is written out.
func findInMapReferences(arg any) ([]Reference, error) {
	parts, ok := arg.(List)
	if !ok || len(parts) != 3 {
		return nil, validationError("Template error: every Fn::FindInMap object requires three parameters, the map name, " +
			"map key and the attribute for return value")
	}
	found, err := References(parts)
	if name, fixed := parts[0].(string); fixed {
		found = append(found, Reference{Kind: Mapping, Name: name})
	}
	return found, err
}

func findInMapEvaluate(arg any, resolve Resolver) (any, error) {
	var keys [3]string
	for i, part := range arg.(List) {
		var err error
		if keys[i], err = text(part, resolve, "Fn::FindInMap"); err != nil {
			return nil, err
		}
	}
	value, err := resolve(Reference{Kind: Mapping, Name: keys[0]})
	if err != nil {
		return nil, err
	}
	mapping, _ := value.(Map)
	attributes, _ := mapping[keys[1]].(Map)
	found, ok := attributes[keys[2]]
	if !ok {
		return nil, validationError("Template error: Unable to get mapping for %s", strings.Join(keys[:], "::"))
	}
	return found, nil
}

func importReferences(arg any) ([]Reference, error) {
	if _, isList := arg.(List); isList {
		return nil, importError()
	}
	if m, isMap := arg.(Map); isMap {
		if name, _, isCall := call(m); !isCall || name == "Fn::GetAtt" || name == "Fn::ImportValue" {
			return nil, importError()
		}
	}
	return References(arg)
}

func importError() error {
	return validationError("Template error: the attribute in Fn::ImportValue must be a string or a function that returns " +
		"a string, and must not depend on any resources, imported values, or Fn::GetAZs")
}

func importEvaluate(arg any, resolve Resolver) (any, error) {
	name, err := text(arg, resolve, "Fn::ImportValue")
	if err != nil {
		return nil, err
	}
	return resolve(Reference{Kind: Export, Name: name})
}

// Imports lists the names of the exports that the template imports, each once,
// sorted. The names must not depend on resources: resolve is asked for
// parameters and mappings alone.
func (t *Template) Imports(resolve Resolver) ([]string, error) {
	found := map[string]bool{}
	record := func(ref Reference) (any, error) {
		if ref.Kind == Export {
			found[ref.Name] = true
			return KnownAfterApply, nil
		}
		if _, isResource := t.Resources[ref.Name]; isResource && ref.Kind == Named {
			return nil, importError()
		}
		return resolve(ref)
	}
	var visit func(node any) error
	visit = func(node any) error {
		if name, _, isCall := call(node); isCall && name == "Fn::ImportValue" {
			_, err := Evaluate(node, record)
			return err
		}
		for child := range children(node) {
			if err := visit(child); err != nil {
				return err
			}
		}
		return nil
	}
	for _, r := range t.Resources {
		if err := visit(r.Properties); err != nil {
			return nil, err
		}
	}
	for _, o := range t.Outputs {
		if err := cmp.Or(visit(o.Value), visit(o.Export)); err != nil {
			return nil, err
		}
	}
	return sortedKeys(found), nil
}

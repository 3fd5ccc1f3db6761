package template

import (
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// KnownAfterApply stands in a change set for what only its execution can tell.
const KnownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}"

// Reference is one name that a value refers to: a resource, a parameter or a
// pseudo parameter, or an attribute of a resource.
type Reference struct {
	Name      string
	Attribute string // "" for Ref
}

func (r Reference) String() string {
	if r.Attribute == "" {
		return r.Name
	}
	return r.Name + "." + r.Attribute
}

// Resolver gives the value of a reference: a string or, for a parameter of a
// list type, a List.
type Resolver func(Reference) (any, error)

// noValue is what Ref AWS::NoValue evaluates to: the property isn't there.
type noValue struct{}

// intrinsic is one function of the template language. A further one is a
// further value, listed in function.
type intrinsic struct {
	// references checks the argument's form and yields what it refers to.
	references func(arg any) ([]Reference, error)
	// evaluate computes the value. Its argument has passed references.
	evaluate func(arg any, resolve Resolver) (any, error)
}

func function(name string) (intrinsic, bool) {
	switch name {
	case "Ref":
		return intrinsic{refReferences, refEvaluate}, true
	case "Fn::GetAtt":
		return intrinsic{getAttReferences, getAttEvaluate}, true
	case "Fn::Sub":
		return intrinsic{subReferences, subEvaluate}, true
	case "Fn::Join":
		return intrinsic{joinReferences, joinEvaluate}, true
	}
	return intrinsic{}, false
}

// call splits a node that is a function call into its name and argument.
func call(node any) (name string, arg any, ok bool) {
	m, isMap := node.(Map)
	if !isMap {
		return "", nil, false
	}
	for name, arg = range m {
		if name == "Ref" || strings.HasPrefix(name, "Fn::") {
			return name, arg, true
		}
	}
	return "", nil, false
}

// References lists what a value refers to, each once, in a fixed order. It
// refuses functions that the sandbox doesn't have and malformed arguments.
func References(node any) ([]Reference, error) {
	var found []Reference
	err := collect(node, &found)
	slices.SortFunc(found, func(a, b Reference) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(found), err
}

func collect(node any, found *[]Reference) error {
	if name, arg, ok := call(node); ok {
		fn, known := function(name)
		if !known {
			// Assumed wording: AWS knows more functions than the sandbox.
			return validationError("Template error: the function %s is not supported by this sandbox", name)
		}
		if len(node.(Map)) > 1 {
			return formatError("%s must be the only key of its object", name)
		}
		refs, err := fn.references(arg)
		*found = append(*found, refs...)
		return err
	}
	for child := range children(node) {
		if err := collect(child, found); err != nil {
			return err
		}
	}
	return nil
}

func children(node any) iter.Seq[any] {
	return func(yield func(any) bool) {
		switch node := node.(type) {
		case List:
			for _, item := range node {
				if !yield(item) {
					return
				}
			}
		case Map:
			for _, key := range slices.Sorted(maps.Keys(node)) {
				if !yield(node[key]) {
					return
				}
			}
		}
	}
}

// Evaluate computes a value: every function call is replaced by its result, and
// what refers to AWS::NoValue is left out.
func Evaluate(node any, resolve Resolver) (any, error) {
	if name, arg, ok := call(node); ok {
		fn, _ := function(name)
		return fn.evaluate(arg, resolve)
	}
	switch node := node.(type) {
	case List:
		list := make(List, 0, len(node))
		for _, item := range node {
			value, err := Evaluate(item, resolve)
			if err != nil {
				return nil, err
			}
			if _, left := value.(noValue); !left {
				list = append(list, value)
			}
		}
		return list, nil
	case Map:
		m := make(Map, len(node))
		for key, item := range node {
			value, err := Evaluate(item, resolve)
			if err != nil {
				return nil, err
			}
			if _, left := value.(noValue); !left {
				m[key] = value
			}
		}
		return m, nil
	}
	return node, nil
}

// text evaluates a value that must come out as a string.
func text(node any, resolve Resolver, where string) (string, error) {
	value, err := Evaluate(node, resolve)
	if err != nil {
		return "", err
	}
	s, ok := value.(string)
	if !ok {
		return "", validationError("Template error: every value of %s must be a string", where)
	}
	return s, nil
}

func refReferences(arg any) ([]Reference, error) {
	name, ok := arg.(string)
	if !ok || name == "" {
		return nil, formatError("Every Ref object must have a single String value.")
	}
	return []Reference{{Name: name}}, nil
}

func refEvaluate(arg any, resolve Resolver) (any, error) {
	if arg == "AWS::NoValue" {
		return noValue{}, nil
	}
	return resolve(Reference{Name: arg.(string)})
}

func getAttReferences(arg any) ([]Reference, error) {
	ref, ok := getAtt(arg)
	if !ok {
		return nil, validationError("Template error: every Fn::GetAtt object requires two non-empty parameters, " +
			"the resource name and the resource attribute")
	}
	return []Reference{ref}, nil
}

func getAttEvaluate(arg any, resolve Resolver) (any, error) {
	ref, _ := getAtt(arg)
	return resolve(ref)
}

// getAtt reads both forms of the argument: "Name.Attribute" and [Name, Attribute].
func getAtt(arg any) (ref Reference, ok bool) {
	switch arg := arg.(type) {
	case string:
		ref.Name, ref.Attribute, _ = strings.Cut(arg, ".")
	case List:
		if len(arg) == 2 {
			ref.Name, _ = arg[0].(string)
			ref.Attribute, _ = arg[1].(string)
		}
	}
	return ref, ref.Name != "" && ref.Attribute != ""
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

// substitution is an argument of Fn::Sub, taken apart.
type substitution struct {
	text      string
	variables Map
}

func parseSub(arg any) (substitution, error) {
	bad := validationError("Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. " +
		"Specify a string as first argument, and an optional second argument to specify a mapping of values " +
		"to replace in the string")
	switch arg := arg.(type) {
	case string:
		return substitution{text: arg}, nil
	case List:
		if len(arg) != 2 {
			return substitution{}, bad
		}
		text, isText := arg[0].(string)
		variables, isMap := arg[1].(Map)
		if isText && isMap {
			return substitution{text, variables}, nil
		}
	}
	return substitution{}, bad
}

// names yields the names in ${...}, less literals (${!Name}).
func (s substitution) names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, match := range placeholder.FindAllStringSubmatch(s.text, -1) {
			name := strings.TrimSpace(match[1])
			if !strings.HasPrefix(name, "!") && !yield(name) {
				return
			}
		}
	}
}

func subReferences(arg any) ([]Reference, error) {
	s, err := parseSub(arg)
	if err != nil {
		return nil, err
	}
	var found []Reference
	for name := range s.names() {
		if name == "" {
			return nil, validationError("Template error: variable names in Fn::Sub syntax must contain only " +
				"alphanumeric characters, underscores, periods, and colons")
		}
		if _, local := s.variables[name]; !local {
			found = append(found, subReference(name))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.variables)) {
		if err := collect(s.variables[key], &found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func subReference(name string) (ref Reference) {
	ref.Name, ref.Attribute, _ = strings.Cut(name, ".")
	return ref
}

func subEvaluate(arg any, resolve Resolver) (any, error) {
	s, err := parseSub(arg)
	if err != nil {
		return nil, err
	}
	result := placeholder.ReplaceAllStringFunc(s.text, func(match string) string {
		name := strings.TrimSpace(match[2 : len(match)-1])
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		value, failed := s.value(name, resolve)
		if failed != nil && err == nil {
			err = failed
		}
		return value
	})
	return result, err
}

func (s substitution) value(name string, resolve Resolver) (string, error) {
	if variable, local := s.variables[name]; local {
		return text(variable, resolve, "Fn::Sub")
	}
	value, err := resolve(subReference(name))
	if err != nil {
		return "", err
	}
	if list, ok := value.(List); ok {
		return "", validationError("Template error: every value of Fn::Sub must be a string, %s is a list of %d", name, len(list))
	}
	return fmt.Sprint(value), nil
}

func joinReferences(arg any) ([]Reference, error) {
	parts, ok := arg.(List)
	if ok && len(parts) == 2 {
		if _, ok = parts[0].(string); ok {
			if _, isText := parts[1].(string); !isText {
				return References(parts[1])
			}
		}
	}
	return nil, validationError("Template error: every Fn::Join object requires two parameters, " +
		"(1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings " +
		"(such as Fn::GetAZs) to be joined.")
}

func joinEvaluate(arg any, resolve Resolver) (any, error) {
	parts := arg.(List)
	value, err := Evaluate(parts[1], resolve)
	if err != nil {
		return nil, err
	}
	if value == KnownAfterApply {
		return value, nil
	}
	list, ok := value.(List)
	if !ok {
		return nil, validationError("Template error: every Fn::Join object requires a list of strings to be joined")
	}
	words := make([]string, len(list))
	for i, item := range list {
		if words[i], ok = item.(string); !ok {
			return nil, validationError("Template error: every value of Fn::Join must be a string")
		}
	}
	return strings.Join(words, parts[0].(string)), nil
}

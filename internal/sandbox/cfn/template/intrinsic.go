package template

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
)

// KnownAfterApply stands in a change set for what only its execution can tell.
const KnownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}"

// Reference is one name that a value refers to.
type Reference struct {
	Kind      Kind
	Name      string
	Attribute string // of a resource; "" for Ref
}

// Kind is what sort of thing a Reference names.
type Kind int

const (
	// Named is a resource, a parameter or a pseudo parameter, or an attribute of
	// a resource. Its value is a string or, for a parameter of a list type, a List.
	Named Kind = iota
	// Condition is a member of the Conditions section. Its value is a bool.
	Condition
	// Mapping is a member of the Mappings section. Its value is a Map of Maps.
	Mapping
	// Export is an export of another stack. Its value is a string. Its name may
	// have to be computed, so that only a Resolver gets to see it.
	Export
	// Zones are the availability zones of a region, "" for the stack's own. Its
	// value is a List.
	Zones
)

func (r Reference) String() string {
	if r.Attribute == "" {
		return r.Name
	}
	return r.Name + "." + r.Attribute
}

// Resolver gives the value of a reference, of the type that its Kind says.
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

// function finds the intrinsic function that the key name calls, false if the sandbox has none.
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
	case "Fn::Select":
		return intrinsic{selectReferences, selectEvaluate}, true
	case "Fn::Split":
		return intrinsic{splitReferences, splitEvaluate}, true
	case "Fn::FindInMap":
		return intrinsic{findInMapReferences, findInMapEvaluate}, true
	case "Fn::If":
		return intrinsic{ifReferences, ifEvaluate}, true
	case "Fn::GetAZs":
		return intrinsic{References, zonesEvaluate}, true
	case "Fn::Base64":
		return intrinsic{References, base64Evaluate}, true
	case "Fn::Cidr":
		return intrinsic{cidrReferences, cidrEvaluate}, true
	case "Fn::ImportValue":
		return intrinsic{importReferences, importEvaluate}, true
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
	slices.SortFunc(found, func(a, b Reference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.String(), b.String()))
	})
	return slices.Compact(found), err
}

// collect appends the references of a tree to found. A call of a function that the sandbox does not know is an error.
func collect(node any, found *[]Reference) error {
	if name, arg, ok := call(node); ok {
		fn, known := function(name)
		if !known && isConditionFunction(name) {
			return validationError("Template error: %s is a condition function: it is allowed in the Conditions section alone", name)
		}
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

// children yields the values directly below a node, those of a map in the order of its keys.
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

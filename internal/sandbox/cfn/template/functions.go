package template

import (
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
)

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

// parseSub reads the argument of Fn::Sub in both of its forms: a text, or a text and the values of its own variables.
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

// subReferences are the references of the text that Fn::Sub does not answer with its own variables, and those of the variables.
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

// subEvaluate replaces every ${name} of the text; ${!name} stays as ${name}. The first failure is the error.
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

// value is what ${name} stands for.
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

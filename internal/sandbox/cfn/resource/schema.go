package resource

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mlops-infra-suite/internal/sandbox/cfn/template"
)

// kind is the JSON type that a property must have.
type kind int

const (
	text kind = iota
	integer
	boolean
	texts   // a list of texts
	objects // a list of objects
	dictionary
)

func (k kind) String() string {
	return [...]string{
		text: "String", integer: "Integer", boolean: "Boolean", texts: "JSONArray", objects: "JSONArray", dictionary: "JSONObject",
	}[k]
}

// Property is what a resource type's schema says of one property.
type Property struct {
	kind       kind
	createOnly bool
	tags       bool                // the property that holds the resource's tags
	name       bool                // the property that fixes the resource's name
	writeOnly  bool                // can't be read back, so that drift detection leaves it out
	canonical  func(string) string // makes two texts one that the service takes for the same; nil for none
	minimum    int                 // of an integer
	minLength  int                 // of a text
	maxLength  int                 // of a text; 0 means no limit
	pattern    *regexp.Regexp
	enum       []string
	items      *object // of a list
}

// object is the schema of a resource's properties or of a list's items.
type object struct {
	properties map[string]Property
	required   []string
	oneOf      []string // exactly one of these must be given
}

// Type is a resource type: its schema, as AWS publishes it, and its handlers.
type Type struct {
	Name string
	object
	identifier string   // what tells an existing one, "" for the attribute Id
	attributes []string // for Fn::GetAtt
	taggable   bool     // takes the stack's tags too
	early      bool     // validated before a deployment
	handler    Handler
}

// Identifier is the name of the property that identifies an existing resource; its value is the physical ID.
func (t Type) Identifier() string { return cmp.Or(t.identifier, "Id") }

// Taggable tells whether the type takes the stack's tags.
func (t Type) Taggable() bool { return t.taggable }

// CreateOnly tells whether a change of the property replaces the resource.
func (t Type) CreateOnly(property string) bool { return t.properties[property].createOnly }

// ValidatedEarly reports whether CloudFormation validates resources of the type before a deployment (documented as a list of
// the types that it leaves out).
func (t Type) ValidatedEarly() bool { return t.early }

// KeptName is the fixed name that both sets of properties give the resource, "" if there is none. A resource with such a name
// can't be replaced: the old and the new one can't share it.
func (t Type) KeptName(have, want template.Map) string {
	for name, p := range t.properties {
		if p.name && property(have, name) == property(want, name) {
			return property(want, name)
		}
	}
	return ""
}

// IsTags tells whether the property holds the resource's tags.
func (t Type) IsTags(property string) bool { return t.properties[property].tags }

// Unsupported names the first property, in order, that the schema doesn't have,
// at any depth; "" for none.
func (o object) Unsupported(m template.Map) string {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		p, ok := o.properties[name]
		if !ok {
			return name
		}
		if p.items == nil {
			continue
		}
		list, _ := m[name].(template.List)
		for _, item := range list {
			if fields, isMap := item.(template.Map); isMap && !isCall(fields) {
				if found := p.items.Unsupported(fields); found != "" {
					return found
				}
			}
		}
	}
	return ""
}

// isCall tells a function call, whose value isn't known yet, from an object.
func isCall(m template.Map) bool {
	for name := range m {
		return len(m) == 1 && (name == "Ref" || strings.HasPrefix(name, "Fn::"))
	}
	return false
}

// Validate holds evaluated properties against the schema and lists what is
// wrong, in the words of CloudFormation's schema validator. What a change set
// can't know yet is taken to be right.
func (t Type) Validate(properties template.Map) []string {
	return t.validate("#", properties)
}

// validate gives every problem of m in the words of CloudFormation's schema validation, each beginning with its path.
func (o object) validate(path string, m template.Map) []string {
	var problems []string
	for _, name := range o.required {
		if _, given := m[name]; !given {
			problems = append(problems, fmt.Sprintf("%s: required key [%s] not found", path, name))
		}
	}
	given := 0
	for _, name := range o.oneOf {
		if _, ok := m[name]; ok {
			given++
		}
	}
	if len(o.oneOf) > 0 && given != 1 {
		problems = append(problems, fmt.Sprintf("%s: exactly one of [%s] must be specified, found: %d",
			path, strings.Join(o.oneOf, ", "), given))
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		p, ok := o.properties[name]
		if !ok {
			problems = append(problems, fmt.Sprintf("%s: extraneous key [%s] is not permitted", path, name))
			continue
		}
		problems = append(problems, p.validate(path+"/"+name, m[name])...)
	}
	return problems
}

// validate gives the problems of one value. A value that is known only after the deployment has none yet.
func (p Property) validate(path string, value any) []string {
	if value == template.KnownAfterApply {
		return nil
	}
	switch value := value.(type) {
	case string:
		if p.kind == text || p.kind == integer || p.kind == boolean {
			return p.validateScalar(path, value)
		}
	case template.Map:
		if p.kind == dictionary {
			return p.validateDictionary(path, value)
		}
	case template.List:
		switch p.kind {
		case objects:
			return p.validateList(path, value)
		case texts:
			return validateTexts(path, value)
		}
	}
	return []string{fmt.Sprintf("%s: expected type: %s, found: %s", path, p.kind, foundType(value))}
}

func foundType(value any) string {
	switch value.(type) {
	case template.Map:
		return "JSONObject"
	case template.List:
		return "JSONArray"
	}
	return "String"
}

func (p Property) validateScalar(path, value string) []string {
	if strings.Contains(value, template.KnownAfterApply) {
		return nil
	}
	if p.kind == integer {
		n, err := strconv.Atoi(value)
		switch {
		case err != nil:
			return []string{fmt.Sprintf("%s: expected type: Integer, found: String", path)}
		case n < p.minimum:
			return []string{fmt.Sprintf("%s: %d is not greater or equal to %d", path, n, p.minimum)}
		}
		return nil
	}
	if p.kind == boolean {
		if value != "true" && value != "false" {
			return []string{fmt.Sprintf("%s: expected type: Boolean, found: String", path)}
		}
		return nil
	}
	var problems []string
	if n := utf8.RuneCountInString(value); n < p.minLength {
		problems = append(problems, fmt.Sprintf("%s: expected minLength: %d, actual: %d", path, p.minLength, n))
	} else if p.maxLength > 0 && n > p.maxLength {
		problems = append(problems, fmt.Sprintf("%s: expected maxLength: %d, actual: %d", path, p.maxLength, n))
	}
	if p.pattern != nil && !p.pattern.MatchString(value) {
		problems = append(problems, fmt.Sprintf("%s: failed validation constraint for keyword [pattern]", path))
	}
	if p.enum != nil && !slices.Contains(p.enum, value) {
		problems = append(problems, fmt.Sprintf("%s: %s is not a valid enum value", path, value))
	}
	return problems
}

func (p Property) validateList(path string, list template.List) []string {
	var problems []string
	for i, item := range list {
		at := fmt.Sprintf("%s/%d", path, i)
		m, ok := item.(template.Map)
		if !ok {
			problems = append(problems, fmt.Sprintf("%s: expected type: JSONObject, found: %s", at, foundType(item)))
			continue
		}
		problems = append(problems, p.items.validate(at, m)...)
	}
	return problems
}

func validateTexts(path string, list template.List) []string {
	var problems []string
	for i, item := range list {
		if _, ok := item.(string); !ok {
			problems = append(problems, fmt.Sprintf("%s/%d: expected type: String, found: %s", path, i, foundType(item)))
		}
	}
	return problems
}

func (p Property) validateDictionary(path string, m template.Map) []string {
	var problems []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if _, ok := m[key].(string); !ok {
			problems = append(problems, fmt.Sprintf("%s/%s: expected type: String, found: %s", path, key, foundType(m[key])))
		}
	}
	return problems
}

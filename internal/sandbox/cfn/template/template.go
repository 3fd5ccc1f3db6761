// Package template reads CloudFormation templates, JSON and YAML, and computes
// their values.
//
// Its promise: a template that Parse returns is whole and consistent. Every
// section, attribute, function, type and reference in it is one that the
// sandbox knows, every name resolves, and the resources' dependencies have no
// cycle. Anything else is refused with CloudFormation's own words (documented
// or reported by users; where the sandbox is stricter a comment says so).
//
// It knows the sections Parameters, Mappings, Conditions, Resources and Outputs,
// Description and Metadata; the functions Ref, Fn::GetAtt, Fn::Sub, Fn::Join,
// Fn::Select, Fn::Split, Fn::FindInMap, Fn::If, Fn::ImportValue, Fn::GetAZs,
// Fn::Cidr and Fn::Base64, and in conditions Fn::Equals, Fn::And, Fn::Or and
// Fn::Not, with their YAML short forms; and the pseudo parameters. Which resource
// types and attributes there are it is told by Types.
package template

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The limits of a template (documented).
const (
	MaxSize        = 1_000_000 // bytes; documented is "1 MB", reported that 1,048,576 are refused
	maxResources   = 500
	maxOutputs     = 200
	maxParameters  = 200
	maxDescription = 1024
	maxName        = 255 // characters of a logical ID
)

// Types tells which resource types there are.
type Types interface {
	Known(resourceType string) bool
	HasAttribute(resourceType, attribute string) bool
}

// Template is a template that has passed all checks that need no AWS account.
type Template struct {
	Version     string
	Description string
	Metadata    any
	Parameters  map[string]Parameter
	Mappings    map[string]Map
	Conditions  map[string]any // what Settle decides
	Resources   map[string]Resource
	Outputs     map[string]Output
}

// Resource is one member of the Resources section.
type Resource struct {
	Type                string
	Properties          Map
	Metadata            any
	DeletionPolicy      string
	PolicyGiven         bool // the template itself has the DeletionPolicy
	UpdateReplacePolicy string
	Condition           string      // "" for none
	Declared            []string    // dependencies as the template declares them
	DependsOn           []string    // these and those that follow from references, sorted
	References          []Reference // all that the properties refer to
}

// Output is one member of the Outputs section. Export is nil when it exports
// nothing, else the export's name, a value to evaluate.
type Output struct {
	Description string
	Condition   string // "" for none
	Value       any
	Export      any
}

// Deletion policies.
const (
	PolicyDelete               = "Delete"
	PolicyRetain               = "Retain"
	PolicyRetainExceptOnCreate = "RetainExceptOnCreate"
)

// Parse reads a template and checks it. An error is a *wire.Error with the
// code ValidationError.
func Parse(body string, types Types) (*Template, error) {
	if len(body) > MaxSize {
		return nil, TooLarge()
	}
	root, err := parseDocument(body)
	if err != nil {
		return nil, err
	}
	t := &Template{}
	for _, step := range []func(Map) error{
		t.readHead, t.readParameters, t.readMappings, t.readConditions, t.readResources, t.readOutputs,
	} {
		if err := step(root); err != nil {
			return nil, err
		}
	}
	for _, check := range []func(Types) error{t.checkTypes, t.checkConditions, t.checkNames} {
		if err := check(types); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// TooLarge is the error for a template over MaxSize (reported).
func TooLarge() error { return validationError("Template may not exceed %d bytes in size.", MaxSize) }

// readHead checks that the template has no section but the known ones, and reads those that are a single value.
func (t *Template) readHead(root Map) error {
	unsupported := []string{"Hooks", "Rules", "Transform"}
	known := []string{
		"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources", "Outputs",
	}
	var wrong []string
	for _, section := range slices.Sorted(maps.Keys(root)) {
		switch {
		case slices.Contains(unsupported, section):
			// Assumed wording: AWS has these sections.
			return formatError("the section %s is not supported by this sandbox", section)
		case !slices.Contains(known, section):
			wrong = append(wrong, section)
		}
	}
	if len(wrong) > 0 {
		return validationError("Invalid template property or properties [%s]", strings.Join(wrong, ", "))
	}
	if version, given := root["AWSTemplateFormatVersion"]; given && version != "2010-09-09" {
		return formatError("unsupported value for AWSTemplateFormatVersion.")
	}
	t.Version, _ = root["AWSTemplateFormatVersion"].(string)
	t.Metadata = root["Metadata"]
	if err := readText(root, "Description", "Template", &t.Description); err != nil {
		return err
	}
	if len(t.Description) > maxDescription {
		return formatError("'Description' length is greater than %d.", maxDescription)
	}
	return nil
}

// readText reads an optional member that must be a string.
func readText(from Map, key, of string, into *string) error {
	value, given := from[key]
	if !given {
		return nil
	}
	s, ok := value.(string)
	if !ok {
		return formatError("Every %s member of %s must be a string.", key, of)
	}
	*into = s
	return nil
}

var alphanumeric = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

// members checks a section's form, size and names, and returns its members'
// names in order.
func members(root Map, section, kind string, limit int) (Map, []string, error) {
	value, given := root[section]
	if !given {
		return nil, nil, nil
	}
	m, ok := value.(Map)
	if !ok {
		return nil, nil, formatError("%s section must be an object.", section)
	}
	if len(m) > limit {
		return nil, nil, formatError("Number of %s, %d, is greater than maximum allowed, %d",
			strings.ToLower(section), len(m), limit)
	}
	names := slices.Sorted(maps.Keys(m))
	for _, name := range names {
		if !alphanumeric.MatchString(name) {
			return nil, nil, formatError("%s name %s is non alphanumeric.", kind, name)
		}
		if len(name) > maxName {
			return nil, nil, formatError("%s name %s is longer than %d characters.", kind, name, maxName)
		}
	}
	return m, names, nil
}

func (t *Template) readResources(root Map) error {
	resources, names, err := members(root, "Resources", "Resource", maxResources)
	if err != nil {
		return err
	}
	if len(resources) == 0 {
		return formatError("At least one Resources member must be defined.")
	}
	t.Resources = make(map[string]Resource, len(names))
	for _, name := range names {
		node, ok := resources[name].(Map)
		if !ok {
			return formatError("Any Resources member must be an object.")
		}
		r, err := readResource(name, node)
		if err != nil {
			return err
		}
		t.Resources[name] = r
	}
	return nil
}

func readResource(name string, node Map) (r Resource, err error) {
	attributes := []string{"Type", "Properties", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"}
	for _, key := range slices.Sorted(maps.Keys(node)) {
		if !slices.Contains(attributes, key) {
			return r, validationError("Invalid template resource property '%s'", key)
		}
	}
	var ok bool
	if r.Type, ok = node["Type"].(string); !ok {
		return r, formatError("[/Resources/%s] Every Resources object must contain a Type member.", name)
	}
	r.Properties = Map{}
	if properties, given := node["Properties"]; given {
		if r.Properties, ok = properties.(Map); !ok {
			return r, formatError("[/Resources/%s] Every Properties member must be an object.", name)
		}
		if _, _, isCall := call(r.Properties); isCall {
			return r, formatError("[/Resources/%s] Every Properties member must be an object, not a function.", name)
		}
	}
	if r.Declared, err = readDependsOn(name, node); err != nil {
		return r, err
	}
	if err := readText(node, "Condition", "Resources", &r.Condition); err != nil {
		return r, err
	}
	r.Metadata = node["Metadata"]
	_, r.PolicyGiven = node["DeletionPolicy"]
	if r.DeletionPolicy, err = readPolicy(r.Type, node, "DeletionPolicy"); err != nil {
		return r, err
	}
	r.UpdateReplacePolicy, err = readPolicy(r.Type, node, "UpdateReplacePolicy")
	return r, err
}

// readDependsOn reads the attribute in both of its forms, one name or a list of names.
func readDependsOn(name string, node Map) ([]string, error) {
	switch dependsOn := node["DependsOn"].(type) {
	case nil:
		return nil, nil
	case string:
		return []string{dependsOn}, nil
	case List:
		names := make([]string, 0, len(dependsOn))
		for _, item := range dependsOn {
			if s, ok := item.(string); ok {
				names = append(names, s)
			}
		}
		if len(names) == len(dependsOn) {
			return names, nil
		}
	}
	return nil, formatError("[/Resources/%s/DependsOn] DependsOn must be a string or a list of strings.", name)
}

// readPolicy reads DeletionPolicy or UpdateReplacePolicy. CloudFormation deletes where the template says nothing.
func readPolicy(resourceType string, node Map, attribute string) (string, error) {
	value, given := node[attribute]
	if !given {
		return PolicyDelete, nil
	}
	switch value {
	case PolicyDelete, PolicyRetain:
		return value.(string), nil
	case PolicyRetainExceptOnCreate:
		if attribute == "DeletionPolicy" {
			return PolicyRetainExceptOnCreate, nil
		}
	case "Snapshot":
		return "", validationError("Template error: resource type %s does not support deletion policy Snapshot", resourceType)
	}
	return "", formatError("Unrecognized %s %v for resource type %s", attribute, value, resourceType)
}

func (t *Template) readOutputs(root Map) error {
	outputs, names, err := members(root, "Outputs", "Output", maxOutputs)
	if err != nil {
		return err
	}
	t.Outputs = make(map[string]Output, len(names))
	for _, name := range names {
		node, ok := outputs[name].(Map)
		if !ok || node["Value"] == nil {
			return formatError("Every Outputs member must contain a Value object")
		}
		output, err := readOutput(node)
		if err != nil {
			return err
		}
		t.Outputs[name] = output
	}
	return nil
}

func readOutput(node Map) (o Output, err error) {
	for _, key := range slices.Sorted(maps.Keys(node)) {
		if !slices.Contains([]string{"Condition", "Description", "Value", "Export"}, key) {
			return o, validationError("Invalid template output property '%s'", key)
		}
	}
	if err := readText(node, "Description", "Outputs", &o.Description); err != nil {
		return o, err
	}
	if err := readText(node, "Condition", "Outputs", &o.Condition); err != nil {
		return o, err
	}
	if len(o.Description) > maxDescription {
		return o, formatError("'Description' length is greater than %d.", maxDescription)
	}
	o.Value = node["Value"]
	if export, given := node["Export"]; given {
		m, ok := export.(Map)
		if !ok || len(m) != 1 || m["Name"] == nil {
			return o, formatError("Output Export must be an object with a Name member")
		}
		o.Export = m["Name"]
	}
	return o, nil
}

package template

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mlops-infra-suite/internal/diag"
)

// CloudFormation's limits (documented).
const (
	requestBytes         = 51_200
	maxResources         = 500
	maxParameters        = 200
	maxMappings          = 200
	maxMappingKeys       = 200
	maxTemplateText      = 1024 // bytes of the template's description, and of an output's
	maxParameterText     = 4000 // characters of a parameter's description
	maxParameterValue    = 4096 // bytes
	maxLogicalID         = 255
	latestTemplateFormat = "2010-09-09"
)

// set makes a set of words.
func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

var (
	topLevelKeys = set("AWSTemplateFormatVersion", "Conditions", "Description", "Hooks", "Mappings", "Metadata", "Outputs", "Parameters",
		"Resources", "Rules", "Transform")
	resourceKeys = set("Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type", "UpdatePolicy",
		"UpdateReplacePolicy", "Version")
	outputKeys    = set("Condition", "Description", "Export", "Value")
	parameterKeys = set("AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description", "MaxLength", "MaxValue",
		"MinLength", "MinValue", "NoEcho", "Type")
	deletionPolicies = set("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
	replacePolicies  = set("Delete", "Retain", "Snapshot")

	logicalID     = regexp.MustCompile(`^[a-zA-Z0-9]+$`)
	parameterType = regexp.MustCompile(`^(String|Number|List<Number>|CommaDelimitedList|(List<)?AWS::[A-Za-z0-9:.]+>?|AWS::SSM::Parameter::Value<.+>)$`)
)

// size holds the template to what CloudFormation takes.
func (v *validator) size(bytes int) {
	if bytes > requestBytes {
		v.warn(diag.CodeTemplateLimit, v.root, "the template has %d bytes: over %d it can only be deployed from S3", bytes, requestBytes)
	}
	v.limit("Resources", "resources", maxResources)
	v.limit("Parameters", "parameters", maxParameters)
	v.limit("Outputs", "outputs", maxOutputs)
	v.limit("Mappings", "mappings", maxMappings)
}

func (v *validator) limit(section, what string, most int) {
	n := 0
	for range v.root.get(section).pairs() {
		n++
	}
	if n > most {
		v.wrong(diag.CodeTemplateLimit, v.root.get(section), "the template has %d %s, over CloudFormation's limit of %d", n, what, most)
	}
}

// shape checks the sections and what stands in them, but for the values.
func (v *validator) shape() {
	v.known(v.root, "the template", topLevelKeys)
	if version := v.root.get("AWSTemplateFormatVersion"); version.exists() && version.value() != latestTemplateFormat {
		v.wrong(diag.CodeValue, version, "AWSTemplateFormatVersion is %q; the only one is %q", version.value(), latestTemplateFormat)
	}
	v.description(v.root, "Description", maxTemplateText)
	for _, name := range []string{"Parameters", "Mappings", "Conditions", "Rules", "Outputs", "Metadata"} {
		v.mapping(v.root.get(name), name)
	}
	for name, parameter := range v.root.get("Parameters").fields() {
		v.name(name, "parameter")
		v.parameter(name.value(), parameter)
		if other := v.resources[name.value()]; other.exists() {
			v.wrong(diag.CodeLogicalID, name, "%s is the name of a resource as well", name.value())
		}
	}
	for name, mapping := range v.root.get("Mappings").fields() {
		v.name(name, "mapping")
		v.mappingShape(name.value(), mapping)
	}
	for name := range v.root.get("Conditions").fields() {
		v.name(name, "condition")
	}
	v.resourceSection()
	for name, output := range v.root.get("Outputs").fields() {
		v.output(name, output)
	}
}

func (v *validator) resourceSection() {
	section := v.root.get("Resources")
	switch {
	case !section.exists():
		v.wrong(diag.CodeMissingKey, part{}, "the template has no Resources").WithHint("a template needs at least one resource")
		return
	case !v.mapping(section, "Resources"):
		return
	case len(v.resources) == 0 && !v.transformed:
		v.wrong(diag.CodeMissingKey, section, "Resources is empty").WithHint("a template needs at least one resource")
	}
	for name, resource := range section.fields() {
		v.name(name, "resource")
		if strings.HasPrefix(name.value(), "Fn::") {
			continue
		}
		v.resourceShape(name.value(), resource)
	}
}

// known reports keys that a mapping may not have.
func (v *validator) known(p part, what string, keys map[string]bool) {
	for key := range p.fields() {
		name := key.value()
		if keys[name] || v.transformed && (strings.HasPrefix(name, "Fn::") || name == "Globals") {
			continue
		}
		hint(v.wrong(diag.CodeUnknownKey, key, "%s: unknown key %q", what, name), name, keys)
	}
}

// mapping reports a section that is there and no mapping.
func (v *validator) mapping(p part, what string) bool {
	if !p.exists() || p.isMapping() {
		return p.exists()
	}
	v.wrong(diag.CodeType, p, "%s must be a mapping of keys to values", what)
	return false
}

// name reports a name that can't be a logical ID.
func (v *validator) name(key part, what string) {
	name := key.value()
	switch {
	case strings.HasPrefix(name, "Fn::"):
		v.generates(key, what+"s")
	case !logicalID.MatchString(name):
		v.wrong(diag.CodeLogicalID, key, "the %s %q: names are letters and digits alone", what, name)
	case len(name) > maxLogicalID:
		v.wrong(diag.CodeLogicalID, key, "the name of the %s %.20s... has %d characters, over the limit of %d", what, name, len(name), maxLogicalID)
	}
}

func (v *validator) description(p part, what string, most int) {
	text := p.get("Description")
	switch {
	case !text.exists():
	case !text.isPlain():
		v.wrong(diag.CodeType, text, "%s must be text, written out", what)
	case len(text.value()) > most:
		v.wrong(diag.CodeTemplateLimit, text, "%s has %d bytes, over CloudFormation's limit of %d", what, len(text.value()), most)
	}
}

// require reports keys that are missing.
func (v *validator) require(p part, what string, keys ...string) {
	for _, key := range keys {
		if !p.get(key).exists() {
			v.wrong(diag.CodeMissingKey, p, "%s: %s is missing", what, key)
		}
	}
}

func (v *validator) parameter(name string, p part) {
	what := "parameter " + name
	if !p.isMapping() {
		v.wrong(diag.CodeType, p, "%s must be a mapping of keys to values", what)
		return
	}
	v.known(p, what, parameterKeys)
	v.require(p, what, "Type")
	v.description(p, what+": Description", maxParameterText)
	if kind := p.get("Type"); kind.exists() && !parameterType.MatchString(kind.value()) {
		d := v.wrong(diag.CodeValue, kind, "%s: %q is no type of parameters", what, kind.value())
		hint(d, kind.value(), set("String", "Number", "List<Number>", "CommaDelimitedList", "AWS::EC2::VPC::Id", "AWS::EC2::SecurityGroup::Id",
			"AWS::EC2::Subnet::Id", "List<AWS::EC2::Subnet::Id>", "List<AWS::EC2::SecurityGroup::Id>"))
	}
	v.defaultValue(what, p)
}

// defaultValue holds the default of a parameter to the parameter's own constraints.
func (v *validator) defaultValue(what string, p part) {
	standard := p.get("Default")
	if !standard.exists() {
		return
	}
	if !standard.isPlain() {
		v.wrong(diag.CodeType, standard, "%s: Default must be one value, written out", what).WithHint("a list is written as one text with commas")
		return
	}
	value := standard.value()
	if len(value) > maxParameterValue {
		v.wrong(diag.CodeTemplateLimit, standard, "%s: Default has %d bytes, over CloudFormation's limit of %d", what, len(value), maxParameterValue)
	}
	_, err := strconv.ParseFloat(value, 64)
	if p.get("Type").value() == "Number" && err != nil {
		v.wrong(diag.CodeType, standard, "%s: Default is %q, which is no number", what, value)
	}
	values := []string{value}
	if kind := p.get("Type").value(); kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<") {
		values = strings.Split(value, ",")
	}
	allowed, _ := p.get("AllowedValues").items()
	for _, one := range values {
		one = strings.TrimSpace(one)
		if len(allowed) > 0 && !slices.ContainsFunc(allowed, func(a part) bool { return a.value() == one }) {
			v.wrong(diag.CodeValue, standard, "%s: Default %q is none of AllowedValues", what, one)
		}
		// CloudFormation's patterns are Java's: one that Go can't read is not judged.
		if pattern, err := regexp.Compile("^(?:" + p.get("AllowedPattern").value() + ")$"); err == nil && p.get("AllowedPattern").isPlain() && !pattern.MatchString(one) {
			v.wrong(diag.CodeValue, standard, "%s: Default %q does not match AllowedPattern", what, one)
		}
	}
}

func (v *validator) mappingShape(name string, p part) {
	what := "mapping " + name
	if !v.mapping(p, what) {
		return
	}
	keys := 0
	for key, level := range p.fields() {
		if strings.HasPrefix(key.value(), "Fn::") {
			return // of a macro
		}
		if keys++; v.mapping(level, what+"."+key.value()) {
			for attribute, value := range level.fields() {
				if value.isMapping() || value.function() != "" {
					v.wrong(diag.CodeType, value, "%s.%s.%s must be a value or a list, written out", what, key.value(), attribute.value())
				}
			}
		}
	}
	if keys > maxMappingKeys {
		v.wrong(diag.CodeTemplateLimit, p, "%s has %d keys, over CloudFormation's limit of %d", what, keys, maxMappingKeys)
	}
}

func (v *validator) resourceShape(id string, p part) {
	if !p.isMapping() {
		v.wrong(diag.CodeType, p, "%s must be a mapping with Type and Properties", id)
		return
	}
	v.known(p, id, resourceKeys)
	v.require(p, id, "Type")
	if kind := p.get("Type"); kind.exists() {
		v.resourceType(id, kind)
	}
	v.mapping(p.get("Properties"), id+": Properties")
	v.policy(p, id, "DeletionPolicy", deletionPolicies)
	v.policy(p, id, "UpdateReplacePolicy", replacePolicies)
	if condition := p.get("Condition"); condition.exists() {
		v.condition(id, condition)
	}
}

func (v *validator) resourceType(id string, kind part) {
	text := kind.value()
	segments := strings.Split(text, "::")
	if !kind.isPlain() || slices.Contains(segments, "") || len(segments) < 2 {
		v.wrong(diag.CodeValue, kind, "%s: %q is no type of resources", id, text).WithHint("types are written as AWS::EC2::SecurityGroup")
		return
	}
	if _, ok := schemas[text]; ok || segments[0] != "AWS" {
		return
	}
	if near := diag.Suggest(text, schemaNames()); near != "" && misspelt(text) {
		v.wrong(diag.CodeValue, kind, "%s: there is no type %s", id, text).WithHint("%s", near)
	}
}

func (v *validator) policy(p part, id, key string, known map[string]bool) {
	policy := p.get(key)
	if !policy.exists() || known[policy.value()] || v.transformed && !policy.isPlain() {
		return
	}
	hint(v.wrong(diag.CodeValue, policy, "%s: %q is no %s", id, cmp.Or(policy.value(), "what is given"), key), policy.value(), known)
}

func (v *validator) output(name, p part) {
	key := name.value()
	what := "output " + key
	v.name(name, "output")
	if !p.isMapping() {
		if !strings.HasPrefix(key, "Fn::") {
			v.wrong(diag.CodeType, p, "%s must be a mapping with a Value", what)
		}
		return
	}
	v.known(p, what, outputKeys)
	v.require(p, what, "Value")
	v.description(p, what+": Description", maxTemplateText)
	if condition := p.get("Condition"); condition.exists() {
		v.condition(what, condition)
	}
	if export := p.get("Export"); export.exists() {
		v.known(export, what+": Export", set("Name"))
		v.require(export, what+": Export", "Name")
	}
}

// condition reports the name of a condition that is not there.
func (v *validator) condition(what string, name part) {
	switch {
	case !name.isPlain():
		v.wrong(diag.CodeType, name, "%s: Condition must be the name of a condition", what)
	case !v.conditions[name.value()].exists() && !v.transformed:
		hint(v.wrong(diag.CodeReference, name, "%s: there is no condition %s", what, name.value()), name.value(), v.conditions)
	}
}

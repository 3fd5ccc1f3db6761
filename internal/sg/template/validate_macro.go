package template

import (
	"strings"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
)

// loop begins the keys in whose place CloudFormation's language extensions put what a loop makes.
const loop = "Fn::ForEach::"

// extensions are the functions that are there with the transform AWS::LanguageExtensions alone (documented), beside loops and
// the default of Fn::FindInMap.
var extensions = set("Fn::Length", "Fn::ToJsonString")

// findMacro is where a template calls a macro: its section Transform, or Fn::Transform anywhere.
func (v *validator) findMacro() part {
	if section := v.root.get("Transform"); section.exists() {
		return section
	}
	return part{macroCall(v.root.node)}
}

func macroCall(n *yaml.Node) *yaml.Node {
	if n.Tag == "!Transform" {
		return n
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Value == "Fn::Transform" {
			return child
		}
		if call := macroCall(child); call != nil {
			return call
		}
	}
	return nil
}

// generates checks a function in the place of a name: a loop, or whatever a macro knows. What it makes is not known here.
func (v *validator) generates(key part, section string) {
	switch name := key.value(); {
	case v.macro.exists():
	case strings.HasPrefix(name, loop):
		v.transformed = true
		v.extension(key, section, name)
	default:
		v.wrong(diag.CodeFunction, key, "%s: there is no function %s", section, name)
	}
}

// extension reports a function of the language extensions in a template that calls no macro. Which functions another macro
// knows is not known here.
func (v *validator) extension(at part, what, function string) {
	if !v.macro.exists() {
		v.wrong(diag.CodeFunction, at, "%s: %s needs the transform AWS::LanguageExtensions", what, function).
			WithHint("add it to the template: Transform: AWS::LanguageExtensions")
	}
}

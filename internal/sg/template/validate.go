package template

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/sg/check"
	"mlops-infra-suite/internal/yamldoc"
)

// Validation is what Validate finds out about a template.
type Validation struct {
	Problems  diag.List
	Resources int
}

// Validate checks any CloudFormation template, YAML or JSON, whoever wrote it: its shape and limits, functions and references,
// cycles, and in full what has to do with security groups. It reports everything that is wrong at once, each with its place.
// The rules that can be read without CloudFormation, from literals and from the defaults of parameters, are judged by the checks
// that make sense for groups of unknown purpose; in sets their ports, quota and environment.
//
// What the template leaves to deployment (parameters without defaults, imports, macros) is never called wrong.
func Validate(file string, source []byte, in check.Input) Validation {
	doc := yamldoc.ParseTemplate(file, source)
	v := &validator{
		file: file, problems: doc.Problems, root: part{doc.Node()},
		dependencies: newGraph(), decisions: newGraph(),
	}
	if doc.Node() == nil {
		return Validation{Problems: v.problems}
	}
	v.sections()
	v.size(len(source))
	v.shape()
	v.functions()
	v.cycles()
	v.properties()
	v.judge(in)
	return Validation{Problems: v.problems, Resources: len(v.resources)}
}

// validator checks one template.
type validator struct {
	file     string
	problems diag.List
	root     part

	parameters, mappings, conditions, resources map[string]part

	ordered      []string // the names of the resources, in the order of the file
	macro        part     // where a macro is called
	transformed  bool     // by a macro or a loop: what it adds or resolves is not known
	dependencies graph    // of resources
	decisions    graph    // of conditions

	groups    map[string]*groupView // by logical ID
	elsewhere map[string]*groupView // groups outside of the template that its rules name, by what names them
	strangers []*groupView          // the same, in the order of the file
	unread    []part                // rules that only a deployment knows
}

// sections finds what the rest refers to, and whether a macro is at work anywhere.
func (v *validator) sections() {
	v.macro = v.findMacro()
	v.transformed = v.macro.exists()
	v.parameters, _ = named(v.root.get("Parameters"))
	v.mappings, _ = named(v.root.get("Mappings"))
	v.conditions, _ = named(v.root.get("Conditions"))
	v.resources, v.ordered = named(v.root.get("Resources"))
	for id := range v.resources {
		if strings.HasPrefix(id, "Fn::") {
			v.transformed = true
			delete(v.resources, id)
		}
	}
	v.ordered = slices.DeleteFunc(v.ordered, func(id string) bool { return strings.HasPrefix(id, "Fn::") })
}

// named are the entries of a section, and their names in the order of the file.
func named(section part) (entries map[string]part, order []string) {
	entries = map[string]part{}
	for name, entry := range section.pairs() {
		if _, again := entries[name]; !again {
			order = append(order, name)
		}
		entries[name] = entry
	}
	return entries, order
}

// typeOf is the type of a resource, empty where it has none.
func (v *validator) typeOf(id string) string { return v.resources[id].get("Type").value() }

// maxTemplateProblems bounds what is reported of one template.
const maxTemplateProblems = 300

// wrong reports an error at a part.
func (v *validator) wrong(code string, at part, format string, args ...any) *diag.Diagnostic {
	return v.report(diag.Error, code, at, format, args...)
}

func (v *validator) warn(code string, at part, format string, args ...any) *diag.Diagnostic {
	return v.report(diag.Warning, code, at, format, args...)
}

func (v *validator) report(severity diag.Severity, code string, at part, format string, args ...any) *diag.Diagnostic {
	if v.isFull() {
		return new(diag.Diagnostic)
	}
	return v.must(severity, code, at, format, args...)
}

// must reports what has to be said however much there is: that something was not judged.
func (v *validator) must(severity diag.Severity, code string, at part, format string, args ...any) *diag.Diagnostic {
	v.problems = append(v.problems, diag.Diagnostic{
		Severity: severity, ID: code, Pos: v.pos(at.node), Summary: diag.Printable(fmt.Sprintf(format, args...)),
	})
	return &v.problems[len(v.problems)-1]
}

// isFull reports whether no more is reported.
func (v *validator) isFull() bool { return len(v.problems) > maxTemplateProblems }

func (v *validator) pos(n *yaml.Node) diag.Pos {
	if n == nil {
		return diag.Pos{File: v.file}
	}
	return diag.Pos{File: v.file, Line: n.Line, Column: n.Column}
}

// fields are the keys and values of a mapping, the keys with their places.
func (p part) fields() iter.Seq2[part, part] {
	return func(yield func(part, part) bool) {
		n := p.target()
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(part{n.Content[i]}, part{n.Content[i+1]}) {
				return
			}
		}
	}
}

func (p part) isMapping() bool { return p.kind() == yaml.MappingNode && p.function() == "" }
func (p part) isList() bool    { return p.kind() == yaml.SequenceNode && p.function() == "" }

func (p part) kind() yaml.Kind {
	if n := p.target(); n != nil {
		return n.Kind
	}
	return 0
}

func (p part) isNull() bool {
	n := p.target()
	return n != nil && n.Kind == yaml.ScalarNode && p.function() == "" && n.ShortTag() == "!!null"
}

// hint suggests what a wrong name was meant to be; of what is not reported any more nothing.
func hint[V any](d *diag.Diagnostic, name string, known map[string]V) {
	if d.ID == "" {
		return
	}
	if suggestion := diag.Suggest(name, slices.Sorted(maps.Keys(known))); suggestion != "" {
		d.Hint = suggestion
	}
}

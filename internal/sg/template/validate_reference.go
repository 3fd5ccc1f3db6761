package template

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"mlops-infra-suite/internal/diag"
)

// ref checks a Ref.
func (v *validator) ref(s scope, at, argument part) {
	if !argument.isPlain() {
		if !v.transformed {
			v.wrong(diag.CodeFunction, at, "%s: Ref takes a name, written out", s.what)
		}
		return
	}
	v.refer(s, at, argument.value(), "")
}

// refer checks the name of a parameter or resource, and notes what depends on what. An attribute is a resource's.
func (v *validator) refer(s scope, at part, name, attribute string) {
	resource, ok := v.resources[name]
	switch {
	case attribute == "" && (pseudo[name] || v.parameters[name].exists()):
	case ok && s.early:
		v.wrong(diag.CodeReference, at, "%s: it can't refer to the resource %s, which is not there yet when conditions are decided", s.what, name)
	case ok:
		if s.owner != "" {
			v.dependencies.add(s.owner, name, at)
		}
		if attribute != "" {
			v.attribute(s, at, name, resource.get("Type").value(), attribute)
		}
	case v.transformed || v.isFull(): // a macro may add it
	case attribute != "" && v.parameters[name].exists():
		v.wrong(diag.CodeReference, at, "%s: %s is a parameter, which has no attributes", s.what, name).WithHint("refer to it with Ref")
	default:
		d := v.wrong(diag.CodeReference, at, "%s: there is no parameter or resource %s", s.what, name)
		if attribute != "" {
			d.Summary = strings.Replace(d.Summary, "parameter or resource", "resource", 1)
		}
		names := map[string]bool{}
		for known := range v.resources {
			names[known] = true
		}
		if attribute == "" {
			for known := range v.parameters {
				names[known] = true
			}
			if strings.HasPrefix(name, "AWS::") {
				names = pseudo
			}
		}
		hint(d, name, names)
	}
}

// attribute checks the attribute of a resource whose type is known here.
func (v *validator) attribute(s scope, at part, id, kind, attribute string) {
	known := attributes[kind]
	if known == nil || known[attribute] {
		return
	}
	hint(v.wrong(diag.CodeReference, at, "%s: %s (%s) has no attribute %s", s.what, id, kind, attribute), attribute, known)
}

func (v *validator) getAtt(s scope, at, argument part) {
	id, attribute := "", ""
	switch {
	case argument.isPlain():
		var ok bool
		if id, attribute, ok = strings.Cut(argument.value(), "."); !ok {
			v.wrong(diag.CodeFunction, at, "%s: Fn::GetAtt takes a resource and an attribute, as in Name.Attribute", s.what)
			return
		}
	case argument.isList() && len(argument.target().Content) == 2:
		id = part{argument.target().Content[0]}.value()
		if second := (part{argument.target().Content[1]}); second.isPlain() {
			attribute = second.value()
		} else {
			v.walk(s, second)
		}
		if id == "" {
			if !v.transformed {
				v.wrong(diag.CodeFunction, at, "%s: Fn::GetAtt takes the name of a resource, written out", s.what)
			}
			return
		}
	default:
		v.wrong(diag.CodeFunction, at, "%s: Fn::GetAtt takes a resource and an attribute", s.what)
		return
	}
	if attribute == "" { // computed
		attribute = "?"
		if !v.resources[id].exists() || attributes[v.typeOf(id)] == nil {
			v.refer(s, at, id, attribute)
		}
		return
	}
	v.refer(s, at, id, attribute)
}

var (
	substitute   = regexp.MustCompile(`\$\{([^!{}][^{}]*)\}`)
	variableName = regexp.MustCompile(`^[A-Za-z0-9_.:]+$`)
)

func (v *validator) sub(s scope, at, argument part) {
	text, own := argument, map[string]bool{}
	if argument.isList() {
		items := argument.target().Content
		if len(items) != 2 || !(part{items[0]}).isPlain() || !(part{items[1]}).isMapping() {
			if !v.transformed {
				v.wrong(diag.CodeFunction, at, "%s: Fn::Sub takes a text, or a text and a mapping of its variables", s.what)
			}
			return
		}
		text = part{items[0]}
		for key, value := range (part{items[1]}).fields() {
			own[key.value()] = true
			v.walk(s, value)
		}
	}
	if !text.isPlain() {
		if !v.transformed {
			v.wrong(diag.CodeFunction, at, "%s: Fn::Sub takes a text, written out", s.what)
		}
		return
	}
	for _, match := range substitute.FindAllStringSubmatch(text.value(), -1) {
		name := strings.TrimSpace(match[1])
		id, attribute, _ := strings.Cut(name, ".")
		switch {
		case own[name]:
		case !variableName.MatchString(name):
			v.wrong(diag.CodeFunction, at, "%s: ${%s} in Fn::Sub: names are letters, digits, and _.:", s.what, name).
				WithHint("text that is meant as it is, such as a variable of a shell, is written ${!%s}", name)
		default:
			before := len(v.problems)
			v.refer(s, at, id, attribute)
			if len(v.problems) > before && v.problems[before].Hint == "" {
				v.problems[before].Hint = "text that is meant as it is, such as a variable of a shell, is written ${!" + name + "}"
			}
		}
	}
}

func (v *validator) useCondition(s scope, name part) {
	if !name.isPlain() {
		v.wrong(diag.CodeFunction, name, "%s: a condition is named, written out", s.what)
		return
	}
	v.condition(s.what, name)
	if s.condition != "" {
		v.decisions.add(s.condition, name.value(), name)
	}
}

func (v *validator) findInMap(s scope, argument part) {
	items := argument.target().Content
	name := part{items[0]}
	if !name.isPlain() || v.transformed {
		return
	}
	mapping := v.mappings[name.value()]
	if !mapping.exists() {
		hint(v.wrong(diag.CodeReference, name, "%s: there is no mapping %s", s.what, name.value()), name.value(), v.mappings)
		return
	}
	if len(items) == 4 { // with a default
		return
	}
	top, second := part{items[1]}, part{items[2]}
	var levels []part
	if top.isPlain() {
		level := mapping.get(top.value())
		if !level.exists() {
			keys, _ := named(mapping)
			hint(v.wrong(diag.CodeReference, top, "%s: the mapping %s has no key %s", s.what, name.value(), top.value()), top.value(), keys)
			return
		}
		levels = append(levels, level)
	} else {
		for _, level := range mapping.pairs() {
			levels = append(levels, level)
		}
	}
	if !second.isPlain() || slices.ContainsFunc(levels, func(l part) bool { return l.get(second.value()).exists() }) {
		return
	}
	keys := map[string]part{}
	for _, level := range levels {
		maps.Insert(keys, level.pairs())
	}
	hint(v.wrong(diag.CodeReference, second, "%s: nothing in the mapping %s has a key %s", s.what, name.value(), second.value()), second.value(), keys)
}

// dependsOn checks what a resource says that it depends on.
func (v *validator) dependsOn(id string, p part) {
	if !p.exists() {
		return
	}
	items, _ := p.items()
	if p.isPlain() {
		items = []part{p}
	}
	if len(items) == 0 && !p.isList() && !v.transformed {
		v.wrong(diag.CodeType, p, "%s: DependsOn is the name of a resource, or a list of them", id)
	}
	for _, item := range items {
		switch name := item.value(); {
		case !item.isPlain():
			if !v.transformed {
				v.wrong(diag.CodeType, item, "%s: DependsOn names resources, written out", id)
			}
		case v.resources[name].exists():
			v.dependencies.add(id, name, item)
		case !v.transformed:
			hint(v.wrong(diag.CodeReference, item, "%s: DependsOn: there is no resource %s", id, name), name, v.resources)
		}
	}
}

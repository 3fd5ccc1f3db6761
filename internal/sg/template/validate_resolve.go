package template

import (
	"maps"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// resolved is a value as it will be, where that can be known: one that is written out, computed from such, or the default of a
// parameter.
type resolved struct {
	text      string
	byDefault string // the parameter whose default it depends on
}

// longestResolved is the longest text that is worth computing, in bytes: no port, protocol or range is longer. It keeps what
// repeats itself from growing without end.
const longestResolved = 256

// isDynamic reports whether a text holds a dynamic reference, which CloudFormation looks up when it deploys.
func isDynamic(text string) bool { return strings.Contains(text, "{{resolve:") }

// resolve reads a value; ok is false for one that only the deployment knows.
func (v *validator) resolve(p part) (resolved, bool) {
	r, ok := v.compute(p)
	return r, ok && !isDynamic(r.text)
}

// compute reads a value, and calls the functions whose results the template alone decides on.
func (v *validator) compute(p part) (resolved, bool) {
	if p.isPlain() {
		return resolved{text: p.value()}, true
	}
	name, argument, ok := p.call()
	switch {
	case !ok:
		return resolved{}, false
	case name == "Ref":
		return v.standard(argument.value())
	case name == "Fn::Sub":
		return v.substituted(argument)
	case name == "Fn::FindInMap" && !v.transformed:
		return v.lookedUp(argument)
	case name == "Fn::Join":
		return v.joined(argument)
	case name == "Fn::Select":
		return v.selected(argument)
	default:
		return resolved{}, false
	}
}

// standard is the default of a parameter.
func (v *validator) standard(parameter string) (resolved, bool) {
	standard := v.parameters[parameter].get("Default")
	if !standard.isPlain() || standard.value() == "" || strings.HasPrefix(v.parameters[parameter].get("Type").value(), "AWS::SSM::") {
		return resolved{}, false
	}
	return resolved{standard.value(), parameter}, true
}

// assembly is a text that is put together.
type assembly struct {
	resolved
	failed bool
}

func (a *assembly) add(r resolved, ok bool) {
	a.failed = a.failed || !ok || len(a.text)+len(r.text) > longestResolved
	if a.failed {
		return
	}
	a.text += r.text
	if r.byDefault != "" {
		a.byDefault = r.byDefault
	}
}

// substituted is the text of Fn::Sub.
func (v *validator) substituted(argument part) (resolved, bool) {
	text, own := argument, map[string]part{}
	if items, ok := argument.items(); ok && len(items) == 2 {
		text = items[0]
		maps.Insert(own, items[1].pairs())
	}
	if !text.isPlain() || len(text.value()) > longestResolved {
		return resolved{}, false
	}
	var whole assembly
	known := map[string]assembly{} // each variable is computed once, however often it stands there
	rest := text.value()
	for _, at := range substitute.FindAllStringSubmatchIndex(rest, -1) {
		name := strings.TrimSpace(rest[at[2]:at[3]])
		if _, again := known[name]; !again {
			var one assembly
			if value, mine := own[name]; mine {
				one.add(v.compute(value))
			} else {
				one.add(v.standard(name))
			}
			known[name] = one
		}
	}
	from := 0
	for _, at := range substitute.FindAllStringSubmatchIndex(rest, -1) {
		one := known[strings.TrimSpace(rest[at[2]:at[3]])]
		whole.add(resolved{text: rest[from:at[0]]}, true)
		whole.add(one.resolved, !one.failed)
		from = at[1]
	}
	whole.add(resolved{text: rest[from:]}, true)
	whole.text = strings.ReplaceAll(whole.text, "${!", "${")
	return whole.resolved, !whole.failed
}

// lookedUp is what Fn::FindInMap finds. A default of its own is left to the deployment.
func (v *validator) lookedUp(argument part) (resolved, bool) {
	items, ok := argument.items()
	if !ok || len(items) != 3 {
		return resolved{}, false
	}
	var keys [3]assembly
	var found assembly
	for i, item := range items {
		keys[i].add(v.compute(item))
		found.failed = found.failed || keys[i].failed
		if keys[i].byDefault != "" {
			found.byDefault = keys[i].byDefault
		}
	}
	value := v.mappings[keys[0].text].get(keys[1].text).get(keys[2].text)
	found.add(resolved{text: value.value()}, value.isPlain())
	return found.resolved, !found.failed
}

// joined is the text of Fn::Join.
func (v *validator) joined(argument part) (resolved, bool) {
	items, ok := argument.items()
	if !ok || len(items) != 2 || !items[0].isPlain() || !items[1].isList() {
		return resolved{}, false
	}
	var whole assembly
	pieces, _ := items[1].items()
	for i, piece := range pieces {
		if i > 0 {
			whole.add(resolved{text: items[0].value()}, true)
		}
		if whole.failed {
			break
		}
		whole.add(v.compute(piece))
	}
	return whole.resolved, !whole.failed
}

// selected is an item of a list that is written out, as Fn::Select takes it.
func (v *validator) selected(argument part) (resolved, bool) {
	items, ok := argument.items()
	if !ok || len(items) != 2 || !items[1].isList() {
		return resolved{}, false
	}
	index, err := strconv.Atoi(items[0].value())
	choices, _ := items[1].items()
	if err != nil || index < 0 || index >= len(choices) {
		return resolved{}, false
	}
	return v.compute(choices[index])
}

// expression is a value in the short form of YAML, however it is written: what a person would call it by.
func (p part) expression() string {
	var b strings.Builder
	p.express(&b)
	return b.String()
}

func (p part) express(b *strings.Builder) {
	id, attribute := p.referred()
	name, argument, ok := p.call()
	switch {
	case id != "" && attribute == "":
		b.WriteString("!Ref " + id)
	case id != "":
		b.WriteString("!GetAtt " + id + "." + attribute)
	case ok:
		b.WriteString("!" + strings.TrimPrefix(name, "Fn::") + " ")
		argument.express(b)
	case p.kind() == yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range p.target().Content {
			if i > 0 {
				b.WriteString(", ")
			}
			part{item}.express(b)
		}
		b.WriteByte(']')
	case p.kind() == yaml.MappingNode:
		b.WriteByte('{')
		for key, value := range p.pairs() {
			b.WriteString(key + ": ")
			value.express(b)
			b.WriteString(", ")
		}
		b.WriteByte('}')
	default:
		b.WriteString(p.value())
	}
}

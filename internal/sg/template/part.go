package template

import (
	"iter"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// part is a part of a template that is read; the zero part is one that is not there.
type part struct{ node *yaml.Node }

func (p part) exists() bool { return p.node != nil }

// target is the part itself or what it is an alias of.
func (p part) target() *yaml.Node {
	if p.node != nil && p.node.Kind == yaml.AliasNode {
		return p.node.Alias
	}
	return p.node
}

// get is the value of a key; what is no mapping has none.
func (p part) get(key string) part {
	for k, value := range p.pairs() {
		if k == key {
			return value
		}
	}
	return part{}
}

// pairs are the keys and values of a mapping; of anything else none.
func (p part) pairs() iter.Seq2[string, part] {
	return func(yield func(string, part) bool) {
		for key, value := range p.fields() {
			if !yield(key.node.Value, value) {
				return
			}
		}
	}
}

// items are the items of a list; ok is false for what is neither a list nor left out.
func (p part) items() (items []part, ok bool) {
	n := p.target()
	if n == nil {
		return nil, true
	}
	if n.Kind != yaml.SequenceNode || p.function() != "" {
		return nil, false
	}
	for _, item := range n.Content {
		items = append(items, part{item})
	}
	return items, true
}

// isPlain reports whether the value is written out, rather than a function's.
func (p part) isPlain() bool {
	n := p.target()
	return n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" && p.function() == ""
}

// value is the text of a value that is written out; of any other it is empty.
func (p part) value() string {
	if !p.isPlain() {
		return ""
	}
	return p.target().Value
}

// function is the name of the function that a value is in its short form, such as Ref of !Ref.
func (p part) function() string {
	if n := p.target(); n != nil && strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return n.Tag[1:]
	}
	return ""
}

// sole is a text for Fn::Sub that is one reference and nothing else.
var sole = regexp.MustCompile(`^\$\{([A-Za-z0-9:]+)(?:\.([A-Za-z0-9.]+))?\}$`)

// referred is the logical ID that a value refers to, by Ref, GetAtt or a Sub of nothing else, spelled out or short, and the
// attribute that it takes.
func (p part) referred() (id, attribute string) {
	function, argument := p.function(), p.target()
	if argument != nil && argument.Kind == yaml.MappingNode && len(argument.Content) == 2 {
		function, argument = strings.TrimPrefix(argument.Content[0].Value, "Fn::"), part{argument.Content[1]}.target()
	}
	switch {
	case function == "Ref" && argument.Kind == yaml.ScalarNode:
		return argument.Value, ""
	case function == "Sub" && argument.Kind == yaml.ScalarNode:
		if match := sole.FindStringSubmatch(argument.Value); match != nil {
			return match[1], match[2]
		}
	case function == "GetAtt" && argument.Kind == yaml.SequenceNode && len(argument.Content) == 2:
		return argument.Content[0].Value, argument.Content[1].Value
	case function == "GetAtt" && argument.Kind == yaml.ScalarNode:
		id, attribute, _ = strings.Cut(argument.Value, ".")
	}
	return id, attribute
}

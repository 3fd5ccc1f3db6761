package yamldoc

import (
	"iter"
	"math"
	"strconv"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
)

// Map is a mapping of the document. Its accessors read what is absent or of another type as the zero value: the schema
// has reported it. The zero Map is empty.
type Map struct {
	doc  *Document
	node *yaml.Node
}

// Value is one value of the document, with its place.
type Value struct {
	doc  *Document
	node *yaml.Node
}

// Get is the value of a key, an absent one when the key is not there.
func (m Map) Get(key string) Value {
	for k, v := range m.Entries() {
		if k == key {
			return v
		}
	}
	return Value{doc: m.doc}
}

// Entries are the mapping's keys and values in the order of the file. Of a duplicate key only the first counts.
func (m Map) Entries() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for key, value := range m.pairs() {
			if !yield(key.Value, Value{m.doc, value}) {
				return
			}
		}
	}
}

func (m Map) pairs() iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(*yaml.Node, *yaml.Node) bool) {
		if m.node == nil || m.node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(m.node.Content); i += 2 {
			if key := m.node.Content[i]; !m.doc.broken[key] && !yield(key, m.node.Content[i+1]) {
				return
			}
		}
	}
}

// Has reports whether the key is there, whatever its value.
func (m Map) Has(key string) bool { return m.Get(key).node != nil }

// Map, List and Text read the value of a key as that type.
func (m Map) Map(key string) Map      { return m.Get(key).Map() }
func (m Map) List(key string) []Value { return m.Get(key).List() }
func (m Map) Text(key string) string  { return m.Get(key).Text() }

// KeyPos is the place of a key itself; the mapping's place when the key is not there.
func (m Map) KeyPos(key string) diag.Pos {
	for k := range m.pairs() {
		if k.Value == key {
			return m.doc.pos(k)
		}
	}
	return m.Pos()
}

// Pos is where the mapping begins.
func (m Map) Pos() diag.Pos { return m.doc.pos(m.node) }

// Sound reports whether nothing in the mapping has a problem yet.
func (m Map) Sound() bool { return m.node != nil && m.doc.sound(m.node) }

// Map reads the value as a mapping.
func (v Value) Map() Map {
	if n := follow(v.node); n != nil && n.Kind == yaml.MappingNode {
		return Map{v.doc, n}
	}
	return Map{doc: v.doc}
}

// List reads the value as a list.
func (v Value) List() []Value {
	n := follow(v.node)
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	out := make([]Value, len(n.Content))
	for i, child := range n.Content {
		out[i] = Value{v.doc, child}
	}
	return out
}

// Text reads the value as it is written, without its quotes; empty for a list, a mapping, null or nothing.
func (v Value) Text() string {
	if n := follow(v.node); n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
		return n.Value
	}
	return ""
}

// Int reads the value as a whole number; ok is false where it is none or absent.
func (v Value) Int() (number int, ok bool) {
	n := follow(v.node)
	if n == nil || n.Kind != yaml.ScalarNode {
		return 0, false
	}
	number, ok = scalar(n).(int)
	return number, ok
}

// Exists reports whether the value is there and not null.
func (v Value) Exists() bool {
	n := follow(v.node)
	return n != nil && !(n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null")
}

// Pos is the place of the value; for an absent one the file.
func (v Value) Pos() diag.Pos { return v.doc.pos(v.node) }

func (d *Document) sound(n *yaml.Node) bool {
	if d.broken[n] {
		return false
	}
	if n.Kind == yaml.AliasNode {
		return d.sound(n.Alias)
	}
	for _, child := range n.Content {
		if !d.sound(child) {
			return false
		}
	}
	return true
}

// outOfRange stands for a number that Go or JSON can't hold; no schema allows it.
const outOfRange = math.MaxFloat64

// scalar is a scalar as JSON Schema knows it: nil, bool, int, float64 or string. Dates stay text. Numbers are those of
// YAML 1.2: 0777 and 1_000 are what YAML 1.1 reads into them, which is what an unquoted one means to the parser too.
func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int":
		if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil && int64(int(i)) == i {
			return int(i)
		}
		return outOfRange
	case "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
		return outOfRange
	default:
		return n.Value
	}
}

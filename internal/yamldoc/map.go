package yamldoc

import (
	"iter"
	"math"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
)

// Map is a mapping of the document. Its accessors read what is absent, of another type or outside of its pattern as the
// zero value: the schema has reported it. The zero Map is empty.
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
	if name, value := m.find(key); !m.isBroken(name) {
		return Value{m.doc, value}
	}
	return Value{doc: m.doc}
}

func (m Map) find(key string) (name, value *yaml.Node) {
	if m.node == nil {
		return nil, nil
	}
	return m.doc.find(m.node, key)
}

func (m Map) isBroken(n *yaml.Node) bool { return n != nil && m.doc.broken[n] }

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
		if m.node == nil {
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

// Map reads the value of a key as a mapping.
func (m Map) Map(key string) Map { return m.Get(key).Map() }

// List reads the value of a key as a list.
func (m Map) List(key string) []Value { return m.Get(key).List() }

// Text reads the value of a key as text.
func (m Map) Text(key string) string { return m.Get(key).Text() }

// KeyPos is the place of a key itself; the mapping's place when the key is not there.
func (m Map) KeyPos(key string) diag.Pos {
	if name, _ := m.find(key); name != nil {
		return m.doc.pos(name)
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
	if n := v.scalar(); n != nil && n.ShortTag() != "!!null" {
		return n.Value
	}
	return ""
}

// Int reads the value as a whole number; ok is false where it is none or absent.
func (v Value) Int() (number int, ok bool) {
	n := v.scalar()
	if n == nil {
		return 0, false
	}
	number, ok = scalar(n).(int)
	return number, ok
}

// scalar is the node of a value that is no list and no mapping and has no problem.
func (v Value) scalar() *yaml.Node {
	n := follow(v.node)
	if n == nil || n.Kind != yaml.ScalarNode || v.doc.broken[v.node] || v.doc.broken[n] {
		return nil
	}
	return n
}

// Exists reports whether the value is there and not null, whatever is wrong with it.
func (v Value) Exists() bool {
	n := follow(v.node)
	return n != nil && !(n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null")
}

// Sound reports whether nothing in the value has a problem yet; an absent value has none.
func (v Value) Sound() bool { return v.node == nil || v.doc.sound(v.node) }

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

// Numbers that no schema allows. A number with leading zeros is octal in YAML 1.1 and decimal in YAML 1.2, and nobody can
// tell which one was meant: it is neither text nor a whole number.
const (
	outOfRange = math.MaxFloat64 // more than Go or JSON can hold
	ambiguous  = 0.5
)

// scalar is a scalar as JSON Schema knows it: nil, bool, int, float64 or string. Dates stay text.
func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
	case "!!int":
		if hasLeadingZeros(n) {
			return ambiguous
		}
		if i, err := strconv.Atoi(n.Value); err == nil {
			return i
		}
		if i, err := strconv.ParseInt(n.Value, 0, strconv.IntSize); err == nil {
			return int(i)
		}
		return outOfRange
	case "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		switch {
		case err != nil:
			return outOfRange
		case math.Abs(f) <= 1<<52 && f == math.Trunc(f):
			return int(f) // JSON Schema calls 443.0 a whole number
		default:
			return f
		}
	default:
		return n.Value
	}
}

var leadingZeros = regexp.MustCompile(`^[-+]?0[0-9_]+$`)

func hasLeadingZeros(n *yaml.Node) bool {
	return n.ShortTag() == "!!int" && leadingZeros.MatchString(n.Value)
}

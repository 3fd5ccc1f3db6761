package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// YAML is the template for people: the file that is kept and reviewed.
func (t *Template) YAML() ([]byte, error) {
	out, err := yaml.Dump(clone(t.root), yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	return out, nil
}

// clone copies a tree: the YAML library drops the tags of what it writes.
func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = clone(child)
	}
	return &c
}

// JSON is the same template in as few bytes as possible, for templates that are too large for a request as YAML.
func (t *Template) JSON() ([]byte, error) {
	var b bytes.Buffer
	if err := writeJSON(&b, t.root); err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	return b.Bytes(), nil
}

// writeJSON keeps the order of keys, which encoding/json can't.
func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch {
	case n.Kind == yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, n.Content[i]); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeJSON(b, n.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case n.Kind == yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case n.Tag == "!!int":
		b.WriteString(n.Value)
	default:
		encoded, err := json.Marshal(n.Value)
		if err != nil {
			return err
		}
		b.Write(encoded)
	}
	return nil
}

// object makes an ordered mapping of alternating keys (strings) and values (nodes).
func object(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i < len(pairs); i += 2 {
		add(n, pairs[i].(string), pairs[i+1].(*yaml.Node))
	}
	return n
}

func add(object *yaml.Node, key string, value *yaml.Node) {
	object.Content = append(object.Content, text(key), value)
}

func sequence(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

func text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if notText11.MatchString(s) {
		n.Style = yaml.SingleQuotedStyle
	}
	return n
}

// notText11 are texts that YAML 1.1 takes for something else: booleans (yes, on, n), numbers (22:30 is 1350 there), dates
// and the two special keys. The YAML library writes YAML 1.2, CloudFormation reads YAML 1.1.
var notText11 = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|=|<<|[-+.]?[0-9][0-9a-fotxz_:., +-]*)$`)

func number(n int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(n)}
}

func reference(name string) *yaml.Node { return object("Ref", text(name)) }

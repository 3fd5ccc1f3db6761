package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The nodes of a template's tree are string, List and Map and nothing else:
// CloudFormation treats every scalar as text until a resource type's schema
// says otherwise.
type (
	// List is a node with items.
	List = []any
	// Map is a node with members.
	Map = map[string]any
)

// parseDocument makes a tree of a template's text, JSON if it begins with a
// brace and YAML otherwise.
func parseDocument(body string) (Map, error) {
	var tree any
	var err error
	if strings.HasPrefix(strings.TrimSpace(body), "{") {
		tree, err = parseJSON(body)
	} else {
		tree, err = parseYAML(body)
	}
	if err != nil {
		return nil, err
	}
	root, ok := tree.(Map)
	if !ok {
		return nil, formatError("unsupported structure.")
	}
	return root, nil
}

// parseJSON reads a template in JSON into the same tree as YAML: Map, List and string. An error names line and column.
func parseJSON(body string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	var raw any
	err := dec.Decode(&raw)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return jsonTree(raw, "")
		}
	}
	offset := dec.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		offset = int64(len(body))
	}
	line, column := position(body, offset)
	return nil, formatError("JSON not well-formed. (line %d, column %d)", line, column)
}

// position is the line and column, both from 1, of the last byte before an
// offset in a text.
func position(text string, offset int64) (line, column int) {
	before := text[:min(int(offset), len(text))]
	return strings.Count(before, "\n") + 1, max(1, len(before)-strings.LastIndex(before, "\n")-1)
}

// jsonTree turns a decoded JSON value into a tree, lists and maps in place. Every scalar becomes its text; null is an error at path.
func jsonTree(raw any, path string) (any, error) {
	switch raw := raw.(type) {
	case nil:
		return nil, nullError(path)
	case []any:
		for i, item := range raw {
			var err error
			if raw[i], err = jsonTree(item, fmt.Sprintf("%s/%d", path, i)); err != nil {
				return nil, err
			}
		}
		return raw, nil
	case map[string]any:
		for key, item := range raw {
			var err error
			if raw[key], err = jsonTree(item, path+"/"+key); err != nil {
				return nil, err
			}
		}
		return raw, nil
	}
	return fmt.Sprint(raw), nil
}

func parseYAML(body string) (any, error) {
	var root yaml.Node
	err := yaml.Load([]byte(body), &root)
	if load, ok := errors.AsType[*yaml.LoadError](err); ok && load.Mark.Line > 0 {
		return nil, formatError("YAML not well-formed. (line %d, column %d)", load.Mark.Line, load.Mark.Column)
	}
	if err != nil || len(root.Content) == 0 {
		return nil, formatError("YAML not well-formed.")
	}
	return yamlTree(root.Content[0], "")
}

func yamlTree(n *yaml.Node, path string) (any, error) {
	value, err := yamlValue(n, path)
	if err != nil {
		return nil, err
	}
	if tag, short := strings.CutPrefix(n.Tag, "!"); short && !strings.HasPrefix(tag, "!") {
		return longForm(tag, value), nil
	}
	return value, nil
}

// yamlValue turns a node without a short-form tag into a tree. Every scalar stays the text that is written in the template.
func yamlValue(n *yaml.Node, path string) (any, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.ShortTag() == "!!null" {
			return nil, nullError(path)
		}
		return n.Value, nil
	case yaml.SequenceNode:
		list := make(List, len(n.Content))
		for i, item := range n.Content {
			var err error
			if list[i], err = yamlTree(item, fmt.Sprintf("%s/%d", path, i)); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		return yamlMap(n, path)
	}
	return nil, formatError("YAML aliases are not allowed in CloudFormation templates")
}

func yamlMap(n *yaml.Node, path string) (any, error) {
	m := make(Map, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, formatError("YAML not well-formed. (line %d, column %d)", key.Line, key.Column)
		}
		if _, twice := m[key.Value]; twice {
			// Assumed: the sandbox refuses what YAML forbids.
			return nil, formatError("Duplicate key %s (line %d, column %d)", key.Value, key.Line, key.Column)
		}
		value, err := yamlTree(n.Content[i+1], path+"/"+key.Value)
		if err != nil {
			return nil, err
		}
		m[key.Value] = value
	}
	return m, nil
}

// longForm is what a short form such as !GetAtt A.B stands for.
func longForm(tag string, value any) Map {
	switch tag {
	case "Ref", "Condition":
		return Map{tag: value}
	}
	return Map{"Fn::" + tag: value}
}

func nullError(path string) error {
	return validationError("[%s] 'null' values are not allowed in templates", path)
}

// Package yamldoc reads YAML files that people write by hand and finds everything wrong with them at once: it accepts one
// document of bounded size and depth, without duplicate keys, and reports each problem with file, line and column.
//
// A document that has problems can still be walked: what is broken reads as absent, and Map.Sound tells whether a part of
// it may be judged further without repeating what was reported already.
package yamldoc

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
)

// Bounds on what a document may make the tool do. A hand-written config stays below a tenth of them.
const (
	maxDepth    = 50
	maxNodes    = 50_000 // after aliases are followed
	maxProblems = 1000   // that are reported of one document
)

// Document is one parsed file.
type Document struct {
	File     string
	Source   []byte
	Problems diag.List

	root   *yaml.Node
	broken map[*yaml.Node]bool           // nodes with a problem of their own
	keys   map[*yaml.Node]map[string]int // where in its content a mapping has its keys
	nodes  int
}

// Parse reads src, which errors will call file.
func Parse(file string, src []byte) *Document {
	d := &Document{File: file, Source: src, broken: map[*yaml.Node]bool{}, keys: map[*yaml.Node]map[string]int{}}
	if !d.isText() {
		return d
	}
	var node yaml.Node
	if err := yaml.Load(src, &node); err != nil {
		d.syntaxError(err)
		return d
	}
	if len(node.Content) != 1 || node.Content[0].Kind != yaml.MappingNode {
		d.Problems.Errorf(diag.CodeType, diag.Pos{File: file, Line: 1, Column: 1}, "the file must be a mapping of keys to values")
		return d
	}
	d.root = node.Content[0]
	if !d.inspect(d.root, nil) {
		d.root = nil
	}
	return d
}

// Root is the document's mapping; an empty one when the document could not be read at all.
func (d *Document) Root() Map { return Map{doc: d, node: d.root} }

func (d *Document) syntaxError(err error) {
	pos := diag.Pos{File: d.File}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var syntax *yaml.LoadError
	var construct *yaml.LoadErrors
	switch {
	case errors.As(err, &syntax):
		text = syntax.Message
		pos.Line, pos.Column = syntax.Mark.Line, syntax.Mark.Column
	case errors.As(err, &construct) && len(construct.Errors) > 0:
		text = construct.Errors[0].Message
	}
	hint := ""
	switch {
	case strings.Contains(text, "no documents"):
		text = "the file is empty"
	case strings.Contains(text, "found multiple"):
		pos = d.secondDocument()
		text, hint = "the file holds more than one YAML document", "remove what begins here"
	case strings.Contains(text, "cannot start any token"):
		hint = "YAML is indented with spaces, not tabs; text that starts with one of % @ ` needs quotes"
	default:
		text = "not valid YAML: " + text
	}
	d.Problems.Errorf(diag.CodeSyntax, pos, "%s", text).WithHint("%s", hint)
}

// inspect walks the tree once and reports duplicate keys, keys that are not text, merge keys and custom tags. It follows
// aliases within bounds, so that neither a loop nor an explosion of them costs time or memory; it returns false where
// the tree is not one to walk again.
func (d *Document) inspect(n *yaml.Node, path []*yaml.Node) bool {
	d.nodes++
	switch {
	case d.nodes > maxNodes:
		d.problem(n, diag.CodeSyntax, "the file has more than %d values once its aliases are followed", maxNodes)
		return false
	case len(path) > maxDepth:
		d.problem(n, diag.CodeSyntax, "the file is nested deeper than %d levels", maxDepth)
		return false
	case n.Kind == yaml.AliasNode && slices.Contains(path, n.Alias):
		d.problem(n, diag.CodeSyntax, "the alias *%s lies inside its own anchor", n.Value)
		return false
	case n.Kind == yaml.AliasNode:
		return d.inspect(n.Alias, path)
	}
	if !slices.Contains(knownTags, n.ShortTag()) && !d.broken[n] {
		d.problem(n, diag.CodeSyntax, "the tag %s is not supported", clip(n.Tag)).WithHint("remove it")
	}
	if n.Kind == yaml.MappingNode {
		d.inspectKeys(n)
	}
	path = append(path, n)
	for _, child := range n.Content {
		if !d.inspect(child, path) {
			return false
		}
	}
	return true
}

// knownTags are the tags that YAML gives to values by itself.
var knownTags = []string{"!!map", "!!seq", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!merge"}

func (d *Document) inspectKeys(n *yaml.Node) {
	if d.keys[n] != nil {
		return // reached before, through an alias
	}
	index := make(map[string]int, len(n.Content)/2)
	d.keys[n] = index
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		first, again := index[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || key.ShortTag() == "!!null":
			d.problem(key, diag.CodeType, "a key must be text")
		case key.ShortTag() == "!!merge":
			d.problem(key, diag.CodeUnknownKey, "merge keys (<<) are not supported").WithHint("write the keys out, or use an alias for a whole value")
		case again:
			d.problem(key, diag.CodeDuplicateKey, "the key %q stands here a second time", clip(key.Value)).
				WithHint("it was first set on line %d; keep one of them", n.Content[first].Line)
		default:
			index[key.Value] = i
		}
	}
}

// problem reports an error at a node and marks the node as broken. What is more than maxProblems is not kept.
func (d *Document) problem(n *yaml.Node, code, format string, args ...any) *diag.Diagnostic {
	d.broken[n] = true
	if len(d.Problems) == maxProblems {
		d.Problems.Errorf(diag.CodeSyntax, diag.Pos{File: d.File}, "the file has more than %d problems", maxProblems).
			WithHint("mend these first, the others will be shown then")
	}
	if len(d.Problems) > maxProblems {
		return new(diag.Diagnostic)
	}
	return d.Problems.Errorf(code, d.pos(n), format, args...)
}

// find returns the key of a mapping and its value, nil where the mapping doesn't have it.
func (d *Document) find(mapping *yaml.Node, key string) (name, value *yaml.Node) {
	i, ok := d.keys[mapping][key]
	if !ok {
		return nil, nil
	}
	return mapping.Content[i], mapping.Content[i+1]
}

func (d *Document) pos(n *yaml.Node) diag.Pos {
	if n == nil {
		return diag.Pos{File: d.File}
	}
	return diag.Pos{File: d.File, Line: n.Line, Column: n.Column}
}

// describe names a node's type in a user's words.
func describe(n *yaml.Node) string {
	switch n = follow(n); {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return fmt.Sprintf("the number %s", clip(n.Value))
	case "!!bool":
		return fmt.Sprintf("the boolean %s", n.Value)
	case "!!null":
		return "nothing"
	default:
		return fmt.Sprintf("the text %q", clip(n.Value))
	}
}

func follow(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
)

// maxProblems bounds what is reported of one document.
const maxProblems = 1000

// dialect is a kind of document: its bounds, and what of YAML it may use.
type dialect struct {
	maxDepth  int
	maxNodes  int  // after aliases are followed
	functions bool // CloudFormation's: short tags such as !Ref, no aliases, JSON as well
}

// config is for files that people write by hand for this tool: they stay below a tenth of the bounds.
var config = dialect{maxDepth: 50, maxNodes: 50_000}

// template is for CloudFormation's templates, of which the largest that it takes has 1 MB.
var template = dialect{maxDepth: 100, maxNodes: 200_000, functions: true}

// Document is one parsed file.
type Document struct {
	File     string
	Source   []byte
	Problems diag.List

	dialect
	root   *yaml.Node
	broken map[*yaml.Node]bool           // nodes with a problem of their own
	keys   map[*yaml.Node]map[string]int // where in its content a mapping has its keys
	nodes  int
}

// Parse reads src, which errors will call file.
func Parse(file string, src []byte) *Document { return parse(file, src, config) }

// ParseTemplate reads a CloudFormation template, YAML or JSON. Its functions in short form, such as !Ref, are tags of nodes:
// see Node.
func ParseTemplate(file string, src []byte) *Document { return parse(file, src, template) }

func parse(file string, src []byte, as dialect) *Document {
	d := &Document{File: file, Source: src, dialect: as, broken: map[*yaml.Node]bool{}, keys: map[*yaml.Node]map[string]int{}}
	if !d.isText() {
		return d
	}
	node, ok := d.load()
	if !ok {
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

// load turns the source into nodes.
func (d *Document) load() (*yaml.Node, bool) {
	if d.functions {
		if d.isCrowded() {
			return nil, false
		}
		if node, ok := d.loadJSON(); ok {
			return node, true
		}
	}
	var node yaml.Node
	if err := yaml.Load(d.Source, &node); err != nil {
		d.syntaxError(err)
		return nil, false
	}
	if d.hasOddBreaks() {
		translateAll(d.lineStarts(), &node)
	}
	return &node, true
}

// Node is the document's mapping as the YAML library has it; nil when the document could not be read at all.
func (d *Document) Node() *yaml.Node { return d.root }

// Root is the document's mapping; an empty one when the document could not be read at all.
func (d *Document) Root() Map { return Map{doc: d, node: d.root} }

// notation is what the source is meant to be: a template whose name or first character says so is JSON.
func (d *Document) notation() string {
	if d.functions && (strings.HasSuffix(strings.ToLower(d.File), ".json") || bytes.HasPrefix(bytes.TrimSpace(d.Source), []byte("{"))) {
		return "JSON"
	}
	return "YAML"
}

// syntaxError reports what the YAML library has against the source, in a user's words and at our place.
func (d *Document) syntaxError(err error) {
	pos := diag.Pos{File: d.File}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var syntax *yaml.LoadError
	var construct *yaml.LoadErrors
	switch {
	case errors.As(err, &syntax):
		text = syntax.Message
		pos.Line, pos.Column = translate(d.lineStarts(), syntax.Mark.Line, syntax.Mark.Column)
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
		text = "not valid " + d.notation() + ": " + text
		if strings.Contains(text, "incompatible YAML document") {
			hint = "remove the line %YAML and the --- after it: no version has to be named"
		}
	}
	d.Problems.Errorf(diag.CodeSyntax, pos, "%s", text).WithHint("%s", hint)
}

// inspect walks the tree once and reports duplicate keys, keys that are not text, merge keys and custom tags. It follows
// aliases within bounds, so that neither a loop nor an explosion of them costs time or memory; it returns false where
// the tree is not one to walk again.
func (d *Document) inspect(n *yaml.Node, path []*yaml.Node) bool {
	d.nodes++
	switch {
	case d.nodes > d.maxNodes:
		d.problem(n, diag.CodeSyntax, "the file has more than %d values once its aliases are followed", d.maxNodes)
		return false
	case len(path) > d.maxDepth:
		d.problem(n, diag.CodeSyntax, "the file is nested deeper than %d levels", d.maxDepth)
		return false
	case n.Kind == yaml.AliasNode && slices.Contains(path, n.Alias):
		d.problem(n, diag.CodeSyntax, "the alias *%s lies inside its own anchor", n.Value)
		return false
	case n.Kind == yaml.AliasNode:
		if d.functions {
			d.problem(n, diag.CodeSyntax, "the alias *%s: CloudFormation takes no aliases", clip(n.Value)).WithHint("write the value out")
		}
		return d.inspect(n.Alias, path)
	}
	if !slices.Contains(knownTags, n.ShortTag()) && !d.isFunction(n) && !d.broken[n] {
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

// isFunction reports whether a node has a tag of its own, as CloudFormation's functions are written.
func (d *Document) isFunction(n *yaml.Node) bool {
	return d.functions && strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!")
}

// knownTags are the tags that YAML gives to values by itself.
var knownTags = []string{"!!map", "!!seq", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!merge"}

// inspectKeys notes where a mapping has its keys, and reports those that are no text, or there twice.
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

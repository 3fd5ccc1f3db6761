package yamldoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
)

// loadJSON turns a source that is JSON into the nodes that the same YAML would give. JSON is almost YAML: tabs as
// indentation and escapes of characters beyond 16 bits are what the YAML library doesn't read. ok is false for what is no
// JSON.
func (d *Document) loadJSON() (_ *yaml.Node, ok bool) {
	if !bytes.HasPrefix(bytes.TrimLeft(d.Source, " \t\r\n"), []byte("{")) {
		return nil, false
	}
	j := &jsonReader{src: d.Source, decoder: json.NewDecoder(bytes.NewReader(d.Source)), maxDepth: d.maxDepth, line: 1, column: 1}
	j.decoder.UseNumber()
	root, err := j.value(0)
	if err != nil {
		return nil, false
	}
	if _, err := j.decoder.Token(); err != io.EOF {
		return nil, false
	}
	return &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}}, true
}

// jsonReader reads one JSON text.
type jsonReader struct {
	src      []byte
	decoder  *json.Decoder
	maxDepth int

	at           int // an offset, and its place
	line, column int
}

func (j *jsonReader) value(depth int) (*yaml.Node, error) {
	if depth > 2*j.maxDepth { // deeper than the document may be: inspect says so of what was read
		return nil, fmt.Errorf("nested deeper than %d levels", j.maxDepth)
	}
	n := j.next()
	token, err := j.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		return n, j.collection(n, t, depth)
	case string:
		n.Tag, n.Value, n.Style = "!!str", t, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!float", t.String()
		if _, err := t.Int64(); err == nil {
			n.Tag = "!!int"
		}
	case bool:
		n.Tag, n.Value = "!!bool", fmt.Sprint(t)
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

// collection reads the members of an object or a list into n.
func (j *jsonReader) collection(n *yaml.Node, open json.Delim, depth int) error {
	n.Kind, n.Tag, n.Style = yaml.MappingNode, "!!map", yaml.FlowStyle
	if open == '[' {
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
	}
	for j.decoder.More() {
		child, err := j.value(depth + 1)
		if err != nil {
			return err
		}
		n.Content = append(n.Content, child)
	}
	_, err := j.decoder.Token()
	return err
}

// next is a node at the place of the next token.
func (j *jsonReader) next() *yaml.Node {
	to := int(j.decoder.InputOffset())
	for to < len(j.src) && strings.IndexByte(" \t\r\n,:", j.src[to]) >= 0 {
		to++
	}
	for j.at < to {
		r, size := utf8.DecodeRune(j.src[j.at:])
		j.at += size
		j.column++
		if r == '\n' {
			j.line, j.column = j.line+1, 1
		}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Line: j.line, Column: j.column}
}

// isCrowded reports a source with more separators than any template has: the YAML library would make hundreds of megabytes
// of them before anything can be counted.
func (d *Document) isCrowded() bool {
	separators := 0
	for _, c := range d.Source {
		switch c {
		case ',', '[', '{', '\n':
			separators++
		}
	}
	if separators <= 2*d.maxNodes {
		return false
	}
	d.Problems.Errorf(diag.CodeSyntax, diag.Pos{File: d.File}, "the file has more values than a template of CloudFormation's limit of 1 MB can need")
	return true
}

package yamldoc

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
)

// Schema is a compiled JSON Schema (draft 2020-12), whose descriptions serve as hints.
type Schema struct{ root *jsonschema.Schema }

// metaSchema accepts every schema. The embedded schemas are held to the real one of draft 2020-12 by a test; doing it
// again on every start would cost more than all the rest of reading a config.
const metaSchema = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"$vocabulary": {
		"https://json-schema.org/draft/2020-12/vocab/core": true,
		"https://json-schema.org/draft/2020-12/vocab/applicator": true,
		"https://json-schema.org/draft/2020-12/vocab/validation": true
	}
}`

// CompileSchema compiles the text of a schema that is known to be one.
func CompileSchema(text []byte) (*Schema, error) {
	const url, metaURL = "mem:schema.json", "mem:meta.json"
	compiler := jsonschema.NewCompiler()
	for url, text := range map[string]string{url: string(text), metaURL: metaSchema} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
		if object, ok := doc.(map[string]any); ok && url != metaURL {
			object["$schema"] = metaURL
		}
		if err := compiler.AddResource(url, doc); err != nil {
			return nil, fmt.Errorf("add schema: %w", err)
		}
	}
	root, err := compiler.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("compile schema: %w", err)
	}
	return &Schema{root}, nil
}

// Validate reports everything in which the document breaks the schema.
func (d *Document) Validate(schema *Schema) {
	if d.root == nil {
		return
	}
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](schema.root.Validate(d.value(d.root))); ok {
		for _, leaf := range leaves(invalid, nil) {
			d.report(schema.root, leaf)
		}
	}
	d.checkNames(schema.root, d.root, nil)
}

// checkNames reports the keys that the schema's propertyNames refuse. The library finds them too, but the place in its
// error is overwritten while it goes on (v6.0.3).
func (d *Document) checkNames(s *jsonschema.Schema, n *yaml.Node, location []string) {
	switch n = follow(n); n.Kind {
	case yaml.MappingNode:
		for key, value := range (Map{d, n}).pairs() {
			if s.PropertyNames != nil && s.PropertyNames.Validate(key.Value) != nil {
				d.problem(key, diag.CodeValue, "%s: the name %q is not allowed", pathText(location), clip(key.Value)).
					WithHint("%s", s.PropertyNames.Description)
			}
			if next := inner(s, key.Value); next != nil {
				d.checkNames(next, value, append(location, key.Value))
			}
		}
	case yaml.SequenceNode:
		for i, child := range n.Content {
			if next := inner(s, ""); next != nil {
				d.checkNames(next, child, append(location, strconv.Itoa(i)))
			}
		}
	}
}

// value is the tree as JSON Schema libraries take it.
func (d *Document) value(n *yaml.Node) any {
	switch n = follow(n); n.Kind {
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		for key, value := range (Map{d, n}).pairs() {
			out[key.Value] = d.value(value)
		}
		return out
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, child := range n.Content {
			out[i] = d.value(child)
		}
		return out
	default:
		return scalar(n)
	}
}

// leaves are the errors that name a cause. What a failed oneOf, anyOf or not holds is about alternatives that the user
// did not mean.
func leaves(err *jsonschema.ValidationError, out []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch err.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf, *kind.Not:
		return append(out, err)
	case *kind.PropertyNames:
		return out // see checkNames
	}
	if len(err.Causes) == 0 {
		return append(out, err)
	}
	for _, cause := range err.Causes {
		out = leaves(cause, out)
	}
	return out
}

func (d *Document) report(root *jsonschema.Schema, err *jsonschema.ValidationError) {
	node, parent := d.at(err.InstanceLocation)
	schema := schemaAt(root, err.InstanceLocation)
	path := pathText(err.InstanceLocation)
	hint := schema.Description
	switch k := err.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		d.unknownKeys(node, path, k.Properties, schema)
		return
	case *kind.Required:
		for _, key := range k.Missing {
			p := d.problem(node, diag.CodeMissingKey, "%s: %q is missing", path, key)
			if s := schema.Properties[key]; s != nil {
				p.Hint = deref(s).Description
			}
		}
	case *kind.Type:
		d.problem(node, diag.CodeType, "%s: %s is wanted here, not %s", path, wanted(k.Want), describe(node)).
			WithHint("%s", typeHint(k.Want, node, parent, hint))
	case *kind.Enum:
		known := make([]string, len(k.Want))
		for i, w := range k.Want {
			known[i] = fmt.Sprint(w)
		}
		d.problem(node, diag.CodeValue, "%s: %s is not one of %s", path, describe(node), strings.Join(known, ", ")).
			WithHint("%s", diag.Suggest(follow(node).Value, known))
	case *kind.OneOf:
		d.alternatives(node, path, schema, k.Subschemas)
	case *kind.Not:
		d.problem(node, diag.CodePorts, "%s: %s exclude each other", path, strings.Join(schema.Not.Required, " and ")).WithHint("keep one of them")
	default:
		d.problem(node, diag.CodeValue, "%s: %s", path, valueText(err.ErrorKind, node)).WithHint("%s", hint)
	}
}

// valueText says how a value breaks the remaining keywords that the schemas use.
func valueText(err jsonschema.ErrorKind, n *yaml.Node) string {
	what := describe(n)
	switch k := err.(type) {
	case *kind.Const:
		return fmt.Sprintf("%s is not known; only %v is", what, k.Want)
	case *kind.Pattern:
		return fmt.Sprintf("%s does not match %s", what, k.Want)
	case *kind.MinLength:
		if k.Want == 1 {
			return "the text is empty"
		}
		return fmt.Sprintf("%s is shorter than %d characters", what, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("the text has %d characters, over the limit of %d", k.Got, k.Want)
	case *kind.Minimum, *kind.Maximum:
		return what + " is out of range"
	case *kind.MinProperties:
		return fmt.Sprintf("at least %d entry is wanted here", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("%d entries are over the limit of %d", k.Got, k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("at least %d entry is wanted here", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("%d entries are over the limit of %d", k.Got, k.Want)
	default:
		return fmt.Sprintf("%s breaks the schema's %s", what, strings.Join(err.KeywordPath(), "."))
	}
}

func (d *Document) unknownKeys(n *yaml.Node, path string, keys []string, schema *jsonschema.Schema) {
	known := slices.Sorted(maps.Keys(schema.Properties))
	free := slices.DeleteFunc(slices.Clone(known), func(name string) bool { // what is there already was hardly meant
		key, _ := d.find(follow(n), name)
		return key != nil
	})
	for _, key := range keys {
		hint := cmp.Or(diag.Suggest(key, free), diag.Suggest(key, known))
		d.problem(d.keyNode(n, key), diag.CodeUnknownKey, "%s: unknown key %q", path, clip(key)).WithHint("%s", hint)
	}
}

// alternatives explains a oneOf whose branches each require one key: the only form that the schemas use.
func (d *Document) alternatives(n *yaml.Node, path string, schema *jsonschema.Schema, matched []int) {
	var all, present []string
	for i, branch := range schema.OneOf {
		all = append(all, branch.Required...)
		if slices.Contains(matched, i) {
			present = append(present, branch.Required...)
		}
	}
	choice := "one of " + strings.Join(all, ", ")
	if len(present) == 0 {
		d.problem(n, diag.CodePeer, "%s: %s is missing", path, choice).WithHint("%s", schema.Description)
		return
	}
	d.problem(d.keyNode(n, present[1]), diag.CodePeer, "%s: %s exclude each other", path, strings.Join(present, " and ")).
		WithHint("keep exactly %s", choice)
}

// at is the node at a location, and the key it stands under ("" in a list).
func (d *Document) at(location []string) (n *yaml.Node, key string) {
	n = d.root
	for _, token := range location {
		switch n = follow(n); n.Kind {
		case yaml.MappingNode:
			_, n = d.find(n, token)
			key = token
		case yaml.SequenceNode:
			i, _ := strconv.Atoi(token)
			n, key = n.Content[i], ""
		}
	}
	return n, key
}

// keyNode is the key of that name in a mapping.
func (d *Document) keyNode(n *yaml.Node, name string) *yaml.Node {
	if key, _ := d.find(follow(n), name); key != nil {
		return key
	}
	return n
}

// schemaAt is the part of the schema that governs a location of the instance.
func schemaAt(s *jsonschema.Schema, location []string) *jsonschema.Schema {
	s = deref(s)
	for _, token := range location {
		next := inner(s, token)
		if next == nil {
			return s
		}
		s = next
	}
	return s
}

// inner is the schema of what a mapping has under a key, or of a list's items; nil where there is none.
func inner(s *jsonschema.Schema, key string) *jsonschema.Schema {
	next := s.Properties[key]
	if next == nil {
		next, _ = s.AdditionalProperties.(*jsonschema.Schema)
	}
	if s.Items2020 != nil {
		next = s.Items2020
	}
	if next == nil {
		return nil
	}
	return deref(next)
}

func deref(s *jsonschema.Schema) *jsonschema.Schema {
	for s.Ref != nil {
		s = s.Ref
	}
	return s
}

func pathText(location []string) string {
	if len(location) == 0 {
		return "the file"
	}
	var b strings.Builder
	for i, token := range location {
		token = clip(token)
		switch _, err := strconv.Atoi(token); {
		case err == nil:
			fmt.Fprintf(&b, "[%s]", token)
		case i > 0:
			b.WriteString("." + token)
		default:
			b.WriteString(token)
		}
	}
	return b.String()
}

func wanted(types []string) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = map[string]string{
			"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number",
			"number": "a number", "boolean": "true or false", "null": "nothing",
		}[t]
	}
	return strings.Join(words, " or ")
}

// typeHint tells how to write the value as the wanted type, where that is a matter of spelling.
func typeHint(types []string, n *yaml.Node, key, otherwise string) string {
	n = follow(n)
	if n.Kind != yaml.ScalarNode || len(n.Value) > longestQuote {
		return otherwise
	}
	prefix := ""
	if key != "" {
		prefix = key + ": "
	}
	_, err := strconv.Atoi(n.Value)
	switch {
	case n.ShortTag() == "!!null" && otherwise != "":
		return fmt.Sprintf("give it a value (%s) or remove it", strings.TrimSuffix(otherwise, "."))
	case n.ShortTag() == "!!null":
		return "give it a value or remove it"
	case slices.Contains(types, "string"):
		return fmt.Sprintf("quote it: %s%q", prefix, n.Value)
	case slices.Contains(types, "integer") && n.ShortTag() == "!!str" && err == nil:
		return fmt.Sprintf("write it without quotes: %s%s", prefix, n.Value)
	case slices.Contains(types, "integer") && hasLeadingZeros(n):
		return "write it without leading zeros: they make it octal in some versions of YAML"
	default:
		return otherwise
	}
}

package yamldoc

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kaptinlin/jsonschema"
	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
)

// Schema is a JSON Schema (draft 2020-12), whose descriptions serve as hints.
type Schema struct{ root *jsonschema.Schema }

// Validate reports everything in which the document breaks the schema.
func (d *Document) Validate(schema *Schema) {
	if d.root == nil {
		return
	}
	result := schema.root.Validate(d.value(d.root))
	if result.IsValid() {
		return
	}
	for _, v := range violations(result, nil, nil) {
		d.report(schema.root, v)
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

// violation is one keyword of the schema that the value at a location breaks.
type violation struct {
	location []string
	keyword  string
}

// violations are those of a result and of the results within it, in the order of their locations. Two kinds are left out: those
// within a failed oneOf or not, which are about alternatives that the user did not mean, and those that only say that something
// within is wrong.
func violations(r *jsonschema.EvaluationResult, location []string, out []violation) []violation {
	if step := r.InstanceLocation; step != "" {
		location = append(slices.Clip(location), step[1:]) // one step, not escaped (v0.6.15)
	}
	broken := slices.Sorted(maps.Keys(r.Errors))
	if r.Errors["type"] != nil {
		broken = []string{"type"} // whatever else a value of the wrong type breaks
	}
	for _, keyword := range broken {
		if !slices.Contains([]string{"properties", "items", "$ref"}, keyword) {
			out = append(out, violation{location, keyword})
		}
	}
	within := slices.DeleteFunc(slices.Clone(r.Details), func(d *jsonschema.EvaluationResult) bool {
		keyword, _, _ := strings.Cut(strings.TrimPrefix(d.EvaluationPath, "/"), "/")
		return d.IsValid() || slices.Contains([]string{"oneOf", "not", "propertyNames"}, keyword)
	})
	slices.SortStableFunc(within, func(a, b *jsonschema.EvaluationResult) int {
		return cmp.Compare(a.InstanceLocation, b.InstanceLocation)
	})
	for _, d := range within {
		out = violations(d, location, out)
	}
	return out
}

func (d *Document) report(root *jsonschema.Schema, v violation) {
	node, parent := d.at(v.location)
	if node == nil {
		return // the library judges a missing key as if it were there
	}
	schema := schemaAt(root, v.location)
	path := pathText(v.location)
	hint := description(schema)
	switch v.keyword {
	case "schema": // false: a key that additionalProperties refuses, and reports
	case "additionalProperties":
		d.unknownKeys(node, path, schema)
	case "propertyNames":
		d.badNames(node, path, schema.PropertyNames)
	case "required":
		d.missingKeys(node, path, schema)
	case "type":
		d.problem(node, diag.CodeType, "%s: %s is wanted here, not %s", path, wanted(schema.Type), describe(node)).
			WithHint("%s", typeHint(schema, node, parent))
	case "enum":
		known := make([]string, len(schema.Enum))
		for i, w := range schema.Enum {
			known[i] = fmt.Sprint(w)
		}
		d.problem(node, diag.CodeValue, "%s: %s is not one of %s", path, describe(node), strings.Join(known, ", ")).
			WithHint("%s", diag.Suggest(follow(node).Value, known))
	case "oneOf":
		d.alternatives(node, path, schema)
	case "not":
		d.problem(node, diag.CodePorts, "%s: %s exclude each other", path, strings.Join(schema.Not.Required, " and ")).WithHint("keep one of them")
	default:
		d.problem(node, diag.CodeValue, "%s: %s", path, valueText(v.keyword, schema, node)).WithHint("%s", hint)
	}
}

// valueText says how a value breaks the remaining keywords that the schemas use.
func valueText(keyword string, s *jsonschema.Schema, n *yaml.Node) string {
	what, entries := describe(n), len(follow(n).Content)
	switch keyword {
	case "const":
		return fmt.Sprintf("%s is not known; only %v is", what, s.Const.Value)
	case "pattern":
		return fmt.Sprintf("%s does not match %s", what, *s.Pattern)
	case "minLength":
		if *s.MinLength == 1 {
			return "the text is empty"
		}
		return fmt.Sprintf("%s is shorter than %v characters", what, *s.MinLength)
	case "maxLength":
		return fmt.Sprintf("the text has %d characters, over the limit of %v", utf8.RuneCountInString(follow(n).Value), *s.MaxLength)
	case "minimum", "maximum":
		return what + " is out of range"
	case "minProperties":
		return fmt.Sprintf("at least %v entry is wanted here", *s.MinProperties)
	case "maxProperties":
		return fmt.Sprintf("%d entries are over the limit of %v", entries/2, *s.MaxProperties)
	case "minItems":
		return fmt.Sprintf("at least %v entry is wanted here", *s.MinItems)
	case "maxItems":
		return fmt.Sprintf("%d entries are over the limit of %v", entries, *s.MaxItems)
	default:
		return fmt.Sprintf("%s breaks the schema's %s", what, keyword)
	}
}

func (d *Document) missingKeys(n *yaml.Node, path string, schema *jsonschema.Schema) {
	for _, key := range schema.Required {
		if name, _ := d.find(follow(n), key); name == nil {
			d.problem(n, diag.CodeMissingKey, "%s: %q is missing", path, key).WithHint("%s", description(inner(schema, key)))
		}
	}
}

func (d *Document) unknownKeys(n *yaml.Node, path string, schema *jsonschema.Schema) {
	known := knownKeys(schema)
	free := slices.DeleteFunc(slices.Clone(known), func(name string) bool { // what is there already was hardly meant
		key, _ := d.find(follow(n), name)
		return key != nil
	})
	for key := range (Map{d, follow(n)}).pairs() {
		if inner(schema, key.Value) == nil {
			hint := cmp.Or(diag.Suggest(key.Value, free), diag.Suggest(key.Value, known))
			d.problem(key, diag.CodeUnknownKey, "%s: unknown key %q", path, clip(key.Value)).WithHint("%s", hint)
		}
	}
}

func knownKeys(schema *jsonschema.Schema) []string {
	if schema.Properties == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(*schema.Properties))
}

// badNames reports the keys that the schema's propertyNames refuse.
func (d *Document) badNames(n *yaml.Node, path string, names *jsonschema.Schema) {
	for key := range (Map{d, follow(n)}).pairs() {
		if !names.Validate(key.Value).IsValid() {
			d.problem(key, diag.CodeValue, "%s: the name %q is not allowed", path, clip(key.Value)).WithHint("%s", description(names))
		}
	}
}

// alternatives explains a oneOf whose branches each require one key: the only form that the schemas use.
func (d *Document) alternatives(n *yaml.Node, path string, schema *jsonschema.Schema) {
	var all, present []string
	for _, branch := range schema.OneOf {
		all = append(all, branch.Required...)
		if key, _ := d.find(follow(n), branch.Required[0]); key != nil {
			present = append(present, branch.Required...)
		}
	}
	choice := "one of " + strings.Join(all, ", ")
	if len(present) == 0 {
		d.problem(n, diag.CodePeer, "%s: %s is missing", path, choice).WithHint("%s", description(schema))
		return
	}
	second, _ := d.find(follow(n), present[1])
	d.problem(second, diag.CodePeer, "%s: %s exclude each other", path, strings.Join(present, " and ")).
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
	if s.Items != nil {
		return deref(s.Items)
	}
	if s.Properties != nil && (*s.Properties)[key] != nil {
		return deref((*s.Properties)[key])
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Boolean == nil {
		return deref(s.AdditionalProperties)
	}
	return nil
}

func deref(s *jsonschema.Schema) *jsonschema.Schema {
	for s.ResolvedRef != nil {
		s = s.ResolvedRef
	}
	return s
}

func description(s *jsonschema.Schema) string {
	if s == nil || s.Description == nil {
		return ""
	}
	return *s.Description
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
func typeHint(schema *jsonschema.Schema, n *yaml.Node, key string) string {
	n = follow(n)
	types, otherwise := schema.Type, description(schema)
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
	case slices.Contains(types, "string") && !schema.Validate(n.Value).IsValid() && otherwise != "":
		return "quote it, and mind what is wanted: " + otherwise
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

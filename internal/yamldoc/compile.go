package yamldoc

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kaptinlin/jsonschema"
)

// CompileSchema reads the text of a schema in the part of JSON Schema that the embedded schemas use; a keyword beyond it is
// an error. The library validates; its own compiler, which reads all of JSON Schema by reflection, takes longer than
// everything else that a start does. A test holds the embedded schemas to the metaschema, and to another library's verdicts.
func CompileSchema(text []byte) (*Schema, error) {
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	defs, _ := doc["$defs"].(map[string]any)
	c := &compiler{defs: defs, done: make(map[string]*jsonschema.Schema, len(defs))}
	root := c.schema(doc)
	if c.err != nil {
		return nil, fmt.Errorf("compile schema: %w", c.err)
	}
	return &Schema{root}, nil
}

// compiler turns decoded JSON into the library's schema. Its first error is kept.
type compiler struct {
	defs map[string]any
	done map[string]*jsonschema.Schema // the definitions that have been reached, by name
	err  error
}

func (c *compiler) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *compiler) schema(v any) *jsonschema.Schema {
	s := &jsonschema.Schema{}
	switch v := v.(type) {
	case bool:
		s.Boolean = &v
	case map[string]any:
		for keyword, value := range v {
			c.keyword(s, keyword, value)
		}
	default:
		c.fail("%v is not a schema", v)
	}
	return s
}

// keyword takes one keyword over into s; size and structure do so for those about lengths and about what is inside.
func (c *compiler) keyword(s *jsonschema.Schema, keyword string, value any) {
	switch keyword {
	case "$schema", "$defs", "title", "default": // for editors
	case "description":
		s.Description = as[string](c, keyword, value)
	case "$ref":
		s.Ref = *as[string](c, keyword, value)
		s.ResolvedRef = c.definition(s.Ref)
	case "type":
		s.Type = c.types(value)
	case "enum":
		s.Enum = *as[[]any](c, keyword, value)
	case "const":
		s.Const = &jsonschema.ConstValue{Value: value, IsSet: true}
	case "pattern":
		s.Pattern = as[string](c, keyword, value)
	case "minimum":
		s.Minimum = jsonschema.NewRat(value)
	case "maximum":
		s.Maximum = jsonschema.NewRat(value)
	default:
		c.size(s, keyword, value)
	}
}

func (c *compiler) size(s *jsonschema.Schema, keyword string, value any) {
	switch keyword {
	case "minLength":
		s.MinLength = as[float64](c, keyword, value)
	case "maxLength":
		s.MaxLength = as[float64](c, keyword, value)
	case "minItems":
		s.MinItems = as[float64](c, keyword, value)
	case "maxItems":
		s.MaxItems = as[float64](c, keyword, value)
	case "minProperties":
		s.MinProperties = as[float64](c, keyword, value)
	case "maxProperties":
		s.MaxProperties = as[float64](c, keyword, value)
	default:
		c.structure(s, keyword, value)
	}
}

func (c *compiler) structure(s *jsonschema.Schema, keyword string, value any) {
	switch keyword {
	case "properties":
		properties := jsonschema.SchemaMap{}
		for name, v := range *as[map[string]any](c, keyword, value) {
			properties[name] = c.schema(v)
		}
		s.Properties = &properties
	case "required":
		s.Required = c.strings(keyword, value)
	case "additionalProperties":
		s.AdditionalProperties = c.schema(value)
	case "propertyNames":
		s.PropertyNames = c.schema(value)
	case "items":
		s.Items = c.schema(value)
	case "not":
		s.Not = c.schema(value)
	case "oneOf":
		for _, v := range *as[[]any](c, keyword, value) {
			s.OneOf = append(s.OneOf, c.schema(v))
		}
	default:
		c.fail("the keyword %s is not supported", keyword)
	}
}

// definition is the schema behind a reference to one of the definitions, which may refer to itself.
func (c *compiler) definition(ref string) *jsonschema.Schema {
	name, ok := strings.CutPrefix(ref, "#/$defs/")
	v, found := c.defs[name]
	if !ok || !found {
		c.fail("the reference %s leads nowhere", ref)
		return nil
	}
	if s := c.done[name]; s != nil {
		return s
	}
	s := &jsonschema.Schema{}
	c.done[name] = s
	*s = *c.schema(v)
	return s
}

func (c *compiler) types(value any) []string {
	if one, ok := value.(string); ok {
		return []string{one}
	}
	return c.strings("type", value)
}

func (c *compiler) strings(keyword string, value any) []string {
	var out []string
	for _, v := range *as[[]any](c, keyword, value) {
		out = append(out, *as[string](c, keyword, v))
	}
	return out
}

// as is the value of a keyword as the type that it must have; a zero value where it has another, which is kept as error.
func as[T any](c *compiler, keyword string, value any) *T {
	v, ok := value.(T)
	if !ok {
		c.fail("the keyword %s can't be %v", keyword, value)
	}
	return &v
}

package template

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/wire"
)

// toys is a world of two resource types with one attribute.
type toys struct{}

func (toys) Known(t string) bool                   { return t == "Toy::Car" || t == "Toy::Doll" }
func (toys) HasAttribute(_, attribute string) bool { return attribute == "Colour" }

func TestParseRefuses(t *testing.T) {
	car := `Resources: {A: {Type: Toy::Car}}` + "\n"
	many := strings.Builder{}
	for i := range 501 {
		fmt.Fprintf(&many, "  A%d: {Type: Toy::Car}\n", i)
	}
	tests := []struct{ name, body, want string }{
		{"not YAML", "Resources: [", "Template format error: YAML not well-formed. (line 2, column 1)"},
		{"not JSON", "{\n\"Resources\": }", "Template format error: JSON not well-formed. (line 2, column 14)"},
		{"text after JSON", `{"Resources":{}} x`, "Template format error: JSON not well-formed. (line 1, column 17)"},
		{"empty", "", "Template format error: YAML not well-formed."},
		{"a text", "hello", "Template format error: unsupported structure."},
		{"alias", "Resources: {A: &a {Type: Toy::Car}, B: *a}", "Template format error: YAML aliases are not allowed in CloudFormation templates"},
		{"null", "Resources: {A: {Type: Toy::Car, Properties: {X: null}}}", "[/Resources/A/Properties/X] 'null' values are not allowed in templates"},
		{"null in JSON", `{"Resources":{"A":{"Type":"Toy::Car","Properties":{"X":[null]}}}}`, "[/Resources/A/Properties/X/0] 'null' values are not allowed in templates"},
		{"too large", car + "Description: " + strings.Repeat("x", MaxSize), "Template may not exceed 1000000 bytes in size."},
		{"no resources", "Description: x", "Template format error: At least one Resources member must be defined."},
		{"501 resources", "Resources:\n" + many.String(), "Template format error: Number of resources, 501, is greater than maximum allowed, 500"},
		{"unknown sections", car + "Foo: 1\nBar: 2", "Invalid template property or properties [Bar, Foo]"},
		{"section that the sandbox hasn't", car + "Rules: {}", "Template format error: the section Rules is not supported by this sandbox"},
		{"version", car + "AWSTemplateFormatVersion: 2011-01-01", "Template format error: unsupported value for AWSTemplateFormatVersion."},
		{"long description", car + "Description: " + strings.Repeat("x", 1025), "Template format error: 'Description' length is greater than 1024."},
		{"resource is a text", "Resources: {A: x}", "Template format error: Any Resources member must be an object."},
		{"no type", "Resources: {A: {Properties: {}}}", "Template format error: [/Resources/A] Every Resources object must contain a Type member."},
		{"name", "Resources: {A-b: {Type: Toy::Car}}", "Template format error: Resource name A-b is non alphanumeric."},
		{"attribute of a resource", "Resources: {A: {Type: Toy::Car, CreationPolicy: C}}", "Invalid template resource property 'CreationPolicy'"},
		{"types", "Resources: {A: {Type: X}, B: {Type: W}, C: {Type: X}}", "Template format error: Unrecognized resource types: [W, X]"},
		{"deletion policy", "Resources: {A: {Type: Toy::Car, DeletionPolicy: Snapshot}}", "Template error: resource type Toy::Car does not support deletion policy Snapshot"},
		{"replace policy", "Resources: {A: {Type: Toy::Car, UpdateReplacePolicy: RetainExceptOnCreate}}", "Template format error: Unrecognized UpdateReplacePolicy RetainExceptOnCreate for resource type Toy::Car"},
		{"Ref", "Resources: {A: {Type: Toy::Car, Properties: {X: !Ref B, Y: [!Ref C]}}}", "Template format error: Unresolved resource dependencies [B, C] in the Resources block of the template"},
		{"Sub", "Resources: {A: {Type: Toy::Car, Properties: {X: !Sub 'x${B}${!Literal}'}}}", "Template format error: Unresolved resource dependencies [B] in the Resources block of the template"},
		{"DependsOn", "Resources: {A: {Type: Toy::Car, DependsOn: [B]}}", "Template format error: Unresolved resource dependencies [B] in the Resources block of the template"},
		{"Ref in an output", car + "Outputs: {O: {Value: !Ref B}}", "Template format error: Unresolved resource dependencies [B] in the Outputs block of the template"},
		{"GetAtt", "Resources: {A: {Type: Toy::Car, Properties: {X: !GetAtt B.Colour}}}", "Template error: instance of Fn::GetAtt references undefined resource B"},
		{"attribute", "Resources: {A: {Type: Toy::Car, Properties: {X: !GetAtt B.Size}}, B: {Type: Toy::Doll}}", "Template error: resource B does not support attribute type Size in Fn::GetAtt"},
		{"GetAtt without attribute", "Resources: {A: {Type: Toy::Car, Properties: {X: !GetAtt B}}}", "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"},
		{"function", "Resources: {A: {Type: Toy::Car, Properties: {X: !Length B}}}", "Template error: the function Fn::Length is not supported by this sandbox"},
		{"function with a neighbour", "Resources: {A: {Type: Toy::Car, Properties: {X: {Ref: A, Y: 1}}}}", "Template format error: Ref must be the only key of its object"},
		{"cycle", "Resources: {A: {Type: Toy::Car, DependsOn: B}, B: {Type: Toy::Car, Properties: {X: !Ref A}}, C: {Type: Toy::Car, DependsOn: A}, D: {Type: Toy::Car}}", "Circular dependency between resources: [A, B]"},
		{"itself", "Resources: {A: {Type: Toy::Car, Properties: {X: !Ref A}}}", "Circular dependency between resources: [A]"},
		{"output without value", car + "Outputs: {O: {Description: x}}", "Template format error: Every Outputs member must contain a Value object"},
		{"output's members", car + "Outputs: {O: {Value: x, Kondition: C}}", "Invalid template output property 'Kondition'"},
		{"export", car + "Outputs: {O: {Value: x, Export: {Name: !Ref A}}}", "Template format error: Output O is malformed. The Name field of every Export member must be specified and consist of parameters and pseudo parameters alone"},
		{"parameter without type", car + "Parameters: {P: {Default: x}}", "Template format error: Every Parameters object must contain a Type member."},
		{"parameter type", car + "Parameters: {P: {Type: AWS::EC2::Image::Id}}", "Template format error: Unrecognized parameter type: AWS::EC2::Image::Id"},
		{"parameter property", car + "Parameters: {P: {Type: String, Foo: x}}", "Invalid template parameter property 'Foo'"},
		{"default", car + "Parameters: {P: {Type: String, AllowedValues: [a, b], Default: c}}", "Parameter 'P' must be one of AllowedValues"},
		{"duplicate key", "Resources: {A: {Type: Toy::Car}, A: {Type: Toy::Car}}", "Template format error: Duplicate key A (line 1, column 34)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.body, toys{})
			if !wire.IsCode(err, "ValidationError") || err.Error() != "ValidationError: "+tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestBind(t *testing.T) {
	text := func(s string) *string { return &s }
	tests := []struct {
		name, parameters string
		arguments        []Argument
		want             string // values as printed, or the error
	}{
		{"default", "P: {Type: String, Default: a}", nil, "map[P:a]"},
		{"argument", "P: {Type: String, Default: a}", []Argument{{Key: "P", Value: text("b")}}, "map[P:b]"},
		{"empty argument", "P: {Type: String, Default: a}", []Argument{{Key: "P", Value: text("")}}, "map[P:]"},
		{"previous", "P: {Type: String}", []Argument{{Key: "P", UsePrevious: true}}, "map[P:old]"},
		{"no previous", "Q: {Type: String}", []Argument{{Key: "Q", UsePrevious: true}}, "Invalid input for parameter key Q. " +
			"Cannot specify usePreviousValue as true for a parameter key not in the previous template"},
		{"both", "P: {Type: String}", []Argument{{Key: "P", Value: text("b"), UsePrevious: true}}, "Invalid input for parameter key P. " +
			"Cannot specify usePreviousValue as true and non empty value for a parameter"},
		{"missing", "P: {Type: String}\n  Q: {Type: String}", nil, "Parameters: [P, Q] must have values"},
		{"unknown", "P: {Type: String, Default: a}", []Argument{{Key: "X", Value: text("b")}}, "Parameters: [X] do not exist in the template"},
		{"pattern", "P: {Type: String, AllowedPattern: 'a+'}", []Argument{{Key: "P", Value: text("ab")}}, "Parameter 'P' must match pattern a+"},
		{"description of a constraint", "P: {Type: String, AllowedPattern: 'a+', ConstraintDescription: only a}", []Argument{{Key: "P", Value: text("ab")}},
			"Parameter 'P' failed to satisfy constraint: only a"},
		{"short", "P: {Type: String, MinLength: 2}", []Argument{{Key: "P", Value: text("a")}}, "Parameter 'P' must contain at least 2 characters"},
		{"long", "P: {Type: String, MaxLength: 2}", []Argument{{Key: "P", Value: text("abc")}}, "Parameter 'P' must contain at most 2 characters"},
		{"number", "P: {Type: Number}", []Argument{{Key: "P", Value: text("x")}}, "Parameter 'P' must be a number."},
		{"range", "P: {Type: Number, MaxValue: 3}", []Argument{{Key: "P", Value: text("4")}}, "Parameter 'P' must be a number not greater than 3"},
		{"list of numbers", "P: {Type: List<Number>}", []Argument{{Key: "P", Value: text("1, x")}}, "Parameter 'P' must be a number."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parsed, err := Parse("Resources: {A: {Type: Toy::Car}}\nParameters:\n  "+tt.parameters, toys{})
			if err != nil {
				t.Fatal(err)
			}
			values, err := parsed.Bind(tt.arguments, map[string]string{"P": "old"})
			got := fmt.Sprint(values)
			if err != nil {
				got = strings.TrimPrefix(err.Error(), "ValidationError: ")
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

const everyFunction = `
Parameters: {P: {Type: String, Default: p}, L: {Type: CommaDelimitedList, Default: "x, y"}}
Resources:
  B: {Type: Toy::Doll}
  A:
    Type: Toy::Car
    Properties:
      Number: 0443
      Bool: true
      Direct: !Ref B
      Att: [!GetAtt B.Colour, !GetAtt [B, Colour], {"Fn::GetAtt": B.Colour}]
      Sub: !Sub "${P}-${B}-${B.Colour}-${AWS::Region}-${!P}"
      Local: !Sub ["${v}-${P}", {v: !Join ["", [a, !Ref P]]}]
      Join: !Join [",", !Ref L]
      List: !Ref L
      Gone: !Ref AWS::NoValue
      Rest: [1, !Ref AWS::NoValue, 2]
`

func TestEvaluate(t *testing.T) {
	parsed, err := Parse(everyFunction, toys{})
	if err != nil {
		t.Fatal(err)
	}
	a := parsed.Resources["A"]
	if want := []string{"B"}; !slices.Equal(a.DependsOn, want) {
		t.Errorf("depends on %v, want %v", a.DependsOn, want)
	}
	got, err := Evaluate(a.Properties, func(ref Reference) (any, error) {
		if p, ok := parsed.Parameters[ref.Name]; ok {
			return p.Value(*p.Default), nil
		}
		return "<" + ref.String() + ">", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Map{
		"Number": "0443", "Bool": "true", "Direct": "<B>",
		"Att":   List{"<B.Colour>", "<B.Colour>", "<B.Colour>"},
		"Sub":   "p-<B>-<B.Colour>-<AWS::Region>-${P}",
		"Local": "ap-p", "Join": "x,y", "List": List{"x", "y"}, "Rest": List{"1", "2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestJSONAndYAMLAreTheSame(t *testing.T) {
	fromYAML, err := Parse("Resources: {A: {Type: Toy::Car, Properties: {X: !GetAtt B.Colour, N: 80}}, B: {Type: Toy::Doll}}", toys{})
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := Parse(`{"Resources": {"A": {"Type": "Toy::Car", "Properties": {"X": {"Fn::GetAtt": "B.Colour"}, "N": 80}},
		"B": {"Type": "Toy::Doll"}}}`, toys{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fromYAML, fromJSON); diff != "" {
		t.Error(diff)
	}
}

// FuzzParse: a template is parsed, or refused with the modelled error; what is
// parsed can be evaluated.
func FuzzParse(f *testing.F) {
	f.Add(everyFunction)
	f.Add(`{"Resources":{"A":{"Type":"Toy::Car","Properties":{"X":{"Fn::Join":["",["a",{"Ref":"AWS::Region"}]]}}}}}`)
	f.Add("Resources: {A: {Type: Toy::Car, Properties: {X: !Sub ['${a}', {a: !Ref A}]}}}")
	f.Add(conditional)
	f.Fuzz(func(t *testing.T, body string) {
		resolve := func(Reference) (any, error) { return "v", nil }
		parsed, err := Parse(body, toys{})
		if err == nil {
			parsed, err = parsed.Settle(toys{}, resolve)
		}
		if err == nil {
			_, err = parsed.Imports(resolve)
		}
		if err != nil {
			if !wire.IsCode(err, "ValidationError") {
				t.Fatalf("not modelled: %v", err)
			}
			return
		}
		if len(parsed.Order()) != len(parsed.Resources) {
			t.Errorf("order %v of %d resources", parsed.Order(), len(parsed.Resources))
		}
		for _, id := range parsed.Order() {
			_, err := Evaluate(parsed.Resources[id].Properties, resolve)
			if err != nil && !wire.IsCode(err, "ValidationError") {
				t.Fatalf("not modelled: %v", err)
			}
		}
	})
}

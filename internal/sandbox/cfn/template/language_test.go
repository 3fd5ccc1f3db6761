package template

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox/wire"
)

const conditional = `
Parameters:
  Env: {Type: String, Default: dev}
  Extra: {Type: String, Default: ""}
Mappings:
  Sizes:
    dev: {doors: "2", colours: [red]}
    prod: {doors: "4", colours: [black, white]}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  HasExtra: !Not [!Equals [!Ref Extra, ""]]
  Both: !And [!Condition IsProd, !Condition HasExtra]
  Either: !Or [Condition: IsProd, !Condition HasExtra]
  Big: !Equals [!FindInMap [Sizes, !Ref Env, doors], "4"]
Resources:
  Doll: {Type: Toy::Doll, Condition: Either}
  Car:
    Type: Toy::Car
    DependsOn: Doll
    Properties:
      Doors: !FindInMap [Sizes, !Ref Env, doors]
      Colour: !Select [0, !FindInMap [Sizes, !Ref Env, colours]]
      Owner: !If [Either, !Ref Doll, nobody]
      Gone: !If [IsProd, !Ref AWS::NoValue, here]
      List: [a, !If [Both, b, !Ref AWS::NoValue]]
Outputs:
  Colour: {Condition: Big, Value: !GetAtt Doll.Colour}
  Doors: {Value: !FindInMap [Sizes, !Ref Env, doors]}
`

func TestSettle(t *testing.T) {
	tests := []struct {
		env, extra string
		resources  []string
		dependsOn  []string
		properties Map
		outputs    []string
	}{
		{"dev", "", []string{"Car"}, nil,
			Map{"Doors": "2", "Colour": "red", "Owner": "nobody", "Gone": "here", "List": List{"a"}}, []string{"Doors"}},
		{"dev", "x", []string{"Car", "Doll"}, []string{"Doll"},
			Map{"Doors": "2", "Colour": "red", "Owner": "<Doll>", "Gone": "here", "List": List{"a"}}, []string{"Doors"}},
		{"prod", "x", []string{"Car", "Doll"}, []string{"Doll"},
			Map{"Doors": "4", "Colour": "black", "Owner": "<Doll>", "List": List{"a", "b"}}, []string{"Colour", "Doors"}},
	}
	for _, tt := range tests {
		t.Run(tt.env+tt.extra, func(t *testing.T) {
			parsed, err := Parse(conditional, toys{})
			if err != nil {
				t.Fatal(err)
			}
			resolve := func(ref Reference) (any, error) {
				switch {
				case ref.Kind == Mapping:
					return parsed.Mappings[ref.Name], nil
				case ref.Name == "Env":
					return tt.env, nil
				case ref.Name == "Extra":
					return tt.extra, nil
				}
				return "<" + ref.String() + ">", nil
			}
			settled, err := parsed.Settle(toys{}, resolve)
			if err != nil {
				t.Fatal(err)
			}
			car := settled.Resources["Car"]
			properties, err := Evaluate(car.Properties, resolve)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.properties, properties); diff != "" {
				t.Error(diff)
			}
			if !slices.Equal(sortedKeys(settled.Resources), tt.resources) || !slices.Equal(car.DependsOn, tt.dependsOn) ||
				!slices.Equal(sortedKeys(settled.Outputs), tt.outputs) {
				t.Errorf("resources %v, dependencies %v, outputs %v", sortedKeys(settled.Resources), car.DependsOn, sortedKeys(settled.Outputs))
			}
		})
	}
}

// A resource that a condition takes away can't be referred to without one.
func TestSettleRefuses(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"reference", "Resources: {A: {Type: Toy::Car, Properties: {X: !Ref B}}, B: {Type: Toy::Doll, Condition: No}}",
			"Template format error: Unresolved resource dependencies [B] in the Resources block of the template"},
		{"output", "Resources: {A: {Type: Toy::Car}, B: {Type: Toy::Doll, Condition: No}}\nOutputs: {O: {Value: !Ref B}}",
			"Template format error: Unresolved resource dependencies [B] in the Outputs block of the template"},
		{"cycle", "Resources: {A: {Type: Toy::Car, DependsOn: B}, B: {Type: Toy::Doll, DependsOn: A}}",
			"Circular dependency between resources: [A, B]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parsed, err := Parse("Conditions: {No: !Equals [a, b]}\n"+tt.body, toys{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = parsed.Settle(toys{}, func(Reference) (any, error) { return "v", nil })
			if err == nil || err.Error() != "ValidationError: "+tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestLookups(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"Select", "!Select [1, [a, b, c]]", "b"},
		{"Select of a list parameter", "!Select [1, !Ref L]", "y"},
		{"Select out of range", "!Select [3, [a, b, c]]", "Template error: Fn::Select cannot select nonexistent value at index 3"},
		{"Select by a text", "!Select [x, [a]]", "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"},
		{"Select of a text", "!Select [0, a]", "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"},
		{"Split", "!Split [',', 'a,b,']", "[a b ]"},
		{"Select of Split", "!Select [2, !Split ['-', !Sub 'x-y-${P}']]", "p"},
		{"Split of a list", "!Split [',', !Ref L]", "Template error: every Fn::Split object requires two parameters, (1) a string " +
			"delimiter and (2) a string to be split or a function that returns a string to be split."},
		{"Split of what is known later", "!Split [',', !GetAtt B.Colour]", KnownAfterApply},
		{"Select of what is known later", "!Select [0, !Split [',', !GetAtt B.Colour]]", KnownAfterApply},
		{"FindInMap", "!FindInMap [M, a, !Ref P]", "1"},
		{"FindInMap of a list", "!Join ['+', !FindInMap [M, a, q]]", "2+3"},
		{"FindInMap by a map's computed name", "!FindInMap [!Sub 'M', a, p]", "1"},
		{"FindInMap of nothing", "!FindInMap [M, b, p]", "Template error: Unable to get mapping for M::b::p"},
		{"FindInMap in a missing map", "!FindInMap [N, a, p]", "Template error: Mapping named 'N' is not present in the 'Mappings' section of template."},
		{"FindInMap with a default", "!FindInMap [M, a, p, {DefaultValue: x}]", "Template error: every Fn::FindInMap object requires " +
			"three parameters, the map name, map key and the attribute for return value"},
		{"ImportValue", "!ImportValue other-web", "<other-web>"},
		{"ImportValue by Sub", "{'Fn::ImportValue': !Sub '${P}-web'}", "<p-web>"},
		{"ImportValue by an attribute", "{'Fn::ImportValue': !GetAtt B.Colour}", "Template error: the attribute in Fn::ImportValue must be a " +
			"string or a function that returns a string, and must not depend on any resources, imported values, or Fn::GetAZs"},
		{"GetAZs", "!Select [1, !GetAZs '']", "zone b"},
		{"GetAZs by Ref", "!GetAZs {Ref: P}", "[zone a zone b]"},
		{"Base64", "!Base64 hello", "aGVsbG8="},
		{"Base64 of what is known later", "!Base64 {'Fn::GetAtt': B.Colour}", KnownAfterApply},
		{"Cidr", "!Cidr [10.0.0.0/16, 3, 8]", "[10.0.0.0/24 10.0.1.0/24 10.0.2.0/24]"},
		{"Cidr by default", "!Select [255, !Cidr [10.0.0.0/16, 256]]", "10.0.255.0/24"},
		{"Cidr within a byte", "!Cidr [10.0.0.0/24, 4, 5]", "[10.0.0.0/27 10.0.0.32/27 10.0.0.64/27 10.0.0.96/27]"},
		{"Cidr over bytes", "!Select [17, !Cidr [10.0.0.0/8, 20, 12]]", "10.1.16.0/20"},
		{"Cidr of IPv6", "!Select [1, !Cidr ['2001:db8::/56', 2]]", "2001:db8:0:1::/64"},
		{"Cidr of what is known later", "!Select [0, !Cidr [!GetAtt B.Colour, 2, 8]]", KnownAfterApply},
		{"Cidr with too many ranges", "!Cidr [10.0.0.0/24, 3, 7]", cidrError().Error()[len("ValidationError: "):]},
		{"Cidr with too large ranges", "!Cidr [10.0.0.0/24, 1, 9]", cidrError().Error()[len("ValidationError: "):]},
		{"Cidr of a text", "!Cidr [a, 1, 8]", cidrError().Error()[len("ValidationError: "):]},
		{"Cidr with a text", "!Cidr x", cidrError().Error()[len("ValidationError: "):]},
		{"Sub with a map", "!Sub ['${a}${P}', {a: !Select [0, !Ref L]}]", "xp"},
		{"If without conditions", "!If [C, a, b]", "Template format error: Unresolved condition dependency C in the Resources block of the template"},
		{"If with two arguments", "!If [C, a]", "Template error: Fn::If requires a list argument with the first element being a condition"},
		{"condition function", "!Equals [a, b]", "Template error: Fn::Equals is a condition function: it is allowed in the Conditions section alone"},
	}
	const body = `
Parameters: {P: {Type: String, Default: p}, L: {Type: CommaDelimitedList, Default: "x, y"}}
Mappings: {M: {a: {p: 1, q: [2, 3]}}}
Resources:
  B: {Type: Toy::Doll}
  A: {Type: Toy::Car, Properties: {X: %s}}
`
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := evaluated(fmt.Sprintf(body, tt.value))
			if err != nil {
				got = strings.TrimPrefix(err.Error(), "ValidationError: ")
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("got  %v\nwant %s", got, tt.want)
			}
		})
	}
}

// evaluated is property X of resource A; attributes are known later.
func evaluated(body string) (any, error) {
	parsed, err := Parse(body, toys{})
	if err != nil {
		return nil, err
	}
	return Evaluate(parsed.Resources["A"].Properties["X"], func(ref Reference) (any, error) {
		switch p, isParameter := parsed.Parameters[ref.Name]; {
		case ref.Kind == Mapping:
			return parsed.Mappings[ref.Name], nil
		case ref.Kind == Zones:
			return List{"zone a", "zone b"}, nil
		case ref.Attribute != "":
			return KnownAfterApply, nil
		case isParameter:
			return p.Value(*p.Default), nil
		}
		return "<" + ref.String() + ">", nil
	})
}

func TestConditionsRefused(t *testing.T) {
	tests := []struct{ name, condition, want string }{
		{"text", "C: x", "Template format error: Any Conditions member must be an object."},
		{"value", "C: {Ref: P}", "Template format error: Conditions can only be boolean operations on parameters and other conditions"},
		{"Equals", "C: !Equals [a]", "Template error: every Fn::Equals object requires a list of 2 string parameters."},
		{"Not", "C: !Not [!Equals [a, b], !Equals [a, b]]", "Template error: every Fn::Not object requires one boolean parameter."},
		{"And", "C: !And [!Equals [a, b]]", "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters."},
		{"operand", "C: !Not [a]", "Template format error: Conditions can only be boolean operations on parameters and other conditions"},
		{"resource", "C: !Equals [!Ref A, a]", "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of the template"},
		{"attribute", "C: !Equals [!GetAtt A.Colour, a]", "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of the template"},
		{"import", "C: !Equals [!Join ['', [!ImportValue x]], a]", "Template error: Cannot use Fn::ImportValue in Conditions."},
		{"unknown condition", "C: !Not [!Condition D]", "Template format error: Unresolved condition dependency D in the Conditions block of the template"},
		{"itself", "{C: !Not [!Condition D], D: !Not [!Condition C]}", "Template error: Circular dependency between conditions: [C, D]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("Parameters: {P: {Type: String}}\nResources: {A: {Type: Toy::Car}}\nConditions:\n  "+tt.condition, toys{})
			if !wire.IsCode(err, "ValidationError") || err.Error() != "ValidationError: "+tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestMappingsRefused(t *testing.T) {
	many := strings.Builder{}
	for i := range 201 {
		fmt.Fprintf(&many, "K%d: {a: b}, ", i)
	}
	tests := []struct{ name, mappings, want string }{
		{"text", "{M: x}", "Every Mappings member M must be a map"},
		{"flat", "{M: {a: b}}", "Every Mappings member M must be a map of maps: a is none"},
		{"function", "{M: {a: {b: !Ref P}}}", "Every Mappings attribute must be a String or a List."},
		{"list of maps", "{M: {a: {b: [{c: d}]}}}", "Every Mappings attribute must be a String or a List."},
		{"key", "{M: {a_b: {c: d}}}", "Mappings element name 'a_b' must be non-empty and can contain only alphanumeric characters, '-' or '.'"},
		{"attribute", "{M: {a: {'b c': d}}}", "Mappings attribute name 'b c' must contain only alphanumeric characters."},
		{"201 attributes", "{M: {" + many.String() + "}}", "Number of attributes, 201, of mapping M is greater than maximum allowed, 200"},
		{"201 mappings", "{" + strings.ReplaceAll(many.String(), "{a: b}", "{a: {b: c}}") + "}", "Number of mappings, 201, is greater than maximum allowed, 200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("Resources: {A: {Type: Toy::Car}}\nMappings: "+tt.mappings, toys{})
			if err == nil || err.Error() != "ValidationError: Template format error: "+tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestParameterTypes(t *testing.T) {
	tests := []struct {
		kind, element  string
		stored, isList bool
	}{
		{"String", "String", false, false},
		{"Number", "Number", false, false},
		{"List<Number>", "Number", false, true},
		{"CommaDelimitedList", "String", false, true},
		{"AWS::EC2::VPC::Id", VPCID, false, false},
		{"List<AWS::EC2::VPC::Id>", VPCID, false, true},
		{"AWS::EC2::Subnet::Id", SubnetID, false, false},
		{"List<AWS::EC2::Subnet::Id>", SubnetID, false, true},
		{"AWS::EC2::SecurityGroup::Id", SecurityGroupID, false, false},
		{"List<AWS::EC2::SecurityGroup::Id>", SecurityGroupID, false, true},
		{"List<AWS::EC2::AvailabilityZone::Name>", ZoneName, false, true},
		{"AWS::SSM::Parameter::Name", StoredName, false, false},
		{"AWS::SSM::Parameter::Value<String>", "String", true, false},
		{"AWS::SSM::Parameter::Value<List<String>>", "String", true, true},
		{"AWS::SSM::Parameter::Value<CommaDelimitedList>", "String", true, true},
		{"AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>", VPCID, true, false},
		{"AWS::SSM::Parameter::Value<List<AWS::EC2::SecurityGroup::Id>>", SecurityGroupID, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			parsed, err := Parse("Resources: {A: {Type: Toy::Car}}\nParameters: {P: {Type: '"+tt.kind+"'}}", toys{})
			if err != nil {
				t.Fatal(err)
			}
			p := parsed.Parameters["P"]
			_, isList := p.Value("a, b").(List)
			if p.Element() != tt.element || p.Stored() != tt.stored || isList != tt.isList {
				t.Errorf("element %s, stored %v, list %v", p.Element(), p.Stored(), isList)
			}
		})
	}
	for _, kind := range []string{"List<String>", "Strin", "List<>", "List<List<String>>", "AWS::SSM::Parameter::Value<>",
		"AWS::SSM::Parameter::Value<Number>", "AWS::SSM::Parameter::Value<String", "AWS::EC2::KeyPair::KeyName"} {
		_, err := Parse("Resources: {A: {Type: Toy::Car}}\nParameters: {P: {Type: '"+kind+"'}}", toys{})
		if want := "ValidationError: Template format error: Unrecognized parameter type: " + kind; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestImports(t *testing.T) {
	parsed, err := Parse(`
Parameters: {P: {Type: String}}
Resources:
  A: {Type: Toy::Car, Properties: {X: [!ImportValue b, {'Fn::ImportValue': !Sub '${P}-a'}], Y: !ImportValue b}}
Outputs: {O: {Value: !Join ['', [!ImportValue c]]}}
`, toys{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := parsed.Imports(func(Reference) (any, error) { return "p", nil })
	if want := []string{"b", "c", "p-a"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

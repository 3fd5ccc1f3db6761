package template

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"mlops-infra-suite/internal/diag"
)

// pseudo are CloudFormation's own parameters.
var pseudo = set("AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName",
	"AWS::URLSuffix")

// arity is how many arguments a function takes; 0 and 0: one of any kind.
type arity struct{ least, most int }

// builtin are the functions, by their long names.
var builtin = map[string]arity{
	"Ref": {}, "Condition": {}, "Fn::GetAtt": {}, "Fn::Sub": {}, "Fn::Base64": {}, "Fn::GetAZs": {}, "Fn::ImportValue": {}, "Fn::Transform": {},
	"Fn::Length": {}, "Fn::ToJsonString": {}, "Fn::GetStackOutput": {},
	"Fn::If": {3, 3}, "Fn::FindInMap": {3, 4}, "Fn::Join": {2, 2}, "Fn::Select": {2, 2}, "Fn::Split": {2, 2}, "Fn::Cidr": {2, 3},
	"Fn::And": {2, 10}, "Fn::Or": {2, 10}, "Fn::Not": {1, 1}, "Fn::Equals": {2, 2},
	// Of rules alone.
	"Fn::Contains": {2, 2}, "Fn::EachMemberEquals": {2, 2}, "Fn::EachMemberIn": {2, 2}, "Fn::RefAll": {}, "Fn::ValueOf": {2, 2}, "Fn::ValueOfAll": {2, 2},
}

// call is the function that a value is, by its long name, with its argument; ok is false for a value that is none.
func (p part) call() (name string, argument part, ok bool) {
	n := p.target()
	if n == nil {
		return "", part{}, false
	}
	if short := p.function(); short != "" {
		bare := *n
		bare.Tag = ""
		if n.Kind == yaml.ScalarNode {
			bare.Tag = "!!str"
		}
		if short == "Ref" || short == "Condition" {
			return short, part{&bare}, true
		}
		return "Fn::" + short, part{&bare}, true
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		if key := n.Content[0].Value; key == "Ref" || strings.HasPrefix(key, "Fn::") {
			return key, part{n.Content[1]}, true
		}
	}
	return "", part{}, false
}

// scope says where a value stands.
type scope struct {
	owner     string // the resource; empty: of no resource
	what      string // in the words of messages
	condition string // the condition; empty: of none
	early     bool   // before there are resources: in conditions and rules
}

// functions checks the calls of functions everywhere, and what they refer to.
func (v *validator) functions() {
	for name, p := range v.root.get("Conditions").fields() {
		v.walk(scope{what: "condition " + name.value(), condition: name.value(), early: true}, p)
	}
	for id, p := range v.root.get("Resources").fields() {
		s := scope{owner: id.value(), what: id.value()}
		for _, key := range []string{"Properties", "Metadata", "CreationPolicy", "UpdatePolicy"} {
			if inner := p.get(key); inner.exists() {
				v.walk(s, inner)
			}
		}
		v.dependsOn(id.value(), p.get("DependsOn"))
	}
	for key, p := range v.root.get("Outputs").fields() {
		s := scope{what: "output " + key.value()}
		v.walk(s, p.get("Value"))
		v.walk(s, p.get("Export").get("Name"))
	}
}

// walk checks a value and what is in it.
func (v *validator) walk(s scope, p part) {
	if !p.exists() {
		return
	}
	if p.isNull() {
		v.wrong(diag.CodeType, p, "%s: null is no value for CloudFormation", s.what).WithHint("leave the key out, or use !Ref AWS::NoValue")
		return
	}
	if s.early && p.kind() == yaml.MappingNode && p.get("Condition").isPlain() { // the function, of conditions alone
		v.useCondition(s, p.get("Condition"))
		return
	}
	if name, argument, ok := p.call(); ok {
		v.call(s, p, name, argument)
		return
	}
	for key, value := range p.fields() {
		switch name := key.value(); {
		case strings.HasPrefix(name, loop):
			v.extension(key, s.what, name)
			continue // its variables are its own
		case strings.HasPrefix(name, "Fn::") && !v.transformed:
			v.wrong(diag.CodeFunction, key, "%s: %s must stand alone, and other keys stand beside it", s.what, name)
		}
		v.walk(s, value)
	}
	if p.kind() == yaml.SequenceNode {
		for _, item := range p.target().Content {
			v.walk(s, part{item})
		}
	}
}

// call checks one call of a function.
func (v *validator) call(s scope, at part, name string, argument part) {
	isLoop := strings.HasPrefix(name, loop)
	if isLoop || extensions[name] {
		v.extension(at, s.what, name)
	}
	if isLoop {
		return
	}
	takes, known := builtin[name]
	if !known {
		if !v.transformed {
			hint(v.wrong(diag.CodeFunction, at, "%s: there is no function %s", s.what, name), name, builtin)
		}
		return
	}
	if takes.most > 0 && !v.countArguments(s, at, name, argument, takes) {
		return
	}
	switch name {
	case "Ref":
		v.ref(s, at, argument)
	case "Condition":
		v.useCondition(s, argument)
	case "Fn::GetAtt":
		v.getAtt(s, at, argument)
	case "Fn::Sub":
		v.sub(s, at, argument)
	case "Fn::If":
		v.useCondition(s, part{argument.target().Content[0]})
		v.walk(s, part{argument.target().Content[1]})
		v.walk(s, part{argument.target().Content[2]})
	case "Fn::FindInMap":
		if len(argument.target().Content) == 4 {
			v.extension(at, s.what, "the default of Fn::FindInMap")
		}
		v.findInMap(s, argument)
		v.walk(s, argument)
	case "Fn::Transform":
	case "Fn::Join":
		v.join(s, argument)
		v.walk(s, argument)
	case "Fn::Select":
		v.selection(s, argument)
		v.walk(s, argument)
	default:
		v.walk(s, argument)
	}
}

func (v *validator) countArguments(s scope, at part, name string, argument part, takes arity) bool {
	if argument.kind() != yaml.SequenceNode {
		if _, _, computed := argument.call(); !computed {
			v.wrong(diag.CodeFunction, at, "%s: %s takes a list", s.what, name)
		}
		return false
	}
	if n := len(argument.target().Content); n < takes.least || n > takes.most {
		v.wrong(diag.CodeFunction, at, "%s: %s takes %s, not %d", s.what, name, takes, n)
		return false
	}
	return true
}

// join wants a text and a list.
func (v *validator) join(s scope, argument part) {
	between, pieces := part{argument.target().Content[0]}, part{argument.target().Content[1]}
	if _, _, computed := pieces.call(); !v.transformed && (!between.isPlain() || !pieces.isList() && !computed) {
		v.wrong(diag.CodeFunction, argument, "%s: Fn::Join takes a text, written out, and a list", s.what)
	}
}

// selection wants a list, and of one that is written out an item that is there.
func (v *validator) selection(s scope, argument part) {
	which, list := part{argument.target().Content[0]}, part{argument.target().Content[1]}
	_, _, computed := list.call()
	if _, _, by := which.call(); computed || by || v.transformed {
		return
	}
	index, err := strconv.Atoi(which.value())
	switch {
	case !list.isList() || err != nil:
		v.wrong(diag.CodeFunction, argument, "%s: Fn::Select takes a whole number and a list", s.what)
	case index < 0 || index >= len(list.target().Content):
		v.wrong(diag.CodeFunction, which, "%s: Fn::Select %d of a list of %d: the first is 0", s.what, index, len(list.target().Content))
	}
}

func (a arity) String() string {
	words := [...]string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
	switch {
	case a.least == 1 && a.most == 1:
		return "one argument"
	case a.least == a.most:
		return words[a.least] + " arguments"
	default:
		return words[a.least] + " to " + words[a.most] + " arguments"
	}
}

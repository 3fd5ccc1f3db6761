package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The types of a parameter's value, or of each item of a list. What a value names in EC2 or SSM must exist there; the engine
// checks that.
const (
	typeString      = "String"
	typeNumber      = "Number"
	VPCID           = "AWS::EC2::VPC::Id"
	SubnetID        = "AWS::EC2::Subnet::Id"
	SecurityGroupID = "AWS::EC2::SecurityGroup::Id"
	ZoneName        = "AWS::EC2::AvailabilityZone::Name"
	StoredName      = "AWS::SSM::Parameter::Name"
	commaDelimited  = "CommaDelimitedList"
	storedValue     = "AWS::SSM::Parameter::Value<"
	listOf          = "List<"
)

// Limits of parameters (documented), in bytes and characters.
const (
	maxParameterValue       = 4096
	maxParameterDescription = 4000
)

// Stored reports whether the value is the name of an SSM parameter, which holds the real value.
func (p *Parameter) Stored() bool { return strings.HasPrefix(p.Type, storedValue) }

// Element is the type of the value, or of each item of a list.
func (p *Parameter) Element() string {
	element, _ := p.element()
	return element
}

func (p *Parameter) isList() bool {
	_, isList := p.element()
	return isList
}

// element takes the type apart: AWS::SSM::Parameter::Value<List<String>> is a
// list of String.
func (p *Parameter) element() (name string, isList bool) {
	name = p.Type
	if p.Stored() {
		name = strings.TrimSuffix(strings.TrimPrefix(name, storedValue), ">")
	}
	if name == commaDelimited {
		return typeString, true
	}
	if item, ok := strings.CutPrefix(name, listOf); ok {
		return strings.TrimSuffix(item, ">"), true
	}
	return name, false
}

// parameterTypes lists the types that the sandbox knows. AWS has more, for things that the sandbox lacks: images, key pairs,
// instances, hosted zones.
func parameterTypes() []string {
	types := []string{
		typeString, typeNumber, listOf + typeNumber + ">", commaDelimited, StoredName,
		storedValue + typeString + ">", storedValue + listOf + typeString + ">>", storedValue + commaDelimited + ">",
	}
	for _, id := range []string{VPCID, SubnetID, SecurityGroupID, ZoneName} {
		types = append(types, id, listOf+id+">", storedValue+id+">", storedValue+listOf+id+">>")
	}
	return types
}

// Parameter is one member of the Parameters section.
type Parameter struct {
	Type                  string
	Description           string
	Default               *string
	NoEcho                bool
	AllowedValues         []string
	AllowedPattern        string
	ConstraintDescription string
	MinLength, MaxLength  *int
	MinValue, MaxValue    *float64
}

func (t *Template) readParameters(root Map) error {
	parameters, names, err := members(root, "Parameters", "Parameter", maxParameters)
	if err != nil {
		return err
	}
	t.Parameters = make(map[string]Parameter, len(names))
	for _, name := range names {
		node, ok := parameters[name].(Map)
		if !ok {
			return formatError("Any Parameters member must be an object.")
		}
		p, err := readParameter(name, node)
		if err != nil {
			return err
		}
		t.Parameters[name] = p
	}
	return nil
}

// readParameter reads one declaration, and holds the default to the declaration's own constraints.
func readParameter(name string, node Map) (p Parameter, err error) {
	for _, key := range slices.Sorted(maps.Keys(node)) {
		if err := p.readMember(name, key, node[key]); err != nil {
			return p, err
		}
	}
	switch {
	case p.Type == "":
		return p, formatError("Every Parameters object must contain a Type member.")
	case !slices.Contains(parameterTypes(), p.Type):
		return p, formatError("Unrecognized parameter type: %s", p.Type)
	case len(p.Description) > maxParameterDescription:
		return p, formatError("'Description' length of parameter %s is greater than %d.", name, maxParameterDescription)
	}
	if p.Default != nil {
		if err := p.check(name, *p.Default); err != nil {
			return p, err
		}
	}
	return p, nil
}

// readMember sets the field of p that the member key of a declaration stands for.
func (p *Parameter) readMember(name, key string, value any) error {
	if key == "AllowedValues" {
		list, ok := value.(List)
		if !ok || len(list) == 0 {
			return formatError("Every AllowedValues member of parameter %s must be a non-empty list.", name)
		}
		for _, item := range list {
			p.AllowedValues = append(p.AllowedValues, fmt.Sprint(item))
		}
		return nil
	}
	s, ok := value.(string)
	if !ok {
		return formatError("Every %s member of parameter %s must be a string.", key, name)
	}
	var err error
	switch key {
	case "Type":
		p.Type = s
	case "Description":
		p.Description = s
	case "Default":
		p.Default = &s
	case "AllowedPattern":
		p.AllowedPattern = s
		_, err = regexp.Compile(s)
	case "ConstraintDescription":
		p.ConstraintDescription = s
	case "NoEcho":
		p.NoEcho, err = strconv.ParseBool(strings.ToLower(s))
	case "MinLength":
		p.MinLength, err = number(s, strconv.Atoi)
	case "MaxLength":
		p.MaxLength, err = number(s, strconv.Atoi)
	case "MinValue":
		p.MinValue, err = number(s, parseFloat)
	case "MaxValue":
		p.MaxValue, err = number(s, parseFloat)
	default:
		return validationError("Invalid template parameter property '%s'", key)
	}
	if err != nil {
		return formatError("Invalid %s '%s' of parameter %s.", key, s, name)
	}
	return nil
}

func number[T any](s string, parse func(string) (T, error)) (*T, error) {
	n, err := parse(s)
	return &n, err
}

func parseFloat(s string) (float64, error) { return strconv.ParseFloat(s, 64) }

// check holds a value against the parameter's type and constraints.
func (p *Parameter) check(name, value string) error {
	if len(value) > maxParameterValue {
		return validationError("Parameter '%s' must have a value of at most %d bytes", name, maxParameterValue)
	}
	for _, item := range p.items(value) {
		if problem := p.problem(item); problem != "" {
			if p.ConstraintDescription != "" {
				problem = "failed to satisfy constraint: " + p.ConstraintDescription
			}
			return validationError("Parameter '%s' %s", name, problem)
		}
	}
	return nil
}

func (p *Parameter) items(value string) []string {
	if !p.isList() || p.Stored() {
		return []string{value}
	}
	return commaSeparated(value)
}

func commaSeparated(value string) []string {
	items := strings.Split(value, ",")
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
	}
	return items
}

// problem says what is wrong with a value, "" for nothing.
func (p *Parameter) problem(value string) string {
	n := utf8.RuneCountInString(value)
	f, numberErr := strconv.ParseFloat(value, 64)
	isNumber := p.Element() == typeNumber
	switch {
	case isNumber && numberErr != nil:
		return "must be a number."
	case len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, value):
		return "must be one of AllowedValues"
	case p.AllowedPattern != "" && !regexp.MustCompile(`^(?:`+p.AllowedPattern+`)$`).MatchString(value):
		return "must match pattern " + p.AllowedPattern
	case p.MinLength != nil && n < *p.MinLength:
		return fmt.Sprintf("must contain at least %d characters", *p.MinLength)
	case p.MaxLength != nil && n > *p.MaxLength:
		return fmt.Sprintf("must contain at most %d characters", *p.MaxLength)
	case isNumber && p.MinValue != nil && f < *p.MinValue:
		return fmt.Sprintf("must be a number not less than %v", *p.MinValue)
	case isNumber && p.MaxValue != nil && f > *p.MaxValue:
		return fmt.Sprintf("must be a number not greater than %v", *p.MaxValue)
	}
	return ""
}

// Value is what Ref of the parameter gives for a value: a List for list types.
// The value of a stored parameter is the one that SSM holds.
func (p *Parameter) Value(value string) any {
	if !p.isList() {
		return value
	}
	items := commaSeparated(value)
	list := make(List, len(items))
	for i, item := range items {
		list[i] = item
	}
	return list
}

// Argument is a parameter as a caller gives it: a value, or the wish to keep
// the one of the previous deployment.
type Argument struct {
	Key         string
	Value       *string
	UsePrevious bool
}

// Bind settles every parameter's value: the argument, else the default. It
// refuses arguments that the template doesn't declare, parameters without
// value, and values that break a constraint. previous holds the values of the
// deployment before, nil for none.
func (t *Template) Bind(arguments []Argument, previous map[string]string) (map[string]string, error) {
	values := make(map[string]string, len(t.Parameters))
	var unknown []string
	for _, a := range arguments {
		if _, declared := t.Parameters[a.Key]; !declared {
			unknown = append(unknown, a.Key)
			continue
		}
		if _, twice := values[a.Key]; twice {
			return nil, validationError("Duplicate parameter key %s", a.Key)
		}
		value, err := a.settle(previous)
		if err != nil {
			return nil, err
		}
		values[a.Key] = value
	}
	if len(unknown) > 0 {
		return nil, validationError("Parameters: [%s] do not exist in the template", strings.Join(unknown, ", "))
	}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		p := t.Parameters[name]
		if _, given := values[name]; !given && p.Default != nil {
			values[name] = *p.Default
		}
		value, given := values[name]
		if !given {
			missing = append(missing, name)
			continue
		}
		if err := p.check(name, value); err != nil {
			return nil, err
		}
	}
	if len(missing) > 0 {
		return nil, validationError("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	return values, nil
}

// settle is the value that the argument stands for: its own, or the one in previous, by key.
func (a Argument) settle(previous map[string]string) (string, error) {
	switch {
	case a.UsePrevious && a.Value != nil:
		return "", validationError("Invalid input for parameter key %s. Cannot specify usePreviousValue as true and "+
			"non empty value for a parameter", a.Key)
	case a.Value != nil:
		return *a.Value, nil
	case a.UsePrevious:
		if value, ok := previous[a.Key]; ok {
			return value, nil
		}
		return "", validationError("Invalid input for parameter key %s. Cannot specify usePreviousValue as true for "+
			"a parameter key not in the previous template", a.Key)
	}
	return "", validationError("Invalid input for parameter key %s. Need to specify either usePreviousValue as true "+
		"or a value for the parameter", a.Key)
}

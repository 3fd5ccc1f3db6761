package cfn

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// Limits of requests (documented).
const (
	maxName        = 128 // of stacks and change sets
	maxTags        = 50
	maxTagKey      = 128
	maxTagValue    = 256
	maxStacks      = 2000 // for each account and region
	maxDescription = 1024
)

// Parameter is a value for a parameter of the template.
type Parameter struct {
	ParameterKey     string
	ParameterValue   *string
	UsePreviousValue *bool
	ResolvedValue    string
}

func validation(format string, args ...any) error {
	return wire.Errorf("ValidationError", format, args...)
}

// The actions word the absence of a stack in three ways (recorded from AWS).

func noSuchStack(name string) error { return validation("Stack [%s] does not exist", name) }

func noStackWithID(name string) error { return validation("Stack with id %s does not exist", name) }

func cannotUpdate(s *stack) error {
	if s.Status == createFailed {
		return validation("This stack cannot be updated from [%s] state because it contains [on-failure: DO_NOTHING]. "+
			"Please use disable-rollback option instead during stack creation.", s.Status)
	}
	return validation("Stack:%s is in %s state and can not be updated.", s.ID, s.Status)
}

var (
	namePattern  = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]*$`)
	tokenPattern = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]*$`)
)

// constraints are what the API's model says of parameters.
type constraints struct{ wire.Constraints }

// newStackName wants a name for a new stack. The error shows the pattern of the parameter, which allows IDs as well (recorded
// from AWS).
func (c *constraints) newStackName(name string) {
	c.Length("stackName", name, 1, maxName)
	c.Check(namePattern.MatchString(name), "stackName", name,
		"Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*")
}

func (c *constraints) changeSetName(name string) {
	c.Length("changeSetName", name, 1, maxName)
	c.Pattern("changeSetName", name, namePattern)
}

func (c *constraints) requestToken(token string) {
	if token != "" {
		c.Length("clientRequestToken", token, 1, 128)
		c.Pattern("clientRequestToken", token, tokenPattern)
	}
}

func (c *constraints) tags(tags []Tag) {
	c.Check(len(tags) <= maxTags, "tags", len(tags), "Member must have length less than or equal to 50")
	for _, tag := range tags {
		c.Length("tags.member.key", tag.Key, 1, maxTagKey)
		c.Length("tags.member.value", tag.Value, 0, maxTagValue)
	}
}

func (c *constraints) capabilities(capabilities []string) {
	for _, capability := range capabilities {
		c.Enum("capabilities", capability, "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
	}
}

func (c *constraints) onFailure(path, value string) {
	if value != "" {
		c.Enum(path, value, onFailureDoNothing, onFailureRollback, onFailureDelete)
	}
}

func (c *constraints) err() error { return c.Err("ValidationError") }

// Wanted is what requests that deploy have in common.
type Wanted struct {
	Source
	UsePreviousTemplate *bool
	Parameters          []Parameter
	Capabilities        []string
	Tags                []Tag
	NotificationARNs    []string
}

// deployment is what a request wants a stack to be. What the request leaves out comes from the stack's present deployment.
func (e *Engine) deployment(call *wire.Call, in Wanted, s *stack) (deployment, *template.Template, error) {
	if len(in.NotificationARNs) > 0 {
		return deployment{}, nil, validation("NotificationARNs are not supported by this sandbox, which has no SNS")
	}
	if err := checkTags(in.Tags); err != nil {
		return deployment{}, nil, err
	}
	body, err := e.templateBody(call, in, s)
	if err != nil {
		return deployment{}, nil, err
	}
	t, err := template.Parse(body, e.types)
	if err != nil {
		return deployment{}, nil, err
	}
	values, err := t.Bind(arguments(in.Parameters), s.Deployment.Parameters)
	if err != nil {
		return deployment{}, nil, err
	}
	want := deployment{
		Template: body, Description: t.Description, Parameters: values,
		Tags: in.Tags, Capabilities: in.Capabilities,
	}
	if in.Tags == nil {
		want.Tags = s.Deployment.Tags // documented: left alone unless specified
	}
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		if t.Parameters[name].NoEcho {
			want.NoEcho = append(want.NoEcho, name)
		}
	}
	if want.Stored, err = storedValues(call, t, values); err != nil {
		return deployment{}, nil, err
	}
	names := scope{call: call, stack: s, template: t, deployment: want}
	if t, err = t.Settle(e.types, names.resolve); err != nil {
		return deployment{}, nil, err
	}
	want.Imports, err = t.Imports(names.resolve)
	return want, t, err
}

// settled reads the template of a deployment, with its conditions decided.
func (e *Engine) settled(call *wire.Call, s *stack, d deployment) (*template.Template, error) {
	t, err := template.Parse(d.Template, e.types)
	if err != nil {
		return nil, err
	}
	return t.Settle(e.types, scope{call: call, stack: s, template: t, deployment: d}.resolve)
}

// templateBody returns the template that is meant: the request's, or the one the
// stack has.
func (e *Engine) templateBody(call *wire.Call, in Wanted, s *stack) (string, error) {
	switch {
	case !isTrue(in.UsePreviousTemplate):
		return e.body(call, in.Source)
	case in.TemplateBody != "" || in.TemplateURL != "":
		return "", validation("You cannot specify both usePreviousTemplate and Template Body/Template URL.")
	case s.Deployment.Template == "":
		return "", validation("Stack [%s] has no previous template", s.Name)
	}
	return s.Deployment.Template, nil
}

func arguments(parameters []Parameter) []template.Argument {
	var arguments []template.Argument
	for _, p := range parameters {
		arguments = append(arguments, template.Argument{
			Key: p.ParameterKey, Value: p.ParameterValue, UsePrevious: isTrue(p.UsePreviousValue),
		})
	}
	return arguments
}

// checkTags refuses tags with the reserved prefix aws: and tags that repeat a key.
func checkTags(tags []Tag) error {
	seen := map[string]bool{}
	for _, tag := range tags {
		switch {
		case strings.HasPrefix(strings.ToLower(tag.Key), "aws:"):
			return validation("Tags with the prefix aws: are reserved: %s", tag.Key)
		case seen[tag.Key]:
			return validation("Duplicate tag key %s", tag.Key)
		}
		seen[tag.Key] = true
	}
	return nil
}

func isTrue(b *bool) bool { return b != nil && *b }

// parameters are a deployment's parameters as responses show them.
func (d deployment) parameters() []Parameter {
	var list []Parameter
	for _, name := range slices.Sorted(maps.Keys(d.Parameters)) {
		value := d.Parameters[name]
		if slices.Contains(d.NoEcho, name) {
			value = "****"
		}
		list = append(list, Parameter{ParameterKey: name, ParameterValue: &value, ResolvedValue: d.Stored[name]})
	}
	return list
}

// checkStackLimit refuses one stack too many.
func checkStackLimit(call *wire.Call) error {
	n := 0
	for range store.Scan[string](call.Tx, stackNames, call.Prefix()) {
		n++
	}
	if n >= maxStacks {
		return wire.Errorf("LimitExceededException", "Limit for stack has been exceeded")
	}
	return nil
}

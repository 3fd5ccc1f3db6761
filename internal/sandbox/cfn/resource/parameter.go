package resource

import (
	"maps"
	"slices"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/ssm"
	"mlops-infra-suite/internal/sandbox/wire"
)

// parameterHandler is AWS::SSM::Parameter.
type parameterHandler struct{}

func (parameterHandler) create(c *Context, want Desired) (State, error) {
	name := property(want.Properties, "Name")
	if name == "" {
		name = "CFN-" + want.LogicalID + "-" + c.suffix()
	}
	in := putParameter(name, want.Properties)
	in.Tags = ssmTags(parameterTags(want.Properties, want.Tags))
	_, err := invoke(c, "Ssm", "PutParameter", ssm.PutParameter, in)
	if wire.IsCode(err, "ParameterAlreadyExists") {
		return State{}, &wire.Error{Code: "AlreadyExists", Message: AlreadyExists("AWS::SSM::Parameter", name)}
	}
	return parameterState(name, want.Properties), err
}

// update writes the parameter only if more than its tags has changed: a write makes a new version.
func (parameterHandler) update(c *Context, want Desired, have State) (State, error) {
	if !sameButTags(want.Properties, have.Properties) {
		in := putParameter(have.PhysicalID, want.Properties)
		in.Overwrite = true
		if _, err := invoke(c, "Ssm", "PutParameter", ssm.PutParameter, in); err != nil {
			return State{}, err
		}
	}
	added, removed := tagChanges(parameterTags(have.Properties, have.Tags), parameterTags(want.Properties, want.Tags))
	if len(removed) > 0 {
		in := &ssm.RemoveTagsFromResourceInput{ResourceType: "Parameter", ResourceId: have.PhysicalID, TagKeys: removed}
		if _, err := invoke(c, "Ssm", "RemoveTagsFromResource", ssm.RemoveTagsFromResource, in); err != nil {
			return State{}, err
		}
	}
	if len(added) > 0 {
		in := &ssm.AddTagsToResourceInput{ResourceType: "Parameter", ResourceId: have.PhysicalID, Tags: ssmTags(added)}
		if _, err := invoke(c, "Ssm", "AddTagsToResource", ssm.AddTagsToResource, in); err != nil {
			return State{}, err
		}
	}
	return parameterState(have.PhysicalID, want.Properties), nil
}

func (parameterHandler) remove(c *Context, have State) error {
	_, err := invoke(c, "Ssm", "DeleteParameter", ssm.DeleteParameter, &ssm.DeleteParameterInput{Name: have.PhysicalID})
	if wire.IsCode(err, "ParameterNotFound") {
		return nil
	}
	return err
}

func (parameterHandler) read(c *Context, name string, properties template.Map) (State, error) {
	_, err := invoke(c, "Ssm", "GetParameter", ssm.GetParameter, &ssm.GetParameterInput{Name: name})
	return parameterState(name, properties), err
}

func (parameterHandler) find(c *Context, p template.Map) (string, error) {
	name := property(p, "Name")
	if name == "" {
		return "", nil
	}
	_, err := invoke(c, "Ssm", "GetParameter", ssm.GetParameter, &ssm.GetParameterInput{Name: name})
	if wire.IsCode(err, "ParameterNotFound", "ValidationException") {
		return "", nil
	}
	return name, err
}

func putParameter(name string, properties template.Map) *ssm.PutParameterInput {
	return &ssm.PutParameterInput{
		Name:           name,
		Type:           property(properties, "Type"),
		Value:          property(properties, "Value"),
		Description:    property(properties, "Description"),
		AllowedPattern: property(properties, "AllowedPattern"),
		DataType:       property(properties, "DataType"),
		Policies:       property(properties, "Policies"),
		Tier:           property(properties, "Tier"),
	}
}

func parameterState(name string, properties template.Map) State {
	return State{PhysicalID: name, Attributes: map[string]string{
		"Type": property(properties, "Type"), "Value": property(properties, "Value"),
	}}
}

// parameterTags are the tags that a parameter must have: the stack's, which its
// own override.
func parameterTags(properties template.Map, stack map[string]string) map[string]string {
	tags := maps.Clone(stack)
	if tags == nil {
		tags = map[string]string{}
	}
	own, _ := properties["Tags"].(template.Map)
	for key, value := range own {
		tags[key], _ = value.(string)
	}
	return tags
}

func ssmTags(tags map[string]string) []ssm.Tag {
	list := make([]ssm.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, ssm.Tag{Key: key, Value: tags[key]})
	}
	return list
}

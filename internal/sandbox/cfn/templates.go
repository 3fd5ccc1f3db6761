package cfn

import (
	"maps"
	"slices"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/wire"
)

// GetTemplateInput is GetTemplate's request.
type GetTemplateInput struct {
	StackName     string
	ChangeSetName string
	TemplateStage string
}

// GetTemplateOutput is GetTemplate's response.
type GetTemplateOutput struct {
	TemplateBody    string
	StagesAvailable []string
}

// getTemplate returns a template as it was sent. Without transforms the
// processed template is the same.
func (e *Engine) getTemplate(call *wire.Call, in *GetTemplateInput) (*GetTemplateOutput, error) {
	if in.TemplateStage != "" {
		c := constraints{}
		c.Enum("templateStage", in.TemplateStage, "Original", "Processed")
		if err := c.err(); err != nil {
			return nil, err
		}
	}
	body := ""
	switch {
	case in.ChangeSetName != "":
		cs, _, err := findChangeSet(call, in.ChangeSetName, in.StackName)
		if err != nil {
			return nil, err
		}
		body = cs.Deployment.Template
	case in.StackName != "":
		s := findStack(call, in.StackName)
		if s == nil {
			return nil, noStackWithID(in.StackName)
		}
		body = s.Deployment.Template
	default:
		return nil, validation("StackName is required if ChangeSetName is not specified.")
	}
	if body == "" {
		body = "{}" // a stack under review (assumed)
	}
	return &GetTemplateOutput{TemplateBody: body, StagesAvailable: []string{"Original", "Processed"}}, nil
}

// ValidateTemplateInput is ValidateTemplate's request.
type ValidateTemplateInput struct{ Source }

// TemplateParameter is a parameter as ValidateTemplate shows it.
type TemplateParameter struct {
	ParameterKey string
	DefaultValue *string
	NoEcho       bool
	Description  string
}

// ValidateTemplateOutput is ValidateTemplate's response. There is no resource type
// here that needs a capability.
type ValidateTemplateOutput struct {
	Parameters   []TemplateParameter
	Description  string
	Capabilities []string
}

// validateTemplate checks what AWS checks for this action: names, types and references, but not the resources' properties.
func (e *Engine) validateTemplate(call *wire.Call, in *ValidateTemplateInput) (*ValidateTemplateOutput, error) {
	t, err := e.parse(call, in.Source)
	if err != nil {
		return nil, err
	}
	out := &ValidateTemplateOutput{Parameters: []TemplateParameter{}, Description: t.Description, Capabilities: []string{}}
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		p := t.Parameters[name]
		out.Parameters = append(out.Parameters, TemplateParameter{
			ParameterKey: name, DefaultValue: p.Default, NoEcho: p.NoEcho, Description: p.Description,
		})
	}
	return out, nil
}

func (e *Engine) parse(call *wire.Call, in Source) (*template.Template, error) {
	body, err := e.body(call, in)
	if err != nil {
		return nil, err
	}
	return template.Parse(body, e.types)
}

// GetTemplateSummaryInput is GetTemplateSummary's request.
type GetTemplateSummaryInput struct {
	Source
	StackName string // instead of a template
}

// ParameterDeclaration is a parameter as GetTemplateSummary shows it.
type ParameterDeclaration struct {
	ParameterKey         string
	DefaultValue         *string
	ParameterType        string
	NoEcho               bool
	Description          string
	ParameterConstraints ParameterConstraints
}

// ParameterConstraints are the values that a parameter may have.
type ParameterConstraints struct{ AllowedValues []string }

// ResourceIdentifierSummary says what an import needs to tell existing resources
// of a type.
type ResourceIdentifierSummary struct {
	ResourceType        string
	LogicalResourceIds  []string
	ResourceIdentifiers []string
}

// GetTemplateSummaryOutput is GetTemplateSummary's response.
type GetTemplateSummaryOutput struct {
	Parameters                  []ParameterDeclaration
	Description                 string
	ResourceTypes               []string
	Version                     string
	Metadata                    string
	ResourceIdentifierSummaries []ResourceIdentifierSummary
}

func (e *Engine) getTemplateSummary(call *wire.Call, in *GetTemplateSummaryInput) (*GetTemplateSummaryOutput, error) {
	if in.StackName != "" {
		if in.Source != (Source{}) {
			return nil, validation("Only one of StackName and a template can be specified") // assumed wording
		}
		s := findStack(call, in.StackName)
		if s == nil || s.Deployment.Template == "" {
			return nil, noStackWithID(in.StackName)
		}
		in.Source = Source{stored: s.Deployment.Template}
	}
	t, err := e.parse(call, in.Source)
	if err != nil {
		return nil, err
	}
	out := &GetTemplateSummaryOutput{
		Parameters: []ParameterDeclaration{}, Description: t.Description, ResourceTypes: []string{},
		Version: t.Version, Metadata: textOf(t.Metadata),
	}
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		p := t.Parameters[name]
		out.Parameters = append(out.Parameters, ParameterDeclaration{
			ParameterKey: name, DefaultValue: p.Default, ParameterType: p.Type, NoEcho: p.NoEcho,
			Description: p.Description, ParameterConstraints: ParameterConstraints{p.AllowedValues},
		})
	}
	ids := map[string][]string{} // by type
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		ids[t.Resources[id].Type] = append(ids[t.Resources[id].Type], id)
	}
	for _, resourceType := range slices.Sorted(maps.Keys(ids)) {
		out.ResourceTypes = append(out.ResourceTypes, resourceType)
		out.ResourceIdentifierSummaries = append(out.ResourceIdentifierSummaries, ResourceIdentifierSummary{
			ResourceType: resourceType, LogicalResourceIds: ids[resourceType],
			ResourceIdentifiers: []string{e.types[resourceType].Identifier()},
		})
	}
	return out, nil
}

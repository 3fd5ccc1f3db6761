package ssm

import (
	"slices"
	"time"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Parameter is a parameter with its value.
type Parameter struct {
	Name             string
	Type             string
	Value            string
	Version          int64
	Selector         string // ":3" when version 3 was asked for
	LastModifiedDate time.Time
	ARN              string
	DataType         string
}

func (p parameter) show(call *wire.Call) Parameter {
	return Parameter{
		Name: p.Name, Type: p.Type, Value: p.Value, Version: p.Version,
		LastModifiedDate: p.Modified, ARN: p.arn(call), DataType: p.DataType,
	}
}

func (p parameter) arn(call *wire.Call) string {
	if p.Name[0] == '/' {
		return call.ARN("ssm", "parameter"+p.Name)
	}
	return call.ARN("ssm", "parameter/"+p.Name)
}

// GetParameterInput is GetParameter's request.
type GetParameterInput struct {
	Name           string `aws:",required"` // or ARN; ":version" may follow
	WithDecryption bool   // without effect: there is no SecureString
}

// GetParameterOutput is GetParameter's response.
type GetParameterOutput struct {
	Parameter Parameter
}

// GetParameter reads one parameter.
func GetParameter(call *wire.Call, in *GetParameterInput) (*GetParameterOutput, error) {
	p, selector, err := find(call, in.Name)
	if err != nil {
		return nil, err
	}
	shown := p.show(call)
	shown.Selector = selector
	return &GetParameterOutput{Parameter: shown}, nil
}

// GetParametersInput is GetParameters' request.
type GetParametersInput struct {
	Names          []string `aws:",required"` // 1 to 10
	WithDecryption bool
}

// GetParametersOutput is GetParameters' response.
type GetParametersOutput struct {
	Parameters        []Parameter // by name
	InvalidParameters []string
}

// GetParameters reads those of the parameters that exist, and names the others.
func GetParameters(call *wire.Call, in *GetParametersInput) (*GetParametersOutput, error) {
	if err := checkNames(in.Names); err != nil {
		return nil, err
	}
	names := slices.Sorted(slices.Values(in.Names))
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		return nil, invalid("Duplicate names in the request.") // assumed wording
	}
	out := &GetParametersOutput{Parameters: []Parameter{}, InvalidParameters: []string{}}
	for _, name := range names {
		p, selector, err := find(call, name)
		if wire.IsCode(err, "ParameterNotFound", "ParameterVersionNotFound") {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		if err != nil {
			return nil, err
		}
		shown := p.show(call)
		shown.Selector = selector
		out.Parameters = append(out.Parameters, shown)
	}
	return out, nil
}

// GetParametersByPathInput is GetParametersByPath's request.
type GetParametersByPathInput struct {
	Path             string `aws:",required"`
	Recursive        bool
	ParameterFilters []ParameterStringFilter
	WithDecryption   bool
	MaxResults       *int32 // 1 to 10; nil means 10
	NextToken        string
}

// GetParametersByPathOutput is GetParametersByPath's response.
type GetParametersByPathOutput struct {
	Parameters []Parameter
	NextToken  string
}

// GetParametersByPath reads the parameters below a path: directly below it or,
// with Recursive, at any depth.
func GetParametersByPath(call *wire.Call, in *GetParametersByPathInput) (*GetParametersByPathOutput, error) {
	if err := checkPath(in.Path); err != nil {
		return nil, err
	}
	match, err := compile(in.ParameterFilters, byPathKeys)
	if err != nil {
		return nil, err
	}
	var found []parameter
	for p := range parameters(call, pathPrefix(in.Path)) {
		if below(p.Name, in.Path, in.Recursive) && match(p) {
			found = append(found, p)
		}
	}
	page, next, err := paginate(found, parameter.name, in.NextToken, in.MaxResults, 10)
	if err != nil {
		return nil, err
	}
	out := &GetParametersByPathOutput{Parameters: []Parameter{}, NextToken: next}
	for _, p := range page {
		out.Parameters = append(out.Parameters, p.show(call))
	}
	return out, nil
}

// ParameterHistory is one version of a parameter.
type ParameterHistory struct {
	Name             string
	Type             string
	Value            string
	Version          int64
	Description      string
	AllowedPattern   string
	LastModifiedDate time.Time
	LastModifiedUser string
	Tier             string
	DataType         string
	Labels           []string
	Policies         []string
}

// GetParameterHistoryInput is GetParameterHistory's request.
type GetParameterHistoryInput struct {
	Name           string `aws:",required"`
	WithDecryption bool
	MaxResults     *int32 // 1 to 50; nil means 50
	NextToken      string
}

// GetParameterHistoryOutput is GetParameterHistory's response.
type GetParameterHistoryOutput struct {
	Parameters []ParameterHistory
	NextToken  string
}

// GetParameterHistory reads the versions that are kept of a parameter, the
// oldest first.
func GetParameterHistory(call *wire.Call, in *GetParameterHistoryInput) (*GetParameterHistoryOutput, error) {
	present, ok := getParameter(call, in.Name)
	if !ok {
		return nil, notFound(in.Name)
	}
	all := slices.Collect(versions(call, present.Name))
	page, next, err := paginate(all, parameter.paddedVersion, in.NextToken, in.MaxResults, 50)
	if err != nil {
		return nil, err
	}
	out := &GetParameterHistoryOutput{Parameters: []ParameterHistory{}, NextToken: next}
	for _, p := range page {
		out.Parameters = append(out.Parameters, ParameterHistory{
			Name: p.Name, Type: p.Type, Value: p.Value, Version: p.Version, Description: p.Description,
			AllowedPattern: p.AllowedPattern, LastModifiedDate: p.Modified, LastModifiedUser: p.ModifiedBy,
			Tier: p.Tier, DataType: p.DataType, Labels: []string{}, Policies: []string{},
		})
	}
	return out, nil
}

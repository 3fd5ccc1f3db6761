package ssm

import (
	"cmp"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Tiers of parameters. The third one, Intelligent-Tiering, picks one of these.
const (
	tierStandard    = "Standard"
	tierAdvanced    = "Advanced"
	tierIntelligent = "Intelligent-Tiering"
)

// PutParameterInput is PutParameter's request.
type PutParameterInput struct {
	Name           string `aws:",required"`
	Value          string `aws:",required"`
	Type           string // String or StringList; needed to create
	Description    string
	Overwrite      bool
	AllowedPattern string
	Tags           []Tag
	Tier           string
	DataType       string
	Policies       string // must be empty: the sandbox has no parameter policies
}

// PutParameterOutput is PutParameter's response.
type PutParameterOutput struct {
	Version int64
	Tier    string
}

// PutParameter creates a parameter or, with Overwrite, a new version of it, which
// keeps what the request leaves out.
func PutParameter(call *wire.Call, in *PutParameterInput) (*PutParameterOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	p, exists := getParameter(call, in.Name)
	switch {
	case exists && !in.Overwrite:
		return nil, wire.Errorf("ParameterAlreadyExists", "The parameter already exists. "+
			"To overwrite this value, set the overwrite option in the request to true.")
	case !exists && in.Type == "":
		return nil, invalid("A parameter type is required when you create a parameter.")
	case exists && in.Type != "" && in.Type != p.Type: // documented code, assumed wording
		return nil, wire.Errorf("HierarchyTypeMismatchException",
			"The type of parameter %s is %s and can't be changed.", p.Name, p.Type)
	}
	if p.Tier == tierAdvanced && in.Tier == tierStandard { // documented, wording reported
		return nil, invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter " +
			"tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.")
	}
	p = in.apply(call, p)
	if err := p.check(); err != nil {
		return nil, err
	}
	if !exists {
		tags, err := addTags(call, nil, in.Tags)
		if err != nil {
			return nil, err
		}
		p.Tags = tags
		if err := countOne(call); err != nil {
			return nil, err
		}
	}
	p.put(call)
	p.record(call)
	return &PutParameterOutput{Version: p.Version, Tier: p.Tier}, nil
}

// check looks at what needs no present parameter.
func (in *PutParameterInput) check() error {
	if err := checkName(in.Name); err != nil {
		return err
	}
	if in.Overwrite && len(in.Tags) > 0 {
		return invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, " +
			"please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource " +
			"or RemoveTagsFromResource.")
	}
	var c wire.Constraints
	if in.Type != "" {
		c.Enum("type", in.Type, "SecureString", "StringList", "String")
	}
	if in.Tier != "" {
		c.Enum("tier", in.Tier, tierStandard, tierAdvanced, tierIntelligent)
	}
	if err := c.Err("ValidationException"); err != nil {
		return err
	}
	switch {
	case in.Type == "SecureString":
		return wire.Errorf("UnsupportedParameterType", "This sandbox has no KMS, which a SecureString needs.")
	case in.Policies != "":
		return wire.Errorf("IncompatiblePolicyException", "This sandbox has no parameter policies.")
	}
	return nil
}

// apply makes the next version of p, which is empty when there is none.
func (in *PutParameterInput) apply(call *wire.Call, p parameter) parameter {
	p.Name = in.Name
	p.Value = in.Value
	p.Type = cmp.Or(p.Type, in.Type)
	p.DataType = cmp.Or(in.DataType, p.DataType, "text")
	p.Tier = in.tier(p.Tier)
	p.Description = cmp.Or(in.Description, p.Description)
	p.AllowedPattern = cmp.Or(in.AllowedPattern, p.AllowedPattern)
	p.Version++
	p.Modified = call.Now
	p.ModifiedBy = call.CallerARN()
	return p
}

// tier is the one of the next version, after one of the present tier, which is "" when
// there is none. An advanced parameter stays one (documented).
func (in *PutParameterInput) tier(present string) string {
	wanted := cmp.Or(in.Tier, present, tierStandard)
	switch {
	case wanted != tierIntelligent:
		return wanted
	case present == tierAdvanced, len(in.Value) > maxStandard:
		return tierAdvanced
	}
	return tierStandard
}

// DeleteParameterInput is DeleteParameter's request.
type DeleteParameterInput struct {
	Name string `aws:",required"`
}

// DeleteParameter removes a parameter with its history.
func DeleteParameter(call *wire.Call, in *DeleteParameterInput) (*wire.Empty, error) {
	p, ok := getParameter(call, in.Name)
	if !ok {
		return nil, notFound(in.Name)
	}
	p.remove(call)
	return &wire.Empty{}, nil
}

// DeleteParametersInput is DeleteParameters' request.
type DeleteParametersInput struct {
	Names []string `aws:",required"` // 1 to 10
}

// DeleteParametersOutput is DeleteParameters' response.
type DeleteParametersOutput struct {
	DeletedParameters []string
	InvalidParameters []string
}

// DeleteParameters removes those of the parameters that exist.
func DeleteParameters(call *wire.Call, in *DeleteParametersInput) (*DeleteParametersOutput, error) {
	if err := checkNames(in.Names); err != nil {
		return nil, err
	}
	out := &DeleteParametersOutput{DeletedParameters: []string{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		p, ok := getParameter(call, name)
		if !ok {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		p.remove(call)
		out.DeletedParameters = append(out.DeletedParameters, name)
	}
	return out, nil
}

// checkNames wants a list of 1 to 10 names.
func checkNames(names []string) error {
	var c wire.Constraints
	c.Check(len(names) >= 1, "names", names, "Member must have length greater than or equal to 1")
	c.Check(len(names) <= 10, "names", names, "Member must have length less than or equal to 10")
	return c.Err("ValidationException")
}

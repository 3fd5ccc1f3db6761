package ssm

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mlops-infra-suite/internal/sandbox/wire"
)

// ParameterMetadata is a parameter without its value.
type ParameterMetadata struct {
	Name             string
	ARN              string
	Type             string
	LastModifiedDate time.Time
	LastModifiedUser string
	Description      string
	AllowedPattern   string
	Version          int64
	Tier             string
	Policies         []string
	DataType         string
}

// ParameterStringFilter narrows a list of parameters. Values are joined by OR,
// filters by AND.
type ParameterStringFilter struct {
	Key    string `aws:",required"`
	Option string // "" is Equals, for Path OneLevel
	Values []string
}

// ParametersFilter is the older form of a filter, which looks for beginnings.
type ParametersFilter struct {
	Key    string   `aws:",required"`
	Values []string `aws:",required"`
}

// DescribeParametersInput is DescribeParameters' request.
type DescribeParametersInput struct {
	Filters          []ParametersFilter
	ParameterFilters []ParameterStringFilter
	MaxResults       *int32 // 1 to 50; nil means 50
	NextToken        string
	Shared           bool // nothing is shared between accounts here
}

// DescribeParametersOutput is DescribeParameters' response.
type DescribeParametersOutput struct {
	Parameters []ParameterMetadata
	NextToken  string
}

// DescribeParameters lists parameters without their values, by name.
func DescribeParameters(call *wire.Call, in *DescribeParametersInput) (*DescribeParametersOutput, error) {
	filters := in.ParameterFilters
	if len(in.Filters) > 0 {
		if len(filters) > 0 {
			return nil, invalid("You can use either Filters or ParameterFilters in a single request.")
		}
		for _, f := range in.Filters { // assumed: they compare as the newer ones with BeginsWith
			filters = append(filters, ParameterStringFilter{Key: f.Key, Option: "BeginsWith", Values: f.Values})
		}
	}
	match, err := compile(filters, describeKeys)
	if err != nil {
		return nil, err
	}
	var found []parameter
	for p := range parameters(call, "") {
		if match(p) && !in.Shared {
			found = append(found, p)
		}
	}
	page, next, err := paginate(found, parameter.name, in.NextToken, in.MaxResults, 50)
	if err != nil {
		return nil, err
	}
	out := &DescribeParametersOutput{Parameters: []ParameterMetadata{}, NextToken: next}
	for _, p := range page {
		out.Parameters = append(out.Parameters, p.metadata(call))
	}
	return out, nil
}

func (p parameter) metadata(call *wire.Call) ParameterMetadata {
	return ParameterMetadata{
		Name: p.Name, ARN: p.arn(call), Type: p.Type, LastModifiedDate: p.Modified,
		LastModifiedUser: p.ModifiedBy, Description: p.Description, AllowedPattern: p.AllowedPattern,
		Version: p.Version, Tier: p.Tier, Policies: []string{}, DataType: p.DataType,
	}
}

// filterKeys says which options each key of an operation's filters takes
// (documented). The first option is the default one.
type filterKeys map[string][]string

var (
	describeKeys = filterKeys{
		"Name":     {"Equals", "BeginsWith", "Contains"},
		"Path":     {"OneLevel", "Recursive"},
		"Type":     {"Equals", "BeginsWith"},
		"KeyId":    {"Equals", "BeginsWith"},
		"Tier":     {"Equals", "BeginsWith"},
		"DataType": {"Equals", "BeginsWith"},
		"tag:":     {"Equals", "BeginsWith"},
	}
	byPathKeys = filterKeys{
		"Type":  {"Equals", "BeginsWith"},
		"KeyId": {"Equals", "BeginsWith"},
		"Label": {"Equals"},
	}
)

// compile makes a predicate of filters.
func compile(filters []ParameterStringFilter, keys filterKeys) (func(parameter) bool, error) {
	filters = slices.Clone(filters)
	seen := map[string]bool{}
	for i, f := range filters {
		key := f.Key
		if strings.HasPrefix(key, "tag:") && len(key) > len("tag:") {
			key = "tag:"
		}
		options, ok := keys[key]
		switch {
		case !ok:
			return nil, wire.Errorf("InvalidFilterKey", "The following filter key is not valid: %s. "+
				"Valid filter keys include: [%s].", f.Key, strings.Join(keys.names(), ", "))
		case f.Option != "" && !slices.Contains(options, f.Option):
			return nil, wire.Errorf("InvalidFilterOption", "The following filter option is not valid: %s. "+
				"Valid options include: [%s].", f.Option, strings.Join(options, ", "))
		case len(f.Values) == 0 && key != "tag:": // a tag filter without values looks for the key
			return nil, wire.Errorf("InvalidFilterValue", "The following filter values are missing : null for filter key %s", f.Key)
		case len(f.Values) > 50:
			return nil, wire.Errorf("InvalidFilterValue", "A filter can have at most 50 values")
		case seen[f.Key]:
			return nil, wire.Errorf("InvalidFilterKey", "The following filter is duplicated in the request: %s. "+
				"A request can contain only one instance of a specific filter.", f.Key)
		}
		seen[f.Key] = true
		filters[i].Option = cmp.Or(f.Option, options[0])
	}
	return func(p parameter) bool {
		return !slices.ContainsFunc(filters, func(f ParameterStringFilter) bool { return !f.matches(p) })
	}, nil
}

func (k filterKeys) names() []string {
	var names []string
	for name := range k {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (f ParameterStringFilter) matches(p parameter) bool {
	var value string
	switch f.Key {
	case "Path":
		return slices.ContainsFunc(f.Values, func(path string) bool { return below(p.Name, path, f.Option == "Recursive") })
	case "Name":
		value = p.Name
	case "Type":
		value = p.Type
	case "Tier":
		value = p.Tier
	case "DataType":
		value = p.DataType
	case "KeyId", "Label":
		return false // nothing has one here
	default:
		var ok bool
		if value, ok = p.Tags[strings.TrimPrefix(f.Key, "tag:")]; !ok || len(f.Values) == 0 {
			return ok
		}
	}
	return slices.ContainsFunc(f.Values, func(wanted string) bool {
		switch f.Option {
		case "BeginsWith":
			return strings.HasPrefix(value, wanted)
		case "Contains":
			return strings.Contains(value, wanted)
		}
		return value == wanted
	})
}

// pathPrefix is what the names of all parameters below a path begin with.
func pathPrefix(path string) string { return strings.TrimSuffix(path, "/") + "/" }

// below reports whether a parameter lies below a path: directly, or at any depth.
func below(name, path string, recursive bool) bool {
	rest, ok := strings.CutPrefix(name, pathPrefix(path))
	return ok && (recursive || !strings.Contains(rest, "/"))
}

// paginate cuts out the page that a request asks for. Without maxResults it has
// as many items as a page may have.
func paginate(all []parameter, id func(parameter) string, token string, maxResults *int32, largest int32) ([]parameter, string, error) {
	limit := largest
	if maxResults != nil {
		limit = *maxResults
	}
	var c wire.Constraints
	c.Range("maxResults", int64(limit), 1, int64(largest))
	if err := c.Err("ValidationException"); err != nil {
		return nil, "", err
	}
	page, next, err := wire.Paginate(all, id, token, int(limit))
	if err != nil {
		return nil, "", wire.Errorf("InvalidNextToken", "The specified token is not valid.")
	}
	return page, next, nil
}

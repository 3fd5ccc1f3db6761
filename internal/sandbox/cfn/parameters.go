package cfn

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/ssm"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// value is what a parameter stands for.
func (d deployment) value(name string) string {
	if stored, ok := d.Stored[name]; ok {
		return stored
	}
	return d.Parameters[name]
}

// storedValues reads the values of the parameters that name a parameter of SSM. AWS reads them anew for each request, even for
// a parameter that keeps its previous value (documented); a change set keeps what it has read (assumed).
func storedValues(call *wire.Call, t *template.Template, values map[string]string) (map[string]string, error) {
	stored := map[string]string{}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		p := t.Parameters[name]
		if !p.Stored() {
			continue
		}
		out, err := ask(call, "ssm", "GetParameters", ssm.GetParameter, &ssm.GetParameterInput{Name: values[name]})
		if err != nil {
			missing = append(missing, values[name])
			continue
		}
		stored[name] = out.Parameter.Value
	}
	if len(missing) > 0 {
		return nil, validation("Unable to fetch parameters [%s] from parameter store for this account.", strings.Join(missing, ","))
	}
	return stored, nil
}

// ask reads from another service for the caller.
func ask[In, Out any](call *wire.Call, service, action string, fn func(*wire.Call, *In) (*Out, error), in *In) (*Out, error) {
	asking := *call
	asking.Service, asking.Action, asking.Via = service, action, via
	return wire.Through(&asking, in, fn)
}

// obstacle says what a deployment needs but the account lacks, among what its parameters name and what it imports; "" if
// nothing is missing (reported wording).
func obstacle(call *wire.Call, t *template.Template, d deployment) (string, error) {
	for _, name := range d.Imports {
		if _, ok := store.Get[Export](call.Tx, exportTable, call.Key(name)); !ok {
			return fmt.Sprintf("No export named %s found", name), nil
		}
	}
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		p := t.Parameters[name]
		for _, value := range listOf(p.Value(d.value(name))) {
			exists, err := exists(call, p.Element(), value)
			if refusal, ok := errors.AsType[*wire.Error](err); ok { // the caller may not look
				return refusal.Message, nil
			}
			if err != nil {
				return "", fmt.Errorf("look up %s: %w", value, err)
			}
			if !exists {
				missing = append(missing, fmt.Sprintf("parameter value %s for parameter name %s does not exist", value, name))
			}
		}
	}
	if len(missing) == 0 {
		return "", nil
	}
	return "Parameter validation failed: " + strings.Join(missing, ", "), nil
}

func listOf(value any) []string {
	items, isList := value.(template.List)
	if !isList {
		items = template.List{value}
	}
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.(string) // the values of parameters are
	}
	return texts
}

// exists reports whether what the value of a parameter names exists. A value of a type that names nothing always does.
func exists(call *wire.Call, parameterType, value string) (bool, error) {
	filter := func(name string) []ec2.Filter { return []ec2.Filter{{Name: name, Values: []string{value}}} }
	switch parameterType {
	case template.VPCID:
		out, err := ask(call, "ec2", "DescribeVpcs", ec2.DescribeVpcs, &ec2.DescribeVpcsInput{Filters: filter("vpc-id")})
		return err == nil && len(out.Vpcs) > 0, err
	case template.SubnetID:
		out, err := ask(call, "ec2", "DescribeSubnets", ec2.DescribeSubnets, &ec2.DescribeSubnetsInput{Filters: filter("subnet-id")})
		return err == nil && len(out.Subnets) > 0, err
	case template.SecurityGroupID:
		out, err := ask(call, "ec2", "DescribeSecurityGroups", ec2.DescribeSecurityGroups, &ec2.DescribeSecurityGroupsInput{Filters: filter("group-id")})
		return err == nil && len(out.SecurityGroups) > 0, err
	case template.ZoneName:
		return slices.Contains(ec2.Zones(call), value), nil
	case template.StoredName:
		_, err := ask(call, "ssm", "GetParameters", ssm.GetParameter, &ssm.GetParameterInput{Name: value})
		return err == nil, nil
	}
	return true, nil
}

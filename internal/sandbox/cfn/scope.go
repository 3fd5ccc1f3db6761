package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/wire"
)

// scope is what the names in a template stand for, in one stack at one moment.
type scope struct {
	call       *wire.Call
	stack      *stack
	template   *template.Template
	parameters map[string]string
	resource   func(template.Reference) any // a resource's physical ID or attribute
}

func (s scope) resolve(ref template.Reference) (any, error) {
	if p, ok := s.template.Parameters[ref.Name]; ok {
		return p.Value(s.parameters[ref.Name]), nil
	}
	switch ref.Name {
	case "AWS::AccountId":
		return s.call.Account, nil
	case "AWS::NotificationARNs":
		return template.List{}, nil
	case "AWS::Partition":
		return s.call.Partition(), nil
	case "AWS::Region":
		return s.call.Region, nil
	case "AWS::StackId":
		return s.stack.ID, nil
	case "AWS::StackName":
		return s.stack.Name, nil
	case "AWS::URLSuffix":
		if s.call.Partition() == "aws-cn" {
			return "amazonaws.com.cn", nil
		}
		return "amazonaws.com", nil
	}
	return s.resource(ref), nil
}

// scope is the names' meaning while the operation goes on: the resources that
// have been made.
func (r *run) scope() scope {
	return scope{
		call: r.call, stack: r.stack, template: r.template, parameters: r.stack.Deployment.Parameters,
		resource: r.stack.current,
	}
}

// current is the present value of a reference to a resource.
func (s *stack) current(ref template.Reference) any {
	record := s.Resources[ref.Name]
	if ref.Attribute == "" {
		return record.PhysicalID
	}
	return record.Attributes[ref.Attribute]
}

// missingParameterValues tells which values of parameters that name something
// in EC2 don't exist there, "" for none (reported wording).
func missingParameterValues(call *wire.Call, t *template.Template, values map[string]string) (string, error) {
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		if t.Parameters[name].Type != template.VPCID {
			continue
		}
		out, err := ec2.DescribeVpcs(call, &ec2.DescribeVpcsInput{
			Filters: []ec2.Filter{{Name: "vpc-id", Values: []string{values[name]}}},
		})
		if err != nil {
			return "", fmt.Errorf("look up VPC %s: %w", values[name], err)
		}
		if len(out.Vpcs) == 0 {
			missing = append(missing, fmt.Sprintf("parameter value %s for parameter name %s does not exist", values[name], name))
		}
	}
	if len(missing) == 0 {
		return "", nil
	}
	return "Parameter validation failed: " + strings.Join(missing, ", "), nil
}

package cfn

import (
	"mlops-infra-suite/internal/sandbox/cfn/template"
	"mlops-infra-suite/internal/sandbox/ec2"
	"mlops-infra-suite/internal/sandbox/store"
	"mlops-infra-suite/internal/sandbox/wire"
)

// scope is what the names in a template stand for, in one stack at one moment.
type scope struct {
	call       *wire.Call
	stack      *stack
	template   *template.Template
	deployment deployment
	resource   func(template.Reference) any // a resource's physical ID or attribute
}

// resolve is what a reference of the template stands for; template.Evaluate asks it.
func (s scope) resolve(ref template.Reference) (any, error) {
	switch ref.Kind {
	case template.Mapping:
		return s.template.Mappings[ref.Name], nil
	case template.Zones:
		if ref.Name != "" && ref.Name != s.call.Region {
			return nil, validation("Template error: the sandbox knows the availability zones of the stack's own region alone, not of %s", ref.Name)
		}
		zones := template.List{}
		for _, zone := range ec2.Zones(s.call) {
			zones = append(zones, zone)
		}
		return zones, nil
	case template.Export:
		export, ok := store.Get[Export](s.call.Tx, exportTable, s.call.Key(ref.Name))
		if !ok {
			return template.KnownAfterApply, nil // obstacle says what is missing
		}
		return export.Value, nil
	}
	if p, ok := s.template.Parameters[ref.Name]; ok {
		return p.Value(s.deployment.value(ref.Name)), nil
	}
	if value, ok := s.pseudo(ref.Name); ok {
		return value, nil
	}
	return s.resource(ref), nil
}

// pseudo is the value of a pseudo parameter, false if name is none that has a value.
func (s scope) pseudo(name string) (any, bool) {
	switch name {
	case "AWS::AccountId":
		return s.call.Account, true
	case "AWS::NotificationARNs":
		return template.List{}, true
	case "AWS::Partition":
		return s.call.Partition(), true
	case "AWS::Region":
		return s.call.Region, true
	case "AWS::StackId":
		return s.stack.ID, true
	case "AWS::StackName":
		return s.stack.Name, true
	case "AWS::URLSuffix":
		if s.call.Partition() == "aws-cn" {
			return "amazonaws.com.cn", true
		}
		return "amazonaws.com", true
	}
	return nil, false
}

// scope is the names' meaning while the operation goes on: the resources that
// have been made.
func (r *run) scope() scope {
	return scope{
		call: r.call, stack: r.stack, template: r.template, deployment: r.stack.Deployment,
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

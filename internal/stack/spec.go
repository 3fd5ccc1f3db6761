package stack

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// MaxTemplateBytes is the largest template body that CloudFormation takes in a request (documented quota).
const MaxTemplateBytes = 51_200

// Spec is what a stack should be.
type Spec struct {
	Name       string            // the stack's name
	Template   string            // the template's body, JSON or YAML, at most MaxTemplateBytes, or MaxUploadBytes by way of Bucket
	Parameters map[string]string // values of the template's parameters
	Tags       map[string]string // tags of the stack, which CloudFormation hands on to its resources

	// TerminationProtection is switched on after a successful operation, also if nothing else changes. False leaves it as
	// it is: to take a protection away is a decision of its own (Engine.Protect).
	TerminationProtection bool

	// Bucket takes the template, in the place of the request; nil: it goes with the request.
	Bucket *Bucket

	// Resources lists what the template makes. Only Preview needs it, where it can't ask CloudFormation for the changes
	// without touching the stack; nil there: the changes stay unknown.
	Resources []Resource
}

// Resource is a resource of a template.
type Resource struct {
	LogicalID string
	Type      string // such as AWS::EC2::SecurityGroup
}

func (s Spec) validate() error {
	limit := MaxTemplateBytes
	if s.Bucket != nil {
		limit = MaxUploadBytes
	}
	if n := len(s.Template); n > limit {
		return &TemplateSizeError{StackName: s.Name, Bytes: n, Limit: limit}
	}
	return nil
}

// TemplateSizeError says that a template is larger than CloudFormation takes in a request, or from a bucket.
type TemplateSizeError struct {
	StackName string
	Bytes     int
	Limit     int
}

func (e *TemplateSizeError) Error() string {
	return fmt.Sprintf("template of stack %s has %d bytes, CloudFormation takes %d", e.StackName, e.Bytes, e.Limit)
}

// Hint says what to do about it.
func (e *TemplateSizeError) Hint() string { return "split the stack into smaller ones" }

func (s Spec) parameters() []types.Parameter {
	var list []types.Parameter
	for _, key := range slices.Sorted(maps.Keys(s.Parameters)) {
		list = append(list, types.Parameter{ParameterKey: aws.String(key), ParameterValue: aws.String(s.Parameters[key])})
	}
	return list
}

func (s Spec) tags() []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(s.Tags[key])})
	}
	return list
}

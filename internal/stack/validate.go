package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// TemplateError says that CloudFormation refuses a template.
type TemplateError struct {
	Reason string // CloudFormation's words
	Err    error
}

func (e *TemplateError) Error() string { return "CloudFormation refuses the template: " + e.Reason }
func (e *TemplateError) Unwrap() error { return e.Err }

// IsUnknownType reports whether the reason is a type of resources that CloudFormation doesn't have, here at least.
func (e *TemplateError) IsUnknownType() bool { return isUnknownType(e.Reason) }

type validator interface {
	ValidateTemplate(context.Context, *cloudformation.ValidateTemplateInput, ...func(*cloudformation.Options)) (*cloudformation.ValidateTemplateOutput, error)
}

// Validate asks CloudFormation whether a template is valid, of at most MaxTemplateBytes or, by way of a bucket, MaxUploadBytes.
// CloudFormation looks at the syntax, at functions and references, not at properties (documented). A refusal is a
// *TemplateError. What was put into the bucket is removed again.
func Validate(ctx context.Context, api validator, template string, bucket *Bucket) (err error) {
	in := &cloudformation.ValidateTemplateInput{TemplateBody: aws.String(template)}
	if bucket != nil {
		o, refused := bucket.upload(ctx, template)
		if refused != nil {
			return refused
		}
		defer func() {
			cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
			defer cancel()
			err = errors.Join(err, o.remove(cleaning))
		}()
		url, unknown := o.url(ctx)
		if unknown != nil {
			return unknown
		}
		in = &cloudformation.ValidateTemplateInput{TemplateURL: aws.String(url)}
	}
	_, err = api.ValidateTemplate(ctx, in)
	if reason, refused := refusal(err); refused {
		return &TemplateError{Reason: reason, Err: err}
	}
	if err != nil {
		return fmt.Errorf("validate template: %w", err)
	}
	return nil
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"mlops-infra-suite/internal/awsenv"
	"mlops-infra-suite/internal/diag"
	"mlops-infra-suite/internal/stack"
)

// askAttempts is how often CloudFormation is asked about a template: somebody offline should not wait.
const askAttempts = 2

// sandboxLimit is how the sandbox says that it doesn't know what AWS would make of something.
const sandboxLimit = "not supported by this sandbox"

// ask has CloudFormation validate a template, if it can be asked. Without credentials, a network or the permission the template
// was checked here alone: that is told, and is an error only with --strict.
func (s *session) ask(ctx context.Context, t *subject, r *validateTemplateResult) (err error) {
	tooLarge := len(t.request) > s.settings.TemplateBytes
	if reason := s.unaskable(len(t.request)); reason != nil {
		return s.notAsked(r, reason)
	}
	cfg, door, err := s.askWhom(ctx)
	if door != nil {
		defer func() { err = errors.Join(err, door.close()) }()
	}
	switch {
	case err != nil && s.app.opt.sandbox:
		return err
	case err != nil:
		return s.notAsked(r, err)
	}
	client := cloudformation.NewFromConfig(cfg, func(o *cloudformation.Options) { o.RetryMaxAttempts = askAttempts })
	var bucket *stack.Bucket
	if tooLarge {
		if bucket, err = s.bucket(ctx, cfg, door); err != nil {
			return err
		}
	}
	err = stack.Validate(ctx, client, t.request, bucket)
	refused, no := errors.AsType[*stack.TemplateError](err)
	switch {
	case no && refused.IsUnknownType() && s.app.opt.sandbox:
		return s.notAsked(r, fmt.Errorf("the sandbox has not all of AWS's types: %s", refused.Reason))
	case no && strings.Contains(refused.Reason, sandboxLimit) && s.app.opt.sandbox:
		return s.notAsked(r, fmt.Errorf("the sandbox can't judge this template, AWS may take it: %s", refused.Reason))
	case no:
		r.CheckedBy = append(r.CheckedBy, checkedByAWS)
		s.findings.Errorf(diag.CodeRefused, diag.Pos{File: t.name}, "%v", refused)
		return invalid(s.findings)
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return s.notAsked(r, awsenv.Explain(err))
	}
	r.CheckedBy = append(r.CheckedBy, checkedByAWS)
	s.tell.step("CloudFormation accepts %s", t.name)
	return nil
}

// unaskable is why CloudFormation can't be asked about a template of that size.
func (s *session) unaskable(bytes int) error {
	text := ""
	switch {
	case bytes <= s.settings.TemplateBytes:
		return nil
	case bytes > stack.MaxUploadBytes:
		text = fmt.Sprintf("the template has %d bytes, and CloudFormation takes %d", bytes, stack.MaxUploadBytes)
	case s.settings.TemplateBucket == "":
		text = fmt.Sprintf("the template has %d bytes, and a request takes %d; there is no template_bucket", bytes, s.settings.TemplateBytes)
	case s.cfg == nil:
		text = fmt.Sprintf("the template has %d bytes, and without a config it is not known whose template_bucket takes it", bytes)
	default:
		return nil
	}
	return &exitError{exit: exitFailed, code: "NOT_ASKED", err: errors.New(text)}
}

// notAsked tells that a template was checked here alone.
func (s *session) notAsked(r *validateTemplateResult, reason error) error {
	r.NotAsked = reason.Error()
	if s.app.opt.strict {
		return fmt.Errorf("ask CloudFormation about the template: %w", reason)
	}
	s.tell.say("checked here alone, CloudFormation was not asked: %v", reason)
	return nil
}

package cli

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"mlops-infra-suite/internal/stack"
)

// checkSize refuses a template for which there is no way to CloudFormation.
func (s *session) checkSize(bytes int) error {
	const split = "split the set into several: one config per part, told apart by security_groups.workload"
	switch {
	case bytes > stack.MaxUploadBytes:
		return blockedf("TEMPLATE_TOO_LARGE", split,
			"the template has %d bytes as JSON, over CloudFormation's limit of %d for one in a bucket", bytes, stack.MaxUploadBytes)
	case bytes > s.settings.TemplateBytes && s.settings.Bucket(s.cfg) == "":
		return blockedf("TEMPLATE_TOO_LARGE", "name a bucket for it in app_config.yaml (template_bucket), or "+split,
			"the template has %d bytes as JSON, over CloudFormation's limit of %d for a request", bytes, s.settings.TemplateBytes)
	}
	return nil
}

// bucket is where the templates of the config go that are too large for a request. Those of a test set don't outlive it.
func (s *session) bucket(ctx context.Context, cfg aws.Config, d *door) (*stack.Bucket, error) {
	if err := s.ensureBucket(ctx, d); err != nil {
		return nil, err
	}
	return &stack.Bucket{
		Client: s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.UsePathStyle = o.BaseEndpoint != nil // another server has no names for buckets
		}),
		Name: s.settings.Bucket(s.cfg), Owner: s.cfg.AccountID, Prefix: tool + "/" + s.cfg.Names.SGName, Transient: s.isTest(),
	}, nil
}

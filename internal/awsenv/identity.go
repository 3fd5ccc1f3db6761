package awsenv

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Identity is who the credentials belong to.
type Identity struct {
	Account string // 12 digits
	ARN     string
}

// identityAttempts are few: this is the first call of a run, and where it can't get through the user should know soon.
const identityAttempts = 3

// Who asks AWS who the caller is. Errors are explained.
func Who(ctx context.Context, cfg aws.Config) (Identity, error) {
	client := sts.NewFromConfig(cfg, func(o *sts.Options) { o.RetryMaxAttempts = identityAttempts })
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, Explain(fmt.Errorf("get caller identity: %w", err))
	}
	return Identity{Account: aws.ToString(out.Account), ARN: aws.ToString(out.Arn)}, nil
}

package awsenv

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Identity is who the credentials belong to.
type Identity struct {
	Account string // 12 digits
	ARN     string
}

// madeUp is the name of a session that its user gave none: AWS's SDKs invent one from the time.
var madeUp = regexp.MustCompile(`/(aws-go-sdk|aws-sdk-js|aws-sdk-java|botocore-session)-[0-9]+$`)

// Principal is the ARN, but for the name of a session that an SDK made up: the same user's next run has another.
func (i Identity) Principal() string { return madeUp.ReplaceAllString(i.ARN, "") }

// identityAttempts are few: this is the first call of a run, and where it can't get through the user should know soon.
const identityAttempts = 3

// identityTime is how long it may take: more than the minute that the SDK gives a credential_process, which may ask its user for
// something, and less than silent services can hold it with all their attempts.
const identityTime = 75 * time.Second

// Who asks AWS who the caller is. Errors are explained.
func Who(ctx context.Context, cfg aws.Config) (Identity, error) {
	client := sts.NewFromConfig(cfg, func(o *sts.Options) { o.RetryMaxAttempts = identityAttempts })
	bounded, cancel := context.WithTimeout(ctx, identityTime)
	defer cancel()
	out, err := client.GetCallerIdentity(bounded, &sts.GetCallerIdentityInput{})
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return Identity{}, &Error{Kind: Unreachable, Text: fmt.Sprintf("get caller identity: no answer within %s", identityTime), Err: err}
	}
	if err != nil {
		return Identity{}, Explain(fmt.Errorf("get caller identity: %w", err))
	}
	return Identity{Account: aws.ToString(out.Account), ARN: aws.ToString(out.Arn)}, nil
}

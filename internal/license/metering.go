//go:build licensed || tools

package license

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/marketplacemetering"
)

// registerUsage registers the task in which the tool runs, and verifies that it was AWS Marketplace that said yes, now, to this
// very question. An answer may tell when the key has expired (documented: only then does it). That alone is no refusal: a
// subscription outlives a key, and what the key of this build has signed is an entitlement. A token that another key has signed
// is none, and then the date tells why.
func (b build) registerUsage(ctx context.Context, c connection) error {
	nonce, asked := rand.Text(), time.Now()
	out, err := marketplacemetering.NewFromConfig(c.config()).RegisterUsage(ctx, &marketplacemetering.RegisterUsageInput{
		ProductCode:      aws.String(b.product),
		PublicKeyVersion: aws.Int32(b.keyVersion),
		Nonce:            aws.String(nonce),
	})
	if err != nil {
		return err
	}
	err = b.verify(aws.ToString(out.Signature), nonce, asked, time.Now())
	if rotated := out.PublicKeyRotationTimestamp; err != nil && rotated != nil {
		return expiredKeyError{*rotated, err}
	}
	return err
}

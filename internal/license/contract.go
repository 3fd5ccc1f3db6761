//go:build licensed || tools

package license

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/licensemanager"
	"github.com/aws/aws-sdk-go-v2/service/licensemanager/types"
)

// marketplaceIssuer is the fingerprint of every license that AWS Marketplace issues (documented). No other issuer's will do.
const marketplaceIssuer = "aws:294406891311:AWS/Marketplace:issuer-fingerprint"

// checkOut checks the entitlement out of the buyer's license. It is a feature, of unit None, so nothing is taken from a pool that
// would have to be given back (documented: CheckInLicense is for floating entitlements).
func (b build) checkOut(ctx context.Context, c connection) error {
	out, err := licensemanager.NewFromConfig(c.config()).CheckoutLicense(ctx, &licensemanager.CheckoutLicenseInput{
		ProductSKU:     aws.String(b.product),
		CheckoutType:   types.CheckoutTypeProvisional,
		KeyFingerprint: aws.String(marketplaceIssuer),
		ClientToken:    aws.String(rand.Text()), // each run is a checkout of its own: an old answer is never repeated
		Entitlements:   []types.EntitlementData{{Name: aws.String(b.entitlement), Unit: types.EntitlementDataUnitNone}},
	})
	if err != nil {
		return err
	}
	return b.judge(out, time.Now())
}

// judge wants of the answer what AWS documents of a checkout that has succeeded: the entitlement, a consumption token, and an
// end that is still to come.
func (b build) judge(out *licensemanager.CheckoutLicenseOutput, now time.Time) error {
	if !b.allowed(out.EntitlementsAllowed) {
		return answerError{fmt.Sprintf("the license does not hold the entitlement %q", b.entitlement)}
	}
	if aws.ToString(out.LicenseConsumptionToken) == "" || out.CheckoutType != types.CheckoutTypeProvisional {
		return answerError{"License Manager's answer is not that of a checkout"}
	}
	if out.Expiration == nil {
		return nil
	}
	end, err := parseTime(*out.Expiration)
	if err != nil {
		return answerError{fmt.Sprintf("the checkout's end is %q, which is no time", *out.Expiration)}
	}
	if end.Before(now.Add(-maxSkew)) {
		return answerError{"the checkout has expired at " + end.UTC().Format(time.RFC3339)}
	}
	return nil
}

// parseTime reads a time in the form of the API's model, which has a zone, or in that of the seller guide's examples, which has
// none and is taken for UTC.
func parseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	return time.Parse("2006-01-02T15:04:05", text)
}

// allowed looks for the feature that was asked for. Its value is left out or "Enabled" in the seller guide's examples, which write
// its unit under another name than the API's model.
func (b build) allowed(entitlements []types.EntitlementData) bool {
	return slices.ContainsFunc(entitlements, func(e types.EntitlementData) bool {
		return aws.ToString(e.Name) == b.entitlement &&
			slices.Contains([]types.EntitlementDataUnit{types.EntitlementDataUnitNone, ""}, e.Unit) &&
			slices.Contains([]string{"", "Enabled"}, aws.ToString(e.Value))
	})
}

//go:build tools

package sandbox_test

import (
	"testing"

	"mlops-infra-suite/internal/sandbox"
)

// TestAWSCLIMarketplace asks the two services with the AWS CLI, which is botocore as boto3 is.
func TestAWSCLIMarketplace(t *testing.T) {
	t.Parallel()
	_, address, _ := serve(t, sandbox.Options{})
	const license = "license-manager checkout-license --product-sku prod-1 --checkout-type PROVISIONAL --client-token t " +
		"--entitlements Name=Feature,Unit=None --key-fingerprint "
	runCLI(t, environment(t, address), []cliStep{
		{arguments: "meteringmarketplace register-usage --product-code 4h2 --public-key-version 1 --nonce n --query length(Signature)>`400`", want: "true"},
		{arguments: "meteringmarketplace register-usage --product-code 4h2 --public-key-version 7",
			refused: "An error occurred (InvalidPublicKeyVersionException) when calling the RegisterUsage operation: Public Key version is invalid"},
		{arguments: "meteringmarketplace meter-usage --product-code 4h2 --timestamp 2026-01-01 --usage-dimension d",
			refused: "An error occurred (UnknownOperationException) when calling the MeterUsage operation: The action MeterUsage is not implemented by this sandbox."},
		{arguments: license + "aws:294406891311:AWS/Marketplace:issuer-fingerprint --query EntitlementsAllowed[0].[Name,Value,Unit] --output text",
			want: "Feature\tEnabled\tNone"},
		{arguments: license + "other", refused: "An error occurred (ValidationException) when calling the CheckoutLicense operation: " +
			"The client token was used for another request"},
	})
}

// TestAWSCLIMarketplaceRefused has an error on demand.
func TestAWSCLIMarketplaceRefused(t *testing.T) {
	t.Parallel()
	faults, err := sandbox.ParseFaults("RegisterUsage=CustomerNotEntitledException")
	if err != nil {
		t.Fatal(err)
	}
	_, address, _ := serve(t, sandbox.Options{Faults: faults})
	runCLI(t, environment(t, address), []cliStep{
		{arguments: "meteringmarketplace register-usage --product-code 4h2 --public-key-version 1",
			refused: "An error occurred (CustomerNotEntitledException) when calling the RegisterUsage operation: Customer is not entitled to the product"},
	})
}

package sandbox_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/marketplacemetering"
	"github.com/aws/smithy-go"

	"mlops-infra-suite/internal/sandbox"
)

// TestUnbuiltServices: the services that the sandbox does not play yet refuse every one of their operations, in their own
// words, rather than those of another service.
func TestUnbuiltServices(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	for service, signing := range map[string]string{"cloudtrail": "cloudtrail", "marketplacemetering": "aws-marketplace"} {
		for _, name := range sdkOperations(t, service) {
			status, got := request(t, s, signing, name, "{}")
			if status != 400 || got.Code != "UnknownOperationException" {
				t.Errorf("%s of %s: %d %+v", name, service, status, got)
			}
		}
	}
	cfg := configFor(s, testAccount, testRegion)
	_, lookup := cloudtrail.NewFromConfig(cfg).LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{})
	_, register := marketplacemetering.NewFromConfig(cfg).RegisterUsage(t.Context(), &marketplacemetering.RegisterUsageInput{
		ProductCode: aws.String("p"), PublicKeyVersion: aws.Int32(1),
	})
	for _, err := range []error{lookup, register} {
		api, ok := errors.AsType[smithy.APIError](err)
		if !ok || api.ErrorCode() != "UnknownOperationException" {
			t.Errorf("the SDK got %v", err)
		}
	}
}

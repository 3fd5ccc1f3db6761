package sandbox_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/licensemanager"
	"github.com/aws/aws-sdk-go-v2/service/licensemanager/types"
	"github.com/aws/aws-sdk-go-v2/service/marketplacemetering"
	"github.com/aws/smithy-go"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"mlops-infra-suite/internal/sandbox"
	"mlops-infra-suite/internal/sandbox/marketplace"
)

// TestMarketplaceOperations: of all operations that AWS has, each service has one, and refuses the others in its own words.
func TestMarketplaceOperations(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	for signing, want := range map[string]struct{ module, operation string }{
		"aws-marketplace": {"marketplacemetering", "RegisterUsage"},
		"license-manager": {"licensemanager", "CheckoutLicense"},
	} {
		for _, name := range append(sdkOperations(t, want.module), "NoSuchOperation") {
			status, got := request(t, s, signing, name, "{}")
			if unknown := got.Code == "UnknownOperationException"; status != 400 || unknown != (name != want.operation) {
				t.Errorf("%s of %s: %d %+v", name, signing, status, got)
			}
		}
	}
}

func register(t *testing.T, s *sandbox.Sandbox, code string, version int32, nonce *string) (*marketplacemetering.RegisterUsageOutput, error) {
	t.Helper()
	return marketplacemetering.NewFromConfig(configFor(s, testAccount, testRegion)).RegisterUsage(t.Context(),
		&marketplacemetering.RegisterUsageInput{ProductCode: &code, PublicKeyVersion: &version, Nonce: nonce})
}

// TestRegisterUsage verifies the token with a library that is not the sandbox's.
func TestRegisterUsage(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	out := must[*marketplacemetering.RegisterUsageOutput](t)(register(t, s, "4h2example", marketplace.KeyVersion, aws.String("n-1")))
	pem := must[[]byte](t)(marketplace.PublicKey())
	key, err := jwt.ParseRSAPublicKeyFromPEM(pem)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Parse(*out.Signature, func(*jwt.Token) (any, error) { return key, nil }, jwt.WithValidMethods([]string{"PS256"}), jwt.WithIssuedAt())
	if err != nil {
		t.Fatal(err)
	}
	said := token.Claims.(jwt.MapClaims)
	issued := must[*jwt.NumericDate](t)(said.GetIssuedAt())
	if age := time.Since(issued.Time); age < 0 || age > time.Minute {
		t.Errorf("issued %s ago", age)
	}
	delete(said, "iat")
	if diff := cmp.Diff(jwt.MapClaims{"ProductCode": "4h2example", "PublicKeyVersion": 1.0, "Nonce": "n-1"}, said); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"alg": "PS256", "typ": "JWT"}, token.Header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

func TestRegisterUsageRefuses(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	_, err := register(t, s, "", 1, nil)
	wantError(t, err, "InvalidProductCodeException", "The product code is not valid")
	_, err = register(t, s, "4h2example", 2, nil)
	wantError(t, err, "InvalidPublicKeyVersionException", "Public Key version is invalid")
	_, err = register(t, s, "what?", 0, nil)
	wantError(t, err, "ValidationException", "2 validation errors detected: Value 'what?' at 'productCode' failed to satisfy constraint: "+
		"Member must satisfy regular expression pattern: [-a-zA-Z0-9/=:_.@]*; "+
		"Value '0' at 'publicKeyVersion' failed to satisfy constraint: Member must have value greater than or equal to 1")
}

func checkout(t *testing.T, s *sandbox.Sandbox, change func(*licensemanager.CheckoutLicenseInput)) (*licensemanager.CheckoutLicenseOutput, error) {
	t.Helper()
	in := &licensemanager.CheckoutLicenseInput{
		ProductSKU: aws.String("prod-1"), CheckoutType: types.CheckoutTypeProvisional, KeyFingerprint: aws.String(marketplace.Issuer),
		ClientToken:  aws.String("token-1"),
		Entitlements: []types.EntitlementData{{Name: aws.String("Feature"), Unit: types.EntitlementDataUnitNone}},
	}
	change(in)
	return licensemanager.NewFromConfig(configFor(s, testAccount, testRegion)).CheckoutLicense(t.Context(), in)
}

func TestCheckoutLicense(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	same := func(*licensemanager.CheckoutLicenseInput) {}
	first := must[*licensemanager.CheckoutLicenseOutput](t)(checkout(t, s, same))
	again := must[*licensemanager.CheckoutLicenseOutput](t)(checkout(t, s, same))
	if *first.LicenseConsumptionToken == "" || *first.LicenseConsumptionToken != *again.LicenseConsumptionToken {
		t.Errorf("the same client token got %s, then %s", *first.LicenseConsumptionToken, *again.LicenseConsumptionToken)
	}
	if len(first.EntitlementsAllowed) != 1 || *first.EntitlementsAllowed[0].Name != "Feature" || *first.EntitlementsAllowed[0].Value != "Enabled" {
		t.Errorf("allowed: %+v", first.EntitlementsAllowed)
	}
	issued, err := time.Parse(time.RFC3339, *first.IssuedAt)
	end, err2 := time.Parse(time.RFC3339, *first.Expiration)
	if err := errors.Join(err, err2); err != nil || end.Sub(issued) != time.Hour {
		t.Errorf("from %s to %s: %v", *first.IssuedAt, *first.Expiration, err)
	}
	counted := must[*licensemanager.CheckoutLicenseOutput](t)(checkout(t, s, func(in *licensemanager.CheckoutLicenseInput) {
		in.ClientToken = aws.String("token-2")
		in.CheckoutType = types.CheckoutTypePerpetual
		in.Entitlements = []types.EntitlementData{{Name: aws.String("Data"), Unit: types.EntitlementDataUnitGigabytes, Value: aws.String("10")}}
	}))
	if *counted.EntitlementsAllowed[0].Value != "10" || counted.Expiration != nil {
		t.Errorf("counted: %+v", counted)
	}
}

func TestCheckoutLicenseRefuses(t *testing.T) {
	s := open(t, "", sandbox.Options{})
	must[*licensemanager.CheckoutLicenseOutput](t)(checkout(t, s, func(*licensemanager.CheckoutLicenseInput) {}))
	for name, tc := range map[string]struct {
		change        func(*licensemanager.CheckoutLicenseInput)
		code, message string
	}{
		"another issuer": {func(in *licensemanager.CheckoutLicenseInput) {
			in.KeyFingerprint, in.ClientToken = aws.String("aws:123456789012:me:issuer-fingerprint"), aws.String("t")
		}, "ResourceNotFoundException", "There is no license of this product by issuer aws:123456789012:me:issuer-fingerprint"},
		"a token used twice": {func(in *licensemanager.CheckoutLicenseInput) { in.ProductSKU = aws.String("prod-2") },
			"ValidationException", "The client token was used for another request"},
		"a token with a space": {func(in *licensemanager.CheckoutLicenseInput) { in.ClientToken = aws.String("a b") },
			"ValidationException", `1 validation error detected: Value 'a b' at 'clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: \S+`},
		"a feature with a value": {func(in *licensemanager.CheckoutLicenseInput) { in.Entitlements[0].Value = aws.String("1") },
			"InvalidParameterValueException", "Entitlement Feature: a feature has no value, anything else has one"},
		"no entitlement": {func(in *licensemanager.CheckoutLicenseInput) { in.Entitlements = []types.EntitlementData{} },
			"InvalidParameterValueException", "One or more parameter values are not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := checkout(t, s, tc.change)
			wantError(t, err, tc.code, tc.message)
		})
	}
}

// TestMarketplaceErrorsOnDemand: each error that the SDK has a type for can be had by a fault, and nothing else.
func TestMarketplaceErrorsOnDemand(t *testing.T) {
	call := map[string]func(*testing.T, *sandbox.Sandbox) error{
		"RegisterUsage": func(t *testing.T, s *sandbox.Sandbox) error {
			t.Helper()
			_, err := register(t, s, "code", 1, nil)
			return err
		},
		"CheckoutLicense": func(t *testing.T, s *sandbox.Sandbox) error {
			t.Helper()
			_, err := checkout(t, s, func(*licensemanager.CheckoutLicenseInput) {})
			return err
		},
	}
	for action, codes := range map[string][]string{
		"RegisterUsage": {"CustomerNotEntitledException", "DisabledApiException", "InternalServiceErrorException",
			"InvalidProductCodeException", "InvalidPublicKeyVersionException", "InvalidRegionException", "PlatformNotSupportedException",
			"ThrottlingException"},
		"CheckoutLicense": {"AccessDeniedException", "AuthorizationException", "InvalidParameterValueException",
			"NoEntitlementsAllowedException", "RateLimitExceededException", "RedirectException", "ResourceNotFoundException",
			"ServerInternalException", "UnsupportedDigitalSignatureMethodException", "ValidationException"},
	} {
		for _, code := range codes {
			faults, err := sandbox.ParseFaults(action + "=" + code)
			if err != nil {
				t.Fatal(err)
			}
			err = call[action](t, open(t, "", sandbox.Options{Faults: faults}))
			api, ok := errors.AsType[smithy.APIError](err)
			if !ok || api.ErrorCode() != code {
				t.Errorf("%s=%s: %v", action, code, err)
			}
			if _, general := errors.AsType[*smithy.GenericAPIError](err); general {
				t.Errorf("%s=%s: the SDK has no such error of the action", action, code)
			}
		}
	}
	for _, wrong := range []string{"RegisterUsage=NoSuchException", "CreateStack=CustomerNotEntitledException", "*=ThrottlingException"} {
		faults, err := sandbox.ParseFaults(wrong)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := sandbox.Open(t.TempDir(), sandbox.Options{Faults: faults}); err == nil {
			t.Errorf("%s is accepted: %v", wrong, s.Close())
		}
	}
	if _, err := sandbox.ParseFaults("RegisterUsage=Nonsense"); err == nil {
		t.Error("Nonsense is no error, and accepted")
	}
}

// TestMarketplaceFaults: the faults that every service has are worded as these two do.
func TestMarketplaceFaults(t *testing.T) {
	faults, err := sandbox.ParseFaults("RegisterUsage=throttle,CheckoutLicense=error")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, "", sandbox.Options{Faults: faults})
	_, throttled := register(t, s, "code", 1, nil)
	_, failed := checkout(t, s, func(*licensemanager.CheckoutLicenseInput) {})
	var codes []string
	for _, err := range []error{throttled, failed} {
		if api, ok := errors.AsType[smithy.APIError](err); ok {
			codes = append(codes, api.ErrorCode())
		}
	}
	if !slices.Equal(codes, []string{"ThrottlingException", "ServerInternalException"}) {
		t.Errorf("%v, %v", throttled, failed)
	}
}

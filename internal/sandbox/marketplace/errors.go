package marketplace

import "mlops-infra-suite/internal/sandbox/wire"

// documented are the errors that AWS documents for each operation.
var documented = map[string][]wire.Error{
	"RegisterUsage": {
		{Code: "CustomerNotEntitledException", Message: "Customer is not entitled to the product"},
		{Code: "DisabledApiException", Message: "The API is disabled in this Region"},
		{Code: "InternalServiceErrorException", Message: "An internal error has occurred. Retry your request.", Receiver: true},
		{Code: "InvalidProductCodeException", Message: "The product code is not valid"},
		{Code: "InvalidPublicKeyVersionException", Message: "Public Key version is invalid"},
		{Code: "InvalidRegionException", Message: "RegisterUsage must be called in the same AWS Region the ECS task was launched in"},
		{Code: "PlatformNotSupportedException",
			Message: "AWS Marketplace does not support metering usage from the underlying platform. Supported platforms: ECS, EKS, Fargate"},
		{Code: "ThrottlingException", Message: "Rate exceeded"},
	},
	"CheckoutLicense": {
		{Code: "AccessDeniedException", Message: "Access to resource denied"},
		{Code: "AuthorizationException", Message: "The AWS user account does not have permission to perform the action"},
		{Code: "InvalidParameterValueException", Message: "One or more parameter values are not valid"},
		{Code: "NoEntitlementsAllowedException", Message: "There are no entitlements found for this license, or the entitlement maximum count is reached"},
		{Code: "RateLimitExceededException", Message: "Too many requests have been submitted. Try again after a brief wait."},
		{Code: "RedirectException", Message: "This is not the correct Region for the resource"},
		{Code: "ResourceNotFoundException", Message: "The resource cannot be found"},
		{Code: "ServerInternalException", Message: "The server experienced an internal error", Receiver: true},
		{Code: "UnsupportedDigitalSignatureMethodException", Message: "The digital signature method is unsupported"},
		{Code: "ValidationException", Message: "The provided input is not valid"},
	},
}

// Documented returns the error with which AWS documents that the action can be refused, nil when there is none of the code.
func Documented(action, code string) *wire.Error {
	for _, e := range documented[action] {
		if e.Code == code {
			return &e
		}
	}
	return nil
}

package license

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"

	"mlops-infra-suite/internal/awsenv"
)

// reason is why there is no license, and what to do about it.
type reason struct{ text, remedy string }

const (
	again  = "run the same command again later"
	report = "tell the seller of this product: the build and its listing in AWS Marketplace do not fit together"
)

// meteringErrors are the errors that AWS documents for RegisterUsage.
var meteringErrors = map[string]reason{
	"CustomerNotEntitledException": {"this AWS account has no subscription to the product",
		"subscribe to it in AWS Marketplace with the account that runs this task, then start a new task"},
	"PlatformNotSupportedException": {"this edition is paid by the hour and runs on Amazon ECS, Amazon EKS and AWS Fargate alone",
		"run it there as a task or pod, or get the edition with a contract for other machines"},
	"InvalidProductCodeException":      {"AWS Marketplace does not know this build's product code", report},
	"InvalidPublicKeyVersionException": {"AWS Marketplace does not know this build's key version", report},
	"InvalidRegionException": {"the usage was not registered in the region where this task runs",
		"leave AWS_REGION as Amazon ECS or Amazon EKS sets it; the config names the region to deploy to"},
	"DisabledApiException": {"AWS Marketplace does not meter usage in this region",
		"run the task in another region; the config names the region to deploy to"},
	"ThrottlingException":           {"AWS Marketplace has been asked too often", again},
	"InternalServiceErrorException": {"AWS Marketplace had an internal error", again},
	"AccessDeniedException": {"this task's role may not register its usage",
		"allow aws-marketplace:RegisterUsage, or attach the managed policy AWSMarketplaceMeteringRegisterUsage"},
}

// contractErrors are the errors that AWS documents for CheckoutLicense.
var contractErrors = map[string]reason{
	"NoEntitlementsAllowedException": {"this AWS account has no license for the product, or all of it is in use",
		"buy it in AWS Marketplace, or have the license granted to this account, and accept and activate the grant"},
	"ResourceNotFoundException": {"this AWS account has no license for the product",
		"buy it in AWS Marketplace, or have the license granted to this account, and accept and activate the grant"},
	"AccessDeniedException": {"the credentials may not check out the license",
		"allow license-manager:CheckoutLicense, or attach the managed policy AWSLicenseManagerConsumptionPolicy"},
	"AuthorizationException": {"the credentials may not check out the license",
		"allow license-manager:CheckoutLicense, or attach the managed policy AWSLicenseManagerConsumptionPolicy"},
	"RedirectException":                          {"the license is not in this region", "set AWS_REGION to the region of the license, usually " + defaultRegion},
	"ValidationException":                        {"License Manager does not accept this build's request", report},
	"InvalidParameterValueException":             {"License Manager does not accept this build's request", report},
	"UnsupportedDigitalSignatureMethodException": {"License Manager can't sign the answer", report},
	"RateLimitExceededException":                 {"License Manager has been asked too often", again},
	"ServerInternalException":                    {"License Manager had an internal error", again},
}

// answerError says what is wrong with an answer that is no refusal, and no entitlement either.
type answerError struct{ text string }

func (e answerError) Error() string { return e.text }

// refusal turns whatever stood between this copy and its license into an *Error.
func refusal(mode Mode, region string, err error) *Error {
	r := explain(mode, region, err)
	return &Error{Text: "not licensed: " + r.text, Remedy: r.remedy, Err: err}
}

func explain(mode Mode, region string, err error) reason {
	if _, ok := errors.AsType[configError](err); ok {
		return misconfigured(err)
	}
	if _, ok := errors.AsType[credentialsError](err); ok {
		return withoutCredentials(mode, region, err)
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		table := meteringErrors
		if mode == Contract {
			table = contractErrors
		}
		if known, ok := table[api.ErrorCode()]; ok {
			return known
		}
	}
	if _, ok := errors.AsType[expiredKeyError](err); ok {
		return reason{oneLine(err), "get a newer release of this product; if there is none, " + report}
	}
	if _, ok := errors.AsType[tokenError](err); ok {
		return reason{oneLine(err), "let nothing stand between this task and AWS Marketplace; if nothing does, " + report}
	}
	if _, ok := errors.AsType[noRegionError](err); ok {
		return meteringErrors["PlatformNotSupportedException"]
	}
	if _, ok := errors.AsType[metadataError](err); ok {
		return reason{oneLine(err), again + "; if that does not help, let the task reach the address in " + ecsMetadata}
	}
	if _, ok := errors.AsType[regionError](err); ok {
		return reason{err.Error(), "set AWS_REGION, or the region of the AWS profile, to a region such as us-east-1"}
	}
	if _, ok := errors.AsType[answerError](err); ok {
		return reason{err.Error(), "buy it in AWS Marketplace, or tell the seller of this product"}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && mode == Contract {
		return reason{"what answers for License Manager is not AWS: " + oneLine(err),
			fmt.Sprintf("let connections to %s pass without inspection", host(err))}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return reason{"AWS has not answered in time", "check the network and the proxy settings, then run the same command again"}
	}
	if known, ok := errors.AsType[*awsenv.Error](awsenv.Explain(err)); ok {
		return reason{known.Text, remedy(mode, region, known)}
	}
	return reason{oneLine(err), again + "; if that does not help, tell the seller of this product"}
}

// misconfigured is about an AWS configuration with which nothing can be asked.
func misconfigured(err error) reason {
	if known, ok := errors.AsType[*awsenv.Error](awsenv.Explain(err)); ok && known.Kind == awsenv.NoProfile {
		return reason{known.Text, known.Hint()}
	}
	return reason{strings.TrimSuffix(oneLine(err), "."), "mend the file ~/.aws/config (or AWS_CONFIG_FILE) or the variable of the " +
		"environment that begins with AWS_, or hand over credentials themselves: AWS_ACCESS_KEY_ID and its companions"}
}

// withoutCredentials is about credentials that nobody hands out. Other services may have been asked for them, and whatever they have
// answered, by whatever code, says nothing about the license.
func withoutCredentials(mode Mode, region string, err error) reason {
	if known, ok := errors.AsType[*awsenv.Error](awsenv.Explain(err)); ok {
		return reason{known.Text, remedy(mode, region, known)}
	}
	return reason{"nothing has handed out AWS credentials in time",
		"let the tool reach what does: STS, the sign-in of the profile, or the agent of Amazon ECS or Amazon EKS"}
}

// remedy is awsenv's, but where that would suggest what makes no difference to a license: the sandbox, another endpoint, an action.
func remedy(mode Mode, region string, e *awsenv.Error) string {
	switch {
	case e.Kind == awsenv.NoCredentials && mode == Metering:
		return "give the task or pod a role with the managed policy AWSMarketplaceMeteringRegisterUsage"
	case e.Kind == awsenv.NoCredentials:
		return "sign in to the account that has the license: set AWS_PROFILE or --profile, or aws sso login"
	case e.Kind == awsenv.AccessDenied && !strings.HasPrefix(e.Action, "sts:"):
		return "have the role of the profile, task or pod allowed to whoever asks for it"
	case e.Kind == awsenv.Unreachable:
		return fmt.Sprintf("let this machine reach the %s of AWS in %s, over a proxy too if need be", serviceNames[mode], cmp.Or(region, "its region"))
	case e.Hint() != "":
		return e.Hint()
	default:
		return again + "; if that does not help, tell the seller of this product"
	}
}

var serviceNames = map[Mode]string{Metering: "Marketplace Metering Service", Contract: "License Manager"}

// host is the one that was called.
func host(err error) string {
	if called, ok := errors.AsType[*url.Error](err); ok {
		if u, err := url.Parse(called.URL); err == nil {
			return u.Hostname()
		}
	}
	return "AWS"
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

package awsenv

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

// isAboutCredentials recognises a failure to find credentials, which the SDK reports in text alone.
func isAboutCredentials(err error) bool {
	return containsAny(err.Error(), "get identity: get credentials", "failed to retrieve credentials", "failed to refresh cached credentials")
}

// isAboutInstance recognises that the SDK has come to the last place where it looks for credentials: the metadata service of an
// EC2 instance. It gives up on one that stays silent after a few seconds by a deadline of its own.
func isAboutInstance(err error) bool {
	return isAboutCredentials(err) && containsAny(err.Error(), "EC2 IMDS", "ec2imds")
}

// withoutCredentials tells why there are none.
func withoutCredentials(err error) (Kind, string) {
	api, answered := errors.AsType[smithy.APIError](err)
	switch text := err.Error(); {
	case containsAny(text, "SSO session has expired", "cached SSO token is expired", "ExpiredToken"):
		return ExpiredCredentials, "the AWS sign-in has expired"
	case strings.Contains(text, "failed to read cached SSO token file"):
		return NoCredentials, "nobody has signed in to the profile's SSO session on this machine"
	case containsAny(text, "credential_process", "process provider error"):
		return NoCredentials, "the profile's credential_process gave no credentials: " + lastCause(err)
	case isAboutInstance(err):
		return NoCredentials, "no AWS credentials found: none in the environment, none in the profile, and this is no EC2 instance with a role"
	case answered:
		return NoCredentials, "AWS gave no credentials (" + api.ErrorCode() + ": " + api.ErrorMessage() + ")"
	default:
		return NoCredentials, "no AWS credentials found: " + lastCause(err)
	}
}

// explainConfig is about an AWS configuration that can't be loaded. No request has been sent yet.
func explainConfig(err error) error {
	if _, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return Explain(err)
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		return &Error{Kind: WantsCode, Text: "the profile's role wants an MFA code (mfa_serial), which this tool can't ask for", Err: err}
	}
	if role, ok := errors.AsType[config.SharedConfigAssumeRoleError](err); ok && role.Err == nil {
		return &Error{Kind: BadConfig, Err: err, Text: fmt.Sprintf("nobody can assume the role %s of the AWS configuration: its source_profile, %s, "+
			"has no credentials, or leads back to itself", role.RoleARN, role.Profile)}
	}
	return &Error{Kind: BadConfig, Text: "the AWS configuration is not usable: " + strings.TrimSuffix(oneLine(err), ", <nil>"), Err: err}
}

package awsenv

import (
	"crypto/x509"
	"errors"
	"net"
	"strings"
)

// Kind says what stands between the tool and AWS.
type Kind string

// The kinds. Refused is every other answer of AWS that is an error.
const (
	NoCredentials      Kind = "no-credentials"
	ExpiredCredentials Kind = "expired-credentials"
	InvalidCredentials Kind = "invalid-credentials"
	NoProfile          Kind = "no-profile"
	BadConfig          Kind = "bad-configuration"
	WantsCode          Kind = "wants-mfa-code"
	AccessDenied       Kind = "access-denied"
	Unreachable        Kind = "unreachable"
	RegionDisabled     Kind = "region-disabled"
	ClockSkewed        Kind = "clock-skewed"
	Throttled          Kind = "throttled"
	Failed             Kind = "failed" // AWS could not do it, for a reason of its own
	Refused            Kind = "refused"
)

// Error is an error of the SDK or of AWS in words for a user.
type Error struct {
	Kind   Kind
	Text   string // one line
	Action string // of AccessDenied: what was denied, such as ec2:CreateSecurityGroup; empty where that isn't told
	Err    error  // as the SDK gave it
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Err }

// Hint says what the user can do about it; empty where there is nothing to say.
func (e *Error) Hint() string {
	switch e.Kind {
	case AccessDenied:
		return e.deniedHint()
	case InvalidCredentials, NoCredentials:
		return e.credentialsHint()
	case Unreachable:
		return e.unreachableHint()
	default:
		return remedies[e.Kind]
	}
}

var remedies = map[Kind]string{
	NoCredentials:      "set AWS_PROFILE or --profile, sign in (aws sso login), or try the action without an account: --sandbox",
	ExpiredCredentials: "sign in again (aws sso login, or new temporary keys), then run the same command again: it goes on where it was",
	InvalidCredentials: "the access key is unknown to AWS, or disabled in this region: check AWS_PROFILE and the AWS_ACCESS_KEY_ID in use",
	NoProfile:          "aws configure list-profiles shows the profiles there are",
	BadConfig:          "mend the file ~/.aws/config (or AWS_CONFIG_FILE), or the variable of the environment that begins with AWS_",
	WantsCode: "sign in with the AWS CLI and hand its temporary keys on: " +
		`eval "$(aws configure export-credentials --profile NAME --format env)", then run the command without --profile`,
	RegionDisabled: "switch the region on for this account, or choose another one in the config",
	ClockSkewed:    "set this machine's clock, then run the same command again",
	Throttled:      "AWS limits the rate of requests in this account: run the same command again later",
	Failed:         "AWS has a problem of its own: run the same command again in a few minutes; health.aws.amazon.com tells of larger ones",
}

func (e *Error) deniedHint() string {
	switch {
	case containsAny(e.Text, "explicit deny"):
		return "a policy forbids it, whatever others allow (a permissions boundary, or one of the organization): ask who manages the account"
	case strings.HasPrefix(e.Action, "sts:AssumeRole"):
		return "the profile's role_arn (or AWS_ROLE_ARN) names a role that these credentials may not assume: they need " + e.Action +
			" on it, and the role must trust them"
	}
	what := e.Action
	if what == "" {
		what = "that permission"
	}
	return "the user or role needs " + what + "; the action create-policy prints a policy with all that this tool needs"
}

func (e *Error) credentialsHint() string {
	switch {
	case e.Kind == InvalidCredentials && containsAny(e.Text, "signature"):
		return "the secret is not the one of this access key: check AWS_SECRET_ACCESS_KEY, or aws_secret_access_key of the profile in use"
	case containsAny(e.Text, "credential_process"):
		return "run the command of the profile's credential_process by hand: it must print AccessKeyId and SecretAccessKey as JSON"
	case containsAny(e.Text, "InvalidIdentityToken"):
		return "the file of AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile, must hold the ID token that the platform writes"
	case containsAny(e.Text, "AWS gave no credentials"):
		return "check role_arn, and what else the profile in use says of its role (or AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME)"
	case containsAny(e.Text, "unable to read file"):
		return "AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile, must name the file into which the platform writes the token"
	}
	return remedies[e.Kind]
}

func (e *Error) unreachableHint() string {
	if dns, ok := errors.AsType[*net.DNSError](e.Err); ok && dns.IsNotFound {
		return "check the region's name in the config, AWS_ENDPOINT_URL, and the network"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](e.Err); ok {
		return "something on the way shows a certificate that this machine doesn't trust, such as a proxy that looks into connections: " +
			"name the file with its authority in AWS_CA_BUNDLE"
	}
	return "check the network, the proxy settings, AWS_ENDPOINT_URL and the region's name, then run the same command again"
}

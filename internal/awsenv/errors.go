package awsenv

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

// Kind says what stands between the tool and AWS.
type Kind string

// The kinds. Refused is every other answer of AWS that is an error.
const (
	NoCredentials      Kind = "no-credentials"
	ExpiredCredentials Kind = "expired-credentials"
	InvalidCredentials Kind = "invalid-credentials"
	NoProfile          Kind = "no-profile"
	AccessDenied       Kind = "access-denied"
	Unreachable        Kind = "unreachable"
	RegionDisabled     Kind = "region-disabled"
	ClockSkewed        Kind = "clock-skewed"
	Throttled          Kind = "throttled"
	Refused            Kind = "refused"
)

// Error is an error of the SDK or of AWS in words for a user.
type Error struct {
	Kind Kind
	Text string // one line
	Err  error  // as the SDK gave it
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Err }

// Hint says what the user can do about it; empty where there is nothing to say.
func (e *Error) Hint() string { return remedies[e.Kind] }

var remedies = map[Kind]string{
	NoCredentials:      "set AWS_PROFILE or --profile, sign in (aws sso login), or try the action without an account: --sandbox",
	ExpiredCredentials: "sign in again (aws sso login, or new temporary keys), then run the same command again",
	InvalidCredentials: "the access key is unknown to AWS, or disabled in this region: check AWS_PROFILE and the AWS_ACCESS_KEY_ID in use",
	NoProfile:          "aws configure list-profiles shows the profiles there are",
	AccessDenied:       "the user or role needs that permission; the README lists the calls that the tool makes",
	Unreachable:        "check the network, the proxy settings, AWS_ENDPOINT_URL and the region's name",
	RegionDisabled:     "switch the region on for this account, or choose another one in the config",
	ClockSkewed:        "set this machine's clock",
	Throttled:          "AWS limits the rate of requests in this account: run the command again later",
}

// codes are the error codes of the AWS services in use that mean more than that a request was refused.
var codes = map[string]Kind{
	"ExpiredToken":                ExpiredCredentials,
	"ExpiredTokenException":       ExpiredCredentials,
	"RequestExpired":              ExpiredCredentials,
	"TokenRefreshRequired":        ExpiredCredentials,
	"InvalidClientTokenId":        InvalidCredentials,
	"UnrecognizedClientException": InvalidCredentials,
	"InvalidAccessKeyId":          InvalidCredentials,
	"SignatureDoesNotMatch":       InvalidCredentials,
	"AuthFailure":                 InvalidCredentials,
	"AccessDenied":                AccessDenied,
	"AccessDeniedException":       AccessDenied,
	"UnauthorizedOperation":       AccessDenied,
	"OptInRequired":               RegionDisabled,
	"RequestTimeTooSkewed":        ClockSkewed,
	"Throttling":                  Throttled,
	"ThrottlingException":         Throttled,
	"ThrottledException":          Throttled,
	"RequestLimitExceeded":        Throttled,
	"TooManyRequestsException":    Throttled,
}

// Explain turns an error that the SDK or AWS caused into an *Error. An error that has a hint already, and one from
// elsewhere, comes back as it is.
func Explain(err error) error {
	var hinted interface{ Hint() string }
	if err == nil || errors.As(err, &hinted) {
		return err
	}
	if kind, cause := diagnose(err); kind != "" {
		return &Error{Kind: kind, Text: callers(err) + cause, Err: err}
	}
	return err
}

// diagnose tells an error's kind and its cause in one line.
func diagnose(err error) (Kind, string) {
	if profile, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return NoProfile, "there is no AWS profile " + profile.Profile
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && !isAboutCredentials(err) {
		kind, known := codes[api.ErrorCode()]
		if !known {
			kind = Refused
		}
		if strings.HasPrefix(api.ErrorMessage(), "Signature expired") || strings.HasPrefix(api.ErrorMessage(), "Signature not yet current") {
			kind = ClockSkewed
		}
		return kind, api.ErrorCode() + ": " + api.ErrorMessage()
	}
	switch text := err.Error(); {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "", ""
	case containsAny(text, "SSO session has expired", "cached SSO token is expired", "ExpiredToken"):
		return ExpiredCredentials, "the AWS sign-in has expired"
	case isAboutCredentials(err):
		return NoCredentials, "no AWS credentials found: " + lastCause(err)
	case isConnection(err):
		return Unreachable, "can't reach AWS: " + lastCause(err)
	default:
		return "", ""
	}
}

// isAboutCredentials recognises a failure to find credentials, which the SDK reports in text alone.
func isAboutCredentials(err error) bool {
	return containsAny(err.Error(), "get identity: get credentials", "failed to retrieve credentials", "failed to refresh cached credentials")
}

func isConnection(err error) bool {
	var connection interface{ ConnectionError() bool }
	_, network := errors.AsType[net.Error](err)
	return network || errors.As(err, &connection) && connection.ConnectionError()
}

// callers is what callers said about an SDK error: the text in front of it.
func callers(err error) string {
	op, ok := errors.AsType[*smithy.OperationError](err)
	if !ok {
		return ""
	}
	before, _, _ := strings.Cut(err.Error(), op.Error())
	return before
}

// lastCause is the innermost error's text.
func lastCause(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

func containsAny(text string, phrases ...string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(text, p) })
}

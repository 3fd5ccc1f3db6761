package awsenv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// codes are the error codes of the AWS services in use that mean more than that a request was refused.
var codes = map[string]Kind{
	"ExpiredToken":                ExpiredCredentials,
	"ExpiredTokenException":       ExpiredCredentials,
	"RequestExpired":              ExpiredCredentials,
	"TokenRefreshRequired":        ExpiredCredentials,
	"InvalidClientTokenId":        InvalidCredentials,
	"UnrecognizedClientException": InvalidCredentials,
	"InvalidAccessKeyId":          InvalidCredentials,
	"InvalidToken":                InvalidCredentials,
	"InvalidSignatureException":   InvalidCredentials,
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
	"SlowDown":                    Throttled,
}

// Explain turns an error that the SDK or AWS caused into an *Error. An error that has a hint already, and one from
// elsewhere, comes back as it is.
func Explain(err error) error {
	var hinted interface{ Hint() string }
	if err == nil || errors.As(err, &hinted) {
		return err
	}
	kind, cause := diagnose(err)
	if kind == "" {
		return err
	}
	e := &Error{Kind: kind, Text: callers(err) + cause, Err: err}
	if kind == AccessDenied {
		e.Action = deniedAction(err)
	}
	return e
}

// diagnose tells an error's kind and its cause in one line.
func diagnose(err error) (Kind, string) {
	if profile, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return NoProfile, "there is no AWS profile " + profile.Profile
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		// AWS may also have been asked for the credentials: for those of a role, say.
		if _, known := codes[api.ErrorCode()]; known || !isAboutCredentials(err) {
			return answered(err, api)
		}
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded) && !isAboutInstance(err):
		return "", ""
	case isAboutCredentials(err) && (isAboutInstance(err) || !isUnsent(err)):
		return withoutCredentials(err)
	case isConnection(err):
		return Unreachable, "can't reach AWS: " + lastCause(err)
	default:
		return "", ""
	}
}

// answered is about what AWS said.
func answered(err error, api smithy.APIError) (Kind, string) {
	said := api.ErrorCode() + ": " + api.ErrorMessage()
	kind, known := codes[api.ErrorCode()]
	response, _ := errors.AsType[*smithyhttp.ResponseError](err)
	switch {
	case strings.HasPrefix(api.ErrorMessage(), "Signature expired"), strings.HasPrefix(api.ErrorMessage(), "Signature not yet current"):
		kind = ClockSkewed
	case !known && response != nil && response.HTTPStatusCode() >= http.StatusInternalServerError:
		kind = Failed
	case !known:
		kind = Refused
	}
	switch kind {
	case ExpiredCredentials:
		return kind, "the AWS sign-in has expired (" + said + ")"
	case ClockSkewed:
		return kind, "this machine's clock is " + skew(response) + " (" + said + ")"
	case Failed:
		return kind, "AWS could not do it (" + said + ")"
	default:
		return kind, said
	}
}

// skew is how far this machine's clock is from the one of the answer.
func skew(answer *smithyhttp.ResponseError) string {
	if answer != nil {
		if date, err := http.ParseTime(answer.Response.Header.Get("Date")); err == nil {
			switch ahead := time.Since(date).Round(time.Second); {
			case ahead >= time.Minute:
				return fmt.Sprintf("%s ahead of AWS's", ahead)
			case ahead <= -time.Minute:
				return fmt.Sprintf("%s behind AWS's", -ahead)
			}
		}
	}
	return "not AWS's"
}

var denied = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:\w+)`)

// deniedAction is the action that AWS names, or else the operation that was called: their names agree but for few.
func deniedAction(err error) string {
	if m := denied.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	if op, ok := errors.AsType[*smithy.OperationError](err); ok && !strings.Contains(op.Service(), " ") {
		return strings.ToLower(op.Service()) + ":" + op.Operation()
	}
	return ""
}

// isUnsent tells that a request did not get through, such as one to STS for a role.
func isUnsent(err error) bool {
	_, ok := errors.AsType[*smithyhttp.RequestSendError](err)
	return ok
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

// lastCause is the innermost error's text. What is around it may quote a credential process's output.
func lastCause(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return oneLine(err)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func containsAny(text string, phrases ...string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(text, p) })
}

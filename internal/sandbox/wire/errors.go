package wire

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Error is an error that AWS models: what the client's SDK shows its user.
type Error struct {
	Code     string
	Message  string
	Status   int  // HTTP status; 0 means 400, or 500 for the receiver's fault
	Receiver bool // the service's fault, not the sender's
	Details  []Detail
}

// Detail is a further element of a REST service's error.
type Detail struct{ Name, Value string }

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func (e *Error) status() int {
	switch {
	case e.Status != 0:
		return e.Status
	case e.Receiver:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// Errorf returns an Error of the sender with status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// IsCode reports whether err is, or wraps, an Error with one of the codes.
func IsCode(err error, codes ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(codes, e.Code)
}

// asError makes an Error of any error: what isn't modelled is a fault of the
// sandbox itself, and says so.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: "InternalFailure", Message: "the sandbox failed: " + err.Error(), Receiver: true}
}

// The errors below are raised before an operation runs. Codes are documented
// (each service's "Common Errors" page), the wording is reported where a
// comment doesn't say otherwise.

// unknownAction tells an action that the sandbox lacks from one that AWS does not have either.
func (s *Service) unknownAction(action, version string) *Error {
	if slices.Contains(s.Known, action) { // Assumed: AWS has it, the sandbox hasn't.
		return Errorf(s.unknownActionCode(), "The action %s is not implemented by this sandbox.", action)
	}
	switch s.Protocol {
	case EC2:
		return Errorf(s.unknownActionCode(), "The action %s is not valid for this web service.", action)
	case JSON:
		return Errorf(s.unknownActionCode(), "The operation %s is not known.", action)
	default:
		return Errorf(s.unknownActionCode(), "Could not find operation %s for version %s", action, version)
	}
}

func (s *Service) unknownActionCode() string {
	switch s.Protocol {
	case JSON:
		return "UnknownOperationException"
	case REST:
		return "NotImplemented"
	}
	return "InvalidAction"
}

func (s *Service) wrongVersion(action, version string) *Error {
	if s.Protocol == EC2 {
		return Errorf("NoSuchVersion", "The requested version (%s) of service AmazonEC2 does not exist", version)
	}
	return Errorf("InvalidAction", "Could not find operation %s for version %s", action, version)
}

// unknownParameter is documented for EC2 and assumed for the others, which are reported to ignore some parameters; the sandbox
// never does.
func (s *Service) unknownParameter(path string) *Error {
	switch s.Protocol {
	case EC2:
		return Errorf("UnknownParameter", "The parameter %s is not recognized", path)
	case JSON:
		return Errorf("SerializationException", "The member %s is not recognized", path)
	default:
		return Errorf("InvalidQueryParameter", "The parameter %s is not recognized", path)
	}
}

func (s *Service) missingParameter(path string) *Error {
	if s.Protocol == EC2 {
		return Errorf("MissingParameter", "The request must contain the parameter %s", path)
	}
	return Errorf(s.validationCode(), "1 validation error detected: Value null at '%s' "+
		"failed to satisfy constraint: Member must not be null", lowerCamel(path))
}

// wrongType has a documented code; its wording is assumed.
func (s *Service) wrongType(path string, value any, want string) *Error {
	switch s.Protocol {
	case EC2:
		return Errorf("InvalidParameterValue", "Value (%v) for parameter %s is invalid. Expecting %s.", value, path, want)
	case JSON:
		return Errorf("SerializationException", "The value of %s can not be converted to %s", path, want)
	default:
		return Errorf("MalformedInput", "The value '%v' of %s can not be converted to %s", value, path, want)
	}
}

func (s *Service) malformed(format string, args ...any) *Error {
	if s.Protocol == JSON {
		return Errorf("SerializationException", format, args...)
	}
	return Errorf("MalformedQueryString", format, args...)
}

func (s *Service) validationCode() string {
	if s.Protocol == JSON {
		return "ValidationException"
	}
	return "ValidationError"
}

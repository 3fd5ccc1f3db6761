package s3

import (
	"net/http"

	"mlops-infra-suite/internal/sandbox/wire"
)

// Codes and statuses are documented (Error responses, List of error codes), most of
// the wording is too.

func failure(status int, code, message string, details ...wire.Detail) *wire.Error {
	return &wire.Error{Code: code, Message: message, Status: status, Details: details}
}

func accessDenied() *wire.Error {
	return failure(http.StatusForbidden, "AccessDenied", "Access Denied")
}

func noSuchBucket(name string) *wire.Error {
	return failure(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist", wire.Detail{Name: "BucketName", Value: name})
}

func noSuchKey(key string) *wire.Error {
	return failure(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", wire.Detail{Name: "Key", Value: key})
}

func permanentRedirect(b bucket) *wire.Error {
	return failure(http.StatusMovedPermanently, "PermanentRedirect",
		"The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
		wire.Detail{Name: "Endpoint", Value: b.Name + ".s3." + b.Region + ".amazonaws.com"},
		wire.Detail{Name: "Bucket", Value: b.Name}, wire.Detail{Name: regionDetail, Value: b.Region})
}

// regionDetail is the detail of an error that is also a header, x-amz-bucket-region.
const regionDetail = "Region"

func invalidArgument(name, value, message string) *wire.Error {
	return failure(http.StatusBadRequest, "InvalidArgument", message,
		wire.Detail{Name: "ArgumentName", Value: name}, wire.Detail{Name: "ArgumentValue", Value: value})
}

func invalidRequest(message string) *wire.Error {
	return failure(http.StatusBadRequest, "InvalidRequest", message)
}

func badDigest() *wire.Error {
	return failure(http.StatusBadRequest, "BadDigest",
		"The Content-MD5 or checksum value that you specified did not match what the server received.")
}

func notAllowed(method string) *wire.Error {
	return failure(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.",
		wire.Detail{Name: "Method", Value: method})
}

// unknownHeader and unknownQuery refuse what the sandbox would have to ignore.
func unknownHeader(name string) *wire.Error {
	return failure(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented",
		wire.Detail{Name: "Header", Value: name})
}

func unknownQuery(name string) *wire.Error {
	return failure(http.StatusNotImplemented, "NotImplemented",
		"A query parameter you provided implies functionality that is not implemented by this sandbox.", wire.Detail{Name: "Parameter", Value: name})
}

package live

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// NotFoundError says that something doesn't exist in the account and region at hand.
type NotFoundError struct {
	What string // such as VPC
	ID   string
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("%s %s doesn't exist in this account and region", e.What, e.ID)
}

func isNoVPC(err error) bool { return hasCode(err, "InvalidVpcID.NotFound", "InvalidVpcID.Malformed") }

func isNoParameter(err error) bool { return hasCode(err, "ParameterNotFound") }

// isNotImported recognises the answer about an export that no stack imports, or that doesn't exist. It has no error code
// of its own.
func isNotImported(err error) bool {
	return hasCode(err, "ValidationError") && (strings.Contains(err.Error(), "is not imported by any stack") || strings.Contains(err.Error(), "does not exist"))
}

func hasCode(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains(codes, api.ErrorCode())
}

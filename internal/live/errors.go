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

// ErrTrailTooLong says that CloudTrail has more about a resource than the tool asks for.
var ErrTrailTooLong = errors.New("CloudTrail has too many events of it to look at all")

func isNoVPC(err error) bool { return hasCode(err, "InvalidVpcID.NotFound", "InvalidVpcID.Malformed") }

func isNoGroup(err error) bool { return hasCode(err, "InvalidGroup.NotFound") }

// isNoParameter recognises the answers about a parameter that doesn't exist: the second is that about its tags.
func isNoParameter(err error) bool { return hasCode(err, "ParameterNotFound", "InvalidResourceId") }

func isDuplicateRule(err error) bool { return hasCode(err, "InvalidPermission.Duplicate") }

func isNoRule(err error) bool {
	return hasCode(err, "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound")
}

// IsRuleQuota reports whether a rule was refused because its group has as many as it may have.
func IsRuleQuota(err error) bool { return hasCode(err, "RulesPerSecurityGroupLimitExceeded") }

// isNoOwner recognises the answer about a resource that no stack has. It has no error code of its own.
func isNoOwner(err error) bool {
	return hasCode(err, "ValidationError") && strings.Contains(err.Error(), "does not exist")
}

// isNotImported recognises the answer about an export that no stack imports, or that doesn't exist. It has no error code
// of its own.
func isNotImported(err error) bool {
	return hasCode(err, "ValidationError") && (strings.Contains(err.Error(), "is not imported by any stack") || strings.Contains(err.Error(), "does not exist"))
}

func hasCode(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains(codes, api.ErrorCode())
}

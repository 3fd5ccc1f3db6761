package ec2

import (
	"strings"

	"mlops-infra-suite/internal/sandbox/wire"
)

// dryRun fails an operation that has succeeded if only a trial was asked for: the error rolls back everything that it did.
// (Documented; AWS may check less before it answers so.)
func dryRun(asked bool) error {
	if !asked {
		return nil
	}
	return &wire.Error{
		Code: "DryRunOperation", Status: 412,
		Message: "Request would have succeeded, but DryRun flag is set.",
	}
}

func invalidValue(format string, args ...any) error {
	return wire.Errorf("InvalidParameterValue", format, args...)
}

func groupNotFound(id string) error {
	return wire.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
}

func vpcNotFound(id string) error {
	return wire.Errorf("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", id)
}

func ruleNotFound(id string) error {
	return wire.Errorf("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
}

func dependentObject(id string) error {
	return wire.Errorf("DependencyViolation", "resource %s has a dependent object", id)
}

func differentNetworks() error {
	return wire.Errorf("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
}

// noDefaultVPC is the error for what works only in a default VPC: names instead of IDs.
func noDefaultVPC() error {
	return wire.Errorf("VPCIdNotSpecified", "No default VPC for this user")
}

// kinds of IDs: what the prefix is called in errors.
type idKind struct {
	prefix, malformed, name string
}

var (
	groupID      = idKind{"sg-", "InvalidGroupId.Malformed", "security-group"}
	vpcID        = idKind{"vpc-", "InvalidVpcID.Malformed", "vpc"}
	ruleID       = idKind{"sgr-", "InvalidSecurityGroupRuleId.Malformed", "security-group-rule"}
	prefixListID = idKind{"pl-", "InvalidPrefixListId.Malformed", "prefix-list"}
	interfaceID  = idKind{"eni-", "InvalidNetworkInterfaceId.Malformed", "network-interface"}
)

// isHexID reports whether digits are what follows the prefix of an ID: 17 hexadecimal digits, or 8 in old IDs.
func isHexID(digits string) bool {
	return (len(digits) == 8 || len(digits) == 17) && strings.Trim(digits, "0123456789abcdef") == ""
}

// check wants an ID of the kind.
func (k idKind) check(id string) error {
	rest, ok := strings.CutPrefix(id, k.prefix)
	switch {
	case id == "":
		return wire.Errorf(k.malformed, "The %s ID '' is malformed", k.name)
	case !ok:
		return wire.Errorf(k.malformed, `Invalid id: "%s" (expecting "%s...")`, id, k.prefix)
	case !isHexID(rest):
		return wire.Errorf(k.malformed, `Invalid id: "%s"`, id)
	}
	return nil
}

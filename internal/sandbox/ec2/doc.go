// Package ec2 is the sandbox's EC2: VPCs and subnets, security groups and their
// rules, network interfaces, prefix lists, tags.
//
// Its promise: a request that EC2 would refuse is refused, with EC2's error
// code; a rule set reads back as EC2 would show it, canonicalised. What it does
// rests on, in order of trust:
//
//   - documented (the API reference): operations, parameters, filters, limits,
//     character sets, canonical CIDRs, the allow-all egress rule of a new group,
//     what DeleteSecurityGroup and DeleteVpc refuse, InvalidPermission.NotFound on
//     revoking a rule that is not there;
//   - reported (by users, in issue trackers): the wording of most errors;
//   - assumed (marked "Assumed" where it is done): ports of a protocol that has
//     none, the wording of ICMP duplicates, that a prefix list with an ID of 8
//     digits, as AWS's own have, exists and counts as one rule.
//
// It differs from AWS knowingly: there is no default VPC, no quota on VPCs, no
// reference across accounts or VPCs, no instance, no IPv6 range of a VPC or
// subnet, and a prefix list can't be changed.
//
// The operations are plain functions, which the sandbox's CloudFormation calls as CloudFormation calls EC2. An operation that
// fails has written nothing, so that its caller may go on with the transaction; a DryRun is the exception.
package ec2

import "mlops-infra-suite/internal/sandbox/wire"

// Service is EC2 for the wire.
func Service() wire.Service {
	return wire.Service{
		Name:      "ec2",
		Version:   "2016-11-15",
		Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
		Protocol:  wire.EC2,
		Operations: []wire.Operation{
			wire.Write("CreateVpc", CreateVpc),
			wire.Write("DeleteVpc", DeleteVpc),
			wire.Read("DescribeVpcs", DescribeVpcs),
			wire.Write("CreateSecurityGroup", CreateSecurityGroup),
			wire.Write("DeleteSecurityGroup", DeleteSecurityGroup),
			wire.Read("DescribeSecurityGroups", DescribeSecurityGroups),
			wire.Read("DescribeSecurityGroupRules", DescribeSecurityGroupRules),
			wire.Write("AuthorizeSecurityGroupIngress", AuthorizeSecurityGroupIngress),
			wire.Write("AuthorizeSecurityGroupEgress", AuthorizeSecurityGroupEgress),
			wire.Write("RevokeSecurityGroupIngress", RevokeSecurityGroupIngress),
			wire.Write("RevokeSecurityGroupEgress", RevokeSecurityGroupEgress),
			wire.Write("UpdateSecurityGroupRuleDescriptionsIngress", UpdateSecurityGroupRuleDescriptionsIngress),
			wire.Write("UpdateSecurityGroupRuleDescriptionsEgress", UpdateSecurityGroupRuleDescriptionsEgress),
			wire.Write("ModifySecurityGroupRules", ModifySecurityGroupRules),
			wire.Write("CreateTags", CreateTags),
			wire.Write("DeleteTags", DeleteTags),
			wire.Read("DescribeTags", DescribeTags),
			wire.Write("CreateSubnet", CreateSubnet),
			wire.Write("DeleteSubnet", DeleteSubnet),
			wire.Read("DescribeSubnets", DescribeSubnets),
			wire.Write("CreateNetworkInterface", CreateNetworkInterface),
			wire.Write("ModifyNetworkInterfaceAttribute", ModifyNetworkInterfaceAttribute),
			wire.Write("DeleteNetworkInterface", DeleteNetworkInterface),
			wire.Read("DescribeNetworkInterfaces", DescribeNetworkInterfaces),
			wire.Write("CreateManagedPrefixList", CreateManagedPrefixList),
			wire.Write("DeleteManagedPrefixList", DeleteManagedPrefixList),
			wire.Read("DescribeManagedPrefixLists", DescribeManagedPrefixLists),
			wire.Read("GetManagedPrefixListEntries", GetManagedPrefixListEntries),
			wire.Read("DescribePrefixLists", DescribePrefixLists),
			wire.Read("DescribeSecurityGroupReferences", DescribeSecurityGroupReferences),
			wire.Read("DescribeStaleSecurityGroups", DescribeStaleSecurityGroups),
			wire.Read("DescribeSecurityGroupVpcAssociations", DescribeSecurityGroupVpcAssociations),
		},
		Known: known,
	}
}

// known are actions of EC2 that the sandbox lacks and a tool may well try.
var known = []string{
	"AssociateSecurityGroupVpc", "AttachNetworkInterface", "CreateDefaultVpc", "DescribeAccountAttributes",
	"DescribeAvailabilityZones", "DescribeInstances", "DescribeNetworkInterfaceAttribute", "DescribeRegions",
	"DescribeRouteTables", "DescribeVpcAttribute", "DescribeVpcEndpoints", "DescribeVpcPeeringConnections",
	"DetachNetworkInterface", "DisassociateSecurityGroupVpc", "GetManagedPrefixListAssociations",
	"GetSecurityGroupsForVpc", "ModifyManagedPrefixList", "ModifySubnetAttribute", "ModifyVpcAttribute",
	"RestoreManagedPrefixListVersion", "RunInstances",
}

// Package cloudtrail is the sandbox's CloudTrail: the history of the calls that
// write, and LookupEvents to search it.
//
// Its promise: every call that writes, or was refused or failed in trying, leaves
// one event, in the same transaction as what it wrote; a call that CloudFormation
// makes for a stack leaves its own. What it does rests on, in order of trust:
//
//   - documented: LookupEvents with its attributes, limits and errors; the fields
//     of an event; that assuming a role across accounts is recorded in both;
//   - reported (by logs that others have published): the form of the parameters and
//     answers of EC2 (lists as items, _return, ModifySecurityGroupRulesRequest), the
//     codes of EC2's errors (Client.DryRunOperation), that values of parameters and
//     secrets are hidden;
//   - assumed: which resources an event names beside the security group (rules are not
//     among them); what tells CloudFormation's calls (invokedBy, sourceIPAddress
//     and userAgent are cloudformation.amazonaws.com, the access key is the caller's);
//     the wording of most errors, and that a token is good for an hour.
//
// It differs from AWS knowingly: calls that only read leave no event; there are no
// trails, no insights and no event data stores. An event can be looked up at once
// unless the sandbox is told to delay it, where AWS takes minutes.
package cloudtrail

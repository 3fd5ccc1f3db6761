// Package live reads what AWS really holds: security groups and their rules, VPCs, parameters, what uses or refers to them,
// who changed them, and what CloudFormation says of them. It gives plain values, sorted.
//
// It writes where a group is put back as it was meant, one rule, tag or parameter a call ([Authorize], [Revoke], [Modify],
// [Describe], [Tag], [PutParameter], [TagParameter]). What is already as a call would make it is no error, so that work which
// was interrupted can begin anew.
//
// EC2 is eventually consistent: what CloudFormation reports as done can be missing from an answer for some seconds. So an
// absence proves nothing until it lasts; see [Settle].
package live

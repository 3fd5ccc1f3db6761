// Package live reads what AWS really holds: security groups and their rules, VPCs, parameters, and what uses or refers to
// them. It gives plain values, sorted, and only reads.
//
// EC2 is eventually consistent: what CloudFormation reports as done can be missing from an answer for some seconds. So an
// absence proves nothing until it lasts; see [Settle].
package live

// Package resource is the resource types of the sandbox's CloudFormation:
// schemas, and handlers that make, change and delete the real thing.
//
// Its promise: a handler calls EC2 and SSM as any client of theirs would, on
// the caller's behalf, and what they refuse it reports in the words of
// CloudFormation's resource handlers. A handler that failed may have done half
// of its work: who called it gives up the transaction.
//
// A further resource type is a further value in Types, with its handler.
package resource
